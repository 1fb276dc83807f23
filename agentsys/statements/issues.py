"""What is left after matching: lines without a record, and records without a line, by kind."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid, NotFound
from agentsys.names import visible
from agentsys.people.permissions import Permission
from agentsys.statements.accounts import account_for
from agentsys.statements.models import AccountKind, BankAccount, BankIssue
from agentsys.statements.things import BANK_THINGS

ZONE = "Asia/Jakarta"  # the clock of the providers' reports
LOOKED_BACK_DAYS = 62  # of a provider's reports, each time that one comes
PATIENCE_DAYS = 3  # until a confirmed record is missed on the statement

_LEFT = """
SELECT l.* FROM bank_lines l
WHERE l.file_id = :file_id
    AND NOT EXISTS (SELECT FROM bank_matches m WHERE m.line_id = l.id AND m.undone_at IS NULL)
    AND NOT EXISTS (SELECT FROM bank_issues i WHERE i.line_id = l.id)
"""
_MATCHED_SINCE = text("""
UPDATE bank_issues i SET closed_at = :now
FROM bank_matches m
WHERE i.account_id = :account_id AND i.closed_at IS NULL AND m.undone_at IS NULL
    AND m.difference_idr = 0
    AND (i.kind <> 'fee_difference' OR i.thing_kind IS DISTINCT FROM 'payment')
    AND (m.line_id = i.line_id
        OR (i.line_id IS NULL AND m.kind = i.thing_kind AND m.thing_id = i.thing_id))
""")
# The words of a line's text are looked up as references; so is the reference itself.
_OF_BANK = text(f"""
WITH things AS (
    {BANK_THINGS}
), left_over AS (
    {_LEFT}
), keys AS (
    SELECT id, ref_key AS key FROM left_over WHERE length(ref_key) >= 4
    UNION
    SELECT id, ref_key(word) FROM left_over,
        LATERAL regexp_split_to_table(text, '\\s+') AS word
    WHERE length(ref_key(word)) >= 6
), fitting AS (
    SELECT k.id, t.kind, t.thing_id, t.way, t.amount_idr FROM keys k JOIN things t ON t.key = k.key
    UNION
    SELECT l.id, t.kind, t.thing_id, t.way, t.amount_idr
    FROM left_over l JOIN things t ON t.amount_idr = abs(l.amount_idr)
    WHERE length(t.key) >= 6 AND strpos(ref_key(l.text), t.key) > 0
), seen AS (
    SELECT DISTINCT ON (l.id) l.id, f.kind, f.thing_id,
           abs(l.amount_idr) - f.amount_idr AS difference,
           EXISTS (
               SELECT FROM bank_matches m
               WHERE m.kind = f.kind AND m.thing_id = f.thing_id AND m.undone_at IS NULL
           ) AS matched
    FROM fitting f JOIN left_over l ON l.id = f.id
    WHERE f.way = CASE WHEN l.amount_idr < 0 THEN 'out' ELSE 'in' END
    ORDER BY l.id, abs(abs(l.amount_idr) - f.amount_idr), f.thing_id
)
INSERT INTO bank_issues (account_id, office_id, kind, line_id, thing_kind, thing_id, amount_idr,
    difference_idr, opened_at)
SELECT :account_id, :office_id,
       CASE
           WHEN s.id IS NULL AND l.amount_idr < 0 THEN 'unknown_debit'
           WHEN s.id IS NULL THEN 'unknown_payer'
           WHEN s.difference = 0 AND s.matched THEN 'double'
           WHEN s.difference = 0 THEN 'ambiguous'
           WHEN s.kind = 'payout' THEN 'fee_difference'
           WHEN s.difference < 0 THEN 'short'
           ELSE 'over'
       END,
       l.id, s.kind, s.thing_id, l.amount_idr, coalesce(s.difference, 0), :now
FROM left_over l LEFT JOIN seen s ON s.id = l.id
ORDER BY l.id
ON CONFLICT DO NOTHING
""")  # noqa: S608  # made of constants
_ORDER = """
CASE WHEN left(l.ref_key, 2) = 'AG' AND length(l.ref_key) = 22
     THEN left(l.ref_key, 8) || '-' || substr(l.ref_key, 9) ELSE l.reference END
"""
_OF_GATEWAY = text(f"""
INSERT INTO bank_issues (account_id, office_id, kind, line_id, thing_kind, thing_id, amount_idr,
    difference_idr, opened_at)
SELECT :account_id, :office_id,
       CASE
           WHEN l.amount_idr = 0 AND l.sen = 0 AND l.fee_idr + l.tax_idr > 0 THEN 'fee_difference'
           WHEN p.id IS NULL THEN 'no_order'
           WHEN l.amount_idr < 0 AND p.state <> 'refunded' THEN 'unknown_debit'
           WHEN p.amount_idr = abs(l.amount_idr) THEN 'double'
           WHEN p.amount_idr > abs(l.amount_idr) THEN 'short'
           ELSE 'over'
       END,
       l.id, CASE WHEN p.id IS NOT NULL THEN 'payment' END, p.id, l.amount_idr,
       CASE WHEN l.amount_idr = 0 THEN l.fee_idr + l.tax_idr
           ELSE coalesce(abs(l.amount_idr) - p.amount_idr, 0) END, :now
FROM ({_LEFT}) AS l
LEFT JOIN payments p ON p.reference = {_ORDER} AND p.custody = 'provider'
    AND p.clearing = :provider
    AND (CAST(:office_id AS bigint) IS NULL OR p.office_id = :office_id)
ORDER BY l.id
ON CONFLICT DO NOTHING
""")  # noqa: S608  # made of constants
# Confirmed here, on a day that the statements cover; only where one account has all the money.
_MISSING = text(f"""
INSERT INTO bank_issues (account_id, office_id, kind, thing_kind, thing_id, amount_idr,
    difference_idr, opened_at)
SELECT DISTINCT ON (t.kind, t.thing_id)
       a.id, coalesce(a.office_id, t.office_id), 'not_collected', t.kind, t.thing_id, t.amount_idr,
       0, :now
FROM ({BANK_THINGS}) AS t, bank_accounts a
WHERE a.id = :account_id AND t.settled
    AND t.day BETWEEN a.known_from AND a.known_until - {PATIENCE_DAYS}
    AND NOT EXISTS (
        SELECT FROM bank_accounts o
        WHERE o.id <> a.id AND o.kind = 'bank'
            AND (o.office_id IS NULL OR a.office_id IS NULL OR o.office_id = a.office_id)
    )
    AND NOT EXISTS (
        SELECT FROM bank_matches m
        WHERE m.kind = t.kind AND m.thing_id = t.thing_id AND m.undone_at IS NULL
    )
    AND NOT EXISTS (
        SELECT FROM bank_issues i
        WHERE i.thing_kind = t.kind AND i.thing_id = t.thing_id AND i.line_id IS NULL
    )
ON CONFLICT DO NOTHING
""")  # noqa: S608  # made of constants
# Settled here on a day that the provider's reports cover, and on none of them.
_NOT_SETTLED = text(f"""
INSERT INTO bank_issues (account_id, office_id, kind, thing_kind, thing_id, amount_idr,
    difference_idr, opened_at)
SELECT a.id, p.office_id, 'not_settled', 'payment', p.id, p.amount_idr, 0, :now
FROM bank_accounts a JOIN payments p ON p.clearing = a.provider AND p.custody = 'provider'
WHERE a.id = :account_id AND p.state = 'settled'
    AND (a.office_id IS NULL OR p.office_id = a.office_id)
    AND p.settled_at >= greatest(a.known_from, a.known_until - {LOOKED_BACK_DAYS})
        ::timestamp AT TIME ZONE '{ZONE}'
    AND p.settled_at < (a.known_until - {PATIENCE_DAYS} + 1)::timestamp AT TIME ZONE '{ZONE}'
    AND NOT EXISTS (
        SELECT FROM bank_matches m
        WHERE m.thing_id = p.id AND m.kind = 'payment' AND m.direction = 'in'
            AND m.undone_at IS NULL
    )
    AND NOT EXISTS (
        SELECT FROM bank_issues i WHERE i.account_id = a.id AND i.kind = 'not_settled'
            AND i.thing_kind = 'payment' AND i.thing_id = p.id
    )
ORDER BY p.id
ON CONFLICT DO NOTHING
""")  # noqa: S608  # made of constants


def note(session: Session, account: BankAccount, values: dict[str, Any]) -> None:
    """Close the issues whose line or record was matched, and open one for all that is left."""
    session.execute(_MATCHED_SINCE, values)
    if account.kind is AccountKind.GATEWAY:
        session.execute(_OF_GATEWAY, values)
        session.execute(_NOT_SETTLED, values)
    else:
        session.execute(_OF_BANK, values)
        session.execute(_MISSING, values)


def close(session: Session, *, issue_id: int, note: str, actor_id: int) -> BankIssue:
    """Close an issue with a note: a fee of the bank, or money that is followed up elsewhere."""
    found = session.get(BankIssue, issue_id)
    if found is None:
        raise NotFound()
    _account, actor = account_for(
        session, found.account_id, actor_id, Permission.BANK_STATEMENT_MATCH
    )
    issue = session.get_one(BankIssue, issue_id, with_for_update=True, populate_existing=True)
    if issue.closed_at is not None:
        raise Conflict("Selisih ini sudah diselesaikan. Muat ulang halaman.")
    note = visible(note)[:200]
    if not note:
        raise Invalid("Tulis catatannya: uang apa ini, dan di mana ditindaklanjuti.", about="note")
    with session.no_autoflush:
        issue.note, issue.closed_by, issue.closed_at = note, actor.id, clock.now()
    session.flush()
    trail.record(
        session,
        actor_id=actor.id,
        action="bank_issue.closed",
        subject=f"bank_issue:{issue.id}",
        details={"kind": issue.kind.value, "amount_idr": issue.amount_idr, "note": note},
    )
    return issue
