"""One statement that finds the workers who may be the same person as given ones.

It looks in blocks: equal KPJ, equal phone, a former NIK, and the names beside a name among those
born on the same day. Each block is bounded, so the cost grows with the given workers alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.duplicates.rules import Rules

# Of those born on one day, the names beside a name in the alphabet are compared with it, so many to
# each side. On a usual day of a million workers that is everybody; on 1 January, which is written
# for unknown days, it is a part. Equal names are always found.
BESIDE = 200
MOST_EQUAL = 20  # equal names on one day

# A phone or a KPJ of more than `most` workers is a block without meaning: 5,000 workers with the
# phone of their office would be 12 million pairs.
_FIND = text(f"""
WITH asked AS MATERIALIZED (
    SELECT w.id, w.birth_date, w.kpj, w.phone, w.nik_index, search_key(w.name) AS key
    FROM workers w WHERE w.id = ANY(CAST(:ids AS bigint[]))
        AND w.erased_at IS NULL AND w.merged_into IS NULL
), found AS (
    SELECT a.id AS one, o.id AS other, true AS kpj, false AS phone, false AS former
    FROM asked a CROSS JOIN LATERAL (
        SELECT b.id, count(*) OVER () AS sharing FROM (
            SELECT o.id FROM workers o
            WHERE o.kpj = a.kpj AND o.kpj <> '' AND o.id <> a.id LIMIT :most
        ) AS b
    ) AS o
    WHERE a.kpj <> '' AND o.sharing < :most
    UNION ALL
    SELECT a.id, o.id, false, true, false
    FROM asked a CROSS JOIN LATERAL (
        SELECT b.id, count(*) OVER () AS sharing FROM (
            SELECT o.id FROM workers o
            WHERE o.phone = a.phone AND o.phone <> '' AND o.id <> a.id LIMIT :most
        ) AS b
    ) AS o
    WHERE a.phone <> '' AND o.sharing < :most
    UNION ALL
    SELECT a.id, e.worker_id, false, false, true
    FROM asked a JOIN earlier_niks e ON e.nik_index = a.nik_index AND e.worker_id <> a.id
    UNION ALL
    SELECT a.id, o.id, false, false, true
    FROM asked a JOIN earlier_niks e ON e.worker_id = a.id
    JOIN workers o ON o.nik_index = e.nik_index AND o.id <> a.id
    UNION ALL
    SELECT a.id, o.id, false, false, false
    FROM asked a CROSS JOIN LATERAL (
        (SELECT o.id, search_key(o.name) AS key FROM workers o
         WHERE o.birth_date = a.birth_date AND search_key(o.name) = a.key AND o.id <> a.id
         LIMIT {MOST_EQUAL})
        UNION ALL
        (SELECT o.id, search_key(o.name) FROM workers o
         WHERE o.birth_date = a.birth_date AND search_key(o.name) > a.key
         ORDER BY o.birth_date, search_key(o.name) LIMIT {BESIDE})
        UNION ALL
        (SELECT o.id, search_key(o.name) FROM workers o
         WHERE o.birth_date = a.birth_date AND search_key(o.name) < a.key
         ORDER BY o.birth_date DESC, search_key(o.name) DESC LIMIT {BESIDE})
    ) AS o
    WHERE similarity(o.key, a.key) >= :partly
), pairs AS (
    SELECT least(one, other) AS first_id, greatest(one, other) AS second_id,
           bool_or(kpj) AS kpj, bool_or(phone) AS phone, bool_or(former) AS former
    FROM found GROUP BY 1, 2
)
SELECT p.first_id, p.second_id,
       CASE WHEN x.office_id = y.office_id THEN x.office_id END AS office_id,
       p.kpj AS same_kpj, p.phone AS same_phone, p.former AS former_nik,
       x.birth_date = y.birth_date AS same_birth_date, x.sex <> y.sex AS other_sex,
       search_key(x.name) = search_key(y.name) AS same_name,
       similarity(search_key(x.name), search_key(y.name)) AS similarity,
       x.nik_sealed AS first_sealed, x.nik_index AS first_index,
       y.nik_sealed AS second_sealed, y.nik_index AS second_index
FROM pairs p
JOIN workers x ON x.id = p.first_id AND x.erased_at IS NULL AND x.merged_into IS NULL
JOIN workers y ON y.id = p.second_id AND y.erased_at IS NULL AND y.merged_into IS NULL
ORDER BY p.first_id, p.second_id
""")  # noqa: S608  # made of constants


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Two workers with something in common."""

    first_id: int
    second_id: int
    office_id: int | None
    same_kpj: bool
    same_phone: bool
    former_nik: bool
    same_birth_date: bool
    other_sex: bool
    same_name: bool
    similarity: float  # of the names, 0 to 1
    first_sealed: bytes
    first_index: bytes
    second_sealed: bytes
    second_index: bytes


def find(session: Session, *, worker_ids: Collection[int], rules: Rules) -> Sequence[Candidate]:
    """The candidates among whom one is of these workers, each pair once."""
    rows = session.execute(
        _FIND,
        {
            "ids": list(worker_ids),
            "most": rules.most_sharing,
            "partly": rules.partly_similar_percent / 100,
        },
    )
    return [Candidate(**row._mapping) for row in rows]


_ALIKE = text("""
SELECT EXISTS (
    SELECT FROM workers o
    WHERE o.birth_date = :born AND search_key(o.name) = search_key(:name)
        AND o.office_id = :office_id
) OR EXISTS (
    SELECT FROM (
        (SELECT o.name, o.office_id FROM workers o
         WHERE o.birth_date = :born AND search_key(o.name) > search_key(:name)
         ORDER BY o.birth_date, search_key(o.name) LIMIT :beside)
        UNION ALL
        (SELECT o.name, o.office_id FROM workers o
         WHERE o.birth_date = :born AND search_key(o.name) < search_key(:name)
         ORDER BY o.birth_date DESC, search_key(o.name) DESC LIMIT :beside)
    ) AS o
    WHERE o.office_id = :office_id
        AND similarity(search_key(o.name), search_key(:name)) >= :similar
)
""")


def is_known(
    session: Session, *, name: str, birth_date: date, office_id: int, rules: Rules
) -> bool:
    """Whether an office has somebody with this birth date and an equal or similar name."""
    values = {
        "name": name,
        "born": birth_date,
        "office_id": office_id,
        "beside": BESIDE,
        "similar": rules.similar_percent / 100,
    }
    return bool(session.scalar(_ALIKE, values))
