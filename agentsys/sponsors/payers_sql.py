"""The statements that decide who pays for workers, month by month."""

from __future__ import annotations

WANTED = """
CREATE TEMPORARY TABLE IF NOT EXISTS wanted_payers (
    worker_id bigint, from_month date, until_month date, agreement_id bigint, why text
) ON COMMIT DROP
"""

UNDECIDED = """
SELECT p.id FROM unnest(CAST(:ids AS bigint[])) AS p (id)
LEFT JOIN enrolments e ON e.worker_id = p.id AND e.from_month = :month
    AND e.agreement_id = :agreement_id AND e.until_month IS NULL
LEFT JOIN agreement_members m ON m.worker_id = p.id AND m.agreement_id <> :agreement_id
    AND m.until_month IS NULL
WHERE e.worker_id IS NULL OR m.worker_id IS NOT NULL
ORDER BY p.id
"""

# Of a city's first list this is nearly everybody, in one statement.
ENROL_NEW = """
INSERT INTO enrolments (worker_id, from_month, programmes, funding, agreement_id)
SELECT m.worker_id, m.from_month, g.programmes, g.funding, g.id
FROM agreement_members m
JOIN agreements g ON g.id = m.agreement_id AND m.from_month >= g.from_month
    AND m.from_month < coalesce(g.ends_month, g.until_month)
JOIN workers w ON w.id = m.worker_id AND w.merged_into IS NULL AND w.erased_at IS NULL
WHERE m.agreement_id = :agreement_id AND m.version_id = :version_id AND m.until_month IS NULL
    AND NOT EXISTS (SELECT FROM enrolments e WHERE e.worker_id = m.worker_id)
    AND NOT EXISTS (
        SELECT FROM agreement_members o
        WHERE o.worker_id = m.worker_id AND o.agreement_id <> m.agreement_id
            AND o.until_month IS NULL
    )
ORDER BY m.worker_id
"""

LOCK = """
SELECT count(*) FROM (
    SELECT id FROM workers WHERE id = ANY (CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE
) AS locked
"""

# What the agreements that name a worker want, from the first month that nobody has paid or is
# paying: at each month in which one begins or ends, the one with the lowest priority pays. Where
# only the agreement's own period ends, the worker stays with it until a job ends it, after notices.
DECIDE = """
INSERT INTO wanted_payers
WITH floors AS (
    SELECT p.id AS worker_id, greatest(
        CAST(:since AS date),
        (SELECT max(c.month) + interval '1 month' FROM contributions c
            WHERE c.worker_id = p.id AND c.month >= :since AND c.payment_id IS NOT NULL),
        (SELECT max(l.month) + interval '1 month' FROM payment_months l
            WHERE l.worker_id = p.id AND l.month >= :since AND l.live)
    )::date AS month
    FROM unnest(CAST(:ids AS bigint[])) AS p (id)
    WHERE NOT EXISTS (
        SELECT FROM workers w WHERE w.id = p.id
            AND (w.merged_into IS NOT NULL OR w.erased_at IS NOT NULL)
    ) AND NOT EXISTS (
        SELECT FROM enrolments e
        WHERE e.worker_id = p.id AND e.end_reason IN ('died', 'duplicate')
    )
), claims AS (
    SELECT m.worker_id, m.agreement_id, g.priority, m.made_at, m.why_left,
        greatest(m.from_month, g.from_month, f.month) AS from_month,
        greatest(least(m.until_month, coalesce(g.ends_month, g.until_month)), f.month)
            AS until_month,
        coalesce(m.until_month > coalesce(g.ends_month, g.until_month), true)
            AND g.state = 'in_force' AS with_agreement
    FROM floors f
    JOIN agreement_members m ON m.worker_id = f.worker_id
    JOIN agreements g ON g.id = m.agreement_id AND g.state IN ('in_force', 'ended')
    WHERE NOT EXISTS (
        SELECT FROM enrolments e WHERE e.worker_id = m.worker_id
            AND e.end_reason NOT IN ('changed', 'lapsed', 'sponsor_ended')
            AND e.ended_at > m.made_at
    )
), bounds AS (
    SELECT worker_id, from_month AS month FROM claims WHERE from_month < until_month
    UNION SELECT worker_id, until_month FROM claims
), winners AS (
    SELECT DISTINCT ON (b.worker_id, b.month) b.worker_id, b.month, c.agreement_id
    FROM bounds b
    LEFT JOIN claims c ON c.worker_id = b.worker_id
        AND c.from_month <= b.month AND c.until_month > b.month
    ORDER BY b.worker_id, b.month, c.priority, c.made_at, c.agreement_id
), turns AS (
    SELECT w.*, lag(w.agreement_id) OVER by_month AS before,
        row_number() OVER by_month = 1 AS is_first
    FROM winners w
    WINDOW by_month AS (PARTITION BY w.worker_id ORDER BY w.month)
), ends AS (
    SELECT worker_id, until_month, min(why_left) FILTER (WHERE NOT with_agreement) AS why,
        bool_or(with_agreement) AS stays
    FROM claims GROUP BY worker_id, until_month
), runs AS (
    SELECT t.worker_id, t.month, t.agreement_id, e.why, coalesce(e.stays, false) AS stays
    FROM turns t
    LEFT JOIN ends e ON t.agreement_id IS NULL AND e.worker_id = t.worker_id
        AND e.until_month = t.month
    WHERE t.is_first OR t.agreement_id IS DISTINCT FROM t.before
)
SELECT r.worker_id, r.month,
    lead(r.month) OVER (PARTITION BY r.worker_id ORDER BY r.month), r.agreement_id, r.why
FROM runs r WHERE NOT r.stays
"""

# Those for whom the memberships say something else.
DIFFERING = """
WITH differing AS (
    SELECT w.worker_id FROM wanted_payers w
    WHERE w.agreement_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM enrolments e
        WHERE e.worker_id = w.worker_id AND e.agreement_id = w.agreement_id
            AND e.from_month <= w.from_month
            AND e.until_month IS NOT DISTINCT FROM w.until_month
    )
    UNION
    SELECT w.worker_id FROM wanted_payers w
    JOIN enrolments e ON e.worker_id = w.worker_id AND e.agreement_id IS NOT NULL
        AND (e.until_month IS NULL OR e.until_month > w.from_month)
        AND (w.until_month IS NULL OR e.from_month < w.until_month)
    WHERE w.agreement_id IS NULL
), same AS (
    DELETE FROM wanted_payers w
    WHERE NOT EXISTS (SELECT FROM differing d WHERE d.worker_id = w.worker_id)
)
SELECT w.worker_id, min(w.from_month) AS since
FROM wanted_payers w JOIN differing d ON d.worker_id = w.worker_id
GROUP BY w.worker_id ORDER BY w.worker_id
"""

# A worker who leaves for these reasons is no member any more, whoever would pay.
_REASONS = """
CASE {why} WHEN 'died' THEN 'died' WHEN 'moved' THEN 'moved'
    WHEN 'wage_earner' THEN 'wage_earner' ELSE 'sponsor_ended' END
"""
REMOVE_LATER = """
DELETE FROM enrolments e USING (
    SELECT worker_id, min(from_month) AS since FROM wanted_payers GROUP BY worker_id
) AS w
WHERE e.worker_id = w.worker_id AND e.from_month >= w.since
"""
END_RUNNING = f"""
UPDATE enrolments e SET
    until_month = CASE WHEN f.goes_on THEN f.until_month ELSE f.from_month END,
    end_reason = CASE WHEN f.goes_on AND f.until_month IS NULL THEN NULL
        WHEN f.goes_on AND f.next_id IS NOT NULL THEN 'changed'
        WHEN f.goes_on THEN {_REASONS.format(why="f.next_why")}
        WHEN f.agreement_id IS NULL THEN {_REASONS.format(why="f.why")} ELSE 'changed' END,
    ended_at = CASE WHEN f.goes_on AND f.until_month IS NULL THEN NULL
        ELSE CAST(:now AS timestamptz) END,
    ended_by = CASE WHEN f.goes_on AND f.until_month IS NULL THEN NULL
        ELSE CAST(:by AS bigint) END
FROM (
    SELECT w.*, n.agreement_id AS next_id, n.why AS next_why,
        w.agreement_id IS NOT NULL AND w.agreement_id IS NOT DISTINCT FROM r.agreement_id AS goes_on
    FROM (
        SELECT DISTINCT ON (worker_id) * FROM wanted_payers ORDER BY worker_id, from_month
    ) AS w
    JOIN enrolments r ON r.worker_id = w.worker_id AND r.from_month < w.from_month
        AND (r.until_month IS NULL OR r.until_month >= w.from_month)
    LEFT JOIN wanted_payers n ON n.worker_id = w.worker_id AND n.from_month = w.until_month
    WHERE r.until_month IS NULL OR r.until_month > w.from_month
        OR r.agreement_id IS NOT DISTINCT FROM w.agreement_id
) AS f
WHERE e.worker_id = f.worker_id AND e.from_month < f.from_month
    AND (e.until_month IS NULL OR e.until_month >= f.from_month)
"""  # noqa: S608  # made of constants
INSERT = f"""
INSERT INTO enrolments (worker_id, from_month, programmes, funding, agreement_id, until_month,
    end_reason, ended_at, ended_by)
SELECT w.worker_id, w.from_month, g.programmes, g.funding, g.id, w.until_month,
    CASE WHEN w.until_month IS NULL THEN NULL WHEN n.agreement_id IS NOT NULL THEN 'changed'
        ELSE {_REASONS.format(why="n.why")} END,
    CASE WHEN w.until_month IS NOT NULL THEN CAST(:now AS timestamptz) END,
    CASE WHEN w.until_month IS NOT NULL THEN CAST(:by AS bigint) END
FROM wanted_payers w
JOIN agreements g ON g.id = w.agreement_id
LEFT JOIN wanted_payers n ON n.worker_id = w.worker_id AND n.from_month = w.until_month
WHERE NOT EXISTS (
    SELECT FROM enrolments e
    WHERE e.worker_id = w.worker_id AND e.agreement_id = w.agreement_id
        AND e.from_month < w.from_month
        AND e.until_month IS NOT DISTINCT FROM w.until_month
)
ORDER BY w.worker_id, w.from_month
"""  # noqa: S608  # made of constants
