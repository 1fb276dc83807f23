"""Finding workers who may be one person: for a few at once, or for all who are new or changed."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.duplicates import candidates
from agentsys.duplicates.candidates import Candidate
from agentsys.duplicates.rules import Reason, Rules, rules_in
from agentsys.workers import seals

LOT = 200  # workers who are compared in one transaction

_TAKE = text("""
DELETE FROM duplicate_checks WHERE id IN (
    SELECT id FROM duplicate_checks ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
) RETURNING worker_id
""")
# A pair that was found before gets its new points. One that a person called two persons stays so
# unless there is a reason that it did not have then. What a typed NIK showed is kept.
_STORE = text("""
INSERT INTO duplicate_pairs AS p
    (first_id, second_id, office_id, score, reasons, state, found_at, note)
SELECT f.first_id, f.second_id, f.office_id, f.score, f.reasons, 'open', :now, ''
FROM jsonb_to_recordset(CAST(:found AS jsonb)) AS f (
    first_id bigint, second_id bigint, office_id bigint, score bigint, reasons jsonb
)
ORDER BY f.first_id, f.second_id
ON CONFLICT (first_id, second_id) DO UPDATE SET
    office_id = excluded.office_id, score = excluded.score, reasons = excluded.reasons,
    state = 'open', decided_by = NULL, decided_at = NULL, note = '',
    found_at = CASE WHEN p.state = 'open' THEN p.found_at ELSE excluded.found_at END
WHERE NOT p.reasons ? 'same_nik' AND (
    p.state = 'open' AND (p.office_id, p.reasons) IS DISTINCT FROM
        (excluded.office_id, excluded.reasons)
    OR p.state = 'different' AND NOT p.reasons ?& ARRAY(SELECT jsonb_object_keys(excluded.reasons))
)
""")
_FORGET = text("""
DELETE FROM duplicate_pairs p
WHERE p.id IN (
    SELECT id FROM duplicate_pairs WHERE first_id = ANY(CAST(:ids AS bigint[]))
    UNION ALL
    SELECT id FROM duplicate_pairs WHERE second_id = ANY(CAST(:ids AS bigint[]))
)
AND p.state = 'open' AND NOT p.reasons ? 'same_nik' AND NOT EXISTS (
    SELECT FROM unnest(CAST(:first AS bigint[]), CAST(:second AS bigint[])) AS f (one, other)
    WHERE f.one = p.first_id AND f.other = p.second_id
)
""")


def check(session: Session, *, vault: Vault, worker_ids: Collection[int]) -> int:
    """Compare these workers with all others and store the pairs; how many there are now.

    Open pairs of theirs that have too few points now are removed.
    """
    if not worker_ids:
        return 0
    rules = rules_in(clock.this_month())
    found = []
    for candidate in candidates.find(session, worker_ids=worker_ids, rules=rules):
        reasons = reasons_of(candidate, rules, vault)
        score = rules.score(reasons)
        if score >= rules.propose_from:
            found.append(_row(candidate, score, {each: rules.points[each] for each in reasons}))
    store(session, found)
    session.execute(
        _FORGET,
        {
            "ids": list(worker_ids),
            "first": [row["first_id"] for row in found],
            "second": [row["second_id"] for row in found],
        },
    )
    return len(found)


def check_waiting(session: Session, *, vault: Vault, limit: int = LOT) -> int:
    """Compare the next workers who are new or were changed; how many were taken."""
    taken = session.scalars(_TAKE, {"limit": limit}).all()
    check(session, vault=vault, worker_ids=set(taken))
    return len(taken)


def store(session: Session, found: Sequence[Mapping[str, Any]]) -> None:
    """Store pairs: `first_id`, `second_id`, `office_id`, `score`, and points by reason."""
    if found:
        session.execute(_STORE, {"found": json.dumps(found), "now": clock.now()})


def reasons_of(candidate: Candidate, rules: Rules, vault: Vault) -> list[Reason]:
    """What speaks for and against one person, in the order of the table."""
    named = candidate.same_name or candidate.similarity * 100 >= rules.partly_similar_percent
    true = {
        Reason.SAME_KPJ: candidate.same_kpj,
        Reason.FORMER_NIK: candidate.former_nik,
        Reason.NEAR_NIK: candidate.same_birth_date and named and _near_niks(candidate, vault),
        Reason.SAME_NAME: candidate.same_name,
        Reason.SIMILAR_NAME: not candidate.same_name
        and candidate.similarity * 100 >= rules.similar_percent,
        Reason.PARTLY_SIMILAR_NAME: not candidate.same_name
        and rules.partly_similar_percent <= candidate.similarity * 100 < rules.similar_percent,
        Reason.SAME_BIRTH_DATE: candidate.same_birth_date,
        Reason.SAME_PHONE: candidate.same_phone,
        Reason.OTHER_SEX: candidate.other_sex,
    }
    return [reason for reason, holds in true.items() if holds]


def is_near(one: str, other: str) -> bool:
    """Whether two numbers differ in one digit, or in two neighbours that changed places."""
    if len(one) != len(other):
        return False
    differ = [place for place, digit in enumerate(one) if digit != other[place]]
    if len(differ) == 1:
        return True
    return (
        len(differ) == 2
        and differ[1] == differ[0] + 1
        and one[differ[0]] == other[differ[1]]
        and one[differ[1]] == other[differ[0]]
    )


def _near_niks(candidate: Candidate, vault: Vault) -> bool:
    """Opens both NIKs, of the few pairs that are alike; nobody is shown them."""
    first = vault.open(candidate.first_sealed, seals.nik_of(candidate.first_index))
    second = vault.open(candidate.second_sealed, seals.nik_of(candidate.second_index))
    return is_near(first, second)


def _row(candidate: Candidate, score: int, reasons: Mapping[Reason, int]) -> dict[str, Any]:
    return {
        "first_id": candidate.first_id,
        "second_id": candidate.second_id,
        "office_id": candidate.office_id,
        "score": score,
        "reasons": reasons,
    }
