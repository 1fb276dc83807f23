"""The list that is posted in each kelurahan: for whom a sponsor pays.

Only what people need to find themselves is in it: name, masked NIK, kelurahan and job. Whoever
pays for himself is not in it, nor who withdrew the consent or whose data were erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.reports.asked import Asked

_SPONSORED = """
FROM contributions c JOIN workers w ON w.id = c.worker_id
WHERE {contributions} AND c.month = :last AND c.funding <> 'self'
    AND w.merged_into IS NULL AND w.erased_at IS NULL AND w.consent_withdrawn_at IS NULL
"""
_PEOPLE = (
    "SELECT w.name, w.nik_masked, w.kelurahan, w.job"
    + _SPONSORED
    + """
    AND (CAST(:kelurahan AS text) IS NULL OR lower(w.kelurahan) = lower(:kelurahan))
ORDER BY lower(w.kelurahan), w.name, w.id
"""
)
_KELURAHAN = (
    "SELECT mode() WITHIN GROUP (ORDER BY w.kelurahan) AS kelurahan, count(*) AS people"
    + _SPONSORED
    + "GROUP BY lower(w.kelurahan) ORDER BY lower(w.kelurahan)"
)


@dataclass(frozen=True, kw_only=True)
class Published:
    """One line of the list."""

    name: str
    nik_masked: str
    kelurahan: str
    job: str


def people(session: Session, asked: Asked, *, kelurahan: str | None = None) -> Sequence[Published]:
    """For whom a sponsor is billed in the last month, by kelurahan and name."""
    query = _PEOPLE.format(contributions=asked.contributions)
    rows = session.execute(text(query), asked.values() | {"kelurahan": kelurahan})
    return [Published(**row._mapping) for row in rows]


def by_kelurahan(session: Session, asked: Asked) -> Sequence[tuple[str, int]]:
    """The kelurahan of the list, and how many people are in each."""
    query = _KELURAHAN.format(contributions=asked.contributions)
    rows = session.execute(text(query), asked.values())
    return [(row.kelurahan, row.people) for row in rows]
