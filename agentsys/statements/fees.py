"""Fees of providers: each line of a report books its fee and tax as an entry of its own.

The gross sum of an order is in clearing since it was settled. The fee goes from there to the costs,
so what is left is what the provider pays out. Nothing is netted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.fee_rates import FeeRate
from agentsys.ledger import accounts, journal
from agentsys.ledger.journal import Event
from agentsys.payments.gateway_payouts import divide, held_by_office
from agentsys.statements.models import AccountKind, BankAccount, BankMatch

TOLERANCE_IDR = 1  # providers round a broken rupiah up or down
_AT_ONCE = 2_000

# New matches, and lines without an order. A fee that was typed with a payout is not booked again.
_DUE = """
SELECT l.id AS line_id, p.id AS payment_id, p.office_id, l.fee_idr, l.tax_idr, l.booked_on
FROM bank_matches m
JOIN bank_lines l ON l.id = m.line_id AND l.account_id = :account_id
JOIN payments p ON p.id = m.thing_id
WHERE m.id > :after AND m.kind = 'payment' AND m.direction = 'in' AND m.undone_at IS NULL
    AND l.fee_idr + l.tax_idr > 0
UNION ALL
SELECT l.id, CAST(NULL AS bigint), CAST(:office_id AS bigint), l.fee_idr, l.tax_idr, l.booked_on
FROM bank_lines l
WHERE l.file_id = :file_id AND l.amount_idr = 0 AND l.sen = 0 AND l.fee_idr + l.tax_idr > 0
    AND (CAST(:office_id AS bigint) IS NOT NULL OR :divides)
"""
_BOOK = text(f"""
INSERT INTO gateway_fees (line_id, payment_id, provider, office_id, fee_idr, tax_idr, booked_by,
    booked_at)
SELECT d.line_id, d.payment_id, CAST(:provider AS text), d.office_id, d.fee_idr, d.tax_idr,
       CAST(:actor_id AS bigint), :now
FROM ({_DUE}) AS d
WHERE NOT EXISTS (
        SELECT FROM gateway_fees f WHERE f.line_id = d.line_id
            AND (f.reversed_at IS NULL OR f.payment_id IS NOT DISTINCT FROM d.payment_id)
    )
    AND NOT EXISTS (
        SELECT FROM gateway_payouts o
        WHERE o.provider = CAST(:provider AS text) AND o.fee_idr > 0 AND o.reversed_at IS NULL
            AND (o.office_id IS NULL OR d.office_id IS NULL OR o.office_id = d.office_id)
            AND d.booked_on <= (o.recorded_at AT TIME ZONE 'Asia/Jakarta')::date
    )
ORDER BY d.line_id
RETURNING id, office_id, fee_idr, tax_idr
""")  # noqa: S608  # made of constants
# Charged otherwise than the newest rate of that day says.
_DIFFERENCES = text(f"""
WITH rates AS (
    SELECT * FROM unnest(
        CAST(:kinds AS text[]), CAST(:days AS date[]), CAST(:flats AS bigint[]),
        CAST(:points AS bigint[]), CAST(:taxes AS bigint[])
    ) AS r (kind, from_on, flat_idr, points, tax_points)
), charged AS (
    SELECT l.id, p.id AS payment_id, l.amount_idr, l.fee_idr + l.tax_idr AS charged_idr,
           (SELECT f.idr + ceil(f.idr * f.tax_points / 10000.0) FROM (
               SELECT r.flat_idr + ceil(l.amount_idr * r.points / 10000.0) AS idr, r.tax_points
               FROM rates r
               WHERE r.kind = lower(l.text) AND r.from_on <= l.booked_on
               ORDER BY r.from_on DESC LIMIT 1
           ) AS f)::bigint AS expected_idr
    FROM bank_matches m
    JOIN bank_lines l ON l.id = m.line_id AND l.account_id = :account_id
    JOIN payments p ON p.id = m.thing_id
    WHERE m.id > :after AND m.kind = 'payment' AND m.direction = 'in' AND m.undone_at IS NULL
)
INSERT INTO bank_issues (account_id, office_id, kind, line_id, thing_kind, thing_id, amount_idr,
    difference_idr, opened_at)
SELECT :account_id, :office_id, 'fee_difference', c.id,
       'payment', c.payment_id, c.amount_idr,
       c.charged_idr - c.expected_idr, :now
FROM charged c
WHERE abs(c.charged_idr - c.expected_idr) > {TOLERANCE_IDR}
    AND NOT EXISTS (
        SELECT FROM bank_issues i
        WHERE i.line_id = c.id AND (i.closed_at IS NULL OR i.kind = 'fee_difference')
    )
ORDER BY c.id
""")  # noqa: S608  # made of constants


def newest_match(session: Session) -> int:
    """The id of the newest match, to book later what was matched after it."""
    return session.scalar(select(func.max(BankMatch.id))) or 0


def book(
    session: Session,
    *,
    account: BankAccount,
    after: int,
    file_id: int = 0,
    actor_id: int | None,
    rates: Sequence[FeeRate] = (),
) -> int:
    """Book the fees of the lines that were matched after a match; how many.

    With a file, also those of its lines that name no order. A fee that differs from the rates of
    its day becomes an issue. A line whose fee was booked before, also if a correction undid it,
    is left alone.
    """
    if account.kind is not AccountKind.GATEWAY:
        return 0
    values: dict[str, Any] = {
        "account_id": account.id,
        "office_id": account.office_id,
        "provider": account.provider,
        "after": after,
        "file_id": file_id,
        "actor_id": actor_id,
        "now": clock.now(),
    }
    journal.lock_account(session, accounts.clearing_of(account.provider))
    held = held_by_office(session, account.provider)
    values["divides"] = sum(amount for amount in held.values() if amount > 0) > 0
    booked = session.execute(_BOOK, values).all()
    for first in range(0, len(booked), _AT_ONCE):
        some = booked[first : first + _AT_ONCE]
        journal.post_all(session, [_event(account.provider, held, fee) for fee in some])
    known = [rate for rate in rates if rate.provider == account.provider]
    session.execute(
        _DIFFERENCES,
        values
        | {
            "kinds": [rate.kind for rate in known],
            "days": [rate.from_on for rate in known],
            "flats": [rate.flat_idr for rate in known],
            "points": [rate.basis_points for rate in known],
            "taxes": [rate.tax_points for rate in known],
        },
    )
    return len(booked)


def _event(provider: str, held: Mapping[int, int], fee: Any) -> Event:
    if fee.office_id is None:
        fees, taxes = divide(fee.fee_idr, held), divide(fee.tax_idr, held)
    else:
        fees, taxes = {fee.office_id: fee.fee_idr}, {fee.office_id: fee.tax_idr}
    lines = {}
    for office_id in fees.keys() | taxes.keys():
        charged, tax = fees.get(office_id, 0), taxes.get(office_id, 0)
        lines[accounts.gateway_fee(office_id)] = charged
        lines[accounts.gateway_vat(office_id)] = tax
        lines[accounts.clearing(provider, office_id)] = -charged - tax
    return journal.Event(
        kind="gateway_fee.charged", source=f"fee:{fee.id}", at=clock.now(), lines=lines
    )
