"""Billing: who is billed, at which price, and that repeating it changes nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import billing
from agentsys.contributions.models import Contribution, ContributionState
from agentsys.crypto import Vault
from agentsys.errors import Invalid, NotFound
from agentsys.workers.models import Assignment, Enrolment, Funding, Programmes, Sector
from tests.factories import (
    make_agent,
    make_enrolment,
    make_office,
    make_worker,
)

OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)


def billed(session: Session, **conditions: Any) -> list[Contribution]:
    """All contributions, by worker and month."""
    return list(
        session.scalars(
            select(Contribution)
            .filter_by(**conditions)
            .order_by(Contribution.worker_id, Contribution.month)
        )
    )


def test_each_enrolled_worker_is_billed_by_sector_payer_package_and_income(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    rider = make_worker(session, vault, agent=agent, sector=Sector.TRANSPORT)
    vendor = make_worker(
        session, vault, agent=agent, programmes=Programmes.THREE, income_idr=2_950_000
    )
    sponsored = make_worker(session, vault, agent=agent, funding=Funding.APBD)

    run = billing.bill_month(session, month=NOVEMBER, actor_id=None)

    amounts = {c.worker_id: c.amount_idr for c in billed(session)}
    assert amounts == {rider.id: 8_400, vendor.id: 77_150, sponsored.id: 16_800}
    assert (run.billed, run.already, run.amount_idr) == (3, 0, 102_350)
    assert run.finished_at is not None
    [one] = billed(session, worker_id=vendor.id)
    assert (one.jkk_idr, one.jkm_idr, one.jht_idr) == (14_750, 3_400, 59_000)
    assert one.tariff == "PP 44/2015, PP 46/2015, PP 50/2025"
    assert (one.agent_id, one.office_id) == (agent.id, agent.office_id)
    assert one.state is ContributionState.BILLED


def test_billing_again_adds_only_who_came_since(session: Session, vault: Vault) -> None:
    first = make_worker(session, vault)
    billing.bill_month(session, month=NOVEMBER, actor_id=None)
    [before] = billed(session, worker_id=first.id)
    billed_at = before.billed_at
    make_worker(session, vault)

    run = billing.bill_month(session, month=NOVEMBER, actor_id=None)

    assert (run.billed, run.already) == (1, 1)
    session.expire_all()
    assert billed(session, worker_id=first.id)[0].billed_at == billed_at


def test_a_membership_is_billed_from_its_first_month_until_it_ended(
    session: Session, vault: Vault
) -> None:
    starts_later = make_worker(session, vault, enrolled_from=DECEMBER)
    ended = make_worker(session, vault, enrolled_from=date(2026, 1, 1))
    session.query(Enrolment).filter_by(worker_id=ended.id).update(
        {"until_month": NOVEMBER, "end_reason": "wished", "ended_at": clock.now()}
    )
    make_enrolment(
        session, ended, programmes=Programmes.THREE, from_month=DECEMBER, funding=Funding.APBD
    )

    for month in (OCTOBER, NOVEMBER, DECEMBER):
        billing.bill_month(session, month=month, actor_id=None)

    assert [c.month for c in billed(session, worker_id=starts_later.id)] == [DECEMBER]
    months = {c.month: c.programmes for c in billed(session, worker_id=ended.id)}
    assert months == {OCTOBER: Programmes.TWO, DECEMBER: Programmes.THREE}


def test_a_month_belongs_to_the_agent_who_has_the_worker_now_also_an_older_one(
    session: Session, vault: Vault
) -> None:
    before, after = make_agent(session), make_agent(session)
    worker = make_worker(session, vault, agent=before, enrolled_from=OCTOBER)
    session.query(Assignment).filter_by(worker_id=worker.id).update({"until_month": NOVEMBER})
    session.add(Assignment(worker_id=worker.id, agent_id=after.id, from_month=NOVEMBER))
    worker.agent_id = after.id
    session.flush()

    for month in (OCTOBER, NOVEMBER):
        billing.bill_month(session, month=month, actor_id=None)

    assert [c.agent_id for c in billed(session, worker_id=worker.id)] == [after.id, after.id]


def test_one_office_can_be_billed_alone(session: Session, vault: Vault) -> None:
    here, there = make_office(session), make_office(session)
    worker = make_worker(session, vault, office_id=here.id)
    make_worker(session, vault, office_id=there.id)

    run = billing.bill_month(session, month=NOVEMBER, actor_id=None, office_id=here.id)

    assert run.billed == 1
    assert [c.worker_id for c in billed(session)] == [worker.id]


@pytest.mark.parametrize("month", [date(2024, 10, 1), date(2027, 12, 1)])
def test_a_month_too_far_away_is_refused_and_the_reach_is_named(
    session: Session, month: date
) -> None:
    with pytest.raises(billing.MonthOutOfReach, match="dari November 2024 sampai November 2027"):
        billing.bill_month(session, month=month, actor_id=None)


@pytest.mark.parametrize("month", [date(2024, 11, 1), date(2027, 11, 1)])
def test_the_first_and_the_last_month_within_reach_are_billed(
    session: Session, vault: Vault, month: date
) -> None:
    make_worker(session, vault, enrolled_from=date(2024, 1, 1))

    assert billing.bill_month(session, month=month, actor_id=None).billed == 1


def test_months_paid_ahead_each_have_their_own_price(session: Session, vault: Vault) -> None:
    worker = make_worker(session, vault)
    rider = make_worker(session, vault, sector=Sector.TRANSPORT)
    months = [date(2027, 1, 1), DECEMBER, NOVEMBER]

    ours = billing.ensure_billed(session, worker_id=worker.id, months=months)
    riders = billing.ensure_billed(session, worker_id=rider.id, months=months)

    assert [(c.month, c.amount_idr) for c in ours] == [
        (NOVEMBER, 8_400),
        (DECEMBER, 8_400),
        (date(2027, 1, 1), 16_800),
    ]
    assert [c.amount_idr for c in riders] == [8_400, 8_400, 8_400]


def test_what_was_billed_keeps_its_price(session: Session, vault: Vault) -> None:
    worker = make_worker(session, vault)
    billing.ensure_billed(session, worker_id=worker.id, months=[NOVEMBER])
    worker.income_idr = 20_000_000
    session.flush()

    billing.bill_month(session, month=NOVEMBER, actor_id=None)
    [found] = billing.ensure_billed(session, worker_id=worker.id, months=[NOVEMBER])

    assert found.amount_idr == 8_400


@pytest.mark.parametrize("count", [0, 13])
def test_one_to_twelve_months_at_once(session: Session, vault: Vault, count: int) -> None:
    worker = make_worker(session, vault, enrolled_from=date(2026, 1, 1))
    months = [date(2026, 1 + n, 1) if n < 12 else date(2027, 1, 1) for n in range(count)]

    with pytest.raises(Invalid, match="1 sampai 12"):
        billing.ensure_billed(session, worker_id=worker.id, months=months)


def test_a_month_outside_the_membership_is_refused_and_named(
    session: Session, vault: Vault
) -> None:
    worker = make_worker(session, vault, enrolled_from=NOVEMBER)

    with pytest.raises(billing.NotEnrolled, match=r"pada bulan Oktober 2026\."):
        billing.ensure_billed(session, worker_id=worker.id, months=[OCTOBER, NOVEMBER])

    assert billed(session) == []


def test_an_unknown_worker_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        billing.ensure_billed(session, worker_id=987_654, months=[NOVEMBER])
