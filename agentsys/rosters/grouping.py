"""The ecosystems and groups that the rows of a list name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from sqlalchemy.orm import Session

from agentsys.names import tidy_name
from agentsys.workers import groups
from agentsys.workers.groups import USUAL, Named
from agentsys.workers.kinds import Ecosystem, GroupKind

# The columns with a group, the first of which that is filled counts.
KIND_OF: Mapping[str, GroupKind] = {
    "market": GroupKind.MARKET,
    "platform": GroupKind.PLATFORM,
    "cooperative": GroupKind.COOPERATIVE,
    "group": GroupKind.OTHER,
}
FIELDS = ("ecosystem", *KIND_OF)
_WORDS: Mapping[Ecosystem, str] = {
    Ecosystem.DESA: "desa kelurahan pesisir petani nelayan tani rtrw",
    Ecosystem.PASAR: "pasar pedagang",
    Ecosystem.ECOMMERCE: "ecommerce umkm online daring digital platform ojol",
    Ecosystem.RENTAN: "rentan pekerjarentan",
}
_KNOWN = {word: ecosystem for ecosystem, words in _WORDS.items() for word in words.split()}


class Place(NamedTuple):
    """The ecosystem and group of a row; empty where the row names none."""

    ecosystem: str = ""
    kind: str = ""
    group: str = ""


NOWHERE = Place()


@dataclass(frozen=True)
class Whole:
    """The ecosystem and group of all rows of a list that name none."""

    ecosystem: str | None = None
    group_id: int | None = None


def ecosystem_in(text: str) -> Ecosystem | None:
    """The ecosystem that a cell names; None for a word that is not known.

    The first known word counts: "Pasar Rawa Indah" is in markets, "UMKM / e-commerce" in the third.
    """
    plain = re.sub(r"[^a-z ]", "", text.lower().replace("/", " "))
    for word in (*plain.split(), plain.replace(" ", "")):
        if word in _KNOWN:
            return _KNOWN[word]
    return None


def place_in(texts: Sequence[str]) -> tuple[Place, list[tuple[str, str]]]:
    """The place that the cells of FIELDS name, and problems: the field and what is wrong.

    Cells that are missing at the end are empty.
    """
    problems = []
    ecosystem = ecosystem_in(texts[0]) if texts[0] else None
    if texts[0] and ecosystem is None:
        problems.append(("ecosystem", "ecosystem_unknown"))
    for (name, kind), text in zip(KIND_OF.items(), texts[1:], strict=False):
        if group := tidy_name(text):
            if len(group) > groups.LONGEST:
                problems.append((name, "text_cut"))
            return Place(ecosystem or "", kind.value, group[: groups.LONGEST]), problems
    return Place(ecosystem or ""), problems


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
