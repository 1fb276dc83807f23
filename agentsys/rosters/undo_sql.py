"""The statements that take an import back."""

from __future__ import annotations

from agentsys.workers.columns import NAMES

# The workers whom the list created; by their ids, as lists have no index of their workers.
CREATED = """
SELECT id FROM workers
WHERE id > :workers_after AND id <= :workers_until AND roster_id = :roster_id
"""
# A payment that begins meanwhile waits for this, and then finds nobody.
LOCK = f"""
SELECT count(*) FROM (
    SELECT id FROM ({CREATED}) AS created
    UNION ALL SELECT worker_id FROM roster_changes
    WHERE roster_id = :roster_id AND applied_at IS NOT NULL AND undone_at IS NULL
) AS wanted JOIN LATERAL (
    SELECT FROM workers w WHERE w.id = wanted.id ORDER BY w.id FOR UPDATE
) AS locked ON true
"""  # noqa: S608  # made of a constant

# Tables that name workers; what is removed with a worker stands in the way of nothing.
TABLES = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition AND NOT a.attisdropped
    AND a.attname IN ('worker_id', 'kept_id', 'merged_id', 'first_id', 'second_id')
    AND c.relname <> ALL (:removed)
ORDER BY 1, 2
"""
# A sponsor's list also wrote rows into these tables; they are removed with its new workers.
OF_ITS_VERSION = ("agreement_members", "version_people")
REMOVED = (
    *("enrolments", "assignments", "contributions", "duplicate_checks", "duplicate_pairs"),
    *("handover_picks", "heirs"),
)
NAMED = f"""
SELECT '{{table}}' AS what, count(DISTINCT t.{{column}}) AS workers
FROM {{table}} t JOIN ({CREATED}) AS created ON created.id = t.{{column}}
"""  # noqa: S608  # made of a constant and of names from the catalogue of the database
# Of the tables that are removed: what somebody else did there. Who gives workers to an agent one by
# one changes `updated_at`; the agents by kelurahan, also later ones, are taken back with the list.
_CHANGED_WORKERS = f"""
SELECT 'workers', count(*) FROM workers w JOIN ({CREATED}) AS created USING (id)
WHERE w.updated_at <> w.created_at OR w.new_to_bpu <> 'unknown' OR w.merged_into IS NOT NULL
    OR w.registered_how <> 'list' OR w.erased_at IS NOT NULL
    OR CAST(:agent_id AS bigint) IS NOT NULL AND w.agent_id IS DISTINCT FROM :agent_id
"""  # noqa: S608  # made of a constant
_CHANGED_ENROLMENTS = f"""
SELECT 'enrolments', count(DISTINCT e.worker_id)
FROM enrolments e JOIN ({CREATED}) AS created ON created.id = e.worker_id
WHERE e.until_month IS NOT NULL OR e.from_month <> :from_month
    OR (e.programmes, e.funding) <> (:programmes, :funding)
"""  # noqa: S608  # made of a constant
_PAID_MONTHS = f"""
SELECT 'contributions', count(DISTINCT c.worker_id)
FROM contributions c JOIN ({CREATED}) AS created ON created.id = c.worker_id
WHERE c.payment_id IS NOT NULL OR c.held_at IS NOT NULL
"""  # noqa: S608  # made of a constant
_OTHER_HEIRS = f"""
SELECT 'heirs', count(DISTINCT w.id)
FROM heirs h JOIN ({CREATED}) AS created ON created.id = h.worker_id
JOIN workers w ON w.id = h.worker_id
WHERE h.recorded_at <> w.created_at OR h.removed_at IS NOT NULL
"""  # noqa: S608  # made of a constant
_DECIDED_PAIRS = f"""
SELECT 'duplicate_pairs', count(DISTINCT created.id)
FROM duplicate_pairs p JOIN ({CREATED}) AS created ON created.id IN (p.first_id, p.second_id)
WHERE p.state <> 'open'
"""  # noqa: S608  # made of a constant
# A membership that the list began for somebody who was registered before.
_BILLED_AGAIN = """
SELECT 'contributions', count(DISTINCT c.worker_id)
FROM roster_changes r JOIN contributions c ON c.worker_id = r.worker_id AND c.month >= :from_month
WHERE r.roster_id = :roster_id AND r.applied_at IS NOT NULL AND r.undone_at IS NULL AND r.enrols
"""
TOUCHED = (
    _CHANGED_WORKERS,
    _CHANGED_ENROLMENTS,
    _PAID_MONTHS,
    _OTHER_HEIRS,
    _DECIDED_PAIRS,
    _BILLED_AGAIN,
)

_OF_LIST = """
c.roster_id = :roster_id AND c.applied_at IS NOT NULL AND c.undone_at IS NULL
"""
_TEXTS = ("name", "birth_place", "phone", "kpj", "ecosystem", *NAMES)


def _back(name: str, kind: str = "text") -> str:
    """The value before, if the worker still has the list's."""
    return (
        f"{name} = CASE WHEN c.after ->> '{name}' = CAST(w.{name} AS text)"
        f" THEN CAST(c.before ->> '{name}' AS {kind}) ELSE w.{name} END"
    )


# Somebody changed the field after the list did, so it stays.
_OTHERWISE = " OR ".join(
    f"c.after ->> '{name}' <> CAST(w.{name} AS text)"
    for name in (*_TEXTS, "income_idr", "group_id", "registration")
)
STAYING = f"""
SELECT count(*) FROM roster_changes c JOIN workers w ON w.id = c.worker_id
WHERE {_OF_LIST} AND ({_OTHERWISE})
"""  # noqa: S608  # made of the constants above
_SAME_REGISTRATION = (
    "(c.after ? 'registration' AND (w.registration, w.registered_how) IS NOT DISTINCT FROM"
    " (c.after ->> 'registration', c.after ->> 'registered_how'))"
)
# A KK is encrypted for the NIK that the worker had, so after a correction it stays.
_SAME_KK = (
    "(c.kk_index_after = w.kk_index AND NOT EXISTS"
    " (SELECT FROM earlier_niks e WHERE e.worker_id = w.id))"
)
RESTORE = f"""
UPDATE workers w SET
    {", ".join(_back(name) for name in _TEXTS)},
    {_back("income_idr", "bigint")},
    {_back("group_id", "bigint")},
    registration = CASE WHEN {_SAME_REGISTRATION} THEN c.before ->> 'registration'
        ELSE w.registration END,
    registered_how = CASE WHEN {_SAME_REGISTRATION} THEN c.before ->> 'registered_how'
        ELSE w.registered_how END,
    kk_sealed = CASE WHEN {_SAME_KK} THEN c.kk_before ELSE w.kk_sealed END,
    kk_index = CASE WHEN {_SAME_KK} THEN c.kk_index_before ELSE w.kk_index END,
    agent_id = CASE WHEN w.agent_id = c.agent_id THEN NULL ELSE w.agent_id END,
    updated_at = CASE WHEN w.updated_at = c.applied_at THEN c.updated_before
        ELSE CAST(:now AS timestamptz) END
FROM roster_changes c WHERE w.id = c.worker_id AND {_OF_LIST}
"""  # noqa: S608  # made of the constants above
# A membership that was billed goes on; people end it.
END_MEMBERSHIPS = f"""
DELETE FROM enrolments e USING roster_changes c
WHERE e.worker_id = c.worker_id AND {_OF_LIST} AND c.enrols
    AND e.from_month = :from_month AND e.until_month IS NULL
    AND (e.programmes, e.funding) = (:programmes, :funding)
    AND NOT EXISTS (
        SELECT FROM contributions b WHERE b.worker_id = e.worker_id AND b.month >= :from_month)
"""  # noqa: S608  # made of a constant
END_ASSIGNMENTS = f"""
DELETE FROM assignments a USING roster_changes c
WHERE a.worker_id = c.worker_id AND {_OF_LIST} AND a.agent_id = c.agent_id
    AND a.from_month = :from_month AND a.until_month IS NULL
"""  # noqa: S608  # made of a constant
FREE_MONTHS = f"""
UPDATE contributions b SET agent_id = NULL FROM roster_changes c
WHERE b.worker_id = c.worker_id AND {_OF_LIST} AND b.agent_id = c.agent_id
    AND b.payment_id IS NULL
"""  # noqa: S608  # made of a constant
MARK = f"UPDATE roster_changes c SET undone_at = :now WHERE {_OF_LIST}"  # noqa: S608

ALLOW = "SELECT set_config('agentsys.undone_list', CAST(:roster_id AS text), true)"
REMOVE = [
    f"DELETE FROM {table} t USING ({CREATED}) AS created WHERE t.worker_id = created.id"  # noqa: S608
    for table in REMOVED
    if table != "duplicate_pairs"
]
REMOVE_PAIRS = f"""
DELETE FROM duplicate_pairs p USING ({CREATED}) AS created
WHERE created.id IN (p.first_id, p.second_id)
"""  # noqa: S608  # made of a constant
REMOVE_WORKERS = f"""
DELETE FROM workers w USING ({CREATED}) AS created WHERE w.id = created.id
"""  # noqa: S608  # made of a constant
