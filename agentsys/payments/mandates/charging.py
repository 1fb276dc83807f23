"""Debits that are due: a last look, a try written down and committed, then the call.

Any number of workers may run this at once, and any of them may be killed at any moment. A debit is
claimed by its row lock; the try is committed before the provider is called; a call whose answer is
lost is only ever asked about, and never made again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agentsys import clock, locks
from agentsys.db import transaction
from agentsys.extension.contract import Decline, MandateChannel
from agentsys.months import HEAD_OFFICE
from agentsys.payments import circuit
from agentsys.payments.debit_models import Debit, DebitState, DebitTry
from agentsys.payments.mandates import giving_up, notices, stops
from agentsys.payments.mandates.calling import make_calls
from agentsys.payments.mandates.facts import read_facts
from agentsys.payments.mandates.last_look import (
    DebitNow,
    MonthNow,
    Verdict,
    Why,
    last_look,
)
from agentsys.payments.mandates.planning import first_possible
from agentsys.payments.mandates.rules import rules_for
from agentsys.payments.mandates.tries import Call, write_tries

BATCH = 256
LOOK_AGAIN = timedelta(hours=1)
LOOK_AT_NOTICE = timedelta(minutes=10)
_NOW = (DebitState.PLANNED, DebitState.ANNOUNCED)
_WAIT_LONGER = text("SET LOCAL lock_timeout = '12s'")
_WAIT_AS_USUAL = text("SET LOCAL lock_timeout TO DEFAULT")


def charge_due(
    channels: Mapping[str, MandateChannel],
    *,
    stopped: frozenset[str] = frozenset(),
    limit: int = BATCH,
    most_per_minute: int | None = None,
) -> Counter[Why]:
    """Look at debits that are due and make those that may be made; counts by reason.

    `stopped` names channels that make no debits now, beside those that are stopped, away or not
    installed. `most_per_minute` replaces the dated setting. An entrypoint.
    """
    with transaction() as session:
        limit = min(limit, _left_this_minute(session, most_per_minute))
        if limit <= 0:
            return Counter()
        off = stopped | stops.off(session, channels) | frozenset(circuit.not_started(session))
        seen, calls = _decide(session, channels, off, limit)
    make_calls(channels, calls)
    return seen


def _decide(
    session: Session, channels: Mapping[str, MandateChannel], off: frozenset[str], limit: int
) -> tuple[Counter[Why], list[Call]]:
    """Decide about a batch of debits, and write the tries of those that are to be made."""
    debits = _claim(session, limit)
    facts = read_facts(session, debits, channels=channels, off=off)
    seen: Counter[Why] = Counter()
    taken: Counter[tuple[int, date]] = Counter()  # by this batch, of one mandate in one month
    chosen: list[Debit] = []
    announced: list[Debit] = []
    ended: list[tuple[Debit, Decline]] = []
    for debit in debits:
        account = (debit.mandate_id, debit.period)
        now = facts.with_debited(debit.id, taken[account])
        verdict, why = last_look(now)
        seen[why] += 1
        debit.why = why.value
        if verdict is Verdict.CHARGE:
            chosen.append(debit)
            taken[account] += debit.amount_idr
        elif verdict in (Verdict.ANNOUNCE, Verdict.FEWER_MONTHS):
            fewer = verdict is Verdict.FEWER_MONTHS
            _announce(session, debit, now, now.fitting if fewer else now.months)
            announced.append(debit)
        elif (decline := _put_off(debit, now, verdict, why)) is not None:
            ended.append((debit, decline))
    notices.prepare_all(session, announced)
    with session.no_autoflush:  # each debit is updated once, at the end
        giving_up.give_up(session, ended)
        notices.withdraw(session, [d.id for d in debits if d.state is DebitState.WITHDRAWN])
        return seen, write_tries(session, chosen, facts, channels)


def _left_this_minute(session: Session, most: int | None) -> int:
    """How many debits may be made now; other processes decide after this transaction."""
    moment = clock.now()
    if most is None:
        most = rules_for(moment.astimezone(HEAD_OFFICE).date()).most_per_minute
    # Another job decides about a batch: on a busy machine that takes longer than rows are locked.
    session.execute(_WAIT_LONGER)
    session.execute(select(func.pg_advisory_xact_lock(locks.DECIDING_DEBITS)))
    session.execute(_WAIT_AS_USUAL)
    made = select(func.count()).where(DebitTry.at > moment - timedelta(minutes=1))
    return most - (session.scalar(made) or 0)


def _claim(session: Session, limit: int) -> list[Debit]:
    """Debits whose look is due, locked."""
    return list(
        session.scalars(
            select(Debit)
            .where(Debit.look_at <= clock.now(), Debit.state.in_(_NOW))
            .order_by(Debit.look_at)
            .limit(limit)
            .with_for_update(of=Debit, skip_locked=True)
            .execution_options(populate_existing=True)
        )
    )


def _put_off(debit: Debit, now: DebitNow, verdict: Verdict, why: Why) -> Decline | None:
    """Write what follows from a verdict that neither makes nor announces the debit.

    The class of its last try if the debit is to be given up.
    """
    match verdict:
        case Verdict.WITHDRAW if why is Why.MONTH_IS_OVER and not now.is_paused:
            return debit.decline or Decline.NEEDS_PAYER
        case Verdict.WITHDRAW:
            debit.state, debit.look_at = DebitState.WITHDRAWN, None
        case Verdict.ASK_PAYER:
            return Decline.NEEDS_PAYER
        case _:
            debit.look_at = _next_look(now, why)
    return None


def _announce(session: Session, debit: Debit, now: DebitNow, months: Sequence[MonthNow]) -> None:
    """Take the sum of these months as it is now, and a day that leaves time for its notice."""
    rules = rules_for(now.today)
    owed = {month.month: month.owed_idr for month in months}
    for month in list(debit.months):
        month.amount_idr = owed.get(month.month, 0)
        if not month.amount_idr:
            debit.months.remove(month)
            session.delete(month)
    debit.amount_idr = sum(month.amount_idr for month in debit.months)
    debit.due_on = max(debit.due_on, first_possible(now.today, rules))
    debit.state = DebitState.ANNOUNCED
    debit.look_at = now.now + LOOK_AT_NOTICE


def _next_look(now: DebitNow, why: Why) -> datetime:
    """When to look again: a debit that is days away is left alone until the day before."""
    if why is Why.STOPPED:
        return now.now + LOOK_AT_NOTICE
    if why is Why.AT_NIGHT and now.opens_at is not None:
        return now.opens_at
    next_day = now.announce_from if now.today < now.announce_from else now.due_on
    days = (next_day - now.today).days
    if days > 1:
        return now.now + timedelta(days=days - 1)
    return now.now + LOOK_AGAIN
