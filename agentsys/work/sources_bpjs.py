"""Open work on the way to BPJS: months to bill, batches, and what is held back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    DateTime,
    bindparam,
    cast,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from agentsys.contributions.models import BillingRun, Contribution
from agentsys.contributions.tariff_models import TariffState, TariffTable
from agentsys.months import HEAD_OFFICE
from agentsys.payments.models import Payment
from agentsys.people.models import Office, User
from agentsys.remittances.difference_models import (
    DifferenceSettlement,
    RemittanceDifference,
    SettlementState,
)
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.remittances.remittable import remittable
from agentsys.work.columns import NOW, Source, waiting
from agentsys.workers.models import NewToBpu, Worker

MONTHS = bindparam("months", type_=ARRAY(Date))  # this month and the last one
LAST_MONTH = bindparam("last_month", type_=Date)


def midnight(month: ColumnElement[Any]) -> ColumnElement[Any]:
    """The first moment of a month in the head office's time zone."""
    return func.timezone(HEAD_OFFICE.key, cast(month, DateTime))


def of_office_and_month(month: ColumnElement[Any]) -> ColumnElement[Any]:
    """The subject of monthly work of an office: `7:2026-11`."""
    return func.concat(Office.id, ":", func.to_char(month, "YYYY-MM"))


def _batches(
    kind: str,
    state: RemittanceState,
    since: InstrumentedAttribute[Any],
    **not_by: InstrumentedAttribute[Any],
) -> Source:
    return waiting(
        kind,
        Remittance.id,
        since=since,
        office_id=Remittance.office_id,
        about=func.coalesce(Remittance.kode_iuran, ""),
        amount_idr=Remittance.amount_idr,
        **not_by,
    ).where(Remittance.state == state)


WITHOUT_CODE = _batches("remittance.open", RemittanceState.OPEN, Remittance.created_at)
_too_late = func.coalesce(Remittance.code_expires_at <= NOW, False)  # SQL
UNCONFIRMED = _batches("remittance.coded", RemittanceState.CODED, Remittance.created_at).where(
    ~_too_late
)
EXPIRED = _batches("remittance.expired", RemittanceState.CODED, Remittance.code_expires_at).where(
    _too_late
)
TO_CANCEL = _batches(
    "remittance.cancelling",
    RemittanceState.CANCELLING,
    Remittance.cancel_asked_at,
    not_by=Remittance.cancel_asked_by,
    nor_by=Remittance.created_by,
)

# One item for a batch, however many of its workers have a difference.
_explained = RemittanceDifference.settlement_id.is_not(None)
DIFFERENCES = (
    waiting(
        "remittance.difference",
        RemittanceDifference.remittance_id,
        since=func.min(RemittanceDifference.opened_at),
        office_id=RemittanceDifference.office_id,
        about=func.concat("remittance:", RemittanceDifference.remittance_id),
        amount_idr=func.abs(
            func.sum(RemittanceDifference.theirs_idr - RemittanceDifference.ours_idr)
        ),
    )
    .where(RemittanceDifference.settled_at.is_(None), ~_explained)
    .group_by(RemittanceDifference.remittance_id, RemittanceDifference.office_id)
)
PROPOSED_DIFFERENCES = waiting(
    "difference.proposed",
    func.concat(DifferenceSettlement.id, ":", DifferenceSettlement.remittance_id),
    since=DifferenceSettlement.proposed_at,
    office_id=DifferenceSettlement.office_id,
    about=func.concat("remittance:", DifferenceSettlement.remittance_id),
    amount_idr=func.abs(DifferenceSettlement.amount_idr),
    not_by=DifferenceSettlement.proposed_by,
).where(DifferenceSettlement.state == SettlementState.PROPOSED)

_office_id: Any = Office.id
_Paid = aliased(Payment)
# One contribution is enough to show that an office can make a batch. The
# order lets it be found by the index on months, instead of by reading all of the office's.
_ready = (
    select(_Paid.settled_at)
    .join(Contribution, Contribution.payment_id == _Paid.id)
    .where(remittable(_office_id, NOW))
    .correlate(Office)
    .order_by(Contribution.month)
    .limit(1)
    .lateral("ready")
)
TO_REMIT = (
    waiting("remittance.ready", Office.id, since=_ready.c.settled_at, office_id=Office.id)
    .select_from(Office)
    .join(_ready, _ready.c.settled_at.is_not(None))
)

HELD = waiting(
    "contribution.held",
    func.concat(Contribution.worker_id, ":", func.to_char(Contribution.month, "YYYY-MM")),
    since=Contribution.held_at,
    office_id=Contribution.office_id,
    agent_id=Contribution.agent_id,
    worker_id=Contribution.worker_id,
    about=Contribution.hold_reason,
    amount_idr=Contribution.amount_idr,
).where(Contribution.held_at.is_not(None))

_months = func.unnest(MONTHS).table_valued("month").render_derived()
_month = _months.c.month
# A run is of the office whose user started it; of all offices if that user has none.
_started_for = select(User.office_id).where(User.id == BillingRun.started_by).scalar_subquery()
UNBILLED = (
    waiting(
        "month.unbilled", of_office_and_month(_month), since=midnight(_month), office_id=Office.id
    )
    .select_from(Office)
    .join(_months, exists().where(Worker.office_id == Office.id))
    .where(
        ~exists().where(
            BillingRun.month == _month,
            BillingRun.finished_at.is_not(None),
            or_(_started_for.is_(None), _started_for == Office.id),
        )
    )
)

# Whether BPJS knew a NIK decides commissions; the page lists the workers whom this is about.
_unanswered = (
    select(Contribution.confirmed_at)
    .join(Worker, Worker.id == Contribution.worker_id)
    .where(
        Worker.office_id == Office.id,
        Worker.new_to_bpu == NewToBpu.UNKNOWN,
        Contribution.confirmed_at >= midnight(LAST_MONTH),
    )
    .correlate(Office)
    .limit(1)
    .lateral("unanswered")
)
UNANSWERED = (
    waiting("answer.missing", Office.id, since=_unanswered.c.confirmed_at, office_id=Office.id)
    .select_from(Office)
    .join(_unanswered, _unanswered.c.confirmed_at.is_not(None))
)

# They count for all offices, so they are shown to everybody who may release them.
PROPOSED_TARIFFS = waiting(
    "tariff.proposed",
    TariffTable.id,
    since=TariffTable.proposed_at,
    about=TariffTable.instrument,
    not_by=TariffTable.proposed_by,
).where(TariffTable.state == TariffState.PROPOSED)
