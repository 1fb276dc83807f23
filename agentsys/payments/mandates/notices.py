"""Notices: the sum, the months and the day of a debit, told to the payer before it is made."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import NotFound
from agentsys.payments.mandates.last_look import NoticeNow
from agentsys.payments.mandates.models import COUNTS, Debit, Notice, NoticeState
from agentsys.workers.models import Worker

N = NoticeState


def prepare(session: Session, debit: Debit, *, at: datetime | None = None) -> Notice:
    """A new notice for the debit's sum and day; the one before counts no more."""
    session.execute(
        update(Notice)
        .where(Notice.debit_id == debit.id, Notice.state != N.REPLACED)
        .values(state=N.REPLACED)
    )
    notice = Notice(
        debit_id=debit.id,
        worker_id=debit.worker_id,
        amount_idr=debit.amount_idr,
        debit_on=debit.due_on,
        prepared_at=at or clock.now(),
    )
    session.add(notice)
    session.flush()
    return notice


def current(session: Session, *, debit_id: int) -> Notice | None:
    """The debit's notice that no other replaced."""
    return session.scalar(
        select(Notice).where(Notice.debit_id == debit_id, Notice.state != N.REPLACED)
    )


def hand_over(session: Session, *, notice_id: int, actor_id: int) -> None:
    """Somebody opened the prepared message to send it; that alone does not count."""
    notice = _locked(session, notice_id)
    if notice.state is N.PREPARED:
        notice.state = N.HANDED_OVER
        notice.handed_over_at, notice.handed_over_by = clock.now(), actor_id
        session.flush()


def count(session: Session, *, notice_id: int, state: NoticeState) -> None:
    """The payer opened the notice on the own page, or confirmed it: from now on it counts.

    A notice that was replaced never counts; repeats keep the first time.
    """
    if state not in COUNTS:
        raise ValueError(f"{state} does not count")
    notice = _locked(session, notice_id)
    if notice.state in (N.PREPARED, N.HANDED_OVER):
        notice.state, notice.counted_at = state, clock.now()
        session.flush()


def as_seen(notice: Notice | None) -> NoticeNow | None:
    """The notice as the last look sees it."""
    if notice is None:
        return None
    counts = notice.counted_at if notice.state in COUNTS else None
    return NoticeNow(amount_idr=notice.amount_idr, debit_on=notice.debit_on, counted_at=counts)


def waiting_to_send(session: Session, *, agent_id: int, until: date) -> list[Notice]:
    """An agent's notices that nobody sent yet, of debits due until a day, the soonest first."""
    return list(
        session.scalars(
            select(Notice)
            .join(Worker, Worker.id == Notice.worker_id)
            .where(
                Worker.agent_id == agent_id,
                Notice.state == N.PREPARED,
                Notice.debit_on <= until,
            )
            .order_by(Notice.debit_on, Notice.id)
            .limit(200)
        )
    )


def _locked(session: Session, notice_id: int) -> Notice:
    notice = session.scalar(
        select(Notice)
        .where(Notice.id == notice_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if notice is None:
        raise NotFound()
    return notice
