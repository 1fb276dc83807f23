"""Whose voice a decision on a statement is: the supervisor's own, or given by a delegate."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from agentsys.commissions.approving.stages import (
    Stage,
    WaitsForNext,
    may_decide,
    may_decide_later,
)
from agentsys.commissions.models import Statement, StatementState
from agentsys.errors import Forbidden, NotFound
from agentsys.people import delegates
from agentsys.people.delegate_models import Delegation
from agentsys.people.models import User


class OwnCommission(Forbidden):
    """Refused: the user would decide on his or her own commission."""

    text = "Anda tidak dapat memutuskan komisi Anda sendiri. Minta penyelia lain."


class OwnComputation(Forbidden):
    """Refused: the user computed the statement."""

    text = "Anda yang menghitung laporan ini, jadi orang lain yang memutuskan."


class ForWhoComputed(Forbidden):
    """Refused: a delegate would decide for somebody who computed or earns, or was named by them."""

    text = (
        "Anda mewakili, atau ditunjuk oleh, orang yang menghitung laporan ini atau menerima"
        " komisinya. Minta admin menunjuk wakil lain atau penyelia lain."
    )


def of(session: Session, statement: Statement, actor: User, stage: Stage) -> int | None:
    """For whom the actor decides: None for oneself.

    In the first stage the agent's supervisor decides, or the supervisor's delegate today; later
    those who hold the permission of the stage. NotFound for anybody else. Refused if any person of
    the chain (who decides, for whom, and who named the delegate) computed the statement or earns
    from it.
    """
    agent = statement.agent
    if agent.user_id == actor.id:
        raise OwnCommission()
    waits, office_id = statement.state is StatementState.SUBMITTED, statement.office_id
    later = may_decide(stage, office_id, actor) if waits else may_decide_later(office_id, actor)
    found = None
    if not later and agent.supervisor_id != actor.id:
        found = delegates.standing_in(session, user_id=agent.supervisor_id, delegate_id=actor.id)
        if found is None:
            raise NotFound()
    if statement.computed_by == actor.id:
        raise OwnComputation()
    if found is not None:
        _check_chain(statement, found)
    if waits and not later and stage.by is not None:
        raise WaitsForNext()
    return None if found is None else found.user_id


def _check_chain(statement: Statement, found: Delegation) -> None:
    first = {each for each in (statement.computed_by, statement.agent.user_id) if each is not None}
    if first & {found.user_id, found.named_by}:
        raise ForWhoComputed()


def people(session: Session, actor: User, decided_for: int | None) -> Sequence[User]:
    """Those whose decision it is: the actor, and for whom the actor stands."""
    if decided_for is None:
        return [actor]
    return [actor, session.get_one(User, decided_for)]
