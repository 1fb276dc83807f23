"""State transitions that people make, and who may make them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from agentsys.errors import Conflict, Forbidden
from agentsys.people.models import User
from agentsys.people.permissions import Permission

State = TypeVar("State", bound=StrEnum)
Action = TypeVar("Action", bound=StrEnum)


@dataclass(frozen=True)
class Transition(Generic[State]):
    """The state to which an action leads, and the permission that it needs."""

    to: State
    by: Permission


def decide(
    moves: Mapping[tuple[State, Action], Transition[State]],
    state: State,
    action: Action,
    actor: User,
) -> State:
    """The new state; Conflict if it is too late for the action, Forbidden without permission."""
    move = moves.get((state, action))
    if move is None:
        raise Conflict(state=state.value, action=action.value)
    if not actor.can(move.by):
        raise Forbidden(permission=move.by.value, action=action.value)
    return move.to


def observed_chart(moves: Mapping[State, frozenset[State]]) -> str:
    """A Mermaid state diagram of an observed table."""
    return _mermaid(
        f"    {state.value} --> {after.value}"
        for state, following in moves.items()
        for after in moves
        if after in following
    )


def decided_chart(moves: Mapping[tuple[Any, Any], Any]) -> str:
    """A Mermaid state diagram of a decided table, with actions and permissions on the arrows."""
    return _mermaid(
        f"    {state.value} --> {move.to.value}: {action.value} ({move.by})"
        for (state, action), move in moves.items()
    )


def _mermaid(arrows: Iterable[str]) -> str:
    return "\n".join(["```mermaid", "stateDiagram-v2", *arrows, "```"])
