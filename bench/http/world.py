"""Open GoPay payments in the database, the same payments at the gateway, and their callbacks."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from agentsys.demo.midtrans_simulator import SERVER_KEY
from agentsys.demo.midtrans_simulator.channels.transaction import Transaction
from agentsys.demo.midtrans_simulator.engine.store import Store
from bench import people

MONTH = date(2026, 11, 1)
AMOUNT_IDR = 16_800
PATH = "/callbacks/gopay"
_AGENTS = 200

_PAYMENTS = """
SELECT ensure_contribution_partition('{month}');

INSERT INTO enrolments (worker_id, programmes, funding, from_month)
SELECT id, 'JKK+JKM', 'self', '2026-01-01' FROM workers ORDER BY id;

INSERT INTO assignments (worker_id, agent_id, from_month)
SELECT id, agent_id, '2026-01-01' FROM workers ORDER BY id;

INSERT INTO contributions (
    worker_id, month, office_id, agent_id, programmes, funding, sector,
    jkk_idr, jkm_idr, jht_idr, tariff, billed_at
)
SELECT id, '{month}', office_id, agent_id, 'JKK+JKM', 'self', 'other',
       10000, 6800, 0, 'PP 44/2015', now()
FROM workers;

INSERT INTO payments (
    reference, key, request_hash, worker_id, agent_id, office_id, channel, custody, clearing,
    amount_idr, aside_idr, state, provider_ref, pay_url, qr_string, reason, created_at, checks,
    next_check_at
)
SELECT 'AG-BENCH-' || row_number() OVER (ORDER BY id), md5(id::text), '\\x00', id, agent_id,
       office_id, 'gopay', 'provider', 'midtrans', {amount}, 0, 'pending', '', '', '', '', now(), 0,
       now() + interval '1 day'
FROM workers;

INSERT INTO payment_months (payment_id, worker_id, month, amount_idr)
SELECT id, worker_id, '{month}', amount_idr FROM payments;

INSERT INTO payment_moves (payment_id, from_state, to_state, at, by, report)
SELECT id, NULL, 'created', now(), 'start', '{{}}'::jsonb FROM payments;

INSERT INTO payment_moves (payment_id, from_state, to_state, at, by, report)
SELECT id, 'created', 'pending', now(), 'start', '{{}}'::jsonb FROM payments
"""


def load(rows: int) -> list[Transaction]:
    """Store that many open payments with workers and bills; return the gateway's data of them."""
    people.load(rows=rows, agents=_AGENTS, then=_PAYMENTS.format(month=MONTH, amount=AMOUNT_IDR))
    return [payment(number) for number in range(1, rows + 1)]


def gateway_file(path: Path, transactions: Sequence[Transaction]) -> None:
    """A state file from which the simulator knows all these payments."""
    store = Store(path)
    store.save(("transaction", each.transaction_id, each.record()) for each in transactions)
    store.close()


def callbacks(transactions: Sequence[Transaction], *, path: str = PATH) -> list[bytes]:
    """One signed callback for each payment, as whole HTTP requests."""
    return [
        request(path, json.dumps(each.notification(SERVER_KEY)).encode()) for each in transactions
    ]


def request(path: str, body: bytes) -> bytes:
    """A POST as the gateway sends it, on a connection that stays open."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Veritrans\r\n"
        "Content-Type: application/json\r\nAccept: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def payment(number: int) -> Transaction:
    """The gateway's data of the payment with this number; negative ones match no payment."""
    now = time.time()
    return Transaction(
        transaction_id=f"00000000-0000-4000-8000-{number:012d}",
        order_id=f"AG-BENCH-{number}",
        payment_type="gopay",
        amount_idr=AMOUNT_IDR,
        created_at=now,
        expires_at=now + 900,
        base_url="http://127.0.0.1",
        status="settlement",
        settled_at=now,
    )
