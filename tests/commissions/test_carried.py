"""Adjustments and commission taken back: two persons, in the next statement, once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.commissions.carried.deciding import CarriedAction
from agentsys.commissions.carried.models import CarriedState
from agentsys.commissions.models import Statement, StatementLine
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.extension.contract import Beneficiary
from agentsys.people.models import RoleName
from tests.commissions.builders import (
    AFTER_NOVEMBER,
    DECEMBER,
    NOVEMBER,
    OCTOBER,
    approve,
    at,
    confirm,
    run,
    statement_of,
)
from tests.commissions.carried_office import Office, balances, sums
from tests.factories import make_agent, make_office, make_user, make_worker

pytestmark = pytest.mark.made_up_books


@pytest.fixture
def office(session: Session, vault: Vault) -> Office:
    return Office(session, vault)


def test_an_approved_adjustment_is_a_line_of_the_next_statement_with_its_reason(
    session: Session, office: Office
) -> None:
    office.decide(office.adjust(7_000, 700))
    office.adjust(99_000)  # nobody approved it

    with time_machine.travel(at(5, 12)):
        confirm(
            session, make_worker(session, office.vault, agent=office.agent), DECEMBER, at(3, 12)
        )
        run(session, month=DECEMBER)

    assert sums(session, office.agent, DECEMBER) == (2_520 + 7_000, 252 + 700)
    [line] = session.scalars(
        select(StatementLine).where(
            StatementLine.rule == "adjustment", StatementLine.beneficiary == Beneficiary.AGENT
        )
    )
    assert line.reason["values"]["why"] == "salah hitung"


def test_an_agent_without_contributions_gets_a_statement_of_what_is_carried(
    session: Session, office: Office
) -> None:
    office.decide(office.adjust(-5_000))

    with time_machine.travel(at(5, 12)):
        run(session, month=DECEMBER)
        run(session, month=DECEMBER)

    assert sums(session, office.agent, DECEMBER) == (-5_000, 0)


def test_what_is_carried_enters_once_whatever_is_computed_again(
    session: Session, office: Office
) -> None:
    office.decide(office.adjust(7_000))

    with time_machine.travel(at(5, 12)):
        run(session, month=DECEMBER)
        approve(session, office.agent, DECEMBER)
    with time_machine.travel(at(28, 12)):
        confirm(
            session, make_worker(session, office.vault, agent=office.agent), DECEMBER, at(20, 12)
        )
        run(session, month=DECEMBER)

    carried = select(func.sum(StatementLine.amount_idr)).where(
        StatementLine.subject.startswith("carried:")
    )
    assert session.scalar(carried) == 7_000


def test_an_old_month_carries_nothing_of_a_later_decision(session: Session, office: Office) -> None:
    office.decide(office.adjust(7_000))

    run(session, month=date(2026, 9, 1))

    assert statement_of(session, office.agent, date(2026, 9, 1)) is None


def test_taking_back_negates_the_lines_of_the_contribution_and_the_offices_share(
    session: Session, vault: Vault
) -> None:
    office = Office(session, vault, workers=25)
    worker = office.workers[0]
    of_worker = select(func.sum(StatementLine.amount_idr)).where(
        StatementLine.worker_id == worker.id
    )
    assert session.scalar(of_worker) == 10_000 + 2_520

    found = office.take_back(worker)
    with time_machine.travel(at(5, 12)):
        run(session, month=DECEMBER)

    assert (found.agent_idr, found.office_idr) == (-12_520, -1_252)
    assert sums(session, office.agent, DECEMBER) == (-12_520, -1_252)
    assert session.scalar(of_worker) == 0


@settings(max_examples=12, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    order=st.permutations(range(5)),
    prices=st.lists(st.integers(1, 700_000), min_size=5, max_size=5),
)
def test_original_and_reversal_are_zero_in_every_account(
    session: Session, vault: Vault, order: list[int], prices: list[int]
) -> None:
    with session.begin_nested() as undone:
        agent = make_agent(session)
        before = balances(session)
        workers = [make_worker(session, vault, agent=agent) for _each in range(5)]
        for worker, price in zip(workers, prices, strict=True):
            confirm(session, worker, jkk_idr=price, jkm_idr=0)
        office = Office.__new__(Office)
        office.session, office.vault, office.agent = session, vault, agent
        run(session)
        found = statement_of(session, agent, NOVEMBER)
        if found is not None:
            office.november = approve(session, agent)
            office.first, office.second = (
                make_user(session, RoleName.FINANCE, office_id=agent.office_id)
                for _each in range(2)
            )
            earned = {
                line.worker_id
                for line in session.scalars(
                    select(StatementLine).where(StatementLine.statement_id == found.id)
                )
            }
            for number in order:
                if workers[number].id in earned:
                    office.take_back(workers[number])
            with time_machine.travel(at(5, 12)):
                run(session, month=DECEMBER)
                approve(session, agent, DECEMBER)
            total = select(func.sum(Statement.agent_idr), func.sum(Statement.office_idr))
            assert session.execute(total.where(Statement.agent_id == agent.id)).one() == (0, 0)
        assert balances(session) == before
        undone.rollback()


def test_a_contribution_is_taken_back_once(session: Session, office: Office) -> None:
    worker = office.workers[0]
    found = office.propose(worker)

    with pytest.raises(Conflict, match="sudah diusulkan"):
        office.propose(worker)
    office.decide(found)
    with pytest.raises(Conflict):
        office.propose(worker)
    with pytest.raises(Conflict):
        office.decide(found)


def test_a_refused_reversal_can_be_proposed_again_and_takes_nothing(
    session: Session, office: Office
) -> None:
    found = office.propose(office.workers[0])
    with pytest.raises(Invalid, match="alasan ditolak"):
        office.decide(found, action=CarriedAction.REFUSE)
    office.decide(found, action=CarriedAction.REFUSE, reason="bukti kurang")

    with time_machine.travel(at(5, 12)):
        run(session, month=DECEMBER)

    assert statement_of(session, office.agent, DECEMBER) is None
    assert office.propose(office.workers[0]).state is CarriedState.PROPOSED


def test_nobody_decides_alone_for_himself_or_for_another_office(
    session: Session, office: Office
) -> None:
    found = office.adjust(1_000)
    agent_user = office.agent.user
    stranger = make_user(session, RoleName.FINANCE, office_id=make_office(session).id)

    with pytest.raises(Forbidden):
        office.decide(found, office.first)
    with pytest.raises(Forbidden):
        office.decide(found, agent_user)
    with pytest.raises(NotFound):
        office.decide(found, stranger)
    with pytest.raises(NotFound):
        office.adjust(1_000, actor=stranger)
    with pytest.raises(NotFound):
        office.decide(found, office.second, action=CarriedAction.WITHDRAW)
    assert office.decide(found, office.first, action=CarriedAction.WITHDRAW)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"agent_idr": 0}, "bukan nol"),
        ({"agent_idr": 10**9}, "paling banyak"),
        ({"agent_idr": 1, "why": " \0 "}, "Tulis alasannya"),
    ],
)
def test_an_adjustment_that_cannot_be_is_refused(
    session: Session, office: Office, values: dict[str, Any], says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        office.adjust(**values)


def test_only_what_an_approved_statement_granted_is_taken_back(
    session: Session, office: Office
) -> None:
    with pytest.raises(Invalid, match="tidak punya komisi"):
        office.propose(office.workers[0], OCTOBER)
    with time_machine.travel(AFTER_NOVEMBER):
        other = make_agent(session)
        confirm(session, make_worker(session, office.vault, agent=other))
        run(session)
        waiting = statement_of(session, other, NOVEMBER)
        assert waiting is not None
        actor = make_user(session, RoleName.FINANCE, office_id=other.office_id)
        with pytest.raises(Conflict, match="belum disetujui"):
            office.propose(office.workers[0], statement_id=waiting.id, actor=actor)
