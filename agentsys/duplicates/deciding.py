"""What people say about a pair of workers who may be one person."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.duplicates import finding
from agentsys.duplicates.models import PAIR_TRANSITIONS, DuplicatePair, PairAction
from agentsys.duplicates.rules import Reason, rules_in
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.payments.transitions import decide
from agentsys.people.models import User
from agentsys.workers.models import Worker


def call_different(session: Session, *, pair_id: int, reason: str, actor_id: int) -> DuplicatePair:
    """Say that they are two persons, and why; the pair is shown again only for a new reason."""
    reason = " ".join(reason.replace("\0", "").split())[:200]
    if not reason:
        raise Invalid(
            "Tulis bagaimana Anda tahu, misalnya: sudah dicocokkan dengan kedua KTP.", about="note"
        )
    pair = _decided(session, pair_id, PairAction.DIFFERENT, actor_id)
    pair.note, pair.decided_by, pair.decided_at = reason, actor_id, clock.now()
    session.flush()
    _record(session, pair, "different", actor_id, reason=reason)
    return pair


def look_again(session: Session, *, pair_id: int, actor_id: int) -> DuplicatePair:
    """Take back that they are two persons."""
    pair = _decided(session, pair_id, PairAction.LOOK_AGAIN, actor_id)
    pair.note, pair.decided_by, pair.decided_at = "", None, None
    session.flush()
    _record(session, pair, "reopened", actor_id)
    return pair


def note_same_nik(session: Session, *, worker_id: int, other_id: int) -> int:
    """Store that somebody corrected the NIK of one to that of the other; the id of their pair."""
    first, second = sorted((worker_id, other_id))
    offices = set(
        session.scalars(select(Worker.office_id).where(Worker.id.in_((first, second)))).all()
    )
    points = rules_in(clock.this_month()).points[Reason.SAME_NIK]
    found = {
        "first_id": first,
        "second_id": second,
        "office_id": offices.pop() if len(offices) == 1 else None,
        "score": points,
        "reasons": {Reason.SAME_NIK: points},
    }
    finding.store(session, [found])
    made = session.scalar(
        select(DuplicatePair.id).where(
            DuplicatePair.first_id == first, DuplicatePair.second_id == second
        )
    )
    assert made is not None
    return made


def _decided(session: Session, pair_id: int, action: PairAction, actor_id: int) -> DuplicatePair:
    """The pair, locked, in the state to which the action leads."""
    actor = session.get(User, actor_id)
    pair = session.get(DuplicatePair, pair_id, with_for_update=True, populate_existing=True)
    if pair is None or actor is None:
        raise NotFound()
    if pair.office_id is None and actor.office_id is not None:
        raise Forbidden(
            "Pekerja yang satu lagi tercatat di kantor lain. Minta admin semua kantor memutuskan."
        )
    if (pair.state, action) not in PAIR_TRANSITIONS:
        raise Conflict("Orang lain sudah memutuskan pasangan ini. Muat ulang halamannya.")
    pair.state = decide(PAIR_TRANSITIONS, pair.state, action, actor)
    return pair


def _record(
    session: Session, pair: DuplicatePair, what: str, actor_id: int, **details: object
) -> None:
    """Write to the audit trail of both workers."""
    for worker_id, other_id in (
        (pair.first_id, pair.second_id),
        (pair.second_id, pair.first_id),
    ):
        trail.record(
            session,
            actor_id=actor_id,
            action=f"duplicate.{what}",
            subject=f"worker:{worker_id}",
            details={"pair": pair.id, "other": other_id, **details},
        )
