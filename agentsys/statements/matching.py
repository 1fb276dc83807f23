"""Matching the lines of an account with our records by rules that leave nothing to guess.

A line and a record belong together if the reference and the sum are equal. Equal lines of one day
that fit equal records are paired in their order, since nobody could tell them apart. Everything
else is left to a person. No journal entry is made or changed.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.statements import issues
from agentsys.statements.models import AccountKind, BankAccount, BankFile
from agentsys.statements.things import BANK_THINGS

DAYS = 31  # between a record and its line, at most
SHORTEST_KEY = 4  # of a reference
SHORTEST_IN_TEXT = 6  # of one that is found within the text of a line

# A report of a million orders is joined and sorted in memory, not on the disk.
_MEMORY = text("SET LOCAL work_mem = '64MB'")
# The new lines of a file, and those that wait. Cost does not grow with the lines of years.
OPEN_LINES = """
SELECT l.* FROM bank_lines l
WHERE l.file_id = :file_id
    AND NOT EXISTS (SELECT FROM bank_issues i WHERE i.line_id = l.id AND i.closed_at IS NULL)
UNION ALL
SELECT l.* FROM bank_issues i JOIN bank_lines l ON l.id = i.line_id
WHERE i.account_id = :account_id AND i.closed_at IS NULL
"""

_BANK = text(f"""
WITH things AS (
    {BANK_THINGS}
), lines AS (
    SELECT *, CASE WHEN amount_idr < 0 THEN 'out' ELSE 'in' END AS way FROM ({OPEN_LINES}) AS open
    WHERE sen = 0
        AND NOT EXISTS (
            SELECT FROM bank_matches m WHERE m.line_id = open.id AND m.undone_at IS NULL
        )
), pairs AS (
    SELECT l.id AS line_id, t.kind, t.thing_id, t.way,
           bool_or(l.ref_key = t.key) AS by_reference,
           l.booked_on::text || encode(l.digest, 'hex') AS line_group,
           concat_ws('|', t.kind, t.first_key, t.day) AS thing_group
    FROM lines l JOIN things t ON t.way = l.way AND t.amount_idr = abs(l.amount_idr)
    WHERE length(t.key) >= {SHORTEST_KEY} AND abs(l.booked_on - t.day) <= {DAYS}
        AND (
            l.ref_key = t.key
            OR (length(t.key) >= {SHORTEST_IN_TEXT} AND strpos(ref_key(l.text), t.key) > 0)
        )
        AND NOT EXISTS (
            SELECT FROM bank_matches m
            WHERE m.kind = t.kind AND m.thing_id = t.thing_id AND m.direction = t.way
                AND m.undone_at IS NULL
        )
    GROUP BY l.id, t.kind, t.thing_id, t.way, l.booked_on, l.digest, t.first_key, t.day
), edges AS (
    SELECT line_group, thing_group, count(DISTINCT line_id) AS lines,
           count(DISTINCT thing_id) AS things
    FROM pairs GROUP BY 1, 2
), alone AS (
    SELECT *, count(*) OVER (PARTITION BY line_group) AS of_line,
           count(*) OVER (PARTITION BY thing_group) AS of_thing
    FROM edges
), ranked AS (
    SELECT p.*,
           dense_rank() OVER (PARTITION BY p.line_group ORDER BY p.line_id) AS line_rank,
           dense_rank() OVER (PARTITION BY p.thing_group ORDER BY p.thing_id) AS thing_rank
    FROM pairs p JOIN alone a USING (line_group, thing_group)
    WHERE a.of_line = 1 AND a.of_thing = 1 AND a.lines >= a.things
)
INSERT INTO bank_matches (line_id, kind, thing_id, direction, difference_idr, rule, made_at)
SELECT line_id, kind, thing_id, way, 0,
       CASE WHEN by_reference THEN 'reference' ELSE 'reference_in_text' END, :now
FROM ranked WHERE line_rank = thing_rank ORDER BY line_id
""")  # noqa: S608  # made of constants

# A provider reports our own order id; its signs are put back, so that the index of payments serves.
_ORDER = """
CASE WHEN left(l.ref_key, 2) = 'AG' AND length(l.ref_key) = 22
     THEN left(l.ref_key, 8) || '-' || substr(l.ref_key, 9) ELSE l.reference END
"""
_GATEWAY = text(f"""
INSERT INTO bank_matches (line_id, kind, thing_id, direction, difference_idr, rule, made_at)
SELECT min(l.id), 'payment', p.id, w.way, 0, 'reference', :now
FROM ({OPEN_LINES}) AS l
CROSS JOIN LATERAL (SELECT CASE WHEN l.amount_idr < 0 THEN 'out' ELSE 'in' END AS way) AS w
JOIN payments p ON p.reference = {_ORDER} AND p.amount_idr = abs(l.amount_idr)
    AND (l.amount_idr > 0 OR p.state = 'refunded')
WHERE l.sen = 0 AND p.custody = 'provider' AND p.clearing = :provider
    AND (CAST(:office_id AS bigint) IS NULL OR p.office_id = :office_id)
    AND NOT EXISTS (
        SELECT FROM bank_matches m
        WHERE m.kind = 'payment' AND m.thing_id = p.id AND m.direction = w.way
            AND m.undone_at IS NULL
    )
    AND NOT EXISTS (
        SELECT FROM bank_matches m WHERE m.line_id = l.id AND m.undone_at IS NULL
    )
GROUP BY p.id, w.way
""")  # noqa: S608  # made of constants


def match_new(session: Session, *, account: BankAccount, file: BankFile) -> int:
    """Match the new lines of a file, and those that waited; how many were matched.

    The account is locked by the caller. What is left becomes an issue of a kind.
    """
    session.execute(_MEMORY)
    return _match(session, account, file.id)


def match_again(session: Session, *, account: BankAccount) -> int:
    """Match the lines that wait with what was recorded since; how many were matched."""
    return _match(session, account, 0)


def _match(session: Session, account: BankAccount, file_id: int) -> int:
    values: dict[str, Any] = {
        "account_id": account.id,
        "file_id": file_id,
        "office_id": account.office_id,
        "now": clock.now(),
    }
    if account.kind is AccountKind.GATEWAY:
        values["provider"] = account.provider
        made = session.execute(_GATEWAY, values)
    else:
        made = session.execute(_BANK, values)
    issues.note(session, account, values)
    return int(made.rowcount)  # type: ignore[attr-defined]
