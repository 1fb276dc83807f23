"""What follows from a try's end: collected, tried again on a later day, or a visit by the agent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.extension.contract import Decline, PaymentState
from agentsys.payments.debit_models import Debit, DebitState, DebitTry
from agentsys.payments.mandate_models import Mandate
from agentsys.payments.mandates import notices
from agentsys.payments.mandates.giving_up import give_up
from agentsys.payments.mandates.rules import next_open_day, retry_day, rules_for
from agentsys.payments.models import Payment, PaymentMove

P = PaymentState


def follow_tries(session: Session, *, limit: int = 200) -> Counter[DebitState]:
    """Take over the end of tries whose payment has one; counts by the debits' new states.

    Read from rows, so it makes up whatever an earlier run missed, and may run twice at once.
    """
    return _follow_all(session, _ended().order_by(Debit.id).limit(limit))


def follow_payments(session: Session, payment_ids: Collection[int]) -> Counter[DebitState]:
    """The same for the tries that these payments are."""
    return _follow_all(session, _ended().where(Debit.payment_id.in_(payment_ids)))


def _ended() -> Select[Debit, PaymentState]:
    return (
        select(Debit, Payment.state)
        .join(Payment, Payment.id == Debit.payment_id)
        .where(
            Debit.state == DebitState.CALLING,
            Payment.state.notin_((P.CREATED, P.PENDING)),
        )
        .with_for_update(of=Debit, skip_locked=True)
        .execution_options(populate_existing=True)
    )


def _follow_all(session: Session, ended: Select[Debit, PaymentState]) -> Counter[DebitState]:
    session.flush()
    became: Counter[DebitState] = Counter()
    for debit, state in session.execute(ended).all():
        _follow(session, debit, state)
        became[debit.state] += 1
    session.flush()
    return became


def decline_of(report: dict[str, Any], state: PaymentState) -> Decline:
    """The class of a failed try; UNKNOWN unless its channel named a known one."""
    if state is P.EXPIRED:
        # The provider waited for the payer's PIN in vain, or never received the try.
        return Decline.NEEDS_PAYER if report.get("provider_ref") else Decline.TRY_LATER
    try:
        return Decline(report.get("decline") or Decline.UNKNOWN)
    except ValueError:
        return Decline.UNKNOWN


def _follow(session: Session, debit: Debit, state: PaymentState) -> None:
    debit.look_at = None
    if state in (P.SETTLED, P.REFUNDED):
        debit.state, debit.decline, debit.why = DebitState.COLLECTED, None, ""
        return
    decline = decline_of(_last_report(session, debit, state), state)
    debit.decline, debit.why = decline, decline.value
    session.execute(
        update(DebitTry)
        .where(DebitTry.debit_id == debit.id, DebitTry.try_no == debit.tries)
        .values(decline=decline)
    )
    if decline is Decline.ENDED:
        # The mandate is observed, not decided: ask the provider before anything else is debited.
        session.execute(
            update(Mandate).where(Mandate.id == debit.mandate_id).values(next_check_at=clock.now())
        )
    again = _next_day(debit, decline)
    if again is None:
        give_up(session, debit, decline)
        return
    # The sum is the same, so its notice goes on counting; this message names the day.
    debit.state, debit.due_on, debit.look_at = DebitState.ANNOUNCED, again, clock.now()
    notices.tell_failed(session, debit, again_on=again)


def _next_day(debit: Debit, decline: Decline) -> date | None:
    """The day of the next try in the same month; None if none is left or none makes sense.

    Lack of funds is tried again on the days of the dated setting. A fault that surely debited
    nothing is tried again on the next working day. One counter limits both.
    """
    rules = rules_for(clock.now().date())
    ladder = retry_day(debit.first_on, debit.tries, rules)
    if decline is Decline.FUNDS:
        day = ladder
    elif decline is Decline.TRY_LATER and debit.tries <= len(rules.retry_days):
        day = next_open_day(clock.now().date())
    else:
        return None
    if day is None:
        return None
    day = max(day, next_open_day(clock.now().date()))
    return day if day <= debit.last_on else None


def _last_report(session: Session, debit: Debit, state: PaymentState) -> dict[str, Any]:
    report = session.scalar(
        select(PaymentMove.report).where(
            PaymentMove.payment_id == debit.payment_id, PaymentMove.to_state == state
        )
    )
    return report or {}
