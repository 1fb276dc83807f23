"""Words for ecosystems and groups of workers, and the choices that forms and filters offer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from wtforms.fields.choices import SelectChoice

from agentsys.web.texts import lazy
from agentsys.workers.group_queries import GroupChoice
from agentsys.workers.kinds import Ecosystem, GroupKind
from agentsys.workers.queries import WorkerProfile

ECOSYSTEMS: Mapping[str, Any] = {
    Ecosystem.DESA: lazy("Desa"),
    Ecosystem.PASAR: lazy("Pasar"),
    Ecosystem.ECOMMERCE: lazy("E-commerce dan UMKM"),
    Ecosystem.RENTAN: lazy("Pekerja rentan"),
}
KINDS: Mapping[str, Any] = {
    GroupKind.VILLAGE: lazy("Desa atau kelurahan"),
    GroupKind.RT: lazy("RT"),
    GroupKind.MARKET: lazy("Pasar"),
    GroupKind.PLATFORM: lazy("Platform"),
    GroupKind.COOPERATIVE: lazy("Koperasi"),
    GroupKind.OTHER: lazy("Kelompok lain"),
}
NOT_RECORDED = lazy("Belum dicatat")
ECOSYSTEM = lazy("Ekosistem")
GROUP = lazy("Kelompok")


def ecosystem_choices() -> list[SelectChoice]:
    """The ecosystems for a select, and that none is recorded."""
    return [SelectChoice("", NOT_RECORDED)] + [
        SelectChoice(str(key), label) for key, label in ECOSYSTEMS.items()
    ]


def group_choices(groups: Iterable[GroupChoice]) -> list[SelectChoice]:
    """Groups for a select: each with its kind, and that there is none."""
    return [SelectChoice("", lazy("Tanpa kelompok"))] + [
        SelectChoice(str(group.id), f"{KINDS[group.kind]}: {group.name}") for group in groups
    ]


def place_of(found: WorkerProfile) -> list[tuple[Any, Any]]:
    """The ecosystem and group of a worker, for the list of data of a page."""
    ecosystem = ECOSYSTEMS[found.ecosystem] if found.ecosystem else ""
    return [(ECOSYSTEM, ecosystem), (GROUP, found.group_name)]


def by_kind(groups: Iterable[GroupChoice]) -> list[tuple[Any, list[GroupChoice]]]:
    """Groups under the label of their kind, for the select of a filter."""
    return [
        (KINDS[kind], list(found)) for kind, found in groupby(groups, key=lambda group: group.kind)
    ]
