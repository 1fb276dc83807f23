"""A change of price from a later month on: planned, made by a job, or cancelled before."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.changes import planned, queries
from agentsys.changes.models import ChangeState, WorkerChange
from agentsys.contributions import billing
from agentsys.contributions.advance import coming_months
from agentsys.contributions.changes import change_of
from agentsys.contributions.models import Contribution
from agentsys.contributions.planned_prices import of_worker
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, Invalid
from agentsys.memberships.ending import end
from agentsys.memberships.resuming import resume
from agentsys.people.models import RoleName, User
from agentsys.workers.kinds import EndReason, Funding, Programmes
from agentsys.workers.models import Enrolment, Worker
from tests.changes.steps import NOVEMBER, approved, proposed
from tests.factories import make_agent, make_user, make_worker
from tests.memberships.steps import take_cash

DECEMBER, JANUARY, FEBRUARY = date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)
IN_JANUARY = datetime(2027, 1, 1, 3, 0, tzinfo=UTC)
DEARER_IDR = 2_800_000  # of income


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    """A member since November, billed for November and January."""
    found = make_worker(session, vault, agent=make_agent(session), enrolled_from=NOVEMBER)
    billing.ensure_billed(session, worker_id=found.id, months=[NOVEMBER, JANUARY])
    return found


@pytest.fixture
def clerk(session: Session, worker: Worker) -> User:
    """Who proposes."""
    return make_user(session, RoleName.FINANCE, office_id=worker.office_id)


@pytest.fixture
def second(session: Session, worker: Worker) -> User:
    """Who approves."""
    return make_user(session, RoleName.FINANCE, office_id=worker.office_id)


@pytest.fixture
def plan(session: Session, vault: Vault, worker: Worker, clerk: User, second: User) -> WorkerChange:
    """A higher income from January on, approved in November."""
    found = proposed(session, vault, worker, clerk, since=JANUARY, income_idr=DEARER_IDR)
    approved(session, vault, found, second)
    return found


def test_bills_of_the_month_and_later_ones_have_the_new_price_and_earlier_ones_the_old(
    session: Session, worker: Worker, plan: WorkerChange
) -> None:
    billing.ensure_billed(session, worker_id=worker.id, months=[DECEMBER, FEBRUARY])
    billing.bill_month(session, month=date(2027, 3, 1), actor_id=None)

    assert plan.state is ChangeState.PLANNED
    assert worker.income_idr == 1_000_000
    assert _prices(session, worker) == {
        NOVEMBER: 8_400,
        DECEMBER: 8_400,
        JANUARY: 36_300,
        FEBRUARY: 36_300,
        date(2027, 3, 1): 36_300,
    }


def test_what_is_offered_in_advance_is_what_will_be_billed(
    session: Session, worker: Worker, plan: WorkerChange
) -> None:
    offered = coming_months(session, worker_id=worker.id, count=2)
    months = [found.month for found in offered]
    billed = billing.ensure_billed(session, worker_id=worker.id, months=months)

    assert [found.amount_idr for found in offered] == [36_300, 36_300]
    assert [found.amount_idr for found in billed] == [36_300, 36_300]


def test_a_job_makes_it_once_its_month_begins(
    session: Session, worker: Worker, plan: WorkerChange
) -> None:
    assert planned.due(session) == []

    with time_machine.travel(IN_JANUARY, tick=False):
        assert planned.due(session) == [plan.id]
        planned.make_due(session, change_id=plan.id)
        planned.make_due(session, change_id=plan.id)  # again: nothing is left to do

    assert plan.state is ChangeState.APPROVED
    assert worker.income_idr == DEARER_IDR
    assert of_worker(session, worker.id) is None
    assert planned.due(session) == []


def test_another_package_begins_its_period_in_its_month(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    plan = proposed(session, vault, worker, clerk, since=JANUARY, programmes="JKK+JKM+JHT")
    approved(session, vault, plan, second)
    assert _prices(session, worker)[JANUARY] == 36_800

    with time_machine.travel(IN_JANUARY, tick=False):
        planned.make_due(session, change_id=plan.id)

    periods = session.scalars(
        select(Enrolment).where(Enrolment.worker_id == worker.id).order_by(Enrolment.from_month)
    ).all()
    assert [(p.from_month, p.until_month, p.programmes, p.ended_by) for p in periods] == [
        (NOVEMBER, JANUARY, Programmes.TWO, second.id),
        (JANUARY, None, Programmes.THREE, None),
    ]


def test_a_month_that_a_sponsor_will_pay_is_not_offered_to_the_worker(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    plan = proposed(session, vault, worker, clerk, since=FEBRUARY, funding="csr")
    approved(session, vault, plan, second)

    assert coming_months(session, worker_id=worker.id, count=3) == []
    [february] = billing.ensure_billed(session, worker_id=worker.id, months=[FEBRUARY])
    assert february.funding is Funding.CSR


def test_cancelled_before_its_month_the_present_price_holds_again(
    session: Session, worker: Worker, plan: WorkerChange, clerk: User
) -> None:
    with pytest.raises(Invalid, match="alasan membatalkan"):
        planned.cancel(session, change_id=plan.id, note=" ", actor_id=clerk.id)

    planned.cancel(session, change_id=plan.id, note="Batal naik", actor_id=clerk.id)

    assert (plan.state, plan.note) == (ChangeState.WITHDRAWN, "Batal naik")
    assert _prices(session, worker)[JANUARY] == 16_800
    with time_machine.travel(IN_JANUARY, tick=False):
        assert planned.due(session) == []
    with pytest.raises(Conflict):
        planned.cancel(session, change_id=plan.id, note="Lagi", actor_id=clerk.id)


def test_once_its_month_has_begun_it_is_not_cancelled(
    session: Session, plan: WorkerChange, clerk: User
) -> None:
    with time_machine.travel(IN_JANUARY, tick=False), pytest.raises(Conflict, match="sudah mulai"):
        planned.cancel(session, change_id=plan.id, note="Batal", actor_id=clerk.id)


def test_who_may_not_approve_may_not_cancel(
    session: Session, plan: WorkerChange, worker: Worker
) -> None:
    auditor = make_user(session, RoleName.AUDITOR, office_id=worker.office_id)

    with pytest.raises(Forbidden):
        planned.cancel(session, change_id=plan.id, note="Batal", actor_id=auditor.id)


def test_a_payer_of_a_paid_month_is_not_cancelled_away(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    plan = proposed(session, vault, worker, clerk, since=JANUARY, programmes="JKK+JKM+JHT")
    approved(session, vault, plan, second)
    take_cash(session, worker, [NOVEMBER, JANUARY])

    with pytest.raises(Conflict, match="Januari 2027 sudah dibayar"):
        planned.cancel(session, change_id=plan.id, note="Batal", actor_id=clerk.id)


def test_another_change_of_price_waits_until_the_planned_one_is_made_or_cancelled(
    session: Session, vault: Vault, worker: Worker, plan: WorkerChange, clerk: User
) -> None:
    with pytest.raises(Conflict, match="Januari 2027 sudah direncanakan"):
        proposed(session, vault, worker, clerk, sector="transport")

    assert proposed(session, vault, worker, clerk, name="Siti Aminah").state is ChangeState.PROPOSED


def test_a_membership_that_ends_before_takes_the_plan_with_it(
    session: Session, worker: Worker, plan: WorkerChange, clerk: User
) -> None:
    end(
        session,
        worker_id=worker.id,
        reason=EndReason.WISHED,
        happened_on=date(2026, 11, 20),
        note="Surat",
        actor_id=clerk.id,
    )
    resume(
        session,
        worker_id=worker.id,
        from_month=DECEMBER,
        programmes=Programmes.TWO,
        actor_id=clerk.id,
    )

    assert not queries.is_held(session, worker_id=worker.id)
    assert planned.due(session) == [plan.id]
    planned.make_due(session, change_id=plan.id)

    assert (plan.state, plan.note) == (ChangeState.WITHDRAWN, planned.ENDED_BEFORE)
    [january] = billing.ensure_billed(session, worker_id=worker.id, months=[FEBRUARY])
    assert january.amount_idr == 16_800


def test_the_pay_link_tells_the_new_price_from_the_month_before(
    session: Session, worker: Worker, plan: WorkerChange
) -> None:
    assert change_of(session, worker_id=worker.id) is None

    with time_machine.travel(datetime(2026, 12, 5, 3, 0, tzinfo=UTC), tick=False):
        told = change_of(session, worker_id=worker.id)

    assert told is not None
    assert (told.month, told.before_idr, told.amount_idr, told.ended) == (
        JANUARY,
        8_400,
        36_300,
        (),
    )


def _prices(session: Session, worker: Worker) -> dict[date, int]:
    session.expire_all()
    rows = session.execute(
        select(Contribution.month, Contribution.amount_idr)
        .where(Contribution.worker_id == worker.id)
        .order_by(Contribution.month)
    )
    return {month: amount for month, amount in rows}
