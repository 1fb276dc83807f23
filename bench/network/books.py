"""The journal of a network: the entries of payments, deposits, payouts and batches."""

from __future__ import annotations

from agentsys.ledger import accounts
from bench.network.loading import Loader
from bench.network.size import Size

_OWN_FUNDS_IDR = 10_000_000_000  # of each office

_ENTRIES = """
    INSERT INTO entries (id, kind, source, at)
    SELECT {payment}, 'payment.settled', {reference}, {at} FROM habits WHERE {paid} ORDER BY w
"""
_POSTINGS = """
    INSERT INTO postings (entry_id, account, amount_idr)
    SELECT {payment}, l.account, l.amount FROM habits CROSS JOIN LATERAL (VALUES
        (CASE WHEN channel = 'cash' THEN '{cash}' || a ELSE '{clearing}' || {provider}
            || ':' || o END, amount),
        ('{owed}' || o, -amount)) l (account, amount)
    WHERE {paid} ORDER BY w
"""
_LEGS = """
    CREATE UNLOGGED TABLE legs AS
    SELECT 'deposit.confirmed' AS kind, 'deposit:' || id AS source, decided_at AS at, l.*
    FROM deposits CROSS JOIN LATERAL (VALUES
        ('{bank}' || office_id, amount_idr),
        ('{cash}' || agent_id, -amount_idr)) l (account, amount)
    WHERE state = 'confirmed'
    UNION ALL
    SELECT 'payout.recorded', 'payout:' || id, recorded_at, l.*
    FROM gateway_payouts CROSS JOIN LATERAL (VALUES
        ('{bank}' || office_id, amount_idr - fee_idr), ('{fee}' || office_id, fee_idr),
        ('{clearing}' || provider || ':' || office_id, -amount_idr)) l (account, amount)
    UNION ALL
    SELECT 'remittance.confirmed', 'remittance:' || id, confirmed_at, l.*
    FROM remittances CROSS JOIN LATERAL (VALUES
        ('{owed}' || office_id, amount_idr),
        ('{bank}' || office_id, -amount_idr)) l (account, amount)
    UNION ALL
    SELECT 'own_funds.added', 'MODAL-' || id, '{first}'::timestamptz, l.*
    FROM offices CROSS JOIN LATERAL (VALUES
        ('{bank}' || id, {own}::bigint), ('{equity}' || id, -{own}::bigint)) l (account, amount)
"""
_OTHER_ENTRIES = """
    INSERT INTO entries (id, kind, source, at)
    SELECT {from_id} + row_number() OVER (ORDER BY at, source), kind, source, at
    FROM (SELECT DISTINCT kind, source, at FROM legs) e
"""
_OTHER_POSTINGS = """
    INSERT INTO postings (entry_id, account, amount_idr)
    SELECT e.id, l.account, l.amount
    FROM legs l JOIN entries e ON e.id > {from_id} AND e.kind = l.kind AND e.source = l.source
    ORDER BY e.id
"""
_WORDS = {
    "bank": accounts.BANK,
    "owed": accounts.OWED_BPJS,
    "fee": accounts.GATEWAY_FEE,
    "equity": accounts.OWN_FUNDS,
    "cash": accounts.CASH,
    "clearing": accounts.CLEARING,
}


def book_payments(loader: Loader, parts: dict[str, object]) -> None:
    """An entry for each payment of a month."""
    loader.run(_ENTRIES.format(**parts))
    loader.run(_POSTINGS.format(**parts, **_WORDS))


def book_the_rest(loader: Loader, size: Size) -> None:
    """Entries of deposits, payouts and batches, and the initial own funds."""
    first, from_id = size.all_months[0], (size.months + 1) * size.workers
    loader.run(_LEGS.format(**_WORDS, first=first, own=_OWN_FUNDS_IDR))
    loader.run(_OTHER_ENTRIES.format(from_id=from_id))
    loader.run(_OTHER_POSTINGS.format(from_id=from_id))
    loader.run("DROP TABLE legs")


def keep_balances(loader: Loader) -> None:
    """Store each account's balance, which triggers do outside of bulk loads."""
    loader.run(
        "INSERT INTO account_balances (account, amount_idr)"
        " SELECT account, sum(amount_idr) FROM postings GROUP BY account"
    )
