"""The lists that the signed-in user may see, and what the user may do with one of them."""

from __future__ import annotations

from flask_security import current_user
from sqlalchemy.orm import Session

from agentsys.rosters.queries import RosterRow, roster_in_scope
from agentsys.rosters.transitions import ROSTER_TRANSITIONS, RosterAction


def own_roster(session: Session, roster_id: int) -> RosterRow:
    """A list that the user may see; NotFound otherwise."""
    return roster_in_scope(session, current_user, roster_id)


def sent_by_user(found: RosterRow) -> bool:
    """Whether the user sent the list or asked for its import, so somebody else decides."""
    return current_user.id in (found.sender_id, found.proposer_id)


def steps_of(found: RosterRow) -> dict[str, bool]:
    """What the user may do now with a list, by action."""
    deciding = (RosterAction.APPROVE, RosterAction.REFUSE)
    return {
        action.value: (found.status, action) in ROSTER_TRANSITIONS
        and current_user.can(ROSTER_TRANSITIONS[found.status, action].by)
        and not (action in deciding and sent_by_user(found))
        for action in RosterAction
    }
