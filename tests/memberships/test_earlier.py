"""Months that were paid to BPJS elsewhere."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.contributions import advance, arrears, billing
from agentsys.contributions.coverage import Cover, coverage_of
from agentsys.contributions.earlier_models import EarlierKind, EarlierPeriod, EarlierState
from agentsys.contributions.models import ClosedContribution
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, Invalid
from agentsys.extension.contract import PaymentState
from agentsys.memberships.earlier import Decided, EarlierAction, decide_period, propose
from agentsys.memberships.lapsing import lapse
from agentsys.payments import open_payments, worker_money
from agentsys.payments.models import Payment
from agentsys.people.models import RoleName, User
from agentsys.workers.kinds import CloseReason
from agentsys.workers.models import Enrolment, Worker
from tests.factories import (
    give,
    make_agent,
    make_contribution,
    make_earlier,
    make_user,
    make_worker,
)
from tests.memberships.steps import take_cash
from tests.payments.provider import DictPay

JULY, SEPTEMBER, OCTOBER = date(2026, 7, 1), date(2026, 9, 1), date(2026, 10, 1)
NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    """A member since September."""
    return make_worker(session, vault, agent=make_agent(session), enrolled_from=SEPTEMBER)


@pytest.fixture
def clerk(session: Session, worker: Worker) -> User:
    """Somebody of finance of the worker's office."""
    return make_user(session, RoleName.FINANCE, office_id=worker.office_id)


@pytest.fixture
def second(session: Session, worker: Worker) -> User:
    """Another one."""
    return make_user(session, RoleName.FINANCE, office_id=worker.office_id)


def test_months_count_only_when_a_second_person_agrees(
    session: Session, worker: Worker, clerk: User, second: User
) -> None:
    period = _propose(session, worker, clerk, JULY, DECEMBER)
    before = coverage_of(session, worker_id=worker.id)

    done = _decide(session, period, second)

    after = coverage_of(session, worker_id=worker.id)
    assert (before.state, done.state) == (Cover.NEVER, EarlierState.COUNTED)
    assert (after.state, after.member_month) == (Cover.COVERED, 5)


def test_who_recorded_the_months_does_not_agree_to_them(
    session: Session, worker: Worker, clerk: User
) -> None:
    period = _propose(session, worker, clerk, JULY, DECEMBER)

    with pytest.raises(Forbidden, match="orang kedua"):
        _decide(session, period, clerk)


def test_the_workers_agent_does_not_agree_whatever_other_role_he_has(
    session: Session, worker: Worker, clerk: User
) -> None:
    assert worker.agent is not None
    assert worker.agent.user_id is not None
    agent_too = session.get_one(User, worker.agent.user_id)
    give(session, agent_too, RoleName.FINANCE)
    period = _propose(session, worker, clerk, JULY, DECEMBER)

    with pytest.raises(Forbidden, match="tanggungan"):
        _decide(session, period, agent_too)


def test_a_bill_of_such_a_month_is_closed_and_it_is_never_billed_again(
    session: Session, worker: Worker, clerk: User, second: User
) -> None:
    for month in (OCTOBER, NOVEMBER):
        make_contribution(session, worker, month)

    done = _decide(session, _propose(session, worker, clerk, NOVEMBER, JANUARY), second)
    billing.bill_month(session, month=NOVEMBER, actor_id=None)
    billing.bill_month(session, month=DECEMBER, actor_id=None)

    assert [closed.month for closed in done.closed] == [NOVEMBER]
    closed = session.scalars(select(ClosedContribution)).one()
    assert (closed.month, closed.why) == (NOVEMBER, CloseReason.PAID_ELSEWHERE)
    assert [row.month for row in arrears.open_months(session, worker_id=worker.id)] == [OCTOBER]
    with pytest.raises(billing.PaidElsewhere):
        billing.ensure_billed(session, worker_id=worker.id, months=[DECEMBER])


def test_the_next_month_to_pay_in_advance_is_the_one_after_them(
    session: Session, worker: Worker
) -> None:
    make_contribution(session, worker, NOVEMBER)
    make_earlier(session, worker, DECEMBER, date(2027, 2, 1))

    coming = advance.coming_months(session, worker_id=worker.id, count=2)

    assert [row.month for row in coming] == [date(2027, 2, 1), date(2027, 3, 1)]


def test_a_payment_under_way_for_such_a_month_is_cancelled(
    session: Session, worker: Worker, clerk: User, second: User
) -> None:
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

    done = _decide(session, _propose(session, worker, clerk, NOVEMBER, DECEMBER), second)

    assert done.withdrawn == 1
    assert session.get_one(Payment, payment.id).state is PaymentState.EXPIRED


def test_a_month_that_was_paid_here_is_not_recorded_as_paid_elsewhere(
    session: Session, worker: Worker, clerk: User, second: User
) -> None:
    make_contribution(session, worker, NOVEMBER)
    proposed = _propose(session, worker, clerk, NOVEMBER, DECEMBER)
    take_cash(session, worker, [NOVEMBER])

    with pytest.raises(Conflict, match="sejak diusulkan"):
        _decide(session, proposed, second)
    _decide(session, proposed, second, EarlierAction.REFUSE, "sudah dibayar lewat agen")
    with pytest.raises(Conflict, match="sudah dibayar lewat kantor ini"):
        _propose(session, worker, clerk, NOVEMBER, DECEMBER)


def test_no_month_is_recorded_twice(session: Session, worker: Worker, clerk: User) -> None:
    _propose(session, worker, clerk, JULY, OCTOBER)

    with pytest.raises(Conflict, match="sudah dicatat"):
        _propose(session, worker, clerk, SEPTEMBER, NOVEMBER)


def test_months_are_taken_back_by_two_and_are_billed_again(
    session: Session, worker: Worker, clerk: User, second: User
) -> None:
    make_contribution(session, worker, NOVEMBER)
    period = _propose(session, worker, clerk, NOVEMBER, DECEMBER)
    _decide(session, period, second)

    _decide(session, period, clerk, EarlierAction.ASK_BACK, "salah orang")
    meanwhile = coverage_of(session, worker_id=worker.id).state
    with pytest.raises(Forbidden):
        _decide(session, period, clerk)
    _decide(session, period, second)

    assert meanwhile is Cover.COVERED
    assert session.get_one(EarlierPeriod, period).state is EarlierState.TAKEN_BACK
    assert coverage_of(session, worker_id=worker.id).state is Cover.NEVER
    billed = billing.ensure_billed(session, worker_id=worker.id, months=[NOVEMBER])
    assert [row.month for row in billed] == [NOVEMBER]


def test_a_record_that_somebody_wanted_back_can_stay(
    session: Session, worker: Worker, clerk: User, second: User
) -> None:
    period = _propose(session, worker, clerk, JULY, DECEMBER)
    _decide(session, period, second)
    _decide(session, period, second, EarlierAction.ASK_BACK, "salah orang")

    _decide(session, period, clerk, EarlierAction.REFUSE)

    assert session.get_one(EarlierPeriod, period).state is EarlierState.COUNTED


def test_months_paid_elsewhere_keep_a_membership_from_lapsing(
    session: Session, vault: Vault
) -> None:
    late = make_worker(session, vault, agent=make_agent(session), enrolled_from=date(2026, 5, 1))
    jmo = make_worker(session, vault, agent=make_agent(session), enrolled_from=date(2026, 5, 1))
    make_earlier(session, jmo, date(2026, 5, 1), SEPTEMBER)

    lapse(session)

    ended = session.scalars(select(Enrolment).where(Enrolment.until_month.is_not(None))).all()
    assert [enrolment.worker_id for enrolment in ended] == [late.id]


def test_the_strip_of_months_shows_which_were_paid_elsewhere(
    session: Session, worker: Worker
) -> None:
    make_earlier(session, worker, OCTOBER, DECEMBER)

    strip = worker_money.standings(session, worker_id=worker.id)

    assert [row.month for row in strip if row.elsewhere] == [OCTOBER, NOVEMBER]
    assert strip[-1].paid


def test_the_record_keeps_who_when_and_the_evidence(
    session: Session, worker: Worker, clerk: User, second: User
) -> None:
    period = _propose(session, worker, clerk, JULY, DECEMBER)
    _decide(session, period, second)

    events = session.scalars(
        select(AuditEvent).where(AuditEvent.subject == f"worker:{worker.id}").order_by("id")
    ).all()
    assert [(event.action, event.actor_id) for event in events] == [
        ("earlier_months.proposed", clerk.id),
        ("earlier_months.counted", second.id),
    ]
    assert events[0].details["note"] == "Bukti JMO 8812"


@pytest.mark.parametrize(
    ("first", "until", "evidence", "about"),
    [
        (DECEMBER, NOVEMBER, "JMO", "last_month"),
        (date(2013, 12, 1), NOVEMBER, "JMO", "from_month"),
        (NOVEMBER, date(2028, 1, 1), "JMO", "last_month"),
        (JULY, NOVEMBER, "  ", "evidence"),
    ],
)
def test_a_wrong_input_says_which(
    session: Session,
    worker: Worker,
    clerk: User,
    first: date,
    until: date,
    evidence: str,
    about: str,
) -> None:
    with pytest.raises(Invalid) as refused:
        _propose(session, worker, clerk, first, until, evidence)

    assert refused.value.facts["about"] == about


def test_a_supervisor_proposes_and_an_auditor_does_not(session: Session, worker: Worker) -> None:
    auditor = make_user(session, RoleName.AUDITOR, office_id=worker.office_id)

    with pytest.raises(Forbidden):
        _propose(session, worker, auditor, JULY, DECEMBER)

    assert _propose(session, worker, make_user(session, office_id=worker.office_id), JULY, DECEMBER)


def _propose(
    session: Session,
    worker: Worker,
    by: User,
    first: date,
    until: date,
    evidence: str = "Bukti JMO 8812",
) -> int:
    return propose(
        session,
        worker_id=worker.id,
        from_month=first,
        until_month=until,
        kind=EarlierKind.ELSEWHERE,
        evidence=evidence,
        actor=by,
    ).id


def _decide(
    session: Session,
    period_id: int,
    by: User,
    action: EarlierAction = EarlierAction.APPROVE,
    reason: str = "",
) -> Decided:
    return decide_period(session, period_id=period_id, action=action, actor=by, reason=reason)
