"""What debits that were given up left unpaid: a reason to visit, until it is paid in any way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from agentsys.contributions.arrears import own_months
from agentsys.contributions.models import Contribution
from agentsys.payments.debit_models import LIVE, Debit, DebitMonth, DebitState
from agentsys.payments.mandate_models import Mandate

# Whether a month of the debit is still unpaid.
IS_UNPAID = (
    exists()
    .where(
        DebitMonth.debit_id == Debit.id,
        Contribution.worker_id == DebitMonth.worker_id,
        Contribution.month == DebitMonth.month,
        Contribution.payment_id.is_(None),
    )
    .correlate(Debit)
)
# Whether an agent is to visit the worker: nobody did yet, and there is something to pay.
IS_TO_VISIT = (Debit.state == DebitState.GIVEN_UP) & Debit.visited_at.is_(None) & IS_UNPAID


@dataclass(frozen=True, kw_only=True)
class LeftOpen:
    """What a worker may pay now instead of waiting for the agent's visit."""

    months: list[date]  # in order, with older ones that are open too: the oldest is paid first
    amount_idr: int
    why: str  # of the newest debit that was given up: a `last_look.Why` or a `Decline`
    channel: str  # of its mandate


def left_open(session: Session, *, worker_id: int) -> LeftOpen | None:
    """What given-up debits of a worker left unpaid; None while another debit is to pay it."""
    planned = aliased(Debit)
    found = session.execute(
        select(DebitMonth.month, Debit.why, Mandate.channel)
        .join(Debit, Debit.id == DebitMonth.debit_id)
        .join(Mandate, Mandate.id == Debit.mandate_id)
        .where(
            Debit.worker_id == worker_id,
            Debit.state == DebitState.GIVEN_UP,
            IS_UNPAID,
            ~exists().where(planned.worker_id == worker_id, planned.state.in_(LIVE)),
        )
        .order_by(Debit.id.desc(), DebitMonth.month.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    newest, why, channel = found
    months = [m for m in own_months(session, worker_id=worker_id) if m.month <= newest]
    return LeftOpen(
        months=[m.month for m in months],
        amount_idr=sum(m.amount_idr for m in months),
        why=why,
        channel=channel,
    )
