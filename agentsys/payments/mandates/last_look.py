"""The last look before a debit: whether this account may be debited for this sum, now.

A pure decision about what the caller read under the locks of the mandate and of the months. Each
rule has one reason, and the reasons are what payers, agents and finance read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import accumulate

from agentsys.extension.contract import MandateState


class Verdict(StrEnum):
    """What to do with a debit that is due."""

    CHARGE = "charge"
    WITHDRAW = "withdraw"  # there is nothing to debit any more, or no permission
    ANNOUNCE = "announce"  # the payer was not told of this very sum and day in time
    FEWER_MONTHS = "fewer_months"  # all months are too much, but the oldest ones fit
    ASK_PAYER = "ask_payer"  # one month alone is more than was agreed to, or goes without a PIN
    ASK_PROVIDER = "ask_provider"  # an earlier try is unknown: only ask about it
    WAIT = "wait"  # look again later


class Why(StrEnum):
    """The one reason of a verdict."""

    ALLOWED = "allowed"
    EARLIER_TRY_UNKNOWN = "earlier_try_unknown"
    MANDATE_NOT_ACTIVE = "mandate_not_active"
    MANDATE_ENDED = "mandate_ended"
    ALL_PAID = "all_paid"
    SUM_CHANGED = "sum_changed"
    MONEY_IN_FLIGHT = "money_in_flight"
    ABOVE_CAP = "above_cap"
    ABOVE_MONTHS_CAP = "above_months_cap"
    ABOVE_PIN_LIMIT = "above_pin_limit"
    NO_NOTICE = "no_notice"
    NOTICE_FOR_ANOTHER_SUM = "notice_for_another_sum"
    NOTICE_NOT_OPENED = "notice_not_opened"
    NOTICE_TOO_FRESH = "notice_too_fresh"
    PAUSED = "paused"
    TOO_EARLY = "too_early"
    AT_NIGHT = "at_night"
    MONTH_IS_OVER = "month_is_over"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class MonthNow:
    """One month of a debit, as planned and as it stands."""

    month: date
    planned_idr: int
    owed_idr: int  # 0 once it is paid
    in_flight: bool  # another payment of it is under way


@dataclass(frozen=True, kw_only=True)
class NoticeNow:
    """The newest notice of a debit; it counts from when the payer opened or confirmed it."""

    amount_idr: int
    debit_on: date
    counted_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class DebitNow:
    """Everything that the decision depends on."""

    now: datetime
    today: date  # at the office of the worker
    due_on: date
    announce_from: date  # the first day on which the payer is told
    last_on: date  # the last day on which this debit may be tried
    opens_at: datetime | None  # outside the hours of debits: when they begin again
    months: Sequence[MonthNow]  # the oldest first
    mandate: MandateState
    paused_until: date | None
    cap_idr: int  # of one debit
    month_cap_idr: int
    without_pin_idr: int | None  # the most that the channel debits without asking for a PIN
    debited_this_month_idr: int  # including debits that are under way
    notice: NoticeNow | None
    notice_hours: int
    earlier_try_unknown: bool
    stopped: bool  # the stop switch, or the channel does not work at present

    @property
    def amount_idr(self) -> int:
        """What would be debited."""
        return sum(month.owed_idr for month in self.months)

    @property
    def fitting(self) -> Sequence[MonthNow]:
        """The oldest months that are not too much together."""
        most_idr = min(self.cap_idr, self.month_cap_idr - self.debited_this_month_idr)
        if self.without_pin_idr is not None:
            most_idr = min(most_idr, self.without_pin_idr)
        sums = list(accumulate(month.owed_idr for month in self.months))
        return self.months[: sum(total_idr <= most_idr for total_idr in sums)]

    @property
    def is_paused(self) -> bool:
        """Whether the payer wants no debit yet."""
        return self.paused_until is not None and self.today < self.paused_until


def last_look(debit: DebitNow) -> tuple[Verdict, Why]:
    """What to do with the debit, and the reason; CHARGE only if nothing at all speaks against it.

    An earlier try whose end is unknown comes first: whatever else changed, it may have taken money.
    """
    return (
        _earlier_try(debit)
        or _nothing_to_do(debit)
        or _not_yet(debit)
        or _months(debit)
        or _caps(debit)
        or _notice(debit)
        or _time(debit)
        or (Verdict.CHARGE, Why.ALLOWED)
    )


def _earlier_try(debit: DebitNow) -> tuple[Verdict, Why] | None:
    if debit.earlier_try_unknown:
        return Verdict.ASK_PROVIDER, Why.EARLIER_TRY_UNKNOWN
    return None


def _nothing_to_do(debit: DebitNow) -> tuple[Verdict, Why] | None:
    if debit.mandate is MandateState.ENDED:
        return Verdict.WITHDRAW, Why.MANDATE_ENDED
    if all(month.owed_idr == 0 for month in debit.months):
        return Verdict.WITHDRAW, Why.ALL_PAID
    if debit.today > debit.last_on:
        return Verdict.WITHDRAW, Why.MONTH_IS_OVER
    return None


def _not_yet(debit: DebitNow) -> tuple[Verdict, Why] | None:
    if debit.mandate is not MandateState.ACTIVE:
        return Verdict.WAIT, Why.MANDATE_NOT_ACTIVE
    if debit.is_paused:
        return Verdict.WAIT, Why.PAUSED
    if debit.today < debit.announce_from:
        return Verdict.WAIT, Why.TOO_EARLY
    return None


def _months(debit: DebitNow) -> tuple[Verdict, Why] | None:
    if any(month.in_flight for month in debit.months):
        return Verdict.WAIT, Why.MONEY_IN_FLIGHT
    if any(month.owed_idr != month.planned_idr for month in debit.months):
        return Verdict.ANNOUNCE, Why.SUM_CHANGED
    return None


def _caps(debit: DebitNow) -> tuple[Verdict, Why] | None:
    why = _too_much(debit)
    if why is None:
        return None
    return (Verdict.FEWER_MONTHS if debit.fitting else Verdict.ASK_PAYER), why


def _too_much(debit: DebitNow) -> Why | None:
    if debit.amount_idr > debit.cap_idr:
        return Why.ABOVE_CAP
    if debit.debited_this_month_idr + debit.amount_idr > debit.month_cap_idr:
        return Why.ABOVE_MONTHS_CAP
    if debit.without_pin_idr is not None and debit.amount_idr > debit.without_pin_idr:
        return Why.ABOVE_PIN_LIMIT
    return None


def _notice(debit: DebitNow) -> tuple[Verdict, Why] | None:
    if debit.notice is None:
        return Verdict.ANNOUNCE, Why.NO_NOTICE
    if debit.notice.amount_idr != debit.amount_idr:
        return Verdict.ANNOUNCE, Why.NOTICE_FOR_ANOTHER_SUM
    return None


def _time(debit: DebitNow) -> tuple[Verdict, Why] | None:
    told = debit.notice
    if told is None or debit.today < max(debit.due_on, told.debit_on):
        return Verdict.WAIT, Why.TOO_EARLY
    if told.counted_at is None:
        return Verdict.WAIT, Why.NOTICE_NOT_OPENED
    if debit.now - told.counted_at < timedelta(hours=debit.notice_hours):
        return Verdict.WAIT, Why.NOTICE_TOO_FRESH
    if debit.opens_at is not None:
        return Verdict.WAIT, Why.AT_NIGHT
    if debit.stopped:
        return Verdict.WAIT, Why.STOPPED
    return None
