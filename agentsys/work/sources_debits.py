"""Open work about auto-debit: visits after the last try, and stops."""

from __future__ import annotations

from sqlalchemy import ColumnElement, case, func

from agentsys.extension.contract import Decline
from agentsys.payments.debit_models import (
    Debit,
    DebitStop,
    Notice,
    NoticeKind,
    NoticeState,
)
from agentsys.payments.mandates.left_open import IS_TO_VISIT
from agentsys.work.columns import Source, waiting
from agentsys.workers.models import Worker

VISITS = (
    waiting(
        case((Debit.decline == Decline.NEEDS_PAYER, "debit.needs_payer"), else_="debit.visit"),
        Debit.id,
        since=Debit.ended_at,
        office_id=Debit.office_id,
        agent_id=Worker.agent_id,
        worker_id=Debit.worker_id,
        amount_idr=Debit.amount_idr,
        about=func.concat("debit:", Debit.decline, ":", func.to_char(Debit.last_on, "YYYY-MM-DD")),
    )
    .select_from(Debit)
    .join(Worker, Worker.id == Debit.worker_id)
    .where(IS_TO_VISIT)
)


def _unsent(key: str, condition: ColumnElement[bool]) -> Source:
    """Messages that nobody sent; the worker may read them on the own page as well."""
    return (
        waiting(
            key,
            Notice.id,
            since=Notice.prepared_at,
            office_id=Worker.office_id,
            agent_id=Worker.agent_id,
            worker_id=Notice.worker_id,
            amount_idr=Notice.amount_idr,
        )
        .select_from(Notice)
        .join(Worker, Worker.id == Notice.worker_id)
        .where(Notice.state == NoticeState.PREPARED, condition)
    )


# Without the message about a debit nothing is debited.
UNSENT = _unsent("notice.unsent", Notice.kind != NoticeKind.MANDATE_ENDED)
ENDED = _unsent("mandate.ended", Notice.kind == NoticeKind.MANDATE_ENDED)

STOPS = waiting(
    "debits.stopped",
    DebitStop.id,
    since=DebitStop.stopped_at,
    about=func.concat_ws(": ", func.nullif(DebitStop.channel, ""), DebitStop.reason),
).where(DebitStop.resumed_at.is_(None))
