"""What follows from a try's end: collected, tried again on a later day, or a visit by the agent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.extension.contract import Decline, PaymentState
from agentsys.many import among
from agentsys.payments.debit_models import Debit, DebitState, DebitTry
from agentsys.payments.mandate_models import Mandate
from agentsys.payments.mandates import notices
from agentsys.payments.mandates.giving_up import give_up
from agentsys.payments.mandates.rules import next_open_day, retry_day, rules_for
from agentsys.payments.models import Payment, PaymentMove
from agentsys.people.models import Office

P = PaymentState
_PAID = (P.SETTLED, P.REFUNDED)


def follow_tries(session: Session, *, limit: int = 200) -> Counter[DebitState]:
    """Take over the end of tries whose payment has one; counts by the debits' new states.

    Read from rows, so it makes up whatever an earlier run missed, and may run twice at once.
    """
    became = _collect(session, Debit.payment_id.is_not(None), limit)
    return became + _follow_all(session, _refused_tries().order_by(Debit.id).limit(limit))


def follow_payments(session: Session, payment_ids: Collection[int]) -> Counter[DebitState]:
    """The same for the tries that these payments are."""
    became = _collect(session, among(Debit.payment_id, payment_ids), len(payment_ids))
    refused = _refused_tries().where(among(Debit.payment_id, payment_ids))
    return became + _follow_all(session, refused)


def _collect(session: Session, which: ColumnElement[bool], limit: int) -> Counter[DebitState]:
    """End debits whose payment is paid: one statement, since nothing else follows from it."""
    session.flush()
    paid = (
        select(Debit.id)
        .join(Payment, Payment.id == Debit.payment_id)
        .where(which, Debit.state == DebitState.CALLING, Payment.state.in_(_PAID))
        .order_by(Debit.id)
        .limit(limit)
        .with_for_update(of=Debit, skip_locked=True)
        .cte("paid")
    )
    collected = session.scalars(
        update(Debit)
        .where(Debit.id.in_(select(paid.c.id)))
        .values(state=DebitState.COLLECTED, decline=None, why="", look_at=None)
        .returning(Debit.id)
        .execution_options(synchronize_session="fetch")
    ).all()
    return +Counter({DebitState.COLLECTED: len(collected)})


def _refused_tries() -> Select[Debit, PaymentState, str]:
    return (
        select(Debit, Payment.state, Office.zone)
        .join(Payment, Payment.id == Debit.payment_id)
        .join(Office, Office.id == Debit.office_id)
        .where(
            Debit.state == DebitState.CALLING,
            Payment.state.notin_((P.CREATED, P.PENDING, *_PAID)),
        )
        .with_for_update(of=Debit, skip_locked=True)
        .execution_options(populate_existing=True)
    )


def _follow_all(session: Session, refused: Select[Debit, PaymentState, str]) -> Counter[DebitState]:
    rows = session.execute(refused).all()
    debits = [debit for debit, _, _ in rows]
    tries, reports = _tries(session, debits), _last_reports(session, debits)
    ended: list[tuple[Debit, Decline]] = []
    for debit, state, zone in rows:
        debit.look_at = None
        decline = decline_of(reports.get(debit.payment_id or 0, {}), state)
        if not _tried_again(session, debit, decline, tries[debit.id], ZoneInfo(zone)):
            ended.append((debit, decline))
    give_up(session, ended)
    session.flush()
    return Counter(debit.state for debit in debits)


def decline_of(report: dict[str, Any], state: PaymentState) -> Decline:
    """The class of a failed try; UNKNOWN unless its channel named a known one."""
    if state is P.EXPIRED:
        # The provider waited for the payer's PIN in vain, or never received the try.
        return Decline.NEEDS_PAYER if report.get("provider_ref") else Decline.TRY_LATER
    try:
        return Decline(report.get("decline") or Decline.UNKNOWN)
    except ValueError:
        return Decline.UNKNOWN


@dataclass(frozen=True)
class _Again:
    """The next try of a debit: its day, and when to look at it."""

    day: date
    look_at: datetime
    is_news: bool  # the payer is told of another day, but not of a fault that lasts minutes


def _tried_again(
    session: Session, debit: Debit, decline: Decline, tries: Sequence[DebitTry], zone: ZoneInfo
) -> bool:
    """Write a refusal down, and its next try; False if it was the last one."""
    debit.decline, debit.why = decline, decline.value
    tries[-1].decline = decline
    if decline is Decline.ENDED:
        # The mandate is observed, not decided: ask the provider before anything else is debited.
        session.execute(
            update(Mandate).where(Mandate.id == debit.mandate_id).values(next_check_at=clock.now())
        )
    again = _next_try(debit, decline, tries, zone)
    if again is None or again.day > debit.last_on:
        return False
    # The sum is the same, so its notice goes on counting; this message names the day.
    debit.state, debit.due_on, debit.look_at = DebitState.ANNOUNCED, again.day, again.look_at
    if again.is_news:
        notices.tell_failed(session, debit, again_on=again.day)
    return True


def _next_try(
    debit: Debit, decline: Decline, tries: Sequence[DebitTry], zone: ZoneInfo
) -> _Again | None:
    """The next try in the same month; None if none is left or none makes sense.

    Lack of funds is tried again on the days of the dated setting. A fault that surely debited
    nothing is tried again after minutes, and then on the next working day. One counter limits both.
    """
    moment = clock.now()
    today = moment.astimezone(zone).date()
    rules = rules_for(today)
    if debit.tries >= rules.most_tries:
        return None
    alike = [each.at.astimezone(zone).date() for each in tries if each.decline is decline]
    if decline is Decline.TRY_LATER:
        soon = rules.soon_minutes[alike.count(today) - 1 :][:1]
        for minutes in soon if alike.count(today) else ():
            return _Again(today, moment + timedelta(minutes=minutes), is_news=False)
        return _Again(next_open_day(today), moment, is_news=True)
    day = retry_day(debit.first_on, len(alike), rules) if decline is Decline.FUNDS else None
    if day is None:
        return None
    return _Again(max(day, next_open_day(today)), moment, is_news=True)


def _tries(session: Session, debits: Sequence[Debit]) -> defaultdict[int, list[DebitTry]]:
    """All tries of these debits, in order."""
    found: defaultdict[int, list[DebitTry]] = defaultdict(list)
    rows = select(DebitTry).where(DebitTry.debit_id.in_([debit.id for debit in debits]))
    if debits:
        for each in session.scalars(rows.order_by(DebitTry.debit_id, DebitTry.try_no)):
            found[each.debit_id].append(each)
    return found


def _last_reports(session: Session, debits: Sequence[Debit]) -> dict[int, dict[str, Any]]:
    """What their providers said last, by payment."""
    if not debits:
        return {}
    rows = session.execute(
        select(PaymentMove.payment_id, PaymentMove.report)
        .join(Payment, Payment.id == PaymentMove.payment_id)
        .where(
            Payment.id.in_([debit.payment_id for debit in debits]),
            PaymentMove.to_state == Payment.state,
        )
    )
    return {payment_id: report or {} for payment_id, report in rows}
