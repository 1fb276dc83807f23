"""During a leave another agent works the portfolio, from the first day to the last."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Invalid, Refused
from agentsys.ledger import accounts, journal
from agentsys.payments.models import Payment
from agentsys.people import agent_rules, substitutes
from agentsys.people.agent_rules import Rule, Setting
from agentsys.people.models import Agent, AgentStatus
from agentsys.people.substitute_models import Substitution
from agentsys.search import finding
from agentsys.search.asked import read
from agentsys.workers.enrolment import enrol_worker
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_contribution, make_worker
from tests.people.leaving import LAST, Leaving


def at(day: int, hour: int = 3) -> Any:
    """A time in November 2026, in UTC; Jakarta is seven hours ahead."""
    return time_machine.travel(datetime(2026, 11, day, hour, tzinfo=UTC), tick=False)


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    """It is 22 November 2026."""
    with at(22):
        yield


@pytest.fixture
def leaving(session: Session, vault: Vault) -> Leaving:
    """The three agents."""
    away = make_agent(session, name="Siti Aminah")
    works, third = (make_agent(session, office_id=away.office_id) for _ in range(2))
    worker = make_worker(session, vault, agent=away, name="Ni Luh Ayu")
    assert away.supervisor is not None
    return Leaving(session, away, works, third, worker, away.supervisor)


@pytest.mark.parametrize(
    ("day", "hour", "open_"),
    [
        (23, 16, False),  # 23.00 in Jakarta on the day before
        (23, 17, True),  # midnight: the first day begins
        (25, 3, True),
        (26, 16, True),  # the last hour of the last day
        (26, 17, False),
    ],
)
def test_the_substitute_sees_the_workers_from_the_first_day_to_the_last(
    leaving: Leaving,
    day: int,
    hour: int,
    open_: bool,
) -> None:
    leaving.begin()

    with at(day, hour):
        assert leaving.sees(leaving.works) is open_
        assert leaving.sees(leaving.away)
        assert not leaving.sees(leaving.third)


def test_an_early_end_closes_at_once(leaving: Leaving) -> None:
    made = leaving.begin()
    with at(24):
        substitutes.end(
            leaving.session,
            substitution_id=made.id,
            agent_id=leaving.away.id,
            actor_id=leaving.boss.id,
        )

        assert not leaving.sees(leaving.works)
        with pytest.raises(Conflict):
            substitutes.end(
                leaving.session,
                substitution_id=made.id,
                agent_id=leaving.away.id,
                actor_id=leaving.boss.id,
            )


def test_one_substitute_at_a_time_and_no_chains(leaving: Leaving) -> None:
    leaving.begin()

    with pytest.raises(Invalid, match="sudah punya pengganti"):
        leaving.begin(substitute_id=leaving.third.id, from_on=LAST, until_on=LAST)
    with pytest.raises(Invalid, match="Pengganti yang dipilih cuti"):
        leaving.begin(agent_id=leaving.third.id, substitute_id=leaving.away.id)
    with pytest.raises(Invalid, match="menggantikan agen lain"):
        leaving.begin(agent_id=leaving.works.id, substitute_id=leaving.third.id)
    leaving.begin(agent_id=leaving.third.id)  # one agent may work for several
    leaving.begin(from_on=date(2026, 11, 27), until_on=date(2026, 11, 27))


def test_the_substitute_is_an_active_agent_of_the_office(
    session: Session, leaving: Leaving
) -> None:
    elsewhere = make_agent(session)
    leaving.third.status = AgentStatus.SUSPENDED

    for wrong in (elsewhere, leaving.third, leaving.away):
        with pytest.raises(Invalid) as refused:
            leaving.begin(substitute_id=wrong.id)
        assert refused.value.facts["about"] == "substitute"


@pytest.mark.parametrize(
    "days",
    [
        {"from_on": date(2026, 11, 21)},
        {"until_on": date(2026, 11, 23)},
        {"until_on": date(2027, 11, 25)},
    ],
)
def test_days_that_cannot_be_are_refused(leaving: Leaving, days: dict[str, date]) -> None:
    with pytest.raises(Invalid):
        leaving.begin(**days)


def _collect(visit: Any, agent: Agent, worker: Worker) -> Any:
    return visit(agent.user).submit(
        f"/tagih/{worker.id}", key=uuid.uuid4().hex, months=["2026-11"], channel="cash"
    )


@pytest.mark.parametrize("substitute_earns", [False, True])
def test_the_substitute_holds_the_cash_and_the_setting_says_who_earns(
    session: Session,
    visit: Any,
    monkeypatch: pytest.MonkeyPatch,
    leaving: Leaving,
    substitute_earns: bool,
) -> None:
    owed = make_contribution(session, leaving.worker)
    leaving.begin()
    usual = agent_rules.setting

    def changed(rule: Rule, day: date) -> Setting:
        if rule is Rule.SUBSTITUTE_EARNS and substitute_earns:
            return Setting(value=1, certainty="unsure", source="uji")
        return usual(rule, day)

    monkeypatch.setattr(substitutes, "setting", changed)
    with at(25):
        taken = _collect(visit, leaving.works, leaving.worker)
        assert taken.location.startswith("/kuitansi/")
        assert visit(leaving.works.user).get(taken.location).status_code == 200

    payment = session.scalars(select(Payment)).one()
    assert payment.agent_id == leaving.works.id
    held = journal.balance(session, accounts.cash_of(leaving.works.id))
    assert held == payment.amount_idr
    session.refresh(owed)
    earner = leaving.works if substitute_earns else leaving.away
    assert owed.payment_id == payment.id
    assert owed.agent_id == earner.id


def test_after_the_leave_the_substitute_collects_nothing_any_more(
    session: Session, visit: Any, leaving: Leaving
) -> None:
    make_contribution(session, leaving.worker)
    leaving.begin()

    with at(27):
        assert _collect(visit, leaving.works, leaving.worker).status_code == 404
        assert _collect(visit, leaving.away, leaving.worker).status_code == 302
    assert session.scalars(select(Payment)).one().agent_id == leaving.away.id


def test_the_agent_on_leave_reads_and_neither_enrols_nor_collects(
    session: Session, vault: Vault, visit: Any, leaving: Leaving
) -> None:
    make_contribution(session, leaving.worker)
    leaving.begin()

    with at(25):
        assert visit(leaving.away.user).get(f"/pekerja/{leaving.worker.id}").status_code == 200
        refused = _collect(visit, leaving.away, leaving.worker)
        assert refused.status_code == 422
        assert "Anda cuti sampai 26 Nov 2026" in refused.text
        with pytest.raises(Refused, match="Anda cuti"):
            enrol_worker(
                session,
                vault=vault,
                data=None,  # type: ignore[arg-type]
                agent_id=leaving.away.id,
                actor_id=leaving.away.user_id,
                month=date(2026, 11, 1),
            )
    assert session.scalars(select(Contribution.payment_id)).one() is None


def test_both_read_it_at_home_and_the_list_says_whose_workers_they_are(
    session: Session, visit: Any, leaving: Leaving
) -> None:
    make_contribution(session, leaving.worker)
    leaving.begin()
    there = f"/menggantikan/{leaving.away.id}"
    works, away = leaving.works.user, leaving.away.user
    assert "Cuti Anda mulai 24 Nov 2026" in visit(away).get("/hari-ini").text
    assert "mulai 24 Nov 2026" in visit(works).get("/hari-ini").text
    assert visit(works).get(there).status_code == 404

    with at(25):
        home = visit(works).get("/hari-ini").text
        assert "Anda menggantikan Siti Aminah" in home
        assert f'href="{there}"' in home
        assert "Ni Luh Ayu" not in home
        assert "Anda cuti sampai 26 Nov 2026" in visit(away).get("/hari-ini").text
        page = visit(works).get(f"{there}?tab=all").text
        assert "Pekerja Siti Aminah" in page
        assert "Ni Luh Ayu" in page
        assert visit(leaving.third.user).get(there).status_code == 404
        one = visit(works).get(f"/pekerja/{leaving.worker.id}").text
        assert "Anda menggantikannya sampai 26 Nov 2026" in one
    with at(27):
        assert visit(works).get(there).status_code == 404
        assert visit(works).get(f"/pekerja/{leaving.worker.id}").status_code == 404
        assert "menggantikan" not in visit(works).get("/hari-ini").text


def test_the_substitute_neither_sees_whole_niks_nor_changes_data_nor_reads_money_of_the_agent(
    visit: Any, leaving: Leaving
) -> None:
    leaving.begin()
    worker = f"/pekerja/{leaving.worker.id}"

    with at(25):
        visitor = visit(leaving.works.user)
        assert "Tampilkan" not in visitor.get(worker).text
        assert visitor.submit(f"{worker}/nik").status_code == 404
        assert visitor.get(f"{worker}/data").status_code == 404
        assert visitor.get(f"{worker}/ahli-waris").status_code == 404


def test_the_search_of_the_substitute_finds_the_workers_on_these_days_only(
    session: Session, vault: Vault, leaving: Leaving
) -> None:
    leaving.begin()
    user = leaving.works.user
    assert user is not None

    def found() -> list[str]:
        rows = finding.find(session, user, read("Ni Luh Ayu"), vault=vault)
        return [row.title for row in rows]

    assert found() == []
    with at(25):
        assert found() == ["Ni Luh Ayu"]
    with at(27):
        assert found() == []


def test_from_the_supervisors_form_to_the_early_end(
    session: Session, visit: Any, leaving: Leaving
) -> None:
    page = f"/pembina/tim/{leaving.away.id}/cuti"
    visitor = visit(leaving.boss)
    wrong = visitor.submit(
        page, substitute=leaving.works.id, from_on="2026-11-21", until_on="2026-11-26", reason=""
    )
    assert wrong.status_code == 422
    assert "paling cepat hari ini" in wrong.text
    sent = visitor.submit(
        page, substitute=leaving.works.id, from_on="2026-11-22", until_on="2026-11-26", reason="X"
    )
    assert sent.location == page
    assert "Sedang cuti" in visitor.get(page).text
    assert leaving.sees(leaving.works)

    made = session.scalars(select(Substitution)).one()
    visitor.submit(f"{page}/{made.id}/akhiri")

    assert "Diakhiri 22 Nov 2026" in visitor.get(page).text
    assert not leaving.sees(leaving.works)
