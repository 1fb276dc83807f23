"""Corrections: one person proposes, another approves, and a counter-entry negates the original.

Nothing is edited or deleted. The counter-entry has exactly the lines of the original with the other
sign, read from the journal; the reference of the bank can then be recorded again.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.corrections import subjects
from agentsys.corrections.models import Correctable, Correction, CorrectionState
from agentsys.corrections.subjects import Subject
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.ledger import accounts, journal
from agentsys.payments.transitions import Transition, decide
from agentsys.people import second_person
from agentsys.people.models import User
from agentsys.people.permissions import Permission

LONGEST_REASON = 200


class CorrectionAction(StrEnum):
    """What the second person does with a proposed correction, or who proposed it."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


_S, _A = CorrectionState, CorrectionAction
CORRECTION_TRANSITIONS = {
    (_S.PROPOSED, _A.APPROVE): Transition(_S.APPROVED, by=Permission.CORRECTION_APPROVE),
    (_S.PROPOSED, _A.REFUSE): Transition(_S.REFUSED, by=Permission.CORRECTION_APPROVE),
    (_S.PROPOSED, _A.WITHDRAW): Transition(_S.WITHDRAWN, by=Permission.CORRECTION_PROPOSE),
}


def why_not(session: Session, *, what: Correctable, subject_id: int, actor: User) -> Refused | None:
    """Why a correction cannot be proposed now; None if it can. NotFound if it is not in reach."""
    subject = subjects.found(session, what, subject_id, actor)
    try:
        subjects.check(session, subject)
        _check_none_waits(session, subject)
        _check_banks(session, subject)
    except Refused as refused:
        return refused
    return None


def propose(
    session: Session, *, what: Correctable, subject_id: int, reason: str, actor_id: int
) -> Correction:
    """Propose to undo what was confirmed wrongly; Refused with the way out if that cannot be."""
    actor = _actor(session, actor_id)
    if not actor.can(Permission.CORRECTION_PROPOSE):
        raise Forbidden(permission=Permission.CORRECTION_PROPOSE.value)
    subject = subjects.found(session, what, subject_id, actor)
    reason = " ".join(reason.replace("\0", "").split())[:LONGEST_REASON]
    if not reason:
        raise Invalid("Isi alasan: apa yang salah, dan bagaimana yang benar.", about="reason")
    subjects.check(session, subject)
    _check_none_waits(session, subject)
    correction = Correction(
        what=what,
        subject_id=subject.id,
        office_id=subject.office_id,
        amount_idr=subject.amount_idr,
        reason=reason,
        proposed_by=actor.id,
        proposed_at=clock.now(),
    )
    session.add(correction)
    session.flush()
    _record(session, correction, actor)
    return correction


def decide_correction(
    session: Session, *, correction_id: int, action: CorrectionAction, actor_id: int
) -> Correction:
    """Approve a correction as a second person, which books it, or refuse it.

    Who proposed it can withdraw it until then.
    """
    actor = _actor(session, actor_id)
    known = session.get(Correction, correction_id)
    if known is None:
        raise NotFound()
    subject = subjects.found(session, known.what, known.subject_id, actor)
    correction = session.get_one(
        Correction, correction_id, with_for_update=True, populate_existing=True
    )
    if action is _A.WITHDRAW and correction.proposed_by != actor.id:
        raise NotFound()
    to = decide(CORRECTION_TRANSITIONS, correction.state, action, actor)
    if to is _S.APPROVED:
        first = {correction.proposed_by, subject.own_user_id} - {None}
        if actor.id in first:
            raise Forbidden("Koreksi diputuskan orang kedua, bukan yang mengusulkan.")
        second_person.check(session, second=actor, first_ids=first)
        subjects.check(session, subject)
        _book(session, correction, subject, actor)
    correction.state = to
    correction.decided_by, correction.decided_at = actor.id, clock.now()
    session.flush()
    _record(session, correction, actor)
    return correction


def _book(session: Session, correction: Correction, subject: Subject, actor: User) -> None:
    subjects.lock_accounts(session, subject)
    _check_banks(session, subject)
    at = clock.now()
    subjects.undo(session, subject, actor=actor, at=at, reason=correction.reason)
    journal.post(
        session,
        kind="correction.booked",
        source=f"correction:{correction.id}",
        at=at,
        lines={account: -amount for account, amount in subject.lines.items()},
    )


def _check_banks(session: Session, subject: Subject) -> None:
    """Refused if the money is not in the bank any more."""
    for account, amount in subject.lines.items():
        if account.startswith(accounts.BANK) and journal.balance(session, account) < amount:
            raise Refused(
                "Uangnya sudah dipakai: saldo rekening penampungan di buku kurang dari"
                " {amount_idr}. Catat dulu dana yang masuk.",
                amount_idr=amount,
            )


def _check_none_waits(session: Session, subject: Subject) -> None:
    waits = exists().where(
        Correction.what == subject.what,
        Correction.subject_id == subject.id,
        Correction.state == _S.PROPOSED,
    )
    if session.scalar(select(waits)):
        raise Conflict("Koreksi ini sudah diusulkan, dan menunggu orang kedua.")


def _actor(session: Session, actor_id: int) -> User:
    actor = session.get(User, actor_id)
    if actor is None:
        raise NotFound()
    return actor


def _record(session: Session, correction: Correction, actor: User) -> None:
    trail.record(
        session,
        actor_id=actor.id,
        action=f"correction.{correction.state.value}",
        subject=f"correction:{correction.id}",
        details={
            "what": correction.what.value,
            "id": correction.subject_id,
            "office_id": correction.office_id,
            "amount_idr": correction.amount_idr,
            "reason": correction.reason,
        },
    )
