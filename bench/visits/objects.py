"""The object for each page's URL: one of the visitor's own, and a large one if possible.

A page with an unknown URL parameter stops the benchmark, so that a new page cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from werkzeug.routing import Rule

from agentsys.db import db
from bench.network.size import ADMIN, AUDITOR, FIRST_FINANCE, FIRST_SUPERVISOR
from bench.visits import sponsors, statements


@dataclass(frozen=True)
class Visitor:
    """A role and user who visits pages, and the agent whose objects are visited."""

    role: str
    user_id: int | None
    agent_id: int = 2
    office_id: int = 1


VISITORS = (
    Visitor("agent", 2),
    Visitor("supervisor", FIRST_SUPERVISOR + 1),
    Visitor("finance", FIRST_FINANCE + 1),
    Visitor("admin", ADMIN),
    Visitor("auditor", AUDITOR),
    Visitor("nobody", None),
)
# The first agent has fifty times as many workers as the others.
LARGE_AGENT = Visitor("large agent", 1, agent_id=1)

# Files, what only programs ask for, and what comes and goes with a payment.
NO_PAGES = (
    "setup.",  # only an empty system has them
    "agent.paid_deposit",
    "agent.deposit_file",
    "finance.deposit_file",
    "finance.transfer_file",
    "public.pay_status",
    "own.status",
    "own.returned",
    "static",
    "security.static",
    "security.verify",
    "security.logout",
    "health.",
    "callbacks.",
    ".xlsx",
    ".pdf",
    ".csv",
    ".pdf",
)

_PARTS = {
    **sponsors.PARTS,
    **statements.PARTS,
    "agent_id": "SELECT CAST(:agent_id AS bigint)",
    "user_id": "SELECT CAST(:agent_id AS bigint)",
    "worker_id": "SELECT min(id) FROM workers WHERE agent_id = :agent_id",
    "payment_id": "SELECT max(id) FROM payments WHERE agent_id = :agent_id",
    "statement_id": "SELECT max(id) FROM statements WHERE agent_id = :agent_id",
    "remittance_id": "SELECT max(id) FROM remittances WHERE office_id = :office_id",
    "agreement_id": "SELECT max(id) FROM agreements WHERE office_id = :office_id",
    "group_id": "SELECT max(id) FROM worker_groups WHERE office_id = :office_id",
    "roster_id": "SELECT max(id) FROM rosters WHERE office_id = :office_id AND uploaded_by = :boss",
    "callback_id": (
        "SELECT max(c.id) FROM callbacks c JOIN payments p ON p.reference = c.reference"
        " WHERE p.office_id = :office_id"
    ),
    "case_id": "SELECT max(id) FROM cases WHERE closed_at IS NULL",
    "office_id": "SELECT CAST(:office_id AS bigint)",
    "change_id": "SELECT max(id) FROM worker_changes",
    "handover_id": (
        "SELECT max(id) FROM handovers WHERE from_agent_id = :agent_id OR office_id = :office_id"
    ),
    "debit_id": "SELECT max(id) FROM debits",
    "tariff_id": "SELECT max(id) FROM tariff_tables",
    "closing_id": "SELECT max(id) FROM month_closings",
    "merge_id": "SELECT max(id) FROM worker_merges",
    "pair_id": "SELECT max(id) FROM duplicate_pairs",
    "claim_id": "SELECT max(id) FROM claims",
    "run_id": "SELECT max(id) FROM debit_runs",
    "request_id": "SELECT max(id) FROM data_requests",
    "deposit_id": "SELECT max(id) FROM deposits WHERE agent_id = :agent_id",
    # An item of the work queue: a deposit. The network has no items of other kinds.
    "kind": "SELECT 'deposit.declared'",
    "subject": (
        "SELECT min(id) FROM deposits WHERE state = 'declared' AND office_id = :office_id"
        " AND :counts"
    ),
    "receipt_no": (
        "SELECT r.number FROM receipts r WHERE r.payment_id ="
        " (SELECT max(id) FROM payments WHERE agent_id = :agent_id)"
    ),
}
_OWN_LINK = "SELECT token FROM pay_links WHERE kind = 'own' LIMIT 1"
_TOKENS = {
    "public.receipt": (
        "SELECT r.code FROM receipts r WHERE r.payment_id ="
        " (SELECT max(id) FROM payments WHERE agent_id = :agent_id)"
    ),
    "public.pay": "SELECT token FROM pay_links WHERE kind = 'pay' LIMIT 1",
    "own.page": _OWN_LINK,
    "own.benefits": _OWN_LINK,
}
_LINKS = """
    INSERT INTO pay_links (token, kind, worker_id, created_at, expires_at)
    SELECT 'benchmark-' || kind, kind, 2, now(), now() + interval '10 years'
    FROM (VALUES ('pay'), ('own')) kinds (kind)
    WHERE NOT EXISTS (SELECT FROM pay_links WHERE pay_links.kind = kinds.kind)
"""
_DEBIT = """
    WITH mandate AS (
        INSERT INTO mandates (reference, key, channel, office_id, holder_name, phone_sealed,
            phone_index, cap_idr, month_cap_idr, debit_day, consent_text, asked_at, asked_from,
            return_url, consent_evidence, state, reason, handle, account, consent_url, checks)
        SELECT 'benchmark', 'benchmark', 'gopay_debit', office_id, 'X', '', '', 100000, 100000, 5,
            '1', now(), '{}', '', '{}', 'asked', '', '', '', '', 0
        FROM workers WHERE id = 2 AND NOT EXISTS (SELECT FROM debits)
        RETURNING id, office_id
    )
    INSERT INTO debits (mandate_id, worker_id, office_id, period, first_on, due_on, last_on,
        amount_idr, state, why, tries, visit_note)
    SELECT id, 2, office_id, '2026-11-01', '2026-11-05', '2026-11-05', '2026-11-12', 16800,
        'withdrawn', '', 0, ''
    FROM mandate
"""
_CLOSING = """
    INSERT INTO month_closings (office_id, month, from_at, until_at, last_entry_id, open_items,
        note, closed_by, closed_at, report, seal, reopen_reason)
    SELECT 1, '2000-01-01', '2000-01-01Z', '2000-02-01Z', 0, '[]', '', id, now(),
        '{}', '', ''
    FROM users WHERE id = (SELECT min(id) FROM users WHERE office_id = 1)
        AND NOT EXISTS (SELECT FROM month_closings)
"""
_CHANGE = """
    INSERT INTO worker_changes (worker_id, office_id, before, after, from_month, effect, reason,
        state, proposed_by, proposed_at)
    SELECT workers.id, workers.office_id, '{"name": "A"}', '{"name": "B"}', '2026-11-01', '[]', 'X',
        'proposed', boss.id, now()
    FROM workers, (SELECT min(id) AS id FROM users HAVING count(*) > 0) AS boss
    WHERE workers.id = 2 AND NOT EXISTS (SELECT FROM worker_changes)
"""
_DAYS_LIST = """
    INSERT INTO debit_runs (office_id, day, planned, planned_idr, begun_at, charged, charged_idr,
        recovered, recovered_idr, refused, skipped, unknown, compared, differing, by_class, by_why)
    SELECT office_id, '2026-11-05', 1, 16800, now(), 0, 0, 0, 0, 0, 0, 0, 0, 0, '{}', '{}'
    FROM debits WHERE NOT EXISTS (SELECT FROM debit_runs) LIMIT 1
"""
_REQUEST = """
    INSERT INTO data_requests (worker_id, office_id, kind, asked_how, state, asked_by, asked_at,
        due_at)
    SELECT w.id, w.office_id, 'copy', 'X', 'open', u.id, now(), now()
    FROM workers w, (SELECT min(id) AS id FROM users) u
    WHERE w.id = 2 AND u.id IS NOT NULL AND NOT EXISTS (SELECT FROM data_requests)
"""
_CLAIM = """
    INSERT INTO claims (worker_id, office_id, kind, happened_on, state, opened_at)
    SELECT id, office_id, 'death', '2026-11-05', 'reported', now() FROM workers
    WHERE id = 2 AND NOT EXISTS (SELECT FROM claims)
"""
_GROUP = """
    INSERT INTO worker_groups (office_id, ecosystem, kind, name, created_at)
    SELECT id, 'pasar', 'market', 'X', now() FROM offices
    WHERE NOT EXISTS (SELECT FROM worker_groups)
"""
_AGREEMENT = """
    WITH sponsor AS (
        INSERT INTO sponsors (office_id, kind, name, address, contact_name, contact_phone,
            contact_email, treasurer, made_at)
        SELECT 1, 'city', 'X', '', '', '', '', '', now() FROM offices
        WHERE id = 1 AND NOT EXISTS (SELECT FROM agreements)
        RETURNING id, office_id
    )
    INSERT INTO agreements (sponsor_id, office_id, number, signed_on, funding, programmes,
        price_basis, from_month, until_month, priority, note, state, made_at, decided_at)
    SELECT id, office_id, 'X', '2026-01-01', 'apbd', 'JKK+JKM', 'lowest', '2026-01-01',
        '2027-01-01', 1, '', 'in_force', now(), now()
    FROM sponsor
"""
_HANDOVER = """
    WITH made AS (
        INSERT INTO handovers (office_id, to_office_id, from_agent_id, from_month, reason, workers,
            state, made_by, made_at, undo_reason)
        SELECT a.office_id, a.office_id, a.id, '2026-11-01', 'X', (
                SELECT count(*) FROM workers w WHERE w.agent_id = a.id
            ), 'draft', a.supervisor_id, now(), ''
        FROM agents a
        WHERE a.id = 2 AND a.supervisor_id IS NOT NULL AND NOT EXISTS (SELECT FROM handovers)
        RETURNING id, from_agent_id
    )
    INSERT INTO handover_workers (handover_id, worker_id, to_agent_id, since)
    SELECT m.id, w.id, 3, '2026-01-01' FROM made m JOIN workers w ON w.agent_id = m.from_agent_id
"""
# The same pages with common query parameters.
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "agent.today": ("f=arrears", "f=due", "f=paid", "f=all", "q=Bakri"),
    "finance.callbacks": ("f=menunggu", "f=diperiksa", "f=diterapkan"),
    "finance.cases": ("f=selesai",),
    "finance.deposits": ("f=dikonfirmasi",),
    "supervisor.commissions": ("tab=flagged", "tab=approved"),
    "admin.users": ("q=Agen+19",),
    "agents.index": ("q=Agen+19",),
}


def prepare() -> None:
    """Make the objects that a network does not have; in the context of its app."""
    with db.engine.begin() as connection:
        connection.execute(text(_LINKS))
        connection.execute(text(_DEBIT))
        connection.execute(text(_CLAIM))
        connection.execute(text(_GROUP))
        connection.execute(text(_AGREEMENT))
        connection.execute(text(_DAYS_LIST))
        connection.execute(text(_REQUEST))
        connection.execute(text(_CHANGE))
        connection.execute(text(_CLOSING))
        connection.execute(text(_HANDOVER))
        for statement in (*sponsors.STATEMENTS, *statements.STATEMENTS):
            connection.execute(text(statement))


def knows(rule: Rule) -> bool:
    """Whether each part of the page's address has a value."""
    return all(
        part in _PARTS or (part == "token" and rule.endpoint in _TOKENS) for part in rule.arguments
    )


def values_of(rule: Rule, visitor: Visitor) -> dict[str, object]:
    """The URL parameters for this visitor; KeyError for an unknown one."""
    known = {
        "agent_id": visitor.agent_id,
        "office_id": visitor.office_id,
        "boss": FIRST_SUPERVISOR + 1,
        "counts": visitor.role in ("finance", "admin", "auditor"),
    }
    values: dict[str, object] = {}
    with db.engine.connect() as connection:
        for part in rule.arguments:
            query = _TOKENS[rule.endpoint] if part == "token" else _PARTS[part]
            values[part] = connection.scalar(text(query), known)
    return values


def choices_of(rule: Rule) -> tuple[str, ...]:
    """The query strings that the page is visited with; the first has none."""
    return ("", *_CHOICES.get(rule.endpoint, ()))


def is_for(rule: Rule, visitor: Visitor) -> bool:
    """Whether to visit it: public pages are visited once only."""
    return visitor.user_id is None or not rule.endpoint.startswith(("public.", "own."))


def is_page(rule: Rule) -> bool:
    """Whether it is a page for people."""
    named = (rule.endpoint, rule.rule)
    return "GET" in (rule.methods or ()) and not any(
        word.startswith(left_out) or word.endswith(left_out)
        for word in named
        for left_out in NO_PAGES
    )
