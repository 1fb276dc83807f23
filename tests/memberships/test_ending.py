"""Ending a membership."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.benefits.models import Claim
from agentsys.contributions import billing
from agentsys.contributions.models import ClosedContribution, Contribution
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Invalid
from agentsys.events.models import StoredEvent
from agentsys.extension.contract import PaymentState
from agentsys.memberships.ending import Ended, end
from agentsys.memberships.queries import Standing, membership_of
from agentsys.payments import links, open_payments
from agentsys.payments.models import Payment
from agentsys.people.models import User
from agentsys.workers.kinds import EndReason
from agentsys.workers.models import Enrolment, Worker
from tests.factories import make_agent, make_contribution, make_user, make_worker
from tests.memberships.steps import take_cash
from tests.payments.provider import DictPay

SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
DECEMBER, JANUARY = date(2026, 12, 1), date(2027, 1, 1)
TODAY = date(2026, 11, 22)


@pytest.fixture
def clerk(session: Session, worker: Worker) -> User:
    """Somebody of the worker's office."""
    return make_user(session, office_id=worker.office_id)


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    """A member since September."""
    return make_worker(session, vault, agent=make_agent(session), enrolled_from=SEPTEMBER)


def test_a_worker_who_leaves_owes_earlier_months_still(session: Session, worker: Worker) -> None:
    for month in (OCTOBER, NOVEMBER, DECEMBER):
        make_contribution(session, worker, month)

    ended = _end(session, worker, EndReason.WISHED)

    assert ended.until_month == DECEMBER
    assert [closed.month for closed in ended.closed] == [DECEMBER]
    assert _open(session, worker) == [OCTOBER, NOVEMBER]


def test_death_closes_every_unpaid_month(session: Session, worker: Worker, clerk: User) -> None:
    for month in (OCTOBER, NOVEMBER):
        make_contribution(session, worker, month)

    ended = _end(session, worker, EndReason.DIED, by=clerk)

    assert _open(session, worker) == []
    assert [closed.month for closed in ended.closed] == [OCTOBER, NOVEMBER]
    kept = session.scalars(select(ClosedContribution).order_by(ClosedContribution.month)).all()
    assert [(row.month, row.why, row.closed_by) for row in kept] == [
        (OCTOBER, EndReason.DIED, clerk.id),
        (NOVEMBER, EndReason.DIED, clerk.id),
    ]


def test_paid_months_stay_and_those_after_the_end_are_told(
    session: Session, worker: Worker
) -> None:
    for month in (NOVEMBER, DECEMBER, JANUARY):
        make_contribution(session, worker, month)
    take_cash(session, worker, [NOVEMBER, DECEMBER])

    ended = _end(session, worker, EndReason.DIED)

    assert list(ended.paid_ahead) == [DECEMBER]
    assert [closed.month for closed in ended.closed] == [JANUARY]


def test_who_left_and_died_owes_nothing_more_and_a_claim_is_opened(
    session: Session, worker: Worker, clerk: User
) -> None:
    for month in (OCTOBER, NOVEMBER):
        make_contribution(session, worker, month)
    _end(session, worker, EndReason.WISHED, on=date(2026, 10, 5))

    ended = _end(session, worker, EndReason.DIED, by=clerk)

    assert ended.until_month == NOVEMBER  # it had ended before
    assert _open(session, worker) == []
    enrolment = session.get_one(Enrolment, (worker.id, SEPTEMBER))
    assert (enrolment.end_reason, enrolment.ended_on) == (EndReason.DIED, TODAY)
    assert session.scalars(select(Claim.happened_on)).all() == [TODAY]


def test_nobody_is_billed_for_a_month_after_the_end(session: Session, worker: Worker) -> None:
    _end(session, worker, EndReason.WISHED)

    with pytest.raises(billing.NotEnrolled):
        billing.ensure_billed(session, worker_id=worker.id, months=[DECEMBER])
    billing.bill_month(session, month=DECEMBER, actor_id=None)

    assert DECEMBER not in _open(session, worker)


@pytest.mark.parametrize("month", [OCTOBER, NOVEMBER])
def test_no_month_of_somebody_who_died_is_billed_again(
    session: Session, worker: Worker, month: date
) -> None:
    make_contribution(session, worker, OCTOBER)
    _end(session, worker, EndReason.DIED)

    billing.bill_month(session, month=month, actor_id=None)

    assert _open(session, worker) == []
    with pytest.raises(billing.NotEnrolled):
        billing.ensure_billed(session, worker_id=worker.id, months=[month])


@pytest.mark.parametrize(
    ("reason", "standing"),
    [(EndReason.DIED, Standing.ENDED), (EndReason.WISHED, Standing.RECORDED)],
)
def test_only_a_death_ends_the_membership_before_its_last_month_is_over(
    session: Session, worker: Worker, reason: EndReason, standing: Standing
) -> None:
    _end(session, worker, reason)

    assert membership_of(session, worker_id=worker.id).standing is standing


def test_an_open_payment_for_a_closed_month_is_cancelled(session: Session, worker: Worker) -> None:
    make_contribution(session, worker, NOVEMBER)
    payment = open_payments.bill(
        session,
        key="open-payment-of-november",
        channel=DictPay(),
        worker_id=worker.id,
        months=[NOVEMBER],
        actor_id=None,
        agent_id=None,
    )

    ended = _end(session, worker, EndReason.DIED)

    assert ended.withdrawn == 1
    assert session.get_one(Payment, payment.id).state is PaymentState.EXPIRED


def test_pay_links_of_a_member_who_left_open_nothing(session: Session, worker: Worker) -> None:
    link = links.make_link(session, worker_id=worker.id, actor_id=None)

    _end(session, worker, EndReason.MOVED)

    with pytest.raises(Exception, match="tidak berlaku"):
        links.find_link(session, link.token)


def test_the_end_is_kept_with_its_reason_day_evidence_and_person(
    session: Session, worker: Worker, clerk: User
) -> None:
    _end(session, worker, EndReason.DIED, note="Akta kematian 12/2026", by=clerk)

    enrolment = session.get_one(Enrolment, (worker.id, SEPTEMBER))
    assert enrolment.end_reason is EndReason.DIED
    assert (enrolment.ended_on, enrolment.end_note) == (TODAY, "Akta kematian 12/2026")
    assert enrolment.ended_by == clerk.id
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "membership.ended")).one()
    assert event.details["reason"] == "died"
    kinds = session.scalars(select(StoredEvent.kind).where(StoredEvent.worker_id == worker.id))
    assert "membership.ended" in kinds.all()


def test_a_membership_ends_once(session: Session, worker: Worker) -> None:
    _end(session, worker, EndReason.WISHED)

    with pytest.raises(Conflict, match="sudah berakhir"):
        _end(session, worker, EndReason.MOVED)


def test_nobody_dies_twice(session: Session, worker: Worker) -> None:
    _end(session, worker, EndReason.DIED)

    with pytest.raises(Conflict, match="sudah berakhir"):
        _end(session, worker, EndReason.DIED)


@pytest.mark.parametrize(
    ("reason", "on", "note", "about"),
    [
        (EndReason.WISHED, date(2026, 11, 23), "surat", "happened_on"),
        (EndReason.WISHED, date(2026, 7, 1), "surat", "happened_on"),
        (EndReason.WISHED, TODAY, "  ", "note"),
        (EndReason.LAPSED, TODAY, "surat", "reason"),
    ],
)
def test_a_wrong_input_says_which(
    session: Session, worker: Worker, reason: EndReason, on: date, note: str, about: str
) -> None:
    with pytest.raises(Invalid) as refused:
        _end(session, worker, reason, on=on, note=note)

    assert refused.value.facts["about"] == about


def _end(
    session: Session,
    worker: Worker,
    reason: EndReason,
    *,
    on: date = TODAY,
    note: str = "Surat pekerja",
    by: User | None = None,
) -> Ended:
    return end(
        session,
        worker_id=worker.id,
        reason=reason,
        happened_on=on,
        note=note,
        actor_id=(by or make_user(session, office_id=worker.office_id)).id,
    )


def _open(session: Session, worker: Worker) -> list[date]:
    return list(
        session.scalars(
            select(Contribution.month)
            .where(Contribution.worker_id == worker.id, Contribution.payment_id.is_(None))
            .order_by(Contribution.month)
        )
    )
