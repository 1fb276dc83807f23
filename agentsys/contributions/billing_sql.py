"""The statement that bills a month."""

from __future__ import annotations

from agentsys.workers.kinds import CLOSES_ALL

FOR_GOOD = ", ".join(f"'{reason}'" for reason in sorted(CLOSES_ALL))

# A worker without a price violates NOT NULL, which stops the run: nobody is skipped silently.
BILL = """
WITH price AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(CAST(:prices AS jsonb)) AS p (
        sector text, funding text, programmes text,
        jkk_idr bigint[], jkm_idr bigint[], jht_idr bigint[], tariff text[]
    )
), billed AS (
    INSERT INTO {table} (
        worker_id, month, office_id, agent_id, programmes, funding, sector,
        jkk_idr, jkm_idr, jht_idr, tariff, billed_at, bill_id
    )
    SELECT d.worker_id, :month, d.office_id, d.agent_id, d.programmes, d.funding, d.sector,
           p.jkk_idr[d.bracket], p.jkm_idr[d.bracket], p.jht_idr[d.bracket], p.tariff[d.bracket],
           :at, d.bill_id
    FROM (
        SELECT e.worker_id, w.office_id, coalesce(n.programmes, e.programmes) AS programmes,
               coalesce(n.funding, e.funding) AS funding, coalesce(n.sector, w.sector) AS sector,
               CASE WHEN a.agent_id > 0 THEN coalesce(w.agent_id, a.agent_id) END AS agent_id,
               CASE WHEN g.price_basis = 'lowest' THEN 1 ELSE width_bucket(
                   coalesce(n.income_idr, w.income_idr), CAST(:bounds AS bigint[])
               ) END AS bracket,
               CASE WHEN coalesce(n.funding, e.funding) = e.funding THEN b.id END AS bill_id
        FROM enrolments e
        JOIN workers w ON w.id = e.worker_id AND w.merged_into IS NULL
        LEFT JOIN assignments a ON a.worker_id = e.worker_id
            AND a.from_month <= :month AND (a.until_month IS NULL OR a.until_month > :month)
        LEFT JOIN planned_prices n ON n.worker_id = e.worker_id AND n.from_month <= :month
        LEFT JOIN agreements g ON g.id = e.agreement_id
        LEFT JOIN bills b ON b.agreement_id = e.agreement_id AND b.month = :month
            AND b.state = 'open'
        WHERE (g.id IS NULL OR coalesce(g.ends_month, g.until_month) > :month)
            AND e.from_month <= :month AND (e.until_month IS NULL OR e.until_month > :month)
            AND (e.until_month IS NULL OR NOT EXISTS (
                SELECT FROM enrolments d WHERE d.worker_id = e.worker_id
                    AND d.until_month > :month AND d.end_reason IN ({for_good})
            ))
            AND NOT EXISTS (
                SELECT FROM earlier_periods p WHERE p.worker_id = e.worker_id AND {elsewhere}
                    AND p.from_month <= :month AND p.until_month > :month
            )
        {which}
        OFFSET 0
    ) AS d
    LEFT JOIN price p ON p.sector = d.sector AND p.funding = d.funding
        AND p.programmes = d.programmes
    {conflict}
    RETURNING amount_idr
)
SELECT count(*), CAST(coalesce(sum(amount_idr), 0) AS bigint) FROM billed
"""
# The bill of each agreement that pays for somebody in the month, if the last one was sent already.
OPEN_BILLS = """
INSERT INTO bills (agreement_id, office_id, month, part, state, made_at)
SELECT g.id, g.office_id, :month,
    1 + coalesce((SELECT max(b.part) FROM bills b WHERE b.agreement_id = g.id
        AND b.month = :month), 0),
    'open', :at
FROM agreements g
WHERE g.state = 'in_force' AND g.from_month <= :month
    AND coalesce(g.ends_month, g.until_month) > :month {which}
ORDER BY g.id
ON CONFLICT DO NOTHING
"""
OF_OFFICE = "AND g.office_id = :office_id"
OF_WORKERS = """
    AND g.id IN (SELECT e.agreement_id FROM enrolments e WHERE e.worker_id = ANY (:worker_ids))
"""
OF_WORKER = """
    AND g.id IN (SELECT e.agreement_id FROM enrolments e WHERE e.worker_id = :worker_id)
"""
# Until the bill has its new lines, nobody sends it.
KEEP_OPEN = """
SELECT b.id FROM bills b JOIN agreements g ON g.id = b.agreement_id
WHERE b.month = :month AND b.state = 'open' {which}
ORDER BY b.id FOR SHARE OF b
"""
DROP_EMPTY = """
DELETE FROM bills b USING agreements g
WHERE b.month = :month AND b.state = 'open' AND g.id = b.agreement_id {which}
    AND NOT EXISTS (SELECT FROM contributions c WHERE c.bill_id = b.id)
    AND NOT EXISTS (SELECT FROM closed_contributions c WHERE c.bill_id = b.id)
"""
NOT_YET = """
    AND NOT EXISTS (
        SELECT FROM contributions c WHERE c.worker_id = e.worker_id AND c.month = :month
    )
    ORDER BY e.worker_id
"""
