"""What the cells of a row say about the ecosystem and group of a worker.

The process that reads lists needs this, and no database: it must start quickly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agentsys.names import tidy_name
from agentsys.workers.kinds import LONGEST_GROUP, Ecosystem, GroupKind

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
            if len(group) > LONGEST_GROUP:
                problems.append((name, "text_cut"))
            return Place(ecosystem or "", kind.value, group[:LONGEST_GROUP]), problems
    return Place(ecosystem or ""), problems
