"""Which workers are proposed as one person, for which reasons, and at what cost."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.duplicates import candidates, deciding, finding, rules
from agentsys.duplicates.models import DuplicateCheck, DuplicatePair, PairState
from agentsys.duplicates.rules import Reason, rules_in
from agentsys.membership_jobs import SHORT_RUN
from agentsys.people.models import Agent
from agentsys.workers import seals
from agentsys.workers.models import Worker
from agentsys.workers.nik_models import EarlierNik
from tests.factories import invented_nik, make_agent, make_user, make_worker

_CASES = list(csv.DictReader((Path(__file__).parent / "pairs.csv").read_text().splitlines()))


@pytest.fixture
def agent(session: Session) -> Agent:
    return make_agent(session)


@pytest.mark.parametrize("row", _CASES, ids=[row["case"] for row in _CASES])
def test_a_pair_has_the_reasons_and_points_of_the_table(
    session: Session, vault: Vault, agent: Agent, row: dict[str, str]
) -> None:
    one, other = (_worker(session, vault, agent, row, prefix) for prefix in ("", "other_"))
    if row["former_nik"]:
        _had_before(session, vault, one, invented_nik(int(row["former_nik"]) - 1))

    for asked in (one, other):  # the pair is the same, whoever of the two is new
        session.execute(delete(DuplicatePair))
        finding.check(session, vault=vault, worker_ids=[asked.id])

        found = session.scalars(select(DuplicatePair)).all()
        if not row["score"]:
            assert found == []
            continue
        [pair] = found
        assert (pair.first_id, pair.second_id) == (one.id, other.id)
        assert (list(pair.reasons), pair.score) == (_ordered(row["reasons"]), int(row["score"]))
        assert pair.office_id == agent.office_id


def test_every_reason_is_in_a_case_or_comes_from_a_person() -> None:
    tried = {reason for row in _CASES for reason in row["reasons"].split("+") if reason}

    assert {reason.value for reason in Reason} - tried == {
        Reason.SAME_NIK.value,  # noted when somebody types it
        Reason.OTHER_SEX.value,  # keeps three cases from being proposed
        Reason.PARTLY_SIMILAR_NAME.value,  # tried below
    }


def test_every_rule_has_one_row_a_month_and_says_how_certain_it_is() -> None:
    assert rules_in(date(2026, 11, 1)).propose_from == 50
    assert {row["certainty"] for row in rules.rows()} <= {
        "certain",
        "likely",
        "doubtful",
        "assumption",
    }
    assert all(row["explanation"] for row in rules.rows())
    with pytest.raises(rules.ReasonsMissing):
        rules_in(date(2019, 12, 1))


def test_partly_similar_names_need_more_than_the_day(
    session: Session, vault: Vault, agent: Agent
) -> None:
    one = make_worker(session, vault, agent=agent, name="Muhammad Rizki", nik=invented_nik(7001))
    make_worker(session, vault, agent=agent, name="Muh Rizki", nik=invented_nik(2002))

    assert finding.check(session, vault=vault, worker_ids=[one.id]) == 0
    session.execute(update(Worker).values(phone="+62812"))
    assert finding.check(session, vault=vault, worker_ids=[one.id]) == 1
    reasons = session.scalars(select(DuplicatePair)).one().reasons
    assert "partly_similar_name" in reasons or "similar_name" in reasons


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("6474010101850001", "6474010101850002", True),
        ("6474010101850012", "6474010101850021", True),
        ("6474010101850001", "6474010101850001", False),
        ("6474010101850001", "6474010101850012", False),
        ("6474010101850102", "6474010101850201", False),  # not neighbours
        ("6474010101850001", "647401010185001", False),
    ],
)
def test_numbers_are_near_by_one_digit_or_two_swapped_neighbours(
    one: str, other: str, near: bool
) -> None:
    assert finding.is_near(one, other) is near


def test_a_phone_that_many_share_makes_no_pairs(
    session: Session, vault: Vault, agent: Agent
) -> None:
    most = rules_in(date(2026, 11, 1)).most_sharing
    family = [
        make_worker(session, vault, agent=agent, name="Siti", phone="+62811", birth_date=_day(n))
        for n in range(most)
    ]
    finding.check(session, vault=vault, worker_ids=[each.id for each in family])
    assert len(session.scalars(select(DuplicatePair)).all()) == most * (most - 1) // 2

    last = make_worker(session, vault, agent=agent, name="Siti", phone="+62811")
    finding.check(session, vault=vault, worker_ids=[each.id for each in (*family, last)])

    assert session.scalars(select(DuplicatePair)).all() == []


def test_a_day_on_which_many_are_born_is_bounded_and_equal_names_are_still_found(
    session: Session, vault: Vault, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    born = date(1980, 1, 1)
    many = [
        make_worker(session, vault, agent=agent, name=f"Orang {n:03d}", birth_date=born, sex="L")
        for n in range(30)
    ]
    same = make_worker(session, vault, agent=agent, name="ORANG 029", birth_date=born)
    seen = candidates.find(session, worker_ids=[same.id], rules=rules_in(date(2026, 11, 1)))
    assert len(seen) == 30  # all names are alike

    monkeypatch.setattr(
        candidates,
        "_FIND",
        text(str(candidates._FIND).replace(f"LIMIT {candidates.BESIDE}", "LIMIT 3")),
    )
    few = candidates.find(session, worker_ids=[same.id], rules=rules_in(date(2026, 11, 1)))

    assert {pair.first_id for pair in few} == {each.id for each in many[-4:]}


def test_a_new_or_changed_worker_is_compared_by_the_job_and_nobody_else(
    session: Session, vault: Vault, agent: Agent
) -> None:
    session.execute(delete(DuplicateCheck))
    one = make_worker(session, vault, agent=agent, name="Siti Aminah", nik=invented_nik(7001))
    other = make_worker(session, vault, agent=agent, name="Budi Santosa", nik=invented_nik(2002))
    assert _waiting(session) == [one.id, other.id]
    assert finding.check_waiting(session, vault=vault) == 2
    assert _waiting(session) == []

    other.job = "Nelayan"  # compared by nothing
    session.flush()
    assert _waiting(session) == []
    other.name = "Siti Aminah"
    session.flush()
    assert _waiting(session) == [other.id]
    finding.check_waiting(session, vault=vault)

    assert session.scalars(select(DuplicatePair)).one().score == 60
    assert finding.check_waiting(session, vault=vault) == 0
    assert SHORT_RUN > finding.LOT


def test_a_pair_that_is_not_alike_any_more_is_forgotten(
    session: Session, vault: Vault, agent: Agent
) -> None:
    one, other = _alike(session, vault, agent)
    other.name = "Budi Santosa"
    session.flush()

    finding.check_waiting(session, vault=vault)

    assert session.scalars(select(DuplicatePair)).all() == []
    assert one.id


def test_two_persons_are_not_proposed_again_until_there_is_a_new_reason(
    session: Session, vault: Vault, agent: Agent
) -> None:
    one, other = _alike(session, vault, agent)
    boss = make_user(session, office_id=agent.office_id)
    pair = session.scalars(select(DuplicatePair)).one()
    deciding.call_different(session, pair_id=pair.id, reason="Dua KTP", actor_id=boss.id)

    finding.check(session, vault=vault, worker_ids=[one.id])
    session.refresh(pair)
    assert (pair.state, pair.note) == (PairState.DIFFERENT, "Dua KTP")

    one.kpj = other.kpj = "10001"
    session.flush()
    finding.check(session, vault=vault, worker_ids=[one.id])

    session.refresh(pair)
    assert (pair.state, pair.note, pair.decided_by) == (PairState.OPEN, "", None)
    assert "same_kpj" in pair.reasons


def test_a_nik_that_somebody_typed_stays_a_reason(
    session: Session, vault: Vault, agent: Agent
) -> None:
    one, other = (make_worker(session, vault, agent=agent) for _ in range(2))
    pair_id = deciding.note_same_nik(session, worker_id=other.id, other_id=one.id)

    finding.check(session, vault=vault, worker_ids=[one.id, other.id])

    pair = session.get_one(DuplicatePair, pair_id)
    assert (pair.score, pair.reasons) == (100, {"same_nik": 100})
    assert deciding.note_same_nik(session, worker_id=one.id, other_id=other.id) == pair_id


def test_an_erased_worker_is_in_no_pair(session: Session, vault: Vault, agent: Agent) -> None:
    one, other = _alike(session, vault, agent)
    one.erased_at = one.created_at
    session.flush()

    finding.check_waiting(session, vault=vault)

    assert session.scalars(select(DuplicatePair)).all() == []
    assert other.id


def test_the_statement_reads_workers_by_their_indexes(
    session: Session, vault: Vault, agent: Agent
) -> None:
    one, _other = _alike(session, vault, agent)
    session.execute(text("SET LOCAL enable_seqscan = off"))
    found = text(f"EXPLAIN {candidates._FIND}")
    values = {"ids": [one.id], "most": 20, "partly": 0.35}
    plan = "\n".join(session.scalars(found, values))

    for index in ("ix_workers_kpj", "ix_workers_phone", "ix_workers_same_birth"):
        assert index in plan
    assert "Seq Scan on workers" not in plan


def _alike(session: Session, vault: Vault, agent: Agent) -> list[Worker]:
    """Two workers who are a pair."""
    made = [
        make_worker(session, vault, agent=agent, name="Siti Aminah", nik=invented_nik(number))
        for number in (7001, 2002)
    ]
    finding.check_waiting(session, vault=vault, limit=10_000)
    return made


def _worker(
    session: Session, vault: Vault, agent: Agent, row: dict[str, str], prefix: str
) -> Worker:
    values: dict[str, Any] = {name: row[prefix + name] for name in ("name", "kpj", "phone", "sex")}
    born = date.fromisoformat(row[prefix + "born"])
    nik = invented_nik(int(row[prefix + "nik"]) - 1)
    return make_worker(session, vault, agent=agent, birth_date=born, nik=nik, **values)


def _had_before(session: Session, vault: Vault, worker: Worker, nik: str) -> None:
    index = vault.index(nik)
    session.add(
        EarlierNik(
            worker_id=worker.id,
            nik_sealed=vault.seal(nik, seals.earlier_nik_of(index)),
            nik_index=index,
            nik_masked="6474••••••••0000",
        )
    )
    session.flush()


def _ordered(reasons: str) -> list[str]:
    """As JSONB keeps keys: the shorter ones first."""
    return sorted(reasons.split("+"), key=lambda name: (len(name), name))


def _waiting(session: Session) -> list[int]:
    query = select(DuplicateCheck.worker_id).order_by(DuplicateCheck.id)
    return list(session.scalars(query))


def _day(number: int) -> date:
    return date(1970 + number, 5, 5)
