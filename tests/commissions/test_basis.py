"""The input of a rule for an agent's month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions import basis
from agentsys.commissions.models import Statement
from agentsys.crypto import Vault
from agentsys.workers.models import Programmes
from tests.commissions.builders import (
    DECEMBER,
    JANUARY,
    NOVEMBER,
    OCTOBER,
    approve,
    approved_in_november,
    at,
    confirm,
    fee,
    months_of,
    offer,
    run,
)
from tests.factories import make_agent, make_contribution, make_worker


def test_only_contributions_that_bpjs_confirmed_count(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    confirmed = make_worker(session, vault, agent=agent, programmes=Programmes.THREE)
    confirm(session, confirmed, programmes=Programmes.THREE, jht_idr=20_000)
    for values in ({}, {"payment_id": 1}, {"payment_id": 1, "remittance_id": 1}):
        make_contribution(session, make_worker(session, vault, agent=agent), **values)

    known = basis.agent_month(session, agent=agent, month=NOVEMBER)

    [one] = known.contributions
    assert (one.worker_id, one.month, one.amount_idr) == (confirmed.id, NOVEMBER, 36_800)
    assert one.programmes == {"JKK", "JKM", "JHT"}
    assert one.funding == "self"
    assert (known.agent_id, known.office_id, known.month) == (agent.id, agent.office_id, NOVEMBER)


def test_the_month_of_confirmation_decides_on_the_clock_of_jakarta(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    moments = {
        datetime(2026, 10, 31, 16, 59, 59, tzinfo=UTC): OCTOBER,
        datetime(2026, 10, 31, 17, 0, tzinfo=UTC): NOVEMBER,
        datetime(2026, 11, 30, 16, 59, 59, tzinfo=UTC): NOVEMBER,
        datetime(2026, 11, 30, 17, 0, tzinfo=UTC): DECEMBER,
    }
    workers = {
        moment: make_worker(session, vault, agent=agent, enrolled_from=OCTOBER)
        for moment in moments
    }
    for moment, worker in workers.items():
        confirm(session, worker, OCTOBER, moment)

    for month in (OCTOBER, NOVEMBER, DECEMBER):
        expected = {workers[moment].id for moment, falls_in in moments.items() if falls_in == month}
        found = {worker_id for worker_id, _ in months_of(session, agent, month)}
        assert found == expected


def test_what_an_approved_month_left_out_comes_with_the_next_and_with_no_other(
    session: Session, vault: Vault
) -> None:
    agent = approved_in_november(session, vault)
    late = make_worker(session, vault, agent=agent)
    confirm(session, late, NOVEMBER, at(28))

    assert set(months_of(session, agent, DECEMBER)) == {(late.id, NOVEMBER)}
    assert basis.size(session, agent_id=agent.id, month=DECEMBER) == (1, 16_800)
    assert months_of(session, agent, JANUARY) == {}


def test_what_was_being_committed_while_the_month_was_computed_is_not_lost(
    session: Session, vault: Vault
) -> None:
    agent = approved_in_november(session, vault)
    slow = make_worker(session, vault, agent=agent)
    confirm(session, slow, NOVEMBER, clock.now() - timedelta(minutes=1))

    assert set(months_of(session, agent, DECEMBER)) == {(slow.id, NOVEMBER)}


def test_a_confirmation_has_an_hour_to_be_committed_before_the_month_is_computed(
    session: Session, vault: Vault
) -> None:
    agent = approved_in_november(session, vault)
    computed_at = session.scalars(select(Statement.computed_at)).one()
    within, before = (make_worker(session, vault, agent=agent) for _ in range(2))
    confirm(session, within, NOVEMBER, computed_at - timedelta(minutes=59))
    confirm(session, before, NOVEMBER, computed_at - timedelta(minutes=61))

    assert set(months_of(session, agent, DECEMBER)) == {(within.id, NOVEMBER)}


def test_what_earned_nothing_in_an_approved_month_is_over(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    paid, free = (make_worker(session, vault, agent=agent) for _ in range(2))
    for worker in (paid, free):
        confirm(session, worker)
    run(session, hook=offer(uji=lambda month: fee()(month)[:1]))
    approve(session, agent)

    assert months_of(session, agent, DECEMBER) == {}
    assert basis.agents_to_compute(session, month=DECEMBER) == []


def test_a_month_that_waits_leaves_nothing_to_the_next(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    confirm(session, make_worker(session, vault, agent=agent))
    run(session)
    confirm(session, make_worker(session, vault, agent=agent), NOVEMBER, at(28))

    assert months_of(session, agent, DECEMBER) == {}
    assert basis.size(session, agent_id=agent.id, month=NOVEMBER) == (2, 33_600)
