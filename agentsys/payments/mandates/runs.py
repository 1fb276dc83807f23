"""The list of each day's debits: frozen in the morning, and closed with what became of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.payments.debit_models import DebitRun

_STILL_OPEN = timedelta(days=14)  # for so long a closed run is counted again while some are unknown

# One list for each office and day of the office, of what is due and was not made. Whatever was
# missed on an earlier day is on the list of the next day on which a worker runs.
_OPEN = text("""
WITH due AS (
    SELECT d.id, d.office_id, d.amount_idr, d.run_id, d.why,
        CAST(:now AT TIME ZONE o.zone AS date) AS day
    FROM debits d JOIN offices o ON o.id = d.office_id
    WHERE d.state IN ('planned', 'announced')
        AND d.due_on <= CAST(:now AT TIME ZONE o.zone AS date)
        AND NOT EXISTS (
            SELECT FROM debit_runs r
            WHERE r.office_id = d.office_id AND r.day = CAST(:now AT TIME ZONE o.zone AS date)
        )
), made AS (
    INSERT INTO debit_runs (
        office_id, day, planned, planned_idr, begun_at, charged, charged_idr, recovered,
        recovered_idr, refused, skipped, unknown, compared, differing, by_class, by_why
    )
    SELECT office_id, day, count(*), sum(amount_idr), :now, 0, 0, 0, 0, 0, 0, 0, 0, 0, '{}', '{}'
    FROM due GROUP BY office_id, day
    ON CONFLICT (office_id, day) DO NOTHING
    RETURNING id, office_id
), moved AS (
    UPDATE debits SET run_id = made.id
    FROM due JOIN made ON made.office_id = due.office_id
    WHERE debits.id = due.id
), left_behind AS (
    UPDATE listed_debits l SET why = due.why
    FROM due JOIN made ON made.office_id = due.office_id JOIN debit_runs r ON r.id = due.run_id
    WHERE l.run_id = due.run_id AND l.debit_id = due.id AND r.closed_at IS NULL
), listed AS (
    INSERT INTO listed_debits (run_id, debit_id, why)
    SELECT made.id, due.id, due.why FROM due JOIN made ON made.office_id = due.office_id
)
SELECT count(*) FROM made
""")

# Why the debits of open lists are not made yet; what was on a closed list keeps its reason.
_EXPLAIN = text("""
UPDATE listed_debits l SET why = d.why
FROM debits d, debit_runs r
WHERE l.run_id = ANY(:runs) AND d.id = l.debit_id AND d.run_id = l.run_id AND d.why <> l.why
    AND r.id = l.run_id AND r.closed_at IS NULL
""")

_COUNT = text("""
WITH tried AS (
    SELECT DISTINCT ON (t.run_id, t.debit_id) t.run_id, t.try_no, t.decline, p.amount_idr,
        p.state IN ('settled', 'refunded') AS paid, p.state IN ('created', 'pending') AS open
    FROM debit_tries t JOIN payments p ON p.id = t.payment_id
    WHERE t.run_id = ANY(:runs)
    ORDER BY t.run_id, t.debit_id, t.try_no DESC
), figures AS (
    SELECT run_id,
        count(*) FILTER (WHERE paid) AS charged,
        coalesce(sum(amount_idr) FILTER (WHERE paid), 0) AS charged_idr,
        count(*) FILTER (WHERE paid AND try_no > 1) AS recovered,
        coalesce(sum(amount_idr) FILTER (WHERE paid AND try_no > 1), 0) AS recovered_idr,
        count(*) FILTER (WHERE open) AS unknown,
        count(*) AS tries
    FROM tried GROUP BY run_id
), classes AS (
    SELECT run_id, jsonb_object_agg(class, many) AS by_class
    FROM (
        SELECT run_id, coalesce(decline, 'unknown') AS class, count(*) AS many
        FROM tried WHERE NOT paid AND NOT open GROUP BY 1, 2
    ) refused GROUP BY run_id
), reasons AS (
    SELECT run_id, jsonb_object_agg(why, many) AS by_why
    FROM (
        SELECT l.run_id, l.why, count(*) AS many
        FROM listed_debits l
        WHERE l.run_id = ANY(:runs) AND NOT EXISTS (
            SELECT FROM debit_tries t WHERE t.debit_id = l.debit_id AND t.run_id = l.run_id
        )
        GROUP BY 1, 2
    ) skipped GROUP BY run_id
)
UPDATE debit_runs r SET
    charged = coalesce(f.charged, 0),
    charged_idr = coalesce(f.charged_idr, 0),
    recovered = coalesce(f.recovered, 0),
    recovered_idr = coalesce(f.recovered_idr, 0),
    unknown = coalesce(f.unknown, 0),
    refused = coalesce(f.tries - f.charged - f.unknown, 0),
    skipped = r.planned - coalesce(f.tries, 0),
    by_class = coalesce(c.by_class, '{}'),
    by_why = CASE WHEN r.closed_at IS NULL THEN coalesce(w.by_why, '{}') ELSE r.by_why END,
    closed_at = CASE WHEN r.id = ANY(:closing) THEN coalesce(r.closed_at, :now)
        ELSE r.closed_at END
FROM debit_runs s
LEFT JOIN figures f ON f.run_id = s.id
LEFT JOIN classes c ON c.run_id = s.id
LEFT JOIN reasons w ON w.run_id = s.id
WHERE r.id = ANY(:runs) AND s.id = r.id
""")

_TO_COUNT = text("""
SELECT r.id, r.day < CAST(:now AT TIME ZONE o.zone AS date) AND r.closed_at IS NULL AS closing
FROM debit_runs r JOIN offices o ON o.id = r.office_id
WHERE r.closed_at IS NULL OR r.unknown > 0 AND r.day > :since
ORDER BY r.id
FOR UPDATE OF r
""")


@dataclass(frozen=True, kw_only=True)
class RunView:
    """What became of an office's debits of one day; its figures add up to what was planned."""

    id: int
    office_id: int
    day: date
    planned: int
    planned_idr: int
    charged: int
    charged_idr: int
    recovered: int
    recovered_idr: int
    refused: int
    skipped: int
    unknown: int
    compared: int
    differing: int
    by_class: dict[str, int]
    by_why: dict[str, int]
    closed_at: datetime | None


def open_runs(session: Session) -> int:
    """Freeze the lists of the day that has begun; how many are new."""
    return int(session.execute(_OPEN, {"now": clock.now()}).scalar_one())


def count_runs(session: Session) -> None:
    """Count what became of the open lists, close those of past days, and of unknown debits."""
    moment = clock.now()
    since = (moment - _STILL_OPEN).date()
    rows = session.execute(_TO_COUNT, {"now": moment, "since": since}).all()
    if rows:
        closing = [run_id for run_id, is_over in rows if is_over]
        count(session, [run_id for run_id, _ in rows], closing=closing)


def count(session: Session, runs: Sequence[int], *, closing: Collection[int] = ()) -> None:
    """Write the figures of these runs, and close some of them."""
    session.execute(_EXPLAIN, {"runs": list(runs)})
    session.execute(_COUNT, {"runs": list(runs), "closing": list(closing), "now": clock.now()})


def runs(
    session: Session, *, office_ids: Collection[int] | None = None, limit: int = 60
) -> list[RunView]:
    """The newest runs of offices, or of all; the figures of today's are a minute old at most."""
    query = select(
        DebitRun.id,
        DebitRun.office_id,
        DebitRun.day,
        DebitRun.planned,
        DebitRun.planned_idr,
        DebitRun.charged,
        DebitRun.charged_idr,
        DebitRun.recovered,
        DebitRun.recovered_idr,
        DebitRun.refused,
        DebitRun.skipped,
        DebitRun.unknown,
        DebitRun.compared,
        DebitRun.differing,
        DebitRun.by_class,
        DebitRun.by_why,
        DebitRun.closed_at,
    )
    if office_ids is not None:
        query = query.where(DebitRun.office_id.in_(office_ids))
    rows = session.execute(query.order_by(DebitRun.day.desc(), DebitRun.id.desc()).limit(limit))
    return [RunView(**row._mapping) for row in rows]
