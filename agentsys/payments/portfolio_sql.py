"""SQL of an agent's portfolio: how each worker stands, and the details of a page's workers."""

from __future__ import annotations

from agentsys.workers.columns import PLAIN

# What is open, from the partial index that holds nothing else.
_OPEN = """
SELECT worker_id, min(month) AS oldest, sum(amount_idr) AS due_idr FROM contributions
WHERE agent_id = :agent_id AND payment_id IS NULL AND month <= :this_month GROUP BY worker_id
"""
_ENROLMENT = """
LEFT JOIN LATERAL (SELECT e.programmes, e.funding, e.from_month, e.until_month FROM enrolments e
    WHERE e.worker_id = w.id ORDER BY e.from_month DESC LIMIT 1) AS e ON true
"""
_PAID_THIS_MONTH = """
(EXISTS (SELECT FROM contributions c WHERE c.worker_id = w.id
    AND c.month = :this_month AND c.payment_id IS NOT NULL)
OR EXISTS (SELECT FROM earlier_periods p WHERE p.worker_id = w.id
    AND p.from_month <= :this_month AND p.until_month > :this_month
    AND p.state IN ('counted', 'retracting')))
"""
_EVER_PAID = """
(EXISTS (SELECT FROM contributions c WHERE c.worker_id = w.id
    AND c.month >= e.from_month AND c.payment_id IS NOT NULL)
OR EXISTS (SELECT FROM earlier_periods p WHERE p.worker_id = w.id
    AND p.until_month > e.from_month AND p.state IN ('counted', 'retracting')))
"""
# The order matters: the subqueries by month then run for few workers only.
_STANDING = f"""
CASE WHEN e.funding <> 'self' THEN 'sponsored'
    WHEN o.oldest < :this_month THEN 'arrears'
    WHEN o.oldest IS NOT NULL THEN 'due'
    WHEN {_PAID_THIS_MONTH} THEN 'paid'
    WHEN e.from_month IS NULL OR e.until_month <= :this_month THEN 'quiet'
    WHEN {_EVER_PAID} THEN 'quiet'
    ELSE 'first' END
"""
# The oldest month is always paid first: if it is open, no month of this membership was paid.
MINE = f"""
SELECT w.id, w.name, w.phone, w.nik_index, w.nik_masked, w.created_at, w.ecosystem, w.group_id,
    coalesce(o.oldest, :next_month) AS since, coalesce(o.due_idr, 0)::bigint AS due_idr,
    {_STANDING} AS standing, coalesce(o.oldest <= e.from_month, false) AS none_paid
FROM workers w {_ENROLMENT} LEFT JOIN ({_OPEN}) AS o ON o.worker_id = w.id
WHERE w.agent_id = :agent_id
"""  # noqa: S608  # made of the constants above
# Keeps the query above separate, so that a worker's standing is computed once and not again for
# each condition on it.
ALONE = "OFFSET 0"
IN_LIST = [column.name for column in PLAIN if column.in_list]
DETAILS = f"""
SELECT w.id, w.name, {", ".join(f"w.{name}" for name in IN_LIST)},
    w.nik_masked, w.income_idr, w.sector,
    e.programmes, e.funding, e.from_month, coalesce(o.due_idr, 0) AS due_idr,
    coalesce(o.late, 0) AS late, p.until, {_STANDING} AS standing, o.oldest <= e.from_month
    AS none_paid,
    (SELECT max(y.id) FROM payments y
        WHERE y.worker_id = w.id AND y.state IN ('created', 'pending')) AS waiting_id
FROM workers w {_ENROLMENT}
LEFT JOIN LATERAL (
    SELECT sum(amount_idr) AS due_idr, count(*) FILTER (WHERE month < :this_month) AS late,
        min(month) AS oldest
    FROM contributions c WHERE c.agent_id = :agent_id AND c.worker_id = w.id
        AND c.payment_id IS NULL AND c.month <= :this_month) AS o ON true
LEFT JOIN LATERAL (
    SELECT max(month) AS until FROM (
        SELECT c.month FROM contributions c
        WHERE c.worker_id = w.id AND c.confirmed_at IS NOT NULL
        UNION ALL
        SELECT (p.until_month - interval '1 month')::date FROM earlier_periods p
        WHERE p.worker_id = w.id AND p.state IN ('counted', 'retracting')
    ) AS c) AS p ON true
WHERE w.id = ANY(CAST(:ids AS bigint[]))
"""  # noqa: S608  # made of the constants above
