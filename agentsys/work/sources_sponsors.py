"""Open work about sponsors."""

from __future__ import annotations

from sqlalchemy import Date, DateTime, String, bindparam, cast, exists, func, or_, select

from agentsys.agreements.kinds import AgreementState, BillState, VersionState
from agentsys.agreements.models import Agreement, AgreementMember, Bill, ListVersion, Sponsor
from agentsys.contributions.coverage import GRACE_MONTHS
from agentsys.extension.contract import Custody, PaymentState
from agentsys.payments.models import Payment
from agentsys.work.columns import NOW, waiting
from agentsys.workers.kinds import EndReason
from agentsys.workers.models import Enrolment, Worker

MONTHS_TO_ASK = 3  # after its sponsor left, in which a worker is invited to pay
ENDING_UNTIL = bindparam("agreements_ending_until", type_=Date)  # by the rule `warn_days`
THIS_MONTH = bindparam("this_month", type_=Date)
ENDED_SINCE = bindparam("sponsor_ended_since", type_=Date)

PROPOSED_AGREEMENTS = (
    waiting(
        "agreement.proposed",
        Agreement.id,
        since=Agreement.made_at,
        office_id=Agreement.office_id,
        about=func.concat(Sponsor.name, " · ", Agreement.number),
        amount_idr=Agreement.most_idr,
        not_by=Agreement.made_by,
    )
    .select_from(Agreement)
    .join(Sponsor, Sponsor.id == Agreement.sponsor_id)
    .where(Agreement.state == AgreementState.PROPOSED)
)

WAITING_VERSIONS = (
    waiting(
        "list_version.waiting",
        ListVersion.id,
        since=ListVersion.made_at,
        office_id=Agreement.office_id,
        about=func.concat(Sponsor.name, " · ", ListVersion.decree),
        not_by=ListVersion.made_by,
    )
    .select_from(ListVersion)
    .join(Agreement, Agreement.id == ListVersion.agreement_id)
    .join(Sponsor, Sponsor.id == Agreement.sponsor_id)
    .where(ListVersion.state == VersionState.WAITING)
)

_ends = func.coalesce(Agreement.ends_month, Agreement.until_month)
_next = Agreement.__table__.alias("next_agreement")
_renewed = exists().where(
    _next.c.sponsor_id == Agreement.sponsor_id,
    _next.c.id != Agreement.id,
    _next.c.state.in_((AgreementState.PROPOSED, AgreementState.IN_FORCE)),
    _next.c.from_month <= _ends,
    func.coalesce(_next.c.ends_month, _next.c.until_month) > _ends,
)
_people = (
    select(func.count())
    .select_from(AgreementMember)
    .where(AgreementMember.agreement_id == Agreement.id, AgreementMember.until_month.is_(None))
    .correlate(Agreement)
    .scalar_subquery()
)
_month_idr = (
    select(func.sum(Bill.amount_idr))
    .where(Bill.agreement_id == Agreement.id, Bill.state != BillState.OPEN)
    .group_by(Bill.month)
    .order_by(Bill.month.desc())
    .limit(1)
    .correlate(Agreement)
    .scalar_subquery()
)
# `about` is read by web/work_words: how many people, and the first month that is not paid.
ENDING_AGREEMENTS = waiting(
    "agreement.ending",
    Agreement.id,
    since=NOW,
    office_id=Agreement.office_id,
    about=func.concat("ends:", cast(_people, String), ":", cast(_ends, String)),
    amount_idr=_month_idr,
    due_at=cast(_ends, DateTime(timezone=True)),
).where(Agreement.state == AgreementState.IN_FORCE, _ends <= ENDING_UNTIL, ~_renewed)

_other = Payment.__table__.alias("other_transfer")
# One item for each bill: the transfer that waits longest.
RECORDED_TRANSFERS = (
    waiting(
        "sponsor_payment.recorded",
        Payment.for_bill_id,
        since=Payment.created_at,
        office_id=Payment.office_id,
        about=func.concat(Sponsor.name, " · ", Payment.provider_ref),
        amount_idr=Payment.amount_idr,
        not_by=Payment.created_by,
    )
    .select_from(Payment)
    .join(Bill, Bill.id == Payment.for_bill_id)
    .join(Agreement, Agreement.id == Bill.agreement_id)
    .join(Sponsor, Sponsor.id == Agreement.sponsor_id)
    .where(
        Payment.custody == Custody.BANK,
        Payment.state == PaymentState.CREATED,
        ~exists().where(
            _other.c.for_bill_id == Payment.for_bill_id,
            _other.c.custody == Custody.BANK,
            _other.c.state == PaymentState.CREATED,
            _other.c.id < Payment.id,
        ),
    )
)

_DAYS_TO_ACT = 14  # after the due date
# At the latest on the last day on which the whole list can still be paid for.
_saved_until = Bill.month + func.make_interval(0, GRACE_MONTHS) - func.make_interval(0, 0, 0, 1)
_act_until = func.least(cast(_saved_until, Date), Bill.due_on + _DAYS_TO_ACT)
LATE_BILLS = (
    waiting(
        "bill.late",
        Bill.id,
        since=cast(Bill.due_on, DateTime(timezone=True)),
        office_id=Bill.office_id,
        about=func.concat(Sponsor.name, " · ", func.to_char(Bill.month, "YYYY-MM")),
        amount_idr=Bill.amount_idr - Bill.paid_idr,
        due_at=cast(_act_until, DateTime(timezone=True)),
    )
    .select_from(Bill)
    .join(Agreement, Agreement.id == Bill.agreement_id)
    .join(Sponsor, Sponsor.id == Agreement.sponsor_id)
    .where(
        Bill.state.in_((BillState.SENT, BillState.PART_PAID)),
        Bill.due_on < cast(NOW, Date),
    )
)

_later = Enrolment.__table__.alias("later_enrolment")
_is_last = ~exists().where(
    _later.c.worker_id == Enrolment.worker_id,
    or_(_later.c.until_month.is_(None), _later.c.until_month > Enrolment.until_month),
)
# One item for each agent: a city's agreement ends for all its workers at once.
SPONSOR_ENDED = (
    waiting(
        "sponsor.ended",
        Worker.agent_id,
        since=func.min(cast(Enrolment.until_month, DateTime(timezone=True))),
        office_id=func.min(Worker.office_id),
        agent_id=Worker.agent_id,
        about=func.concat("workers:", cast(func.count(), String)),
    )
    .select_from(Enrolment)
    .join(Worker, Worker.id == Enrolment.worker_id)
    .where(
        Enrolment.end_reason == EndReason.SPONSOR_ENDED,
        Enrolment.until_month >= ENDED_SINCE,
        Enrolment.until_month <= THIS_MONTH,
        Worker.agent_id.is_not(None),
        Worker.merged_into.is_(None),
        Worker.erased_at.is_(None),
        _is_last,
    )
    .group_by(Worker.agent_id)
)
