"""The ecosystems and groups that the rows of a list name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from agentsys.rosters.places import Place
from agentsys.workers import groups
from agentsys.workers.groups import USUAL, Named
from agentsys.workers.kinds import GroupKind


@dataclass(frozen=True)
class Whole:
    """The ecosystem and group of all rows of a list that name none."""

    ecosystem: str | None = None
    group_id: int | None = None


def located(
    session: Session,
    places: Iterable[Place],
    *,
    office_id: int,
    whole: Whole,
    actor_id: int | None,
) -> dict[Place, tuple[str | None, int | None]]:
    """The ecosystem and group id of each place; groups that the office lacks are added."""
    found = dict.fromkeys(places)  # in their order: the first spelling of a name is kept
    wanted = {
        place: Named(
            place.ecosystem or whole.ecosystem or USUAL[GroupKind(place.kind)].value,
            place.kind,
            place.group,
        )
        for place in found
        if place.group
    }
    ids = groups.ensure(
        session, office_id=office_id, wanted=dict.fromkeys(wanted.values()), actor_id=actor_id
    )
    return {
        place: (wanted[place].ecosystem, ids[wanted[place]])
        if place.group
        else (place.ecosystem or whole.ecosystem, whole.group_id)
        for place in found
    }


class _Placed(Protocol):
    @property
    def place(self) -> Place: ...


class _Target(Protocol):
    @property
    def office_id(self) -> int: ...
    @property
    def whole(self) -> Whole: ...
    @property
    def actor_id(self) -> int | None: ...


def cells(session: Session, entries: Iterable[_Placed], target: _Target) -> dict[Place, str]:
    """The ecosystem and group of each place that these rows name, as two cells for COPY.

    A check adds groups too: the registered workers' change has to name them.
    """
    found = located(
        session,
        (entry.place for entry in entries),
        office_id=target.office_id,
        whole=target.whole,
        actor_id=target.actor_id,
    )
    nothing = r"\N"
    return {
        place: f"{ecosystem or nothing}\t{group_id or nothing}"
        for place, (ecosystem, group_id) in found.items()
    }
