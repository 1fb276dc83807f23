"""What follows from a try's end: collected, tried again on a later day, or a visit by the agent."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.extension.contract import Decline, PaymentState
from agentsys.payments.debit_models import Debit, DebitState, DebitTry
from agentsys.payments.mandate_models import Mandate
from agentsys.payments.mandates import notices
from agentsys.payments.mandates.planning import first_possible
from agentsys.payments.mandates.rules import retry_day, rules_for
from agentsys.payments.models import Payment, PaymentMove

P = PaymentState

# Only these are tried again. Anything that nobody mapped is for a person.
_TRIED_AGAIN = (Decline.FUNDS, Decline.TRY_LATER)


def follow_tries(session: Session, *, limit: int = 200) -> Counter[DebitState]:
    """Take over the end of tries whose payment has one; counts by the debits' new states.

    Read from rows, so it makes up whatever an earlier run missed, and may run twice at once.
    """
    ended = session.execute(
        select(Debit, Payment.state)
        .join(Payment, Payment.id == Debit.payment_id)
        .where(
            Debit.state == DebitState.CALLING,
            Payment.state.notin_((P.CREATED, P.PENDING)),
        )
        .order_by(Debit.id)
        .limit(limit)
        .with_for_update(of=Debit, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    became: Counter[DebitState] = Counter()
    for debit, state in ended:
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
    again = _next_day(debit) if decline in _TRIED_AGAIN else None
    if again is None:
        debit.state = DebitState.GIVEN_UP
        return
    debit.state, debit.due_on, debit.look_at = DebitState.ANNOUNCED, again, clock.now()
    notices.prepare(session, debit)


def _next_day(debit: Debit) -> date | None:
    """The day of the next try, which leaves time for its own notice; None if none is left."""
    today = clock.now().date()
    rules = rules_for(today)
    day = retry_day(debit.first_on, debit.tries, rules)
    if day is None:
        return None
    day = max(day, first_possible(today, rules))
    return day if day <= debit.last_on else None


def _last_report(session: Session, debit: Debit, state: PaymentState) -> dict[str, Any]:
    report = session.scalar(
        select(PaymentMove.report).where(
            PaymentMove.payment_id == debit.payment_id, PaymentMove.to_state == state
        )
    )
    return report or {}
