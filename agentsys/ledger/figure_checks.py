"""Invariants of stored figures, as queries.

A figure was right when it was stored; rows may have changed since. With each figure the id of a
transaction is stored before which everything was counted, and PostgreSQL stores the writing
transaction of each row. A figure is compared with its rows only if none of them was written since.
"""

from __future__ import annotations

_AGE = "(pg_snapshot_xmax(pg_current_snapshot())::text)::bigint - point AS age"

CHECKS: dict[str, tuple[str, str]] = {
    "kept_month_sums_equal_the_rows": (
        "Jumlah bulanan yang disimpan berbeda dari iuran pada saat dihitung.",
        f"""
        WITH months AS (
            SELECT * FROM (
                SELECT month, to_char(month, 'YYYYMM')::bigint AS number
                FROM kept_figures WHERE name = 'months' GROUP BY month
            ) m WHERE ONLY(months, number)
        ), sums AS (
            SELECT m.month, of_month.*
            FROM months m CROSS JOIN LATERAL (
                SELECT office_id, coalesce(agent_id, 0) AS agent_id, count(*) AS count,
                       coalesce(sum(amount_idr) FILTER (WHERE payment_id IS NOT NULL), 0)
                           AS amount_idr,
                       sum(amount_idr) AS of_idr, min(age(xmin)) AS youngest
                FROM contributions WHERE month = m.month GROUP BY 1, 2
            ) of_month
        ), written AS (SELECT month, min(youngest) AS youngest FROM sums GROUP BY month)
        SELECT kept.office_id, kept.agent_id, kept.month, kept.at, kept.count, kept.amount_idr,
               kept.of_idr, sums.count AS rows, sums.amount_idr AS rows_idr
        FROM (SELECT *, {_AGE} FROM kept_figures WHERE name = 'months') kept
        JOIN months USING (month)
        LEFT JOIN sums USING (office_id, agent_id, month)
        LEFT JOIN written ON written.month = kept.month
        WHERE coalesce(written.youngest > kept.age, true)
            AND (kept.count, kept.amount_idr, kept.of_idr) IS DISTINCT FROM
                (coalesce(sums.count, 0), coalesce(sums.amount_idr, 0), coalesce(sums.of_idr, 0))
        """,  # noqa: S608  # made of a constant
    ),
    "kept_worker_counts_equal_the_rows": (
        "Jumlah pekerja yang disimpan berbeda dari pekerja pada saat dihitung.",
        f"""
        WITH counts AS (
            SELECT office_id, coalesce(agent_id, 0) AS agent_id, count(*) AS count,
                   min(age(xmin)) AS youngest
            FROM workers WHERE EXISTS (SELECT FROM kept_figures WHERE name = 'workers')
            GROUP BY 1, 2
        )
        SELECT kept.office_id, kept.agent_id, kept.at, kept.count, counts.count AS rows
        FROM (SELECT *, {_AGE} FROM kept_figures WHERE name = 'workers') kept
        LEFT JOIN counts USING (office_id, agent_id)
        WHERE kept.count <> coalesce(counts.count, 0) AND coalesce(
            (SELECT min(youngest) FROM counts WHERE office_id = kept.office_id)
                > kept.age, true
        )
        """,  # noqa: S608  # made of a constant
    ),
    "kept_office_sums_equal_those_of_agents": (
        "Jumlah kantor yang disimpan berbeda dari jumlah agennya.",
        """
        WITH agents AS (
            SELECT 'office_' || name AS name, office_id, month, sum(count) AS count,
                   sum(amount_idr) AS amount_idr, sum(of_idr) AS of_idr
            FROM kept_figures WHERE name IN ('workers', 'months') GROUP BY 1, 2, 3
        ), offices AS (SELECT * FROM kept_figures WHERE name IN ('office_workers', 'office_months'))
        SELECT name, office_id, month, offices.count, agents.count AS of_agents,
               offices.amount_idr, agents.amount_idr AS of_agents_idr
        FROM offices FULL JOIN agents USING (name, office_id, month)
        WHERE (offices.count, offices.amount_idr, offices.of_idr) IS DISTINCT FROM
            (agents.count, agents.amount_idr, agents.of_idr)
        """,
    ),
}
