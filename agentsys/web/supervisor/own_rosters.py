"""The lists that the signed-in user may see, and what the user may do with one of them."""

from __future__ import annotations

from flask_security import current_user
from sqlalchemy.orm import Session

from agentsys.errors import NotFound
from agentsys.rosters.queries import RosterRow, roster_in_scope
from agentsys.rosters.transitions import ROSTER_TRANSITIONS, RosterAction, may_work_on


def own_roster(session: Session, roster_id: int) -> RosterRow:
    """A list that the user may see; NotFound otherwise."""
    return roster_in_scope(session, current_user, roster_id)


def own_to_send(session: Session, roster_id: int) -> RosterRow:
    """A list that the user may see and take the sender's steps of; NotFound otherwise."""
    found = own_roster(session, roster_id)
    if not may_send(found):
        raise NotFound()
    return found


def sent_by_user(found: RosterRow) -> bool:
    """Whether the user sent the list or asked for its import, so somebody else decides."""
    return current_user.id in (found.sender_id, found.proposer_id)


def steps_of(found: RosterRow) -> dict[str, bool]:
    """What the user may do now with a list, by action."""
    deciding = (RosterAction.APPROVE, RosterAction.REFUSE)
    sends = may_send(found)
    return {
        action.value: (found.status, action) in ROSTER_TRANSITIONS
        and current_user.can(ROSTER_TRANSITIONS[found.status, action].by)
        and (not sent_by_user(found) if action in deciding else sends)
        for action in RosterAction
    }


def may_send(found: RosterRow) -> bool:
    """Whether the user may take the steps of who sends such a list."""
    return may_work_on(current_user, found.version_id)
