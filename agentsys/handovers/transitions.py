"""The states of a hand-over, and who may change them."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.orm import Session

from agentsys.errors import NotFound
from agentsys.handovers.models import Handover, HandoverState
from agentsys.payments.transitions import Transition, decide
from agentsys.people.models import User
from agentsys.people.permissions import Permission


class HandoverAction(StrEnum):
    """What people do with a hand-over."""

    CARRY_OUT = "carry_out"
    PROPOSE = "propose"
    ACCEPT = "accept"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    UNDO = "undo"


_MAKE, _ACCEPT = Permission.HANDOVER_MAKE, Permission.HANDOVER_ACCEPT
_S, _A = HandoverState, HandoverAction

# One from a later month is `planned` instead of done, until a job carries it out.
HANDOVER_TRANSITIONS = {
    (_S.DRAFT, _A.CARRY_OUT): Transition(_S.DONE, by=_MAKE),
    (_S.DRAFT, _A.PROPOSE): Transition(_S.PROPOSED, by=_MAKE),
    (_S.DRAFT, _A.WITHDRAW): Transition(_S.WITHDRAWN, by=_MAKE),
    (_S.PROPOSED, _A.ACCEPT): Transition(_S.DONE, by=_ACCEPT),
    (_S.PROPOSED, _A.REFUSE): Transition(_S.REFUSED, by=_ACCEPT),
    (_S.PROPOSED, _A.WITHDRAW): Transition(_S.WITHDRAWN, by=_MAKE),
    (_S.PLANNED, _A.WITHDRAW): Transition(_S.WITHDRAWN, by=_MAKE),
    (_S.DONE, _A.UNDO): Transition(_S.UNDONE, by=_MAKE),
}


def opened(
    session: Session, handover_id: int, action: HandoverAction, actor_id: int
) -> tuple[Handover, HandoverState]:
    """The locked hand-over and where the action leads; Conflict if it is too late for that."""
    handover = session.get(Handover, handover_id, with_for_update=True, populate_existing=True)
    actor = session.get(User, actor_id)
    if handover is None or actor is None:
        raise NotFound(handover_id=handover_id)
    return handover, decide(HANDOVER_TRANSITIONS, handover.state, action, actor)
