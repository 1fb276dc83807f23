"""What is destroyed of each kind, and what of it is not, because something is still open.

Money, receipts, the journal, consents and the audit trail are of no kind here. None of these tables
is divided by month, so that rows are found by index and destroyed in lots.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agentsys.retention.settings import Kept

_ASKED = (
    "NOT EXISTS (SELECT FROM data_requests q WHERE q.worker_id = t.worker_id AND q.state = 'open')"
)


@dataclass(frozen=True)
class Plan:
    """How rows `t` of a kind are found: a tuple of key columns, their time, and what must hold."""

    table: str  # with its joins
    at: str  # the time that counts
    keys: tuple[str, ...]  # of the primary key, in its order; SQL types in `types`
    where: str
    deletes: tuple[str, ...]  # statements that get the keys as rows of `gone`
    types: tuple[str, ...] = ("bigint",)
    is_rising: bool = True  # the first key rises with the time, so that old rows stand in front
    is_audited: bool = False  # `agentsys audit` counts the rows of one of the tables
    size: str = "pg_column_size(t.*)"  # bytes of a row, without its indexes


PLANS: Mapping[Kept, Plan] = {
    Kept.CALLBACK: Plan(
        table="callbacks t",
        at="t.received_at",
        keys=("t.id",),
        where="""
            t.next_try_at IS NULL AND t.outcome NOT IN ('to_check', 'unknown')
            AND NOT EXISTS (SELECT FROM cases c WHERE c.callback_id = t.id)
            AND NOT EXISTS (
                SELECT FROM payments p WHERE p.reference = t.reference AND (
                    p.state IN ('created', 'pending')
                    OR EXISTS (SELECT FROM cases c
                        WHERE c.payment_id = p.id AND c.closed_at IS NULL)
                    OR EXISTS (SELECT FROM refunds r
                        WHERE r.payment_id = p.id AND r.state IN ('proposed', 'approved'))
                    OR EXISTS (SELECT FROM bank_issues i WHERE i.thing_kind = 'payment'
                        AND i.thing_id = p.id AND i.closed_at IS NULL)))
        """,
        deletes=("DELETE FROM callbacks t USING gone WHERE t.id = gone.k1",),
    ),
    Kept.EVENT: Plan(
        table="events t",
        at="t.at",
        keys=("t.id",),
        where="NOT EXISTS (SELECT FROM event_deliveries d WHERE d.event_id = t.id)",
        deletes=("DELETE FROM events t USING gone WHERE t.id = gone.k1",),
    ),
    Kept.ROSTER_NOTE: Plan(
        table="roster_notes t JOIN rosters r ON r.id = t.roster_id",
        at="r.uploaded_at",
        keys=("t.roster_id", "t.number"),
        types=("bigint", "bigint"),
        # Refused rows that nobody has dealt with are still somebody's work.
        where="""
            r.status IN ('done', 'cancelled', 'failed', 'undone')
            AND (r.handled_at IS NOT NULL OR r.status <> 'failed' AND r.rejected = 0
                OR r.status IN ('cancelled', 'undone'))
        """,
        deletes=(
            "DELETE FROM roster_notes t USING gone"
            " WHERE t.roster_id = gone.k1 AND t.number = gone.k2",
        ),
    ),
    Kept.PAY_LINK: Plan(
        table="pay_links t",
        at="t.expires_at",
        keys=("t.expires_at", "t.token"),
        types=("timestamptz", "text"),
        is_rising=False,  # the time itself
        where=_ASKED,
        deletes=("DELETE FROM pay_links t USING gone WHERE t.token = gone.k2",),
    ),
    Kept.PAGE_CODE: Plan(
        table="page_codes t",
        at="t.expires_at",
        keys=("t.id",),
        where=_ASKED,
        deletes=("DELETE FROM page_codes t USING gone WHERE t.id = gone.k1",),
    ),
    Kept.EXPIRED_PAYMENT: Plan(
        table="payments t",
        at="t.created_at",
        keys=("t.id",),
        # Nothing was ever received for it, and nothing names it.
        where=f"""
            t.state IN ('expired', 'failed') AND t.settled_at IS NULL AND t.aside_idr = 0
            AND t.worker_id IS NOT NULL AND t.mandate_id IS NULL AND {_ASKED}
            AND NOT EXISTS (SELECT FROM receipts x WHERE x.payment_id = t.id)
            AND NOT EXISTS (SELECT FROM cases x WHERE x.payment_id = t.id)
            AND NOT EXISTS (SELECT FROM refunds x WHERE x.payment_id = t.id)
            AND NOT EXISTS (SELECT FROM cash_reversals x
                WHERE x.payment_id = t.id OR x.new_payment_id = t.id)
            AND NOT EXISTS (SELECT FROM debits x WHERE x.payment_id = t.id)
            AND NOT EXISTS (SELECT FROM debit_tries x WHERE x.payment_id = t.id)
            AND NOT EXISTS (SELECT FROM unexplained x WHERE x.payment_id = t.id)
            AND NOT EXISTS (SELECT FROM provider_requests x WHERE x.payment_id = t.id)
            AND NOT EXISTS (SELECT FROM contributions x WHERE x.payment_id = t.id)
            AND NOT EXISTS (SELECT FROM entries x WHERE x.source = t.reference
                AND x.kind IN ('payment.settled', 'payment.refunded'))
            AND NOT EXISTS (SELECT FROM bank_matches x
                WHERE x.thing_id = t.id AND x.kind = 'payment')
        """,  # noqa: S608  # made of constants
        is_audited=True,
        deletes=(
            "DELETE FROM payment_attempts t USING gone WHERE t.payment_id = gone.k1",
            "DELETE FROM payment_months t USING gone WHERE t.payment_id = gone.k1",
            "DELETE FROM payment_moves t USING gone WHERE t.payment_id = gone.k1",
            "DELETE FROM payments t USING gone WHERE t.id = gone.k1",
        ),
        size="""pg_column_size(t.*)
            + coalesce((SELECT sum(pg_column_size(m.*)) FROM payment_moves m
                WHERE m.payment_id = t.id), 0)
            + coalesce((SELECT sum(pg_column_size(m.*)) FROM payment_months m
                WHERE m.payment_id = t.id), 0)""",
    ),
    Kept.NOTICE: Plan(
        table="notices t",
        at="t.prepared_at",
        keys=("t.id",),
        # What allowed a debit stays with it.
        where=f"""
            t.state <> 'prepared' AND {_ASKED}
            AND NOT EXISTS (SELECT FROM debit_tries d WHERE d.notice_id = t.id)
            AND NOT EXISTS (SELECT FROM debits d
                WHERE d.id = t.debit_id AND d.state IN ('planned', 'announced', 'calling'))
        """,  # noqa: S608  # made of constants
        deletes=("DELETE FROM notices t USING gone WHERE t.id = gone.k1",),
    ),
    Kept.SESSION: Plan(
        table="user_sessions t",
        at="greatest(t.last_seen_at, t.remembered_until)",
        keys=("t.id",),
        is_rising=False,  # an old one may have been used a minute ago; each user has few
        where="true",
        deletes=("DELETE FROM user_sessions t USING gone WHERE t.id = gone.k1",),
    ),
    Kept.STATEMENT_FILE: Plan(
        table="bank_file_contents t JOIN bank_files f ON f.id = t.file_id",
        at="f.uploaded_at",
        keys=("t.file_id",),
        where="""
            f.state <> 'waiting'
            AND NOT EXISTS (SELECT FROM bank_lines l JOIN bank_issues i ON i.line_id = l.id
                WHERE l.file_id = f.id AND i.closed_at IS NULL)
        """,
        deletes=("DELETE FROM bank_file_contents t USING gone WHERE t.file_id = gone.k1",),
        size="octet_length(t.sealed)",
    ),
}
