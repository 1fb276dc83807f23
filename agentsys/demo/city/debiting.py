"""The debits of the city's workers: announced, made, tried again, collected or given up."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta

from agentsys.demo.city.agreeing import Agreed
from agentsys.demo.city.collecting import DEBIT, Due, Paid
from agentsys.demo.city.debit_days import (
    NIGHT,
    all_tried,
    at,
    first_day,
    has_rules,
    month_after,
    try_days,
)
from agentsys.demo.city.debits import Debited, Told, Try
from agentsys.demo.city.fates import LOST, PAID, SCRIPTS, Fate, Outcome
from agentsys.demo.city.residents import Resident
from agentsys.demo.city.times import Times, moment
from agentsys.extension.contract import Decline, MandateEnd, PaymentState
from agentsys.payments.debit_models import DebitState, NoticeKind, NoticeState
from agentsys.payments.mandates.last_look import Why
from agentsys.payments.mandates.rules import rules_for

Collect = Callable[[datetime, list[Due]], object]
# Of a hundred debits of anybody else.
_USUAL: dict[tuple[Outcome, ...], int] = {
    (PAID,): 89,
    (Decline.FUNDS, PAID): 7,
    (Decline.FUNDS, Decline.FUNDS, PAID): 2,
    (Decline.FUNDS,) * 3: 1,
    (Decline.NEEDS_PAYER,): 1,
}
_REASONS = {
    Decline.FUNDS: "Insufficient Balance",
    Decline.NEEDS_PAYER: "Wallet is Blocked",
    Decline.ENDED: "Account is not linked",
}
_WAITS = {
    Fate.PAUSED: Why.PAUSED,
    Fate.SUSPENDED: Why.MANDATE_NOT_ACTIVE,
    Fate.UNCLEAR: Why.MANDATE_NOT_ACTIVE,
}
_UNREAD = (Fate.UNREAD, Fate.UNSENT)
NOTE = "Pekerja membayar tunai; debit bulan depan dilanjutkan."


class Debiting:
    """Makes the debits of one worker after the other."""

    def __init__(self, mandates: dict[int, Agreed], *, times: Times, rng: random.Random) -> None:
        """For these mandates by worker."""
        self.mandates, self.times, self._rng = mandates, times, rng
        self.made: list[Debited] = []
        self.told = [told for mandate in mandates.values() for told in self._ends(mandate)]

    def left_to_habit(self, person: Resident, months: list[date]) -> list[date]:
        """Those of the worker's months that no mandate was to pay."""
        mandate = self.mandates.get(person.id)
        if mandate is None or mandate.consented_at is None:
            return months
        until = month_after(mandate.ended_at)
        return [
            month
            for month in months
            if month < mandate.start or not has_rules(month) or month >= until
        ]

    def live(self, person: Resident, dues: dict[date, Due], collect: Collect) -> list[Paid]:
        """The tries of a worker's debits up to now; `collect` takes cash at a visit."""
        mandate = self.mandates.get(person.id)
        if mandate is None or mandate.consented_at is None:
            return []
        tries = []
        periods = [
            month
            for month in sorted(dues)
            if mandate.start <= month <= self.times.this_month
            and has_rules(month)
            and dues[month].billed_at <= self.times.now
        ]
        fated = self._fated(mandate, periods)
        for period in periods:
            asked = [dues[m] for m in sorted(dues) if m <= period and dues[m].payment is None]
            is_over = mandate.ended_at is not None and mandate.ended_at < moment(period, 1, 0)
            if not asked or is_over:
                continue
            script = SCRIPTS[mandate.fate] if period == fated else self._usual(mandate.fate)
            debit = self._debit(mandate, period, asked[: rules_for(period).most_months])
            unread = mandate.fate in _UNREAD and period == self.times.this_month
            debit.is_left = unread or period == fated
            self._announce(debit)
            self._go_on(debit, script)
            if debit.state is DebitState.GIVEN_UP and not debit.is_left:
                self._visit(debit, collect)
            self.made.append(debit)
            tries += [one.payment for one in debit.tries]
            if debit.state is DebitState.CALLING:
                break  # nothing else is planned for the worker until it is known
        return tries

    def _usual(self, fate: Fate) -> tuple[Outcome, ...]:
        """What came of any other debit; those with another fate had no trouble before."""
        if fate is not Fate.STEADY:
            return (PAID,)
        return self._rng.choices(tuple(_USUAL), tuple(_USUAL.values()))[0]

    def _fated(self, mandate: Agreed, periods: list[date]) -> date | None:
        """The newest month in which the worker's fate has come to its end by now."""
        many = len(SCRIPTS.get(mandate.fate, ()))
        for period in reversed(periods) if many else ():
            if all_tried(period, mandate.day, many, self.times):
                return period
        return None

    def _debit(self, mandate: Agreed, period: date, asked: list[Due]) -> Debited:
        first_on = first_day(period, mandate.day)
        return Debited(
            mandate=mandate,
            period=period,
            dues=asked,
            first_on=first_on,
            due_on=first_on,
            last_on=period.replace(day=rules_for(period).last_day),
        )

    def _announce(self, debit: Debited) -> None:
        """Prepare the notice, and let the payer read it in time if that is the worker's fate."""
        times, rng = self.times, self._rng
        early = debit.first_on - timedelta(days=rules_for(debit.period).notice_days_ahead)
        prepared_at = max(at(early, 60), moment(debit.period, 1, 180)) + timedelta(
            minutes=rng.randrange(10)
        )
        debit.why, debit.look_at = Why.TOO_EARLY.value, prepared_at
        if prepared_at > min(times.now, debit.mandate.ended_at or times.now):
            return
        debit.state, debit.look_at = DebitState.ANNOUNCED, at(debit.first_on, NIGHT)
        notice = Told(
            NoticeKind.DEBIT, debit.mandate, prepared_at, debit.amount_idr, debit.first_on
        )
        is_now = debit.period == times.this_month
        fate = debit.mandate.fate if is_now else Fate.STEADY
        self._read(notice, sent=fate is not Fate.UNSENT, read=fate not in _UNREAD)
        debit.notices.append(notice)

    def _read(self, notice: Told, *, sent: bool = True, read: bool = True) -> None:
        """The agent sends a message within hours, and the payer reads it the same day."""
        sent_at = notice.prepared_at + timedelta(minutes=self._rng.randrange(60, 300))
        read_at = sent_at + timedelta(minutes=self._rng.randrange(5, 600))
        if sent and sent_at <= self.times.now:
            notice.state, notice.handed_over_at = NoticeState.HANDED_OVER, sent_at
        if sent and read and read_at <= self.times.now:
            notice.state, notice.counted_at = NoticeState.OPENED, read_at

    def _go_on(self, debit: Debited, script: tuple[Outcome, ...]) -> None:
        """Make the tries that were due by now, and leave the debit as it stands then."""
        if debit.state is DebitState.PLANNED:
            self._withdrawn(debit, at(debit.first_on, NIGHT))
            return
        if debit.notices[0].counted_at is None:
            self._skip(debit)
            return
        for number, outcome in enumerate(script):
            tried_at = at(debit.due_on, NIGHT + self._rng.randrange(20))
            if self._withdrawn(debit, tried_at):
                return
            if tried_at > self.times.now:
                debit.look_at = tried_at
                if number == 0 and debit.mandate.fate in _WAITS:
                    debit.why = _WAITS[debit.mandate.fate].value
                return
            self._try(debit, outcome, tried_at)
            if debit.state is DebitState.GIVEN_UP:
                return

    def _withdrawn(self, debit: Debited, tried_at: datetime) -> bool:
        """Whether the mandate was over before a try."""
        ended_at = debit.mandate.ended_at
        if ended_at is None or ended_at > tried_at:
            return False
        debit.state, debit.why = DebitState.WITHDRAWN, Why.MANDATE_ENDED.value
        debit.look_at = None
        return True

    def _skip(self, debit: Debited) -> None:
        """Nothing is debited without a message that was read: it waits, and then it is over."""
        day, over = debit.first_on, debit.last_on + timedelta(days=1)
        while day <= over and at(day, NIGHT) <= self.times.now:
            debit.why = Why.NOTICE_NOT_OPENED.value if day < over else Why.MONTH_IS_OVER.value
            debit.listed[day] = debit.why
            debit.look_at = self.times.now + timedelta(minutes=10)
            day += timedelta(days=1)
        if over in debit.listed:
            self._give_up(debit, Decline.NEEDS_PAYER, at(over, NIGHT))

    def _try(self, debit: Debited, outcome: Outcome, tried_at: datetime) -> None:
        decline = outcome if isinstance(outcome, Decline) else None
        paid = _payment(debit, outcome, tried_at)
        debit.tries.append(Try(paid, debit.notices[0], decline))
        debit.listed[debit.due_on] = ""
        debit.look_at, debit.decline = None, decline
        debit.why = decline.value if decline else ""
        if outcome is LOST:
            debit.state, debit.look_at, debit.why = DebitState.CALLING, tried_at, "allowed"
        elif decline is None:
            debit.state = DebitState.COLLECTED
            for due in debit.dues:
                due.payment = paid
        else:
            self._refused(debit, decline, tried_at + timedelta(seconds=2))

    def _refused(self, debit: Debited, decline: Decline, when: datetime) -> None:
        days = try_days(debit.first_on, len(debit.tries) + 1)
        if decline is not Decline.FUNDS or len(days) <= len(debit.tries):
            self._give_up(debit, decline, when)
            return
        debit.due_on, debit.look_at = days[-1], at(days[-1], NIGHT)
        failed = Told(NoticeKind.FAILED, debit.mandate, when, debit.amount_idr, debit.due_on)
        self._read(failed)
        debit.notices.append(failed)

    def _give_up(self, debit: Debited, decline: Decline, when: datetime) -> None:
        debit.state, debit.decline = DebitState.GIVEN_UP, decline
        debit.look_at, debit.ended_at = None, when
        debit.notices[0].state = NoticeState.REPLACED
        failed = Told(NoticeKind.FAILED, debit.mandate, when, debit.amount_idr)
        self._read(failed, sent=not debit.is_left)
        debit.notices.append(failed)
        if decline is Decline.ENDED:
            ended_at = when + timedelta(seconds=30)
            debit.mandate.finish(MandateEnd.REVOKED_BY_PAYER, ended_at, "sweep")
            self.told += self._ends(debit.mandate)

    def _visit(self, debit: Debited, collect: Collect) -> None:
        """The agent visits on the next day, and takes the money in cash."""
        assert debit.ended_at is not None
        visited_at = debit.ended_at + timedelta(hours=self._rng.randrange(7, 16))
        if visited_at + timedelta(minutes=10) < self.times.now:
            debit.visited_at, debit.visit_note = visited_at, NOTE
            collect(visited_at, debit.dues)

    def _ends(self, mandate: Agreed) -> list[Told]:
        """The message that a mandate with consent is over."""
        if mandate.ended_at is None or mandate.consented_at is None:
            return []
        told = Told(NoticeKind.MANDATE_ENDED, mandate, mandate.ended_at)
        self._read(told, sent=mandate.fate is not Fate.UNLINKED)
        return [told]


def _payment(debit: Debited, outcome: Outcome, tried_at: datetime) -> Paid:
    person = debit.mandate.person
    agent = person.agent_at(tried_at)
    return Paid(
        person=person,
        channel=DEBIT,
        created_at=tried_at,
        settled_at=tried_at + timedelta(seconds=2) if outcome is PAID else None,
        dues=debit.dues,
        agent_id=agent.id if agent else None,
        user_id=None,
        state=PaymentState.FAILED if isinstance(outcome, Decline) else outcome,
        reason=_REASONS[outcome] if isinstance(outcome, Decline) else "",
        mandate_id=debit.mandate.id,
    )
