"""Open work about auto-debit: visits after the last try, and stops."""

from __future__ import annotations

from sqlalchemy import exists, func

from agentsys.contributions.models import Contribution
from agentsys.payments.debit_models import Debit, DebitMonth, DebitState, DebitStop
from agentsys.work.columns import waiting
from agentsys.workers.models import Worker

_UNPAID = (
    exists()
    .where(
        DebitMonth.debit_id == Debit.id,
        Contribution.worker_id == DebitMonth.worker_id,
        Contribution.month == DebitMonth.month,
        Contribution.payment_id.is_(None),
    )
    .correlate(Debit)
)

VISITS = (
    waiting(
        "debit.visit",
        Debit.id,
        since=Debit.ended_at,
        office_id=Debit.office_id,
        agent_id=Worker.agent_id,
        worker_id=Debit.worker_id,
        amount_idr=Debit.amount_idr,
    )
    .select_from(Debit)
    .join(Worker, Worker.id == Debit.worker_id)
    .where(Debit.state == DebitState.GIVEN_UP, Debit.visited_at.is_(None), _UNPAID)
)

STOPS = waiting(
    "debits.stopped",
    DebitStop.id,
    since=DebitStop.stopped_at,
    about=func.concat_ws(": ", func.nullif(DebitStop.channel, ""), DebitStop.reason),
).where(DebitStop.resumed_at.is_(None))
