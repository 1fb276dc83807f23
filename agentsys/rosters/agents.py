"""The agents to whom a list gives its new workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sqlalchemy.orm import Session

from agentsys.rosters.copying import NOTHING
from agentsys.rosters.people import COLUMNS
from agentsys.workers import kelurahan

_PLACE = COLUMNS.split(", ").index("kelurahan")


class _Target(Protocol):
    @property
    def office_id(self) -> int: ...
    @property
    def agent_id(self) -> int | None: ...
    @property
    def by_kelurahan(self) -> bool: ...


def chooser(session: Session, target: _Target) -> Callable[[str], str]:
    """A function from the cells of a new worker to the cell with the agent, both as COPY has them.

    The list's agent, or the active one of the worker's kelurahan, if the list asks for that.
    """
    if target.agent_id is not None or not target.by_kelurahan:
        one = NOTHING if target.agent_id is None else str(target.agent_id)
        return lambda _line: one
    agents = kelurahan.agents_of(session, target.office_id)

    def of(line: str) -> str:
        found = agents.get(kelurahan.key_of(line.split("\t")[_PLACE]))
        return NOTHING if found is None else str(found)

    return of
