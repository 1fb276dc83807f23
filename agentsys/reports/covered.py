"""Who is covered in a month: by kelurahan, ecosystem and group, and which share of the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.months import add_months
from agentsys.reports import targets
from agentsys.reports.asked import Asked
from agentsys.workers.kinds import Ecosystem, GroupKind

# A record that was merged is the person whose record goes on.
_COVERED = """
WITH ids AS (
    SELECT c.worker_id FROM contributions c
    WHERE {contributions} AND c.month = :last AND c.confirmed_at IS NOT NULL
    UNION ALL
    SELECT p.worker_id FROM earlier_periods p JOIN workers w ON w.id = p.worker_id
    WHERE {elsewhere} AND p.from_month <= :last AND p.until_month > :last
), covered AS (
    SELECT DISTINCT coalesce(m.merged_into, m.id) AS worker_id
    FROM ids JOIN workers m ON m.id = ids.worker_id
)
"""
_BY_PLACE = (
    _COVERED
    + """
SELECT grouping(lower(w.kelurahan), w.ecosystem, w.group_id) AS kind,
    mode() WITHIN GROUP (ORDER BY w.kelurahan) AS kelurahan, w.ecosystem, w.group_id,
    count(*) AS covered
FROM covered JOIN workers w ON w.id = covered.worker_id
GROUP BY GROUPING SETS ((lower(w.kelurahan)), (w.ecosystem), (w.ecosystem, w.group_id), ())
"""
)
# Bits of grouping(): a column that is not grouped by.
_TOTAL, _KELURAHAN, _ECOSYSTEM, _GROUP = 7, 3, 5, 4
_GROUPS = text("SELECT id, kind, name FROM worker_groups WHERE office_id = :office_id")


@dataclass(frozen=True, kw_only=True)
class Place:
    """The covered workers of a kelurahan or an ecosystem, and the target, if there is one."""

    name: str  # of the kelurahan; empty if it is not recorded
    ecosystem: Ecosystem | None
    covered: int
    target: int | None

    @property
    def percent(self) -> float | None:
        """The share of the target in percent, with one decimal."""
        return percent_of(self.covered, self.target)


@dataclass(frozen=True, kw_only=True)
class GroupCount:
    """The covered workers of one group in one ecosystem; an empty name for those in no group."""

    ecosystem: Ecosystem | None
    kind: GroupKind | None
    name: str
    covered: int


@dataclass(frozen=True, kw_only=True)
class Covered:
    """The covered workers of a month in all its parts; each part sums up to the total."""

    month: date
    total: Place
    kelurahan: Sequence[Place]
    ecosystems: Sequence[Place]
    groups: Sequence[GroupCount]


def percent_of(part: int, whole: int | None) -> float | None:
    """The share in percent with one decimal; None without a whole."""
    return round(100 * part / whole, 1) if whole else None


def covered(session: Session, asked: Asked) -> Covered:
    """Who BPJS says is covered in the last month asked for: confirmed here, or paid elsewhere.

    Targets are those that hold on the last day of that month; an agreement has none.
    """
    held = targets.Targets()
    if asked.agreement_id is None:
        day = add_months(asked.last, 1) - timedelta(days=1)
        held = targets.on(session, office_id=asked.office_id, day=day)
    by_kind: dict[int, list[Any]] = {_TOTAL: [], _KELURAHAN: [], _ECOSYSTEM: [], _GROUP: []}
    query = _BY_PLACE.format(contributions=asked.contributions, elsewhere=asked.elsewhere)
    for row in session.execute(text(query), asked.values()):
        by_kind[row.kind].append(row)
    [total] = by_kind[_TOTAL]
    return Covered(
        month=asked.last,
        total=Place(name="", ecosystem=None, covered=total.covered, target=held.office),
        kelurahan=_kelurahan(by_kind[_KELURAHAN], held),
        ecosystems=_ecosystems(by_kind[_ECOSYSTEM], held),
        groups=_groups(session, asked, by_kind[_GROUP]),
    )


def _kelurahan(rows: Sequence[Any], held: targets.Targets) -> list[Place]:
    found = {row.kelurahan.lower(): (row.kelurahan, row.covered) for row in rows}
    names = {key: name for key, (name, _people) in held.kelurahan.items()}
    names |= {key: name for key, (name, _covered) in found.items()}
    places = [
        Place(
            name=name,
            ecosystem=None,
            covered=found.get(key, ("", 0))[1],
            target=held.kelurahan.get(key, ("", None))[1],
        )
        for key, name in names.items()
    ]
    return sorted(places, key=lambda place: (not place.name, place.name.lower()))


def _ecosystems(rows: Sequence[Any], held: targets.Targets) -> list[Place]:
    found = {row.ecosystem: row.covered for row in rows}
    return [
        Place(
            name="",
            ecosystem=ecosystem,
            covered=found.get(ecosystem, 0),
            target=held.ecosystems.get(ecosystem) if ecosystem else None,
        )
        for ecosystem in (*Ecosystem, None)
        if ecosystem or found.get(None)
    ]


def _groups(session: Session, asked: Asked, rows: Sequence[Any]) -> list[GroupCount]:
    names = {row.id: row for row in session.execute(_GROUPS, asked.values())}
    found = []
    for row in rows:
        group = names.get(row.group_id)
        found.append(
            GroupCount(
                ecosystem=Ecosystem(row.ecosystem) if row.ecosystem else None,
                kind=GroupKind(group.kind) if group else None,
                name=group.name if group else "",
                covered=row.covered,
            )
        )
    return sorted(found, key=lambda each: (-each.covered, each.name))
