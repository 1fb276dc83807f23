"""The statements that load a batch of a roster into the tables of workers."""

from __future__ import annotations

from agentsys.rosters.people import COLUMNS
from agentsys.workers.columns import NAMES

# New workers are copied into their tables; registered ones are compared in this table first.
TEMPORARY = f"""
CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS
SELECT id AS row, {COLUMNS}, income_idr, CAST(NULL AS bigint) AS worker_id, false AS elsewhere,
    false AS other_team, false AS differs, false AS to_assign, false AS born_differs,
    false AS sector_differs, false AS other_agent, false AS enrolled_otherwise
FROM workers WITH NO DATA
"""  # noqa: S608  # made of a constant

WORKERS = f"""
COPY workers ({COLUMNS}, income_idr, new_to_bpu, office_id, agent_id, roster_id, created_at,
    updated_at) FROM STDIN
"""

# All workers of the next COPY get higher ids than this, and have the roster's id.
NEWEST = "SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM workers_id_seq"
ENROL = """
WITH added AS MATERIALIZED (
    SELECT id FROM workers WHERE id > :newest AND roster_id = :roster_id
), enrolled AS (
    INSERT INTO enrolments (worker_id, from_month, programmes, funding)
    SELECT id, :from_month, :programmes, :funding FROM added
), assigned AS (
    INSERT INTO assignments (worker_id, from_month, agent_id)
    SELECT id, :from_month, CAST(:agent_id AS bigint) FROM added
    WHERE CAST(:agent_id AS bigint) IS NOT NULL
), registered AS (
    UPDATE workers SET registration = 'registered', registered_how = 'list'
    WHERE id > :newest AND roster_id = :roster_id AND kpj <> ''
)
SELECT max(id) FROM added
"""

# The checks of foreign keys keep their plans, and a plan that was made while a table was empty
# reads it from end to end for every row that follows.
PLANS = ("DISCARD PLANS", "SET LOCAL enable_seqscan = off")

# An empty cell never erases what is registered. The sector makes the price, and in a list a word of
# the job only suggests it, so it stays as it was answered.
_KEPT = ("birth_place", "phone", "kpj", *NAMES)
_NEW = {
    "name": "i.name",
    "sex": "i.sex",
    "income_idr": "coalesce(i.income_idr, w.income_idr)",
    "kk_index": "coalesce(i.kk_index, w.kk_index)",
    **{name: f"coalesce(nullif(i.{name}, ''), w.{name})" for name in _KEPT},
}

# Encrypting the same number gives another value each time, so only indexes are compared.
COMPARE = f"""
UPDATE incoming i SET
    worker_id = w.id,
    elsewhere = w.office_id <> :office_id OR coalesce(w.agent_id = ANY (:others), false),
    other_team = w.office_id = :office_id,
    differs = ({", ".join(f"w.{name}" for name in _NEW)})
        IS DISTINCT FROM ({", ".join(_NEW.values())}),
    born_differs = w.birth_date <> i.birth_date,
    sector_differs = w.sector <> i.sector,
    other_agent = coalesce(w.agent_id <> CAST(:agent_id AS bigint), false),
    to_assign = CAST(:agent_id AS bigint) IS NOT NULL AND w.agent_id IS NULL AND NOT EXISTS (
        SELECT FROM assignments a WHERE a.worker_id = w.id
        AND (a.until_month IS NULL OR a.until_month > :from_month)),
    enrolled_otherwise = EXISTS (
        SELECT FROM enrolments e WHERE e.worker_id = w.id
        AND (e.until_month IS NULL OR e.until_month > :from_month)
        AND ((e.programmes, e.funding) <> (:programmes, :funding)
            OR e.from_month > :from_month))
FROM workers w WHERE w.nik_index = i.nik_index
"""  # noqa: S608  # made of the constants above

CHANGE = f"""
WITH updated AS (
    UPDATE workers w SET
        {", ".join(f"{name} = {value}" for name, value in _NEW.items())},
        kk_sealed = CASE WHEN i.kk_index IS DISTINCT FROM w.kk_index
            THEN coalesce(i.kk_sealed, w.kk_sealed) ELSE w.kk_sealed END,
        agent_id = CASE WHEN i.to_assign THEN CAST(:agent_id AS bigint) ELSE w.agent_id END,
        registration = CASE WHEN i.kpj <> '' THEN 'registered' ELSE w.registration END,
        registered_how = CASE WHEN i.kpj <> '' THEN coalesce(w.registered_how, 'list')
            ELSE w.registered_how END,
        updated_at = :now
    FROM incoming i
    WHERE w.id = i.worker_id AND NOT i.elsewhere AND (i.differs OR i.to_assign)
    RETURNING w.id
), enrolled AS (
    INSERT INTO enrolments (worker_id, programmes, funding, from_month)
    SELECT i.worker_id, :programmes, :funding, :from_month FROM incoming i
    WHERE i.worker_id IS NOT NULL AND NOT i.elsewhere AND NOT EXISTS (
        SELECT FROM enrolments e WHERE e.worker_id = i.worker_id
        AND (e.until_month IS NULL OR e.until_month > :from_month))
    RETURNING worker_id
), assigned AS (
    INSERT INTO assignments (worker_id, agent_id, from_month)
    SELECT worker_id, CAST(:agent_id AS bigint), :from_month FROM incoming
    WHERE to_assign AND NOT elsewhere
)
SELECT count(*) FROM (SELECT id FROM updated UNION SELECT worker_id FROM enrolled) AS touched
"""  # noqa: S608  # made of the constants above

REMARKS = """
SELECT row, nik_masked, elsewhere, other_team, sector_differs, born_differs, other_agent,
    enrolled_otherwise
FROM incoming
WHERE elsewhere OR sector_differs OR born_differs OR other_agent OR enrolled_otherwise
ORDER BY row
"""
