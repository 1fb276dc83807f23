"""A hand-over to another office: one office proposes it, a person of the other one decides."""

from __future__ import annotations

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import Forbidden, Invalid, NotFound
from agentsys.handovers import moving
from agentsys.handovers.models import Handover
from agentsys.handovers.planning import record
from agentsys.handovers.transitions import HandoverAction, opened
from agentsys.people import second_person
from agentsys.people.models import User


def propose(session: Session, *, handover_id: int, actor_id: int) -> None:
    """Ask the receiving office to take the workers of a draft over."""
    handover, to = opened(session, handover_id, HandoverAction.PROPOSE, actor_id)
    if handover.to_office_id == handover.office_id:
        raise Invalid("Serah terima di kantor sendiri langsung dijalankan.")
    moving.refuse_tied(session, handover)
    handover.state = to
    session.flush()
    record(session, handover, "proposed", actor_id)


def accept(session: Session, *, handover_id: int, actor_id: int) -> None:
    """Take the workers over; they move now, or in the month from which they are handed over."""
    handover, _ = opened(session, handover_id, HandoverAction.ACCEPT, actor_id)
    _check_person(session, handover, actor_id)
    handover.decided_by, handover.decided_at = actor_id, clock.now()
    record(session, handover, "accepted", actor_id)
    moving.begin(session, handover, actor_id=actor_id)


def refuse(session: Session, *, handover_id: int, actor_id: int) -> None:
    """Refuse to take the workers over; they stay where they are."""
    handover, to = opened(session, handover_id, HandoverAction.REFUSE, actor_id)
    _check_person(session, handover, actor_id)
    handover.state = to
    handover.decided_by, handover.decided_at = actor_id, clock.now()
    session.flush()
    record(session, handover, "refused", actor_id)


def _check_person(session: Session, handover: Handover, actor_id: int) -> None:
    actor = session.get_one(User, actor_id)
    if actor.office_id not in (handover.to_office_id, None):
        raise NotFound()
    if actor_id == handover.made_by:
        raise Forbidden("Serah terima ke kantor lain disetujui orang kedua, bukan yang membuatnya.")
    second_person.check(session, second=actor, first_ids=[handover.made_by])
