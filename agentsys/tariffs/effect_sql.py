"""The statements that say, and make, what another tariff changes in a month."""

from __future__ import annotations

from agentsys.contributions import earlier
from agentsys.contributions.billing_sql import FOR_GOOD

# Whom billing would bill in the month, by what makes the price: as billing_sql.BILL does.
ENROLLED = f"""
SELECT d.sector, d.funding, d.programmes, d.bracket, count(*) AS workers
FROM (
    SELECT coalesce(n.programmes, e.programmes) AS programmes,
           coalesce(n.funding, e.funding) AS funding, coalesce(n.sector, w.sector) AS sector,
           CASE WHEN g.price_basis = 'lowest' THEN 1 ELSE width_bucket(
               coalesce(n.income_idr, w.income_idr), CAST(:bounds AS bigint[])
           ) END AS bracket
    FROM enrolments e
    JOIN workers w ON w.id = e.worker_id AND w.merged_into IS NULL
    LEFT JOIN planned_prices n ON n.worker_id = e.worker_id AND n.from_month <= :month
    LEFT JOIN agreements g ON g.id = e.agreement_id
    WHERE (g.id IS NULL OR coalesce(g.ends_month, g.until_month) > :month)
        AND e.from_month <= :month AND (e.until_month IS NULL OR e.until_month > :month)
        AND (e.until_month IS NULL OR NOT EXISTS (
            SELECT FROM enrolments d WHERE d.worker_id = e.worker_id
                AND d.until_month > :month AND d.end_reason IN ({FOR_GOOD})
        ))
        AND NOT EXISTS (
            SELECT FROM earlier_periods p WHERE p.worker_id = e.worker_id
                AND {earlier.COUNTED_SQL} AND p.from_month <= :month AND p.until_month > :month
        )
) AS d
GROUP BY d.sector, d.funding, d.programmes, d.bracket
"""  # noqa: S608  # made of constants

# The contributions of a month whose price the new tariff changes, each with both prices.
_CHANGED = """
WITH now_price AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(CAST(:before AS jsonb)) AS p (
        sector text, funding text, programmes text,
        jkk_idr bigint[], jkm_idr bigint[], jht_idr bigint[], tariff text[]
    )
), then_price AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(CAST(:after AS jsonb)) AS p (
        sector text, funding text, programmes text,
        jkk_idr bigint[], jkm_idr bigint[], jht_idr bigint[], tariff text[]
    )
), billed AS (
    SELECT c.worker_id, c.month, c.amount_idr, c.payment_id, c.bill_id,
        c.sector, c.funding, c.programmes,
        CASE WHEN g.price_basis = 'lowest' THEN 1 ELSE width_bucket(
            income.idr, CAST(:bounds_before AS bigint[])) END AS old_bracket,
        CASE WHEN g.price_basis = 'lowest' THEN 1 ELSE width_bucket(
            income.idr, CAST(:bounds_after AS bigint[])) END AS new_bracket,
        -- A bill that was sent and a payment under way keep the sum that was said.
        coalesce(b.state <> 'open', false) OR EXISTS (
            SELECT FROM payment_months m JOIN payments p ON p.id = m.payment_id
            WHERE m.worker_id = c.worker_id AND m.month = c.month
                AND p.state IN ('created', 'pending')
        ) AS is_said
    FROM contributions c
    JOIN workers w ON w.id = c.worker_id
    LEFT JOIN planned_prices n ON n.worker_id = c.worker_id AND n.from_month <= c.month
    LEFT JOIN bills b ON b.id = c.bill_id
    LEFT JOIN agreements g ON g.id = b.agreement_id
    CROSS JOIN LATERAL (SELECT coalesce(n.income_idr, w.income_idr) AS idr) AS income
    WHERE c.month = :month
), changed AS (
    SELECT d.*, t.jkk_idr[d.new_bracket] AS jkk, t.jkm_idr[d.new_bracket] AS jkm,
        t.jht_idr[d.new_bracket] AS jht, t.tariff[d.new_bracket] AS tariff,
        t.jkk_idr[d.new_bracket] + t.jkm_idr[d.new_bracket] + t.jht_idr[d.new_bracket] AS new_idr
    FROM billed d
    JOIN now_price o USING (sector, funding, programmes)
    JOIN then_price t USING (sector, funding, programmes)
    WHERE (o.jkk_idr[d.old_bracket], o.jkm_idr[d.old_bracket], o.jht_idr[d.old_bracket])
        IS DISTINCT FROM (t.jkk_idr[d.new_bracket], t.jkm_idr[d.new_bracket],
            t.jht_idr[d.new_bracket])
)
"""
BILLED = (
    _CHANGED
    + """
SELECT count(*) FILTER (WHERE payment_id IS NOT NULL) AS paid,
    coalesce(sum(new_idr - amount_idr) FILTER (WHERE payment_id IS NOT NULL), 0) AS paid_idr,
    count(*) FILTER (WHERE payment_id IS NULL AND is_said) AS said,
    count(*) FILTER (WHERE payment_id IS NULL AND NOT is_said) AS open,
    coalesce(sum(new_idr - amount_idr)
        FILTER (WHERE payment_id IS NULL AND NOT is_said), 0) AS open_idr
FROM changed
"""
)
PAID = (
    _CHANGED
    + """
SELECT c.worker_id, w.name, c.month, c.amount_idr, c.new_idr
FROM changed c JOIN workers w ON w.id = c.worker_id
WHERE c.payment_id IS NOT NULL
    AND (CAST(:office_id AS bigint) IS NULL OR w.office_id = :office_id)
ORDER BY c.worker_id LIMIT :most
"""
)
# So that no payment and no bill begins meanwhile with the price of before.
LOCK_BILLS = "SELECT id FROM bills WHERE month = :month AND state = 'open' ORDER BY id FOR SHARE"
LOCK = (
    _CHANGED
    + """
SELECT c.worker_id FROM contributions c JOIN changed USING (worker_id, month)
WHERE c.month = :month AND c.payment_id IS NULL
ORDER BY c.worker_id FOR UPDATE OF c
"""
)
_WRITE = """
, written AS (
    UPDATE contributions c
    SET jkk_idr = n.jkk, jkm_idr = n.jkm, jht_idr = n.jht, tariff = n.tariff
    FROM changed n
    WHERE c.worker_id = n.worker_id AND c.month = n.month AND c.month = :month
        AND c.payment_id IS NULL AND NOT n.is_said
    RETURNING 1
)
SELECT count(*) FROM written
"""
REPRICE = _CHANGED + _WRITE
MONTHS = """
SELECT DISTINCT month FROM (
    SELECT generate_series(CAST(:first AS date), CAST(:last AS date), interval '1 month')::date
        AS month
) AS m
WHERE EXISTS (SELECT FROM contributions c WHERE c.month = m.month)
ORDER BY month
"""
