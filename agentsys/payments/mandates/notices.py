"""The outbox: what payers are told, and how far each message got.

Nothing here sends anything. A prepared notice of a debit is handed over by the agent as a prepared
text, and counts only once the payer opened it on the own page or confirmed it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import NotFound
from agentsys.many import among
from agentsys.payments.debit_models import COUNTS, Debit, Notice, NoticeKind, NoticeState
from agentsys.payments.mandate_models import Mandate
from agentsys.payments.mandates.last_look import NoticeNow

N = NoticeState


class NoticeRow(NamedTuple):
    """What a debit needs of its newest notice."""

    id: int
    debit_id: int
    amount_idr: int
    debit_on: date | None
    counted_at: datetime | None
    state: NoticeState


def prepare_all(session: Session, debits: Collection[Debit]) -> None:
    """New notices for the debits' sums and days; those before count no more."""
    if not debits:
        return
    withdraw(session, [debit.id for debit in debits])
    session.add_all(
        Notice(
            kind=NoticeKind.DEBIT,
            mandate_id=debit.mandate_id,
            debit_id=debit.id,
            worker_id=debit.worker_id,
            amount_idr=debit.amount_idr,
            debit_on=debit.due_on,
        )
        for debit in debits
    )
    session.flush()


def withdraw(session: Session, debit_ids: Collection[int]) -> None:
    """Notices of these debits are not sent and do not count any more."""
    if not debit_ids:
        return
    session.execute(
        update(Notice)
        .where(
            among(Notice.debit_id, debit_ids),
            Notice.kind == NoticeKind.DEBIT,
            Notice.state != N.REPLACED,
        )
        .values(state=N.REPLACED)
    )


def tell_failed(session: Session, debit: Debit, *, again_on: date | None) -> None:
    """A notice that a try failed; `again_on` is the day of the next try, None after the last."""
    notice = Notice(
        kind=NoticeKind.FAILED,
        mandate_id=debit.mandate_id,
        debit_id=debit.id,
        worker_id=debit.worker_id,
        amount_idr=debit.amount_idr,
        debit_on=again_on,
    )
    session.add(notice)


def tell_end(session: Session, mandate: Mandate, *, at: datetime) -> None:
    """Tell the workers that nothing is debited any more, if the mandate ever had consent."""
    if mandate.consented_at is None:
        return
    for covered in mandate.workers:
        session.add(
            Notice(
                kind=NoticeKind.MANDATE_ENDED,
                mandate_id=mandate.id,
                worker_id=covered.worker_id,
                prepared_at=at,
            )
        )
    session.flush()


def tell_expiry(session: Session, mandate: Mandate, *, last_day: date) -> None:
    """Notices to the workers of a mandate that its account ends; once for each last day."""
    told = select(Notice.id).where(
        Notice.mandate_id == mandate.id,
        Notice.kind == NoticeKind.MANDATE_EXPIRES,
        Notice.debit_on == last_day,
    )
    if session.scalar(told.limit(1)) is not None:
        return
    for covered in mandate.workers:
        if covered.until is None:
            session.add(
                Notice(
                    kind=NoticeKind.MANDATE_EXPIRES,
                    mandate_id=mandate.id,
                    worker_id=covered.worker_id,
                    debit_on=last_day,
                )
            )
    session.flush()


def current(session: Session, *, debit_id: int) -> Notice | None:
    """The debit's notice that no other replaced."""
    return session.scalar(
        select(Notice).where(
            Notice.debit_id == debit_id,
            Notice.kind == NoticeKind.DEBIT,
            Notice.state != N.REPLACED,
        )
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


def open_all(session: Session, *, worker_id: int) -> int:
    """The worker saw the own page: what it shows was opened; how many notices that are.

    To be called by a POST of the page or after its second factor: a preview of a link opens no
    notice.
    """
    opened = session.scalars(
        update(Notice)
        .where(Notice.worker_id == worker_id, Notice.state.in_((N.PREPARED, N.HANDED_OVER)))
        .values(state=N.OPENED, counted_at=clock.now())
        .returning(Notice.id)
        .execution_options(synchronize_session="fetch")
    ).all()
    return len(opened)


def as_seen(notice: NoticeRow | None) -> NoticeNow | None:
    """The notice as the last look sees it."""
    if notice is None or notice.debit_on is None:
        return None
    counts = notice.counted_at if notice.state in COUNTS else None
    return NoticeNow(amount_idr=notice.amount_idr, debit_on=notice.debit_on, counted_at=counts)


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
