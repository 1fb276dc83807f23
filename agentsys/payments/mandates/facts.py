"""What the last look needs to know, read for a whole batch of debits in a few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.extension.contract import MandateChannel, MandateState, PaymentState
from agentsys.many import among
from agentsys.payments.debit_models import (
    Debit,
    DebitMonth,
    DebitState,
    DebitTry,
    Notice,
    NoticeKind,
    NoticeState,
)
from agentsys.payments.mandate_models import Mandate
from agentsys.payments.mandates.last_look import DebitNow, MonthNow
from agentsys.payments.mandates.notices import NoticeRow, as_seen
from agentsys.payments.mandates.rules import opens_at, rules_for
from agentsys.payments.models import Payment, PaymentMonth
from agentsys.people.models import Office

_UNSURE = (PaymentState.CREATED, PaymentState.PENDING)
_TAKES = (DebitState.CALLING, DebitState.COLLECTED)
Key = tuple[int, date]


class MandateRow(NamedTuple):
    """What a debit needs of its mandate."""

    id: int
    channel: str
    handle: str
    return_url: str
    state: MandateState
    paused_until: date | None
    cap_idr: int
    month_cap_idr: int


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What was read of a batch of debits, and stays locked until the transaction ends."""

    now: Mapping[int, DebitNow]  # by debit
    mandates: Mapping[int, MandateRow]
    notice_ids: Mapping[int, int]  # by debit

    def with_debited(self, debit_id: int, more_idr: int) -> DebitNow:
        """A debit's facts when its mandate is to debit so much more in the month."""
        before = self.now[debit_id]
        return replace(before, debited_this_month_idr=before.debited_this_month_idr + more_idr)


def read_facts(
    session: Session,
    debits: Sequence[Debit],
    *,
    channels: Mapping[str, MandateChannel],
    off: Collection[str],
) -> Facts:
    """The facts of each debit; its mandate and months stay locked until the transaction ends.

    `off` are channels that make no debits now. Locked in one order (mandates, then contributions by
    worker and month), so that two batches wait for each other instead of ending in a deadlock.
    """
    if not debits:
        return Facts(now={}, mandates={}, notice_ids={})
    ids = [debit.id for debit in debits]
    mandates = _mandates(session, {debit.mandate_id for debit in debits})
    zones = _zones(session, {debit.office_id for debit in debits})
    months = _months(session, debits)
    used = _debited_this_month(session, mandates, debits)
    newest = _notices(session, ids)
    unknown = _earlier_unknown(session, ids)
    moment = clock.now()
    facts = {}
    for debit in debits:
        mandate = mandates[debit.mandate_id]
        facts[debit.id] = _now(
            debit,
            mandate,
            channels.get(mandate.channel),
            local=moment.astimezone(zones[debit.office_id]),
            months=months[debit.id],
            used_idr=used[mandate.id, debit.period],
            notice=newest.get(debit.id),
            unknown=debit.id in unknown,
            stopped=mandate.channel in off or mandate.channel not in channels,
        )
    notice_ids = {debit_id: notice.id for debit_id, notice in newest.items()}
    return Facts(now=facts, mandates=mandates, notice_ids=notice_ids)


def _now(
    debit: Debit,
    mandate: MandateRow,
    channel: MandateChannel | None,
    *,
    local: datetime,
    months: Sequence[MonthNow],
    used_idr: int,
    notice: NoticeRow | None,
    unknown: bool,
    stopped: bool,
) -> DebitNow:
    rules = rules_for(local.date())
    return DebitNow(
        now=local.astimezone(UTC),
        today=local.date(),
        due_on=debit.due_on,
        announce_from=debit.due_on - timedelta(days=rules.notice_days_ahead),
        last_on=debit.last_on,
        opens_at=opens_at(local, rules),
        months=months,
        mandate=mandate.state,
        paused_until=mandate.paused_until,
        cap_idr=mandate.cap_idr,
        month_cap_idr=mandate.month_cap_idr,
        without_pin_idr=channel.capabilities.without_pin_up_to_idr if channel else None,
        debited_this_month_idr=used_idr,
        notice=as_seen(notice),
        notice_hours=rules.notice_hours,
        earlier_try_unknown=unknown,
        stopped=stopped,
    )


def _mandates(session: Session, ids: Collection[int]) -> dict[int, MandateRow]:
    # Columns, not objects: making objects would cost more than the query.
    rows = session.execute(
        select(*(getattr(Mandate, name) for name in MandateRow._fields))
        .where(among(Mandate.id, ids))
        .order_by(Mandate.id)
        .with_for_update(of=Mandate)
    )
    return {row.id: MandateRow(*row) for row in rows}


def _zones(session: Session, ids: Collection[int]) -> dict[int, ZoneInfo]:
    rows = session.execute(select(Office.id, Office.zone).where(Office.id.in_(ids)))
    return {office_id: ZoneInfo(zone) for office_id, zone in rows}


def _months(session: Session, debits: Sequence[Debit]) -> dict[int, list[MonthNow]]:
    """The months of each debit as they stand; the contributions are locked."""
    ids = [debit.id for debit in debits]
    rows = session.execute(
        select(DebitMonth, Contribution.payment_id, Contribution.amount_idr)
        .join(
            Contribution,
            (Contribution.worker_id == DebitMonth.worker_id)
            & (Contribution.month == DebitMonth.month),
        )
        .where(among(DebitMonth.debit_id, ids))
        .order_by(DebitMonth.worker_id, DebitMonth.month)
        .with_for_update(of=Contribution, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    parts: defaultdict[int, list[DebitMonth]] = defaultdict(list)
    for planned, _, _ in rows:
        parts[planned.debit_id].append(planned)
    for debit in debits:
        set_committed_value(debit, "months", parts[debit.id])
    moving = _in_flight(session, {planned.worker_id for planned, _, _ in rows})
    found: defaultdict[int, list[MonthNow]] = defaultdict(list)
    for planned, paid_by, owed_idr in rows:
        found[planned.debit_id].append(
            MonthNow(
                month=planned.month,
                planned_idr=planned.amount_idr,
                owed_idr=0 if paid_by else owed_idr,
                in_flight=(planned.worker_id, planned.month) in moving,
            )
        )
    return found


def _in_flight(session: Session, workers: Collection[int]) -> set[Key]:
    """Months for which a payment is under way, by any channel."""
    rows = session.execute(
        select(PaymentMonth.worker_id, PaymentMonth.month)
        .join(Payment, Payment.id == PaymentMonth.payment_id)
        .where(among(Payment.worker_id, workers), Payment.state.in_(_UNSURE))
    )
    return {(worker_id, month) for worker_id, month in rows}


def _debited_this_month(
    session: Session, mandates: Collection[int], debits: Sequence[Debit]
) -> defaultdict[Key, int]:
    """Rupiah that each mandate debited or is debiting in a month."""
    rows = session.execute(
        select(Debit.mandate_id, Debit.period, func.sum(Debit.amount_idr))
        .where(
            among(Debit.mandate_id, mandates),
            Debit.period.in_({debit.period for debit in debits}),
            Debit.state.in_(_TAKES),
        )
        .group_by(Debit.mandate_id, Debit.period)
    )
    return defaultdict(int, {(mandate, period): int(total) for mandate, period, total in rows})


def _notices(session: Session, ids: Collection[int]) -> dict[int, NoticeRow]:
    rows = session.execute(
        select(*(getattr(Notice, name) for name in NoticeRow._fields)).where(
            among(Notice.debit_id, ids),
            Notice.kind == NoticeKind.DEBIT,
            Notice.state != NoticeState.REPLACED,
        )
    )
    return {row.debit_id: NoticeRow(*row) for row in rows}


def _earlier_unknown(session: Session, ids: Collection[int]) -> set[int]:
    """Debits of which some try has no known end."""
    return set(
        session.scalars(
            select(DebitTry.debit_id)
            .join(Payment, Payment.id == DebitTry.payment_id)
            .where(among(DebitTry.debit_id, ids), Payment.state.in_(_UNSURE))
        )
    )
