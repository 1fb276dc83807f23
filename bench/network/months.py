"""Contributions of every month, and the payments, receipts, deposits and batches that they led to.

Each worker has a habit: 70 % pay every month, 15 % stop after five sixths of the history, and so
on. In the last month, agents still hold a part of the cash.
"""

from __future__ import annotations

from datetime import date

from agentsys.months import add_months
from bench.network.loading import Loader
from bench.network.size import FIRST_FINANCE, Size

_HABITS = """
    CREATE UNLOGGED TABLE habits AS
    SELECT id AS w, agent_id AS a, office_id AS o,
        CASE WHEN id %% 4 = 0 THEN 36800 ELSE 16800 END::bigint AS amount,
        %(months)s * CASE WHEN (id / 5000 + id) %% 20 < 14 THEN 12
            WHEN (id / 5000 + id) %% 20 < 17 THEN 10
            WHEN (id / 5000 + id) %% 20 < 19 THEN 8 ELSE 4 END / 12 AS paying,
        CASE WHEN id %% 10 = 0 THEN 'apbd' WHEN id * 7 %% 20 < 11 THEN 'cash'
            WHEN id * 7 %% 20 < 16 THEN 'qris' ELSE 'gopay' END AS channel,
        (id %% 27)::int AS day, id %% 50 = 0 AS late
    FROM workers ORDER BY id
"""
_PROVIDER = "CASE channel WHEN 'cash' THEN 'cash' WHEN 'apbd' THEN 'kas_daerah' ELSE 'midtrans' END"
_REFERENCE = "'AG{month:%y%m}-' || upper(substr(md5(({payment})::text), 1, 14))"
_BY_GATEWAY = "channel IN ('qris', 'gopay')"

_CONTRIBUTIONS = """
    INSERT INTO {part} (worker_id, month, office_id, agent_id, programmes, funding, sector, jkk_idr,
        jkm_idr, jht_idr, tariff, billed_at, payment_id, remittance_id, confirmed_at)
    SELECT w, '{month}'::date, o, a, CASE WHEN w % 4 = 0 THEN 'JKK+JKM+JHT' ELSE 'JKK+JKM' END,
        CASE WHEN channel = 'apbd' THEN 'apbd' ELSE 'self' END, 'other', 10000, 6800,
        amount - 16800, 'PP 44/2015', '{month} 00:30+00'::timestamptz,
        CASE WHEN {paid} THEN {payment} END,
        CASE WHEN {paid} AND {over} THEN {batch} END,
        CASE WHEN {paid} AND {over} THEN {confirmed} END
    FROM habits WHERE {enrolled} ORDER BY w
"""
_PAYMENTS = """
    INSERT INTO payments (id, reference, key, request_hash, worker_id, agent_id, office_id, channel,
        custody, clearing, amount_idr, aside_idr, state, provider_ref, pay_url, qr_string, reason,
        created_by, created_at, settled_at, checks, deposit_id)
    SELECT {payment}, {reference}, md5('k' || {payment}), '\\x00', w, a, o, channel,
        CASE WHEN channel = 'cash' THEN 'agent' ELSE 'provider' END, {provider}, amount, 0,
        'settled', CASE WHEN {by_gateway} THEN md5('p' || {payment}) ELSE '' END, '', '', '', a,
        {at} - interval '2 minutes', {at}, 0,
        CASE WHEN channel = 'cash' AND {deposited} THEN {deposit} END
    FROM habits WHERE {paid} ORDER BY w
"""
_MONTHS = """
    INSERT INTO payment_months (payment_id, worker_id, month, amount_idr)
    SELECT {payment}, w, '{month}'::date, amount FROM habits WHERE {paid} ORDER BY w
"""
_MOVES = """
    INSERT INTO payment_moves (payment_id, to_state, from_state, at, by, report)
    SELECT {payment}, s.to_state, s.from_state,
        {at} - CASE WHEN s.to_state = 'settled' THEN interval '0' ELSE interval '2 minutes' END,
        'user:' || a, CASE WHEN s.to_state = 'created' THEN '{{}}'::jsonb ELSE jsonb_build_object(
            'reference', {reference}, 'state', s.to_state, 'amount_idr', amount) END
    FROM habits CROSS JOIN LATERAL (VALUES
        ('created', NULL), ('pending', 'created'),
        ('settled', CASE WHEN {by_gateway} THEN 'pending' ELSE 'created' END)
    ) s (to_state, from_state)
    WHERE {paid} AND (s.to_state <> 'pending' OR {by_gateway}) ORDER BY w
"""
_RECEIPTS = """
    INSERT INTO receipts (payment_id, number, code, issued_at)
    SELECT {payment}, 'KW-{month:%Y}-' || lpad(({payment})::text, 8, '0'),
        upper(substr(md5('r' || {payment}), 1, 14)), {at}
    FROM habits WHERE {paid} ORDER BY w
"""
_DEPOSITS = """
    INSERT INTO deposits (id, key, agent_id, office_id, amount_idr, state, evidence, declared_by,
        declared_at, decided_by, decided_at, reason)
    SELECT {deposit}, md5('d' || {deposit}), a, o, sum(amount),
        CASE WHEN {counted} THEN 'confirmed' ELSE 'declared' END, 'slip bank', a, max({at}),
        CASE WHEN {counted} THEN {finance} + o END,
        CASE WHEN {counted} THEN max({at}) + interval '5 hours' END, ''
    FROM habits WHERE {paid} AND channel = 'cash' AND {deposited} GROUP BY a, o, day / 7
"""
_REMITTANCES = """
    INSERT INTO remittances (id, office_id, first_month, last_month, state, kode_iuran, bpjs_ref,
        count, amount_idr, created_by, created_at, confirmed_by, confirmed_at)
    SELECT {batch}, o, '{month}'::date, '{month}'::date, 'confirmed',
        'K' || lpad(({batch})::text, 10, '0'),
        'NTPN' || {batch}, count(*), sum(amount), {finance} + o, '{after} 04:00+00'::timestamptz,
        {finance} + o, {confirmed}
    FROM habits WHERE {paid} GROUP BY o, w % 2
"""
_PAYOUTS = """
    INSERT INTO gateway_payouts (provider, bank_ref, office_id, amount_idr, fee_idr, recorded_by,
        recorded_at)
    SELECT {provider}, {provider} || '-' || o || '-{month}', o, sum(amount), sum(amount) / 100,
        {finance} + o, '{after} 02:00+00'::timestamptz
    FROM habits WHERE {paid} AND channel <> 'cash' GROUP BY {provider}, o
"""
_BILLING_RUNS = """
    INSERT INTO billing_runs (month, started_by, started_at, finished_at, billed, already,
        amount_idr)
    SELECT month, %(finance)s + 1, min(billed_at), min(billed_at), count(*), 0, sum(amount_idr)
    FROM contributions GROUP BY month ORDER BY month
"""


def make_habits(loader: Loader, size: Size) -> None:
    """A table of who pays what, how and when; dropped by `forget_habits`."""
    loader.run(_HABITS, months=size.months)
    loader.run("ANALYZE habits")


def forget_habits(loader: Loader) -> None:
    """Drop that table."""
    loader.run("DROP TABLE habits")


def load_month(loader: Loader, size: Size, place: int) -> dict[str, object]:
    """Load all rows of one month; return the SQL parts, for booking it."""
    month, is_last = size.all_months[place], place == size.months - 1
    parts = _parts(size, place, month, is_last=is_last)
    made = loader.run("SELECT new_contributions(%(month)s)", month=month).fetchone()[0]
    loader.run(_filled(_CONTRIBUTIONS, parts, part=made or "contributions"))
    if made:
        loader.run("SELECT attach_contributions(%(month)s)", month=month)
    statements = [_PAYMENTS, _MONTHS, _MOVES, _RECEIPTS, _DEPOSITS]
    if not is_last:
        statements += [_REMITTANCES, _PAYOUTS]
    for statement in statements:
        loader.run(_filled(statement, parts))
    return parts


def bill(loader: Loader) -> None:
    """Store the billing runs."""
    loader.run(_BILLING_RUNS, finance=FIRST_FINANCE)


def _parts(size: Size, place: int, month: date, *, is_last: bool) -> dict[str, object]:
    """The parts of SQL from which a month's statements are built."""
    after = add_months(month, 1)
    payment = f"({place * size.workers} + w)"
    enrolled = f"NOT (late AND {place} < {size.months - 2})"
    paid = f"(paying > {place} AND {enrolled}" + (" AND w / 20 % 10 < 7)" if is_last else ")")
    return {
        "month": month,
        "after": after,
        "payment": payment,
        "reference": _REFERENCE.format(month=month, payment=payment),
        "enrolled": enrolled,
        "paid": paid,
        "over": "false" if is_last else "true",
        "at": f"('{month} 01:00+00'::timestamptz + make_interval(days => day, secs => w % 36000))",
        "deposit": f"(({place * size.agents} + a - 1) * 4 + day / 7 + 1)",
        "deposited": "day < 14" if is_last else "true",
        "counted": "day / 7 < 1" if is_last else "true",
        "batch": f"({place * size.offices * 2} + (o - 1) * 2 + w % 2 + 1)",
        "confirmed": (
            f"('{after} 04:00+00'::timestamptz + make_interval(days => 4 + (w % 2)::int * 10))"
        ),
        "provider": _PROVIDER,
        "by_gateway": _BY_GATEWAY,
        "finance": FIRST_FINANCE,
    }


def _filled(statement: str, parts: dict[str, object], **more: object) -> str:
    return statement.format(**parts, **more)
