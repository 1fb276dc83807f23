"""A list of the bank's results: all lines are recorded or, with a wrong one, none."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.payouts.models import BatchState, LineState, PayoutBatch
from agentsys.payouts.result_lists import WrongList, record_list
from agentsys.people.models import Agent, Office, User
from tests.payouts.builders import balances_of, earn, earner, line_of, sent

EARNED, NET = 600_000, 585_000


@pytest.fixture
def agents(session: Session, vault: Vault, office: Office) -> list[Agent]:
    """Three agents with commission."""
    found = [earner(session, vault, office) for _each in range(3)]
    for agent in found:
        earn(session, vault, agent, EARNED)
    return found


@pytest.fixture
def batch(
    session: Session, vault: Vault, office: Office, people: list[User], agents: list[Agent]
) -> PayoutBatch:
    """Their batch, which the bank has."""
    return sent(session, vault, office, people)


def test_a_list_is_recorded_whole_and_the_same_again_changes_nothing(
    session: Session, batch: PayoutBatch, people: list[User], agents: list[Agent]
) -> None:
    first, second, third = (line_of(session, agent) for agent in agents)
    text = (
        "Referensi;Jumlah;Status;Ref bank;Alasan\n"
        f"{first.key};585.000;SUKSES;BRI1;\n"
        f"{second.key};{NET};gagal;;rekening ditutup\n\n"
        f"{third.key};Rp585.000;Retur;BRI3;nama tidak cocok\n"
    )

    assert record_list(session, batch_id=batch.id, text=text, actor_id=people[0].id) == 3
    assert record_list(session, batch_id=batch.id, text=text, actor_id=people[0].id) == 0

    ended = [(line.state, line.bank_ref) for line in (first, second, third)]
    assert ended == [
        (LineState.SUCCEEDED, "BRI1"),
        (LineState.FAILED, ""),
        (LineState.RETURNED, "BRI3"),
    ]
    assert batch.state is BatchState.FINISHED
    assert balances_of(session, agents[2])[f"payable:commission:agent:{agents[2].id}"] == -NET


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{key};585001;SUKSES", "lain dari yang dikirim"),
        ("{key};banyak;SUKSES", "tidak terbaca"),
        ("{key};585000;MUNGKIN", "tidak dikenal"),
        ("{key};585000;GAGAL", "alasannya kosong"),
        ("{key};585000", "belum lengkap"),
        ("KOM-0-1;585000;SUKSES", "tidak ada di pembayaran ini"),
        ("{other};585000;SUKSES", "tertulis dua kali"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_recorded(
    session: Session,
    batch: PayoutBatch,
    people: list[User],
    agents: list[Agent],
    line: str,
    why: str,
) -> None:
    other = line_of(session, agents[1])
    good = f"{other.key};{NET};SUKSES;BRI1;"
    wrong = line.format(key=line_of(session, agents[0]).key, other=other.key)

    with pytest.raises(WrongList) as refused:
        record_list(session, batch_id=batch.id, text=f"{good}\n{wrong}", actor_id=people[0].id)

    assert [each.number for each in refused.value.wrong] == [2]
    assert why in refused.value.wrong[0].why.sentence()
    assert {line_of(session, agent).state for agent in agents} == {LineState.SENT}


def test_a_late_return_is_taken_from_a_list_and_a_success_after_a_failure_is_not(
    session: Session, batch: PayoutBatch, people: list[User], agents: list[Agent]
) -> None:
    first, second, third = (line_of(session, agent) for agent in agents)
    actor = people[0].id
    ended = f"{first.key}\t{NET}\tSUKSES\n{second.key}\t{NET}\tGAGAL\t\tditutup"
    record_list(session, batch_id=batch.id, text=ended, actor_id=actor)
    record_list(
        session, batch_id=batch.id, text=f"{first.key};{NET};RETUR;;tidak aktif", actor_id=actor
    )

    with pytest.raises(WrongList):
        record_list(session, batch_id=batch.id, text=f"{second.key};{NET};SUKSES", actor_id=actor)

    assert (first.state, second.state, third.state) == (
        LineState.RETURNED,
        LineState.FAILED,
        LineState.SENT,
    )


def test_a_first_line_with_an_end_is_no_heading(
    session: Session, batch: PayoutBatch, people: list[User], agents: list[Agent]
) -> None:
    first, second = (line_of(session, agent) for agent in agents[:2])
    text = f"{first.key};5850O0;SUKSES\n{second.key};{NET};SUKSES"

    with pytest.raises(WrongList) as refused:
        record_list(session, batch_id=batch.id, text=text, actor_id=people[0].id)

    assert [each.number for each in refused.value.wrong] == [1]
    assert second.state is LineState.SENT
