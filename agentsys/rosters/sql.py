"""The statements that compare a batch of a roster with registered workers, and load it."""

from __future__ import annotations

from agentsys.rosters.people import COLUMNS
from agentsys.workers.columns import NAMES

# What is found out about each row, before anything is written.
_FLAGS = (
    *("elsewhere", "other_team", "differs", "to_assign", "to_enrol", "resumes", "name_differs"),
    *("sex_differs", "born_differs", "sector_differs", "other_agent", "enrolled_otherwise"),
    *("older", "dead", "again", "unseen", "stranger"),
)
# New workers are copied into their tables (`adding`); registered ones are compared here first.
TEMPORARY = f"""
CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS
SELECT id AS row, {COLUMNS}, income_idr, ecosystem, group_id, CAST(NULL AS bigint) AS worker_id,
    {", ".join(f"false AS {name}" for name in _FLAGS)}
FROM workers WITH NO DATA
"""  # noqa: S608  # made of a constant
# The large tables with which it is joined.
COMPARED = ("workers", "enrolments", "assignments", "agreement_members", "roster_changes")

# All new workers of a list get higher ids than this.
NEWEST = "SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM workers_id_seq"

# The checks of foreign keys keep their plans, and a plan that was made while a table was empty
# reads it from end to end for every row that follows.
PLANS = ("DISCARD PLANS", "SET LOCAL enable_seqscan = off")

# Nobody else changes them until the batch is stored: what was compared is what is changed.
LOCK = """
SELECT count(*) FROM (
    SELECT w.id FROM incoming i JOIN workers w ON w.nik_index = i.nik_index
    ORDER BY w.id FOR NO KEY UPDATE OF w
) AS found
"""

# Names that share half of their groups of three letters are spellings of one name; so are two of
# which one has all the words of the other. Any other name is of another person, perhaps.
NAME_ALIKE = 0.5
_WORDS = r"string_to_array(trim(regexp_replace(search_key({0}.name), '\W+', ' ', 'g')), ' ')"
_ALIKE = (
    f"(similarity(search_key(w.name), search_key(i.name)) >= {NAME_ALIKE}"
    f" OR {_WORDS.format('w')} <@ {_WORDS.format('i')}"
    f" OR {_WORDS.format('i')} <@ {_WORDS.format('w')})"
)
KEEP_NAMES = f"""
UPDATE incoming i SET name = w.name, name_differs = true
FROM workers w WHERE w.nik_index = i.nik_index AND w.name <> i.name AND NOT {_ALIKE}
"""  # noqa: S608  # made of the constants above

# An empty cell never erases what is registered. The sector makes the price, and in a list a word of
# the job only suggests it, so it stays as it was answered. The sex often comes from the NIK only.
_KEPT = ("birth_place", "phone", "kpj", *NAMES)
_NEW = {
    "name": "i.name",
    "income_idr": "coalesce(i.income_idr, w.income_idr)",
    "kk_index": "coalesce(i.kk_index, w.kk_index)",
    "ecosystem": "coalesce(i.ecosystem, w.ecosystem)",
    "group_id": "coalesce(i.group_id, w.group_id)",
    **{name: f"coalesce(nullif(i.{name}, ''), w.{name})" for name in _KEPT},
}

# A row with a registered NIK and another name is about somebody else, or its NIK is wrong: nothing
# of it is taken. Whom the sponsor's agreement names already stays named, and nothing else changes.
# Encrypting the same number gives another value each time, so only indexes are compared.
COMPARE = f"""
UPDATE incoming i SET
    worker_id = w.id,
    name_differs = coalesce(i.name_differs, false),
    older = false,
    again = false,
    unseen = false,
    stranger = coalesce(i.name_differs, false) AND NOT EXISTS (
        SELECT FROM agreement_members m
        JOIN list_versions v ON v.agreement_id = m.agreement_id
        WHERE m.worker_id = w.id AND m.until_month IS NULL
            AND v.id = CAST(:version_id AS bigint)),
    elsewhere = w.office_id <> :office_id OR coalesce(w.agent_id = ANY (:others), false),
    other_team = w.office_id = :office_id,
    differs = NOT coalesce(i.name_differs, false) AND ({", ".join(f"w.{name}" for name in _NEW)})
        IS DISTINCT FROM ({", ".join(_NEW.values())}),
    sex_differs = w.sex <> i.sex,
    born_differs = w.birth_date <> i.birth_date,
    sector_differs = w.sector <> i.sector,
    other_agent = coalesce(w.agent_id <> CAST(:agent_id AS bigint), false),
    to_assign = CAST(:agent_id AS bigint) IS NOT NULL AND w.agent_id IS NULL AND NOT EXISTS (
        SELECT FROM assignments a WHERE a.worker_id = w.id
        AND (a.until_month IS NULL OR a.until_month > :from_month)),
    to_enrol = NOT EXISTS (
        SELECT FROM enrolments e WHERE e.worker_id = w.id
        AND (e.until_month IS NULL OR e.until_month > :from_month)),
    resumes = EXISTS (SELECT FROM enrolments e WHERE e.worker_id = w.id),
    dead = EXISTS (
        SELECT FROM enrolments e WHERE e.worker_id = w.id AND e.end_reason = 'died')
        AND NOT EXISTS (
        SELECT FROM enrolments e WHERE e.worker_id = w.id AND e.until_month IS NULL),
    enrolled_otherwise = CAST(:version_id AS bigint) IS NULL AND EXISTS (
        SELECT FROM enrolments e WHERE e.worker_id = w.id
        AND (e.until_month IS NULL OR e.until_month > :from_month)
        AND ((e.programmes, e.funding) <> (:programmes, :funding)
            OR e.from_month > :from_month))
FROM workers w WHERE w.nik_index = i.nik_index
"""  # noqa: S608  # made of the constants above

# A NIK that was corrected, and the right one, are one person in two rows: the first one counts.
AGAIN = """
UPDATE incoming i SET again = true
FROM (
    SELECT row, worker_id, row_number() OVER (PARTITION BY worker_id ORDER BY row) AS nth
    FROM incoming WHERE worker_id IS NOT NULL
) AS o
WHERE o.row = i.row AND (o.nth > 1 OR EXISTS (
    SELECT FROM roster_changes c WHERE c.roster_id = :roster_id AND c.worker_id = o.worker_id
    AND (c.sheet, c.row) <> (:sheet, o.row)))
"""

# Lists that are newer than this one, of the same office; mostly there is none.
NEWER = """
SELECT EXISTS (
    SELECT FROM rosters WHERE office_id = :office_id AND as_of > :as_of AND id <> :roster_id
    AND (status = 'done' OR batches_done > 0 AND status <> 'undone'))
"""
OLDER = """
UPDATE incoming i SET older = true FROM workers w
WHERE w.id = i.worker_id AND (i.differs OR i.to_enrol) AND (
    EXISTS (SELECT FROM rosters r WHERE r.id = w.roster_id AND r.as_of > :as_of)
    OR EXISTS (
        SELECT FROM roster_changes c JOIN rosters r ON r.id = c.roster_id
        WHERE c.worker_id = w.id AND c.applied_at IS NOT NULL AND c.undone_at IS NULL
        AND r.as_of > :as_of))
"""

_TAKEN = (
    "i.worker_id IS NOT NULL"
    " AND NOT (i.elsewhere OR i.stranger OR i.older OR i.dead OR i.again OR i.unseen)"
)
_TOUCHED = f"{_TAKEN} AND (i.differs OR i.to_assign OR i.to_enrol)"
_REGISTERS = "i.kpj <> '' AND (i.differs OR i.to_assign)"
_FIELDS = {
    **{name: (f"CAST(w.{name} AS text)", f"CAST({new} AS text)") for name, new in _NEW.items()},
    "registration": (
        "w.registration",
        f"CASE WHEN {_REGISTERS} THEN 'registered' ELSE w.registration END",
    ),
    "registered_how": (
        "w.registered_how",
        f"CASE WHEN {_REGISTERS} THEN coalesce(w.registered_how, 'list') ELSE w.registered_how END",
    ),
}
del _FIELDS["kk_index"]
_KK_CHANGES = "i.kk_index IS NOT NULL AND i.kk_index IS DISTINCT FROM w.kk_index"
# Each registered worker who would be changed: what is there, and what would be.
_DIFFERENCES = f"""
SELECT i.row, i.worker_id, d.before, d.after, i.to_enrol AS enrols,
    CASE WHEN i.to_assign THEN CAST(:agent_id AS bigint) END AS agent_id,
    CASE WHEN {_KK_CHANGES} THEN w.kk_sealed END AS kk_before,
    CASE WHEN {_KK_CHANGES} THEN w.kk_index END AS kk_index_before,
    CASE WHEN {_KK_CHANGES} THEN i.kk_index END AS kk_index_after,
    w.updated_at AS updated_before
FROM incoming i JOIN workers w ON w.id = i.worker_id
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_object_agg(f.name, f.old), '{{}}') AS before,
        coalesce(jsonb_object_agg(f.name, f.new), '{{}}') AS after
    FROM (VALUES {", ".join(f"('{name}', {old}, {new})" for name, (old, new) in _FIELDS.items())})
        AS f (name, old, new)
    WHERE f.old IS DISTINCT FROM f.new
) AS d
WHERE {_TOUCHED}
"""  # noqa: S608  # made of the constants above

RECORD = f"""
WITH recorded AS (
    INSERT INTO roster_changes (roster_id, worker_id, sheet, row, before, after, kk_before,
        kk_index_before, kk_index_after, enrols, agent_id, updated_before, applied_at)
    SELECT :roster_id, worker_id, :sheet, row, before, after, kk_before, kk_index_before,
        kk_index_after, enrols, agent_id, updated_before, CAST(:applied_at AS timestamptz)
    FROM ({_DIFFERENCES}) AS d
    RETURNING worker_id
)
SELECT count(*) FROM recorded
"""  # noqa: S608  # made of the constants above

# What the check did not show is not done: somebody changed the worker meanwhile.
UNSEEN = f"""
UPDATE incoming i SET unseen = true FROM ({_DIFFERENCES}) AS d
WHERE d.row = i.row AND NOT EXISTS (
    SELECT FROM roster_changes c WHERE c.roster_id = :roster_id AND c.worker_id = d.worker_id
    AND (c.before, c.after, c.enrols) = (d.before, d.after, d.enrols)
    AND (c.agent_id, c.kk_index_before, c.kk_index_after)
        IS NOT DISTINCT FROM (d.agent_id, d.kk_index_before, d.kk_index_after))
"""  # noqa: S608  # made of the constants above
APPLIED = f"""
WITH applied AS (
    UPDATE roster_changes c SET applied_at = :applied_at, updated_before = w.updated_at,
        kk_before = CASE WHEN c.kk_index_after IS NOT NULL THEN w.kk_sealed END
    FROM incoming i JOIN workers w ON w.id = i.worker_id
    WHERE c.roster_id = :roster_id AND c.worker_id = i.worker_id AND {_TOUCHED}
    RETURNING c.worker_id
)
SELECT count(*) FROM applied
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
    WHERE w.id = i.worker_id AND {_TAKEN} AND (i.differs OR i.to_assign)
), enrolled AS (
    INSERT INTO enrolments (worker_id, programmes, funding, from_month)
    SELECT i.worker_id, :programmes, :funding, :from_month FROM incoming i
    WHERE {_TAKEN} AND i.to_enrol AND CAST(:version_id AS bigint) IS NULL
)
INSERT INTO assignments (worker_id, agent_id, from_month)
SELECT i.worker_id, CAST(:agent_id AS bigint), :from_month FROM incoming i
WHERE {_TAKEN} AND i.to_assign
"""  # noqa: S608  # made of the constants above

# What people are told about each row, by its flag; the first ones refuse it.
REFUSING = ("elsewhere", "stranger", "dead", "again", "unseen")
TELLING = (
    *("older", "name_differs", "sex_differs", "born_differs", "sector_differs", "other_agent"),
    *("enrolled_otherwise", "resumes"),
)
REMARKS = f"""
SELECT row, nik_masked, other_team, {", ".join(REFUSING)},
    {", ".join(TELLING[:-1])}, resumes AND to_enrol
FROM incoming
WHERE {" OR ".join((*REFUSING, *TELLING[:-1]))} OR resumes AND to_enrol
ORDER BY row
"""  # noqa: S608  # made of the constants above

# Whom a sponsor's list names; what is decided about them comes when the whole list is read.
NAME_KNOWN = f"""
INSERT INTO version_people (version_id, worker_id, changed)
SELECT :version_id, i.worker_id, i.differs FROM incoming i WHERE {_TAKEN}
ON CONFLICT DO NOTHING
"""  # noqa: S608  # made of the constants above
FORGET_NAMED = "DELETE FROM version_people WHERE version_id = :version_id"
