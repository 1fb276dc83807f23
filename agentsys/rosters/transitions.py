"""What people do with a list of workers, and in which states."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.orm import Session

from agentsys.errors import Forbidden, NotFound
from agentsys.payments.transitions import Transition, decide
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.workers.models import Roster, RosterStatus


class RosterAction(StrEnum):
    """What people do with a list of workers."""

    CONFIRM = "confirm"  # its columns
    IMPORT = "import"
    APPROVE = "approve"
    REFUSE = "refuse"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    UNDO = "undo"


# `may_work_on` says which lists somebody with this permission may send.
_SEND, _APPROVE = Permission.ROSTER_HANDLE, Permission.ROSTER_APPROVE
_S, _A = RosterStatus, RosterAction

# A list that changes registered people is `proposed` instead of waiting, until a second person
# approves it. One that has stored parts is `undoing` before it is cancelled, and an undone one
# before it is undone.
ROSTER_TRANSITIONS = {
    (_S.MAPPING, _A.CONFIRM): Transition(_S.CHECKING, by=_SEND),
    (_S.CHECKED, _A.CONFIRM): Transition(_S.CHECKING, by=_SEND),
    (_S.PROPOSED, _A.CONFIRM): Transition(_S.CHECKING, by=_SEND),
    (_S.CHECKED, _A.IMPORT): Transition(_S.WAITING, by=_SEND),
    (_S.PROPOSED, _A.APPROVE): Transition(_S.WAITING, by=_APPROVE),
    (_S.PROPOSED, _A.REFUSE): Transition(_S.CHECKED, by=_APPROVE),
    (_S.WAITING, _A.PAUSE): Transition(_S.PAUSED, by=_SEND),
    (_S.RUNNING, _A.PAUSE): Transition(_S.PAUSED, by=_SEND),
    (_S.PAUSED, _A.RESUME): Transition(_S.WAITING, by=_SEND),
    **{
        (state, _A.CANCEL): Transition(_S.CANCELLED, by=_SEND)
        for state in (
            *(_S.UPLOADED, _S.MAPPING, _S.CHECKING, _S.CHECKED, _S.PROPOSED, _S.WAITING),
            *(_S.RUNNING, _S.PAUSED),
        )
    },
    (_S.DONE, _A.UNDO): Transition(_S.UNDONE, by=_SEND),
}


def opened(
    session: Session, roster_id: int, action: RosterAction, actor_id: int
) -> tuple[Roster, RosterStatus]:
    """The locked list and where the action leads; Conflict if it is too late for that.

    Forbidden to who may send sponsors' lists only, if it is another one.
    """
    # Rows of an import under way refer to it, so its key must stay shared.
    roster = session.get(
        Roster, roster_id, with_for_update={"key_share": True}, populate_existing=True
    )
    actor = session.get(User, actor_id)
    if roster is None or actor is None:
        raise NotFound(roster_id=roster_id)
    to = decide(ROSTER_TRANSITIONS, roster.status, action, actor)
    sends = ROSTER_TRANSITIONS[roster.status, action].by is _SEND
    if sends and not may_work_on(actor, roster.version_id):
        raise Forbidden(permission=Permission.ROSTER_UPLOAD.value, action=action.value)
    return roster, to


def may_work_on(user: User, version_id: int | None) -> bool:
    """Whether the user may take the sender's steps of a list; `version_id` is of a sponsor's."""
    if user.can(Permission.ROSTER_UPLOAD):
        return True
    return version_id is not None and user.can(_SEND)
