"""Batches for BPJS: made from money in the bank, given their kode iuran, or cancelled."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    func,
    select,
    update,
)
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions.attribution import present_owner
from agentsys.contributions.models import Contribution
from agentsys.errors import Conflict, Forbidden, NotFound, Refused
from agentsys.extension.contract import PaymentState
from agentsys.figures import kept
from agentsys.ledger import accounts, journal
from agentsys.payments import bill_claims
from agentsys.payments.models import Payment
from agentsys.payments.transitions import Transition, decide
from agentsys.people import second_person
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.remittances.choosing import EVERYTHING, Choice
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.remittances.remittable import remittable


class RemittanceAction(StrEnum):
    """What finance does with a batch."""

    CODE = "code"
    CONFIRM = "confirm"
    ASK_TO_CANCEL = "ask to cancel"
    KEEP = "keep"
    CANCEL = "cancel"


_S, _A, _P = RemittanceState, RemittanceAction, Permission

# Finance enters a batch in EPS, pays it, and records that BPJS says PAID. PAID is final,
# and applies even while a cancellation waits for its second person.
REMITTANCE_TRANSITIONS = {
    (_S.OPEN, _A.CODE): Transition(_S.CODED, by=_P.REMITTANCE_CODE),
    (_S.OPEN, _A.CANCEL): Transition(_S.CANCELLED, by=_P.REMITTANCE_CANCEL),
    # The code was mistyped.
    (_S.CODED, _A.CODE): Transition(_S.CODED, by=_P.REMITTANCE_CODE),
    (_S.CODED, _A.ASK_TO_CANCEL): Transition(_S.CANCELLING, by=_P.REMITTANCE_CANCEL),
    (_S.CODED, _A.CONFIRM): Transition(_S.CONFIRMED, by=_P.REMITTANCE_CONFIRM),
    (_S.CANCELLING, _A.KEEP): Transition(_S.CODED, by=_P.REMITTANCE_CANCEL),
    (_S.CANCELLING, _A.CANCEL): Transition(_S.CANCELLED, by=_P.REMITTANCE_CANCEL),
    (_S.CANCELLING, _A.CONFIRM): Transition(_S.CONFIRMED, by=_P.REMITTANCE_CONFIRM),
}


def make_batch(
    session: Session, *, office_id: int, actor_id: int, choice: Choice = EVERYTHING
) -> Remittance:
    """Make a batch of what an office can remit now, or of what is chosen of it.

    Refused if there is nothing.
    """
    _entitled(session, actor_id, office_id)
    # One batch of an office at a time; the update below decides its contents.
    journal.lock_account(session, f"remit:office:{office_id}")
    to_remit = and_(remittable(office_id, clock.now()), *choice.conditions())
    count, amount = session.execute(
        select(func.count(), func.coalesce(func.sum(Contribution.amount_idr), 0)).where(to_remit)
    ).one()
    if not count and choice != EVERYTHING:
        raise Refused("Tidak ada iuran siap disetor yang cocok dengan pilihan ini.")
    if not count:
        raise Refused(
            "Belum ada iuran yang dapat disetor: iuran tunai menunggu setoran agen dikonfirmasi."
        )
    remittance = Remittance(
        office_id=office_id,
        count=count,
        amount_idr=int(amount),
        created_by=actor_id,
        created_at=clock.now(),
    )
    session.add(remittance)
    session.flush()
    row = _fill(session, remittance.id, to_remit)
    if not row[0]:
        raise Conflict()
    # A refund may have come after the count: use the rows that the update returned.
    remittance.count, remittance.amount_idr = row[0], int(row[1])
    remittance.first_month, remittance.last_month = row[2], row[3]
    session.flush()
    session.expire_all()
    kept.forget(session, kept.READY, office_id=office_id)
    record(session, remittance, "made", actor_id)
    return remittance


def _fill(session: Session, remittance_id: int, to_remit: ColumnElement[bool]) -> Any:
    """Put contributions into a batch; their count and sum, first and last month."""
    taken = (
        update(Contribution)
        .where(to_remit)
        .values(remittance_id=remittance_id)
        .returning(Contribution.month, Contribution.amount_idr)
        .execution_options(synchronize_session=False)
        .cte("taken")
    )
    return session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(taken.c.amount_idr), 0),
            func.min(taken.c.month),
            func.max(taken.c.month),
        ).select_from(taken)
    ).one()


def cancel(session: Session, *, remittance_id: int, actor_id: int) -> Remittance:
    """Cancel the batch; its contributions can be remitted again, or are owed again if refunded."""
    remittance, actor = take(session, remittance_id, actor_id)
    asked = remittance.state is RemittanceState.CANCELLING
    # The CHECKs need the user and the state together: write both in one flush.
    with session.no_autoflush:
        lead(remittance, RemittanceAction.CANCEL, actor)
        if asked and actor.id in (remittance.cancel_asked_by, remittance.created_by):
            raise Forbidden("Pembatalan diputuskan orang kedua, yang tidak menyusun setoran ini.")
        if asked:
            first = (remittance.cancel_asked_by, remittance.created_by)
            second_person.check(session, second=actor, first_ids=first)
        remittance.cancelled_by = actor.id
        remittance.cancelled_at = clock.now()
    session.flush()
    _hold_contents(session, remittance)
    in_batch = Contribution.remittance_id == remittance.id
    claims = free_refunded(session, in_batch, office_id=remittance.office_id)
    if claims:
        journal.post(
            session,
            kind="remittance.cancelled",
            source=f"remittance:{remittance.id}",
            at=clock.now(),
            lines=claims,
        )
    session.execute(
        update(Contribution)
        .where(Contribution.remittance_id == remittance.id)
        .values(remittance_id=None)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    record(session, remittance, "cancelled", actor_id)
    return remittance


def tidy_code(text: str) -> str:
    """A kode iuran normalised for comparison: without spaces, in capitals."""
    return "".join(text.split()).replace("\0", "").upper()


def lead(remittance: Remittance, action: RemittanceAction, actor: User) -> None:
    """Change the state of a locked batch, if this person may."""
    if actor.office_id not in (remittance.office_id, None):
        raise NotFound()
    remittance.state = decide(REMITTANCE_TRANSITIONS, remittance.state, action, actor)


def take(session: Session, remittance_id: int, actor_id: int) -> tuple[Remittance, User]:
    """Lock a batch; return it with the person who will change it."""
    actor = session.get(User, actor_id)
    remittance = session.get(
        Remittance,
        remittance_id,
        with_for_update={"of": Remittance, "key_share": True},
        populate_existing=True,
    )
    if remittance is None or actor is None:
        raise NotFound()
    return remittance, actor


def _entitled(session: Session, actor_id: int, office_id: int) -> None:
    actor = session.get(User, actor_id)
    if actor is None or actor.office_id not in (office_id, None):
        raise NotFound()
    if not actor.can(Permission.REMITTANCE_MAKE):
        raise Forbidden(permission=Permission.REMITTANCE_MAKE.value)


def _hold_contents(session: Session, remittance: Remittance) -> None:
    """Lock the batch's contributions, so that running refunds end first and are seen."""
    held = (
        select(Contribution.worker_id)
        .where(Contribution.remittance_id == remittance.id)
        .order_by(Contribution.worker_id, Contribution.month)
        .with_for_update(of=Contribution, key_share=True)
        .subquery()
    )
    session.execute(select(func.count()).select_from(held))


def free_refunded(session: Session, of: ColumnElement[bool], *, office_id: int) -> dict[str, int]:
    """Free months that were refunded while in a batch; return the lines that undo the claims.

    There are no lines if there were no such months.
    """
    freed = (
        update(Contribution)
        .where(
            of,
            Contribution.payment_id == Payment.id,
            Payment.state == PaymentState.REFUNDED,
        )
        .values(remittance_id=None, payment_id=None, **present_owner())
        .returning(Contribution.worker_id, Contribution.amount_idr, Payment.for_bill_id)
        .execution_options(synchronize_session=False)
        .cte("freed")
    )
    total = func.sum(freed.c.amount_idr)
    by_worker = case((freed.c.for_bill_id.is_(None), freed.c.worker_id))
    rows = session.execute(
        select(freed.c.for_bill_id, by_worker, func.count(), total).group_by(
            freed.c.for_bill_id, by_worker
        )
    ).all()
    bills = {bill: (people, int(idr)) for bill, _, people, idr in rows if bill is not None}
    claims = bill_claims.undo_claims(session, bills)
    for worker, idr in sorted((worker, int(idr)) for bill, worker, _, idr in rows if bill is None):
        # What the worker has paid of the claim meanwhile is the worker's money again.
        claim, owed = accounts.claim_on_worker(worker), accounts.owed_to_worker(worker)
        journal.lock_account(session, claim)
        undone = min(idr, max(journal.balance(session, claim), 0))
        claims[claim], claims[owed] = -undone, undone - idr
    return {accounts.owed_bpjs(office_id): -sum(claims.values()), **claims} if claims else {}


def record(session: Session, remittance: Remittance, what: str, actor_id: int) -> None:
    """Record an action on a batch in the audit trail."""
    trail.record(
        session,
        actor_id=actor_id,
        action=f"remittance.{what}",
        subject=f"remittance:{remittance.id}",
        details={
            "count": remittance.count,
            "amount_idr": remittance.amount_idr,
            "kode_iuran": remittance.kode_iuran or "",
            "reason": remittance.cancel_reason or "",
        },
    )
