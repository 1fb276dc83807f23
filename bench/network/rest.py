"""Data other than money: callbacks, commission statements, uploaded lists, the audit trail."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from agentsys.months import add_months
from bench.network.loading import Loader
from bench.network.size import FIRST_FINANCE, Size

_CALLBACK_MONTHS = 3
_CASES = 60
_TRAIL_A_WORKER = 1.5
_SEALING = 5_000

_CALLBACKS = """
    INSERT INTO callbacks (channel, digest, reference, headers, body, received_at, deliveries,
        outcome, note, tries, next_try_at, processed_at)
    SELECT channel, sha256(key::bytea), reference,
        '{"user-agent": "Veritrans", "content-type": "application/json"}'::jsonb,
        jsonb_build_object('transaction_time', created_at, 'transaction_status', 'settlement',
            'transaction_id', provider_ref, 'status_message', 'midtrans payment notification',
            'status_code', '200', 'signature_key', repeat(md5(key), 4), 'settlement_time',
            settled_at, 'payment_type', channel, 'order_id', reference, 'merchant_id', 'G141532850',
            'gross_amount', amount_idr || '.00', 'fraud_status', 'accept', 'currency', 'IDR',
            'issuer', 'gopay', 'acquirer', 'gopay', 'expiry_time', created_at)::text::bytea,
        settled_at, 1, 'moved', '', 1, NULL, settled_at
    FROM payments WHERE clearing = 'midtrans' AND id > %(after)s
"""
_UNKNOWN = """
    INSERT INTO callbacks (channel, digest, reference, headers, body, received_at, deliveries,
        outcome, note, tries, next_try_at, processed_at)
    SELECT 'gopay', sha256(n::text::bytea), 'TOKO-' || n, '{}', '{}', now() - n * interval '1 hour',
        1, 'unknown', '', 1, NULL, now()
    FROM generate_series(1, %(cases)s) n
"""
_OPEN_CASES = """
    INSERT INTO cases (kind, subject, callback_id, facts, opened_at, resolution, note)
    SELECT 'unknown_order', reference, id, '{}', received_at, '', '' FROM callbacks
    WHERE outcome = 'unknown'
"""
_OWN_FUNDS = """
    INSERT INTO audit_events (at, action, subject, details, office_id)
    SELECT e.at, 'own_funds.added', 'bank:' || e.source,
        jsonb_build_object('amount_idr', -l.amount_idr, 'office_id', o.id), o.id
    FROM entries e JOIN postings l ON l.entry_id = e.id
    JOIN offices o ON l.account = 'equity:own_funds:' || o.id
    WHERE e.kind = 'own_funds.added'
"""
_RUNS = """
    INSERT INTO commission_runs (month, started_at, finished_at, agents, lines, amount_idr,
        failures)
    SELECT month::date, month + interval '35 days', month + interval '35 days', 0, 0, 0, '{}'
    FROM generate_series(%(first)s::date, %(last)s::date, interval '1 month') month
"""
_STATEMENTS = """
    INSERT INTO statements (agent_id, office_id, month, state, agent_idr, office_idr, base_idr,
        contributions, lines_hash, run_id, computed_by, computed_at, decided_by, decided_at, reason,
        funding)
    SELECT a.id, a.office_id, r.month, 'approved', 0, 0, 0, 0, '\\x00', r.id, %(finance)s + 1,
        r.started_at, a.supervisor_id, r.started_at + interval '5 days', '', 'bpjs'
    FROM agents a CROSS JOIN commission_runs r
"""
_ROSTERS = """
    INSERT INTO rosters (office_id, uploaded_by, filename, sha256, programmes, funding, from_month,
        status, rows_total, rows_done, accepted, rejected, repaired, created, changed, unchanged,
        error, uploaded_at, finished_at)
    SELECT (n - 1) %% %(offices)s + 1, %(supervisor)s + (n - 1) %% (%(offices)s * 3) + 1,
        'daftar-' || n || '.xlsx', sha256(n::text::bytea), 'JKK+JKM', 'self', %(month)s, 'done',
        1000, 1000, 1000, 0, 0, 1000, 0, 0, '', now() - n * interval '1 hour', now()
    FROM generate_series(1, %(count)s) n
"""
_TRAIL_COLUMNS = "at, actor_id, action, subject, details"


def load_callbacks(loader: Loader, size: Size) -> None:
    """Load callbacks of the last months, and some about unknown orders."""
    loader.run(_CALLBACKS, after=(size.months - _CALLBACK_MONTHS) * size.workers)
    loader.run(_UNKNOWN, cases=_CASES)
    loader.run(_OPEN_CASES)


def load_statements(loader: Loader, size: Size) -> None:
    """Load approved statements, without amounts and lines, of all months except the last two."""
    if size.months < 3:
        return
    first, last = size.all_months[0], add_months(size.all_months[-1], -2)
    loader.run(_RUNS, first=first, last=last)
    loader.run(_STATEMENTS, finance=FIRST_FINANCE)


def load_rosters(loader: Loader, size: Size, supervisor: int) -> None:
    """Finished lists without refused rows."""
    loader.run(
        _ROSTERS,
        offices=size.offices,
        supervisor=supervisor,
        month=size.all_months[0],
        count=max(30, size.workers // 1000),
    )


def load_trail(loader: Loader, size: Size) -> None:
    """Load as many audit events as such a network has in a year, in the order of time."""
    count = int(size.workers * _TRAIL_A_WORKER)
    first = size.all_months[0]
    start = datetime(first.year, first.month, 1, tzinfo=UTC)
    step = timedelta(days=28 * size.months) / count
    loader.run("SET session_replication_role = origin")  # a trigger lists what is to be sealed
    with loader.copy("audit_events", _TRAIL_COLUMNS) as copy:
        for number in range(count):
            agent = number % size.agents + 1
            details = {"agent_id": agent, "amount_idr": 16_800 * (number % 50 + 1), "reason": ""}
            copy.write_row(
                (start + step * number, agent, "deposit.declared", f"deposit:{number}",
                    json.dumps(details))
            )  # fmt: skip
    loader.run(_OWN_FUNDS)
    loader.run("SET session_replication_role = replica")
