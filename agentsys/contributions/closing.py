"""Closing bills that nobody has to pay any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.workers.kinds import CloseReason

_NEVER = date(9999, 12, 1)

_LOCK = text("""
SELECT c.worker_id, c.month FROM contributions c
JOIN unnest(CAST(:workers AS bigint[]), CAST(:since AS date[])) AS w (id, since)
    ON c.worker_id = w.id AND c.month >= w.since
WHERE c.payment_id IS NULL AND c.month < :until
ORDER BY c.worker_id, c.month
FOR UPDATE OF c
""")
_MOVED = """
    worker_id, month, office_id, agent_id, programmes, funding, sector,
    jkk_idr, jkm_idr, jht_idr, tariff, billed_at, bill_id
"""
_CLOSE = text(f"""
WITH gone AS (
    DELETE FROM contributions c
    USING unnest(CAST(:workers AS bigint[]), CAST(:since AS date[])) AS w (id, since)
    WHERE c.worker_id = w.id AND c.month >= w.since AND c.month < :until
        AND c.payment_id IS NULL
    RETURNING c.*
), kept AS (
    INSERT INTO closed_contributions ({_MOVED}, why, closed_at, closed_by)
    SELECT {_MOVED}, :why, :at, :by FROM gone ORDER BY worker_id, month
)
SELECT worker_id, month, amount_idr FROM gone ORDER BY worker_id, month
""")  # noqa: S608  # made of constants


@dataclass(frozen=True, kw_only=True)
class ClosedMonth:
    """A bill that was closed."""

    worker_id: int
    month: date
    amount_idr: int


def lock_open(
    session: Session, since: Mapping[int, date], *, until: date = _NEVER
) -> dict[int, list[date]]:
    """The open months of workers from a month on, by worker; locked, so that none is paid now."""
    found: dict[int, list[date]] = {worker_id: [] for worker_id in since}
    for worker_id, month in session.execute(_LOCK, _values(since, until)):
        found[worker_id].append(month)
    return found


def close(
    session: Session,
    since: Mapping[int, date],
    *,
    until: date = _NEVER,
    why: CloseReason,
    actor_id: int | None,
) -> Sequence[ClosedMonth]:
    """Close the open months of workers, each from a month on, up to the month `until`."""
    rows = session.execute(
        _CLOSE, _values(since, until) | {"why": why, "at": clock.now(), "by": actor_id}
    )
    return [ClosedMonth(**row._mapping) for row in rows]


def _values(since: Mapping[int, date], until: date) -> dict[str, object]:
    return {"workers": list(since), "since": list(since.values()), "until": until}
