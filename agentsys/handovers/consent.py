"""The second person of a hand-over: one proposes it, a person of the receiving office decides."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import Forbidden, NotFound
from agentsys.handovers import moving
from agentsys.handovers.models import Handover, HandoverWorker
from agentsys.handovers.planning import record, refuse_own
from agentsys.handovers.transitions import HandoverAction, opened
from agentsys.people import second_person
from agentsys.people.models import Agent, User


def propose(session: Session, *, handover_id: int, actor_id: int) -> None:
    """Ask for a second person, of the receiving office if it is another one."""
    handover, to = opened(session, handover_id, HandoverAction.PROPOSE, actor_id)
    moving.refuse_tied(session, handover)
    handover.state = to
    session.flush()
    record(session, handover, "proposed", actor_id)


def accept(session: Session, *, handover_id: int, actor_id: int) -> None:
    """Agree as the second person: the workers move now, or in the hand-over's month."""
    handover, _ = opened(session, handover_id, HandoverAction.ACCEPT, actor_id)
    _check_person(session, handover, actor_id)
    handover.decided_by, handover.decided_at = actor_id, clock.now()
    record(session, handover, "accepted", actor_id)
    moving.begin(session, handover, actor_id=actor_id)


def refuse(session: Session, *, handover_id: int, actor_id: int) -> None:
    """Refuse as the second person; the workers stay where they are."""
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
        raise Forbidden("Serah terima disetujui orang kedua, bukan yang membuatnya.")
    agents = select(HandoverWorker.to_agent_id).where(HandoverWorker.handover_id == handover.id)
    concerned = Agent.id.in_(agents) | (Agent.id == handover.from_agent_id)
    refuse_own(session, session.scalars(select(Agent).where(concerned)).all(), actor_id)
    second_person.check(session, second=actor, first_ids=[handover.made_by])
