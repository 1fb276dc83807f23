"""Memberships that lapse, and how they are resumed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.contributions import billing
from agentsys.contributions.arrears import open_months
from agentsys.contributions.models import ClosedContribution
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Invalid
from agentsys.memberships.ending import end
from agentsys.memberships.lapsing import lapse, lapsed
from agentsys.memberships.resuming import resume
from agentsys.payments import ceiling
from agentsys.workers.kinds import EndReason, Funding, Programmes, Registration
from agentsys.workers.models import Enrolment, Worker
from tests.factories import make_agent, make_contribution, make_worker
from tests.memberships.steps import take_cash

JUNE, JULY, AUGUST = date(2026, 6, 1), date(2026, 7, 1), date(2026, 8, 1)
SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
DECEMBER = date(2026, 12, 1)


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    """A member since June, billed up to November, who paid June."""
    worker = make_worker(session, vault, agent=make_agent(session), enrolled_from=JUNE)
    for month in (JUNE, JULY, AUGUST, SEPTEMBER, OCTOBER, NOVEMBER):
        make_contribution(session, worker, month)
    with time_machine.travel(datetime(2026, 6, 20, tzinfo=UTC)):
        take_cash(session, worker, [JUNE])
    return worker


@pytest.mark.parametrize(
    ("day", "is_lapsed"), [(date(2026, 9, 30), False), (date(2026, 10, 1), True)]
)
def test_a_membership_lapses_when_the_fourth_month_is_unpaid(
    session: Session, worker: Worker, day: date, is_lapsed: bool
) -> None:
    with time_machine.travel(datetime(day.year, day.month, day.day, 3, tzinfo=UTC)):
        assert bool(lapsed(session)) is is_lapsed


def test_a_lapsed_membership_ends_by_itself_and_its_bills_are_closed(
    session: Session, worker: Worker
) -> None:
    assert lapse(session) == (1, None)

    enrolment = session.get_one(Enrolment, (worker.id, JUNE))
    assert (enrolment.until_month, enrolment.end_reason) == (OCTOBER, EndReason.LAPSED)
    assert open_months(session, worker_id=worker.id) == []
    assert session.scalars(
        select(ClosedContribution.month).order_by(ClosedContribution.month)
    ).all() == [JULY, AUGUST, SEPTEMBER, OCTOBER, NOVEMBER]
    billing.bill_month(session, month=DECEMBER, actor_id=None)
    assert open_months(session, worker_id=worker.id) == []
    assert lapse(session) == (0, None)


def test_a_closed_month_of_a_lapsed_membership_is_not_billed_again(
    session: Session, worker: Worker
) -> None:
    lapse(session)

    billing.bill_month(session, month=SEPTEMBER, actor_id=None)

    assert open_months(session, worker_id=worker.id) == []


def test_money_that_is_on_its_way_to_bpjs_keeps_a_membership(
    session: Session, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ceiling, "block_days", lambda: 365)  # the agent hands it in later
    take_cash(session, worker, [JULY, AUGUST])

    assert lapse(session) == (0, None)


def test_a_worker_who_never_paid_lapses_like_others(session: Session, vault: Vault) -> None:
    never = make_worker(session, vault, agent=make_agent(session), enrolled_from=AUGUST)

    lapse(session)

    assert session.get_one(Enrolment, (never.id, AUGUST)).until_month == NOVEMBER


def test_a_sponsors_late_money_ends_nothing(session: Session, vault: Vault) -> None:
    make_worker(session, vault, enrolled_from=JUNE, funding=Funding.APBD)

    assert lapse(session) == (0, None)


def test_many_memberships_lapse_in_lots(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    workers = [make_worker(session, vault, agent=agent, enrolled_from=JUNE) for _ in range(3)]

    first = lapse(session, limit=2)
    second = lapse(session, after=first[1] or 0, limit=2)

    assert (first, second) == ((2, workers[1].id), (1, None))


def test_a_lapsed_worker_is_a_member_again_from_this_month(
    session: Session, worker: Worker
) -> None:
    lapse(session)

    _resume(session, worker, NOVEMBER)

    billed = billing.ensure_billed(session, worker_id=worker.id, months=[NOVEMBER])
    assert [contribution.month for contribution in billed] == [NOVEMBER]
    assert worker.registration is Registration.WAITING
    with pytest.raises(billing.NotEnrolled):
        billing.ensure_billed(session, worker_id=worker.id, months=[OCTOBER])


def test_a_running_membership_is_not_resumed(session: Session, worker: Worker) -> None:
    with pytest.raises(Conflict, match="masih berjalan"):
        _resume(session, worker, DECEMBER)


def test_nobody_is_a_member_again_from_a_past_month(session: Session, worker: Worker) -> None:
    lapse(session)

    with pytest.raises(Invalid) as refused:
        _resume(session, worker, OCTOBER)

    assert refused.value.facts["about"] == "from_month"


def test_who_died_is_never_a_member_again(session: Session, worker: Worker) -> None:
    end(
        session,
        worker_id=worker.id,
        reason=EndReason.DIED,
        happened_on=date(2026, 11, 20),
        note="Akta kematian",
        actor_id=None,
    )

    with pytest.raises(Invalid, match="meninggal"):
        _resume(session, worker, DECEMBER)


def _resume(session: Session, worker: Worker, month: date) -> None:
    resume(
        session,
        worker_id=worker.id,
        from_month=month,
        programmes=Programmes.TWO,
        actor_id=7,
    )
