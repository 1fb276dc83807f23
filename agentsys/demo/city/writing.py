"""Storing the history: most rows by COPY, rows that follow from them by SQL."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import chain

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.contributions.models import BillingRun
from agentsys.demo.city import banking
from agentsys.demo.city.collecting import (
    CLEARING,
    Collected,
    Due,
    Handed,
    Paid,
    all_months,
)
from agentsys.demo.city.copying import copy_rows, next_id, readable
from agentsys.demo.city.staff import Staff
from agentsys.demo.city.times import Times
from agentsys.extension.contract import Custody, PaymentState
from agentsys.months import HEAD_OFFICE

CREATED = PaymentState.CREATED
FEE_RESERVE_IDR = (
    5_000_000  # own money of each office for the gateway's fees: more for a larger city
)


def write_contributions(
    session: Session, collected: Collected, *, staff: Staff, times: Times
) -> None:
    """Write the contributions and their billing runs; the payments must be stored before."""
    for month in all_months(collected):
        session.execute(text("SELECT ensure_contribution_partition(:month)"), {"month": month})
    copy_rows(session, "contributions", _CONTRIBUTION, map(_contribution_row, collected.dues))
    _write_runs(session, collected, staff, times)


def _write_runs(session: Session, collected: Collected, staff: Staff, times: Times) -> None:
    by_month: dict[date, list[Due]] = defaultdict(list)
    for due in collected.dues:
        by_month[due.month].append(due)
    number = next_id(session, "billing_runs")
    for month in times.months:
        dues = by_month[month]
        at = times.billed_at(month)
        billed = [due for due in dues if due.billed_at <= at]
        if billed:
            run = BillingRun(id=number, month=month, started_by=staff.finance[staff.main_id])
            run.started_at = run.finished_at = at
            run.billed, run.already = len(billed), 0
            run.amount_idr = sum(due.price.amount_idr for due in billed)
            session.add(run)
            number += 1
    session.flush()


def write_payments(session: Session, collected: Collected) -> None:
    """Write the payments."""
    deposits = (one for one in collected.deposits if one.channel)
    rows = chain(map(_payment_row, collected.payments), map(_deposit_row, deposits))
    copy_rows(session, "payments", _PAYMENT, rows)


def write_paper(session: Session, collected: Collected) -> None:
    """Write the months, the state changes and the receipts of the payments."""
    copy_rows(
        session,
        "payment_months",
        ("payment_id", "worker_id", "month", "amount_idr", "live"),
        (
            (paid.id, due.person.id, due.month, due.price.amount_idr, paid.state is CREATED)
            for paid in collected.payments
            if paid.bill_id is None
            for due in paid.dues
        ),
    )
    session.execute(_MOVES, {"first": min((p.id for p in collected.payments), default=0)})
    copy_rows(
        session, "receipts", ("payment_id", "number", "code", "issued_at"), _receipts(collected)
    )


def _receipts(collected: Collected) -> Iterator[tuple[object, ...]]:
    in_time = sorted(collected.settled, key=lambda paid: (paid.settled_at, paid.id))
    for number, paid in enumerate(in_time, 1):
        assert paid.settled_at is not None
        year = paid.settled_at.astimezone(HEAD_OFFICE).year
        # Multiplying by an odd factor mixes the numbers and keeps them unique.
        code = readable(number * 0x2545F4914F6CDD1D % 2**50, 10)
        yield paid.id, f"KW-{year}-{number:07d}", code, paid.settled_at


def write_journal(session: Session) -> None:
    """Post every event of the history in the order of time, and check that each sums to zero."""
    session.execute(text("DROP TABLE IF EXISTS demo_legs"))
    session.execute(_LEGS, {"reserve": FEE_RESERVE_IDR})
    session.execute(_ENTRIES, {"first": next_id(session, "entries")})
    session.execute(_POSTINGS)
    session.execute(text("DROP TABLE demo_legs"))
    banking.record_own_funds(session)


_CONTRIBUTION = (
    "worker_id", "month", "office_id", "agent_id", "programmes", "funding", "sector", "jkk_idr",
    "jkm_idr", "jht_idr", "tariff", "billed_at", "bill_id", "payment_id", "remittance_id",
    "confirmed_at",
)  # fmt: skip


def _contribution_row(due: Due) -> tuple[object, ...]:
    person, price = due.person, due.price
    agent = person.agent_in(due.month)
    return (
        person.id,
        due.month,
        person.office_id,
        agent.id if agent else None,
        person.programmes.value,
        person.funding.value,
        person.sector.value,
        price.jkk_idr,
        price.jkm_idr,
        price.jht_idr,
        ", ".join(price.instruments),
        due.billed_at,
        due.bill_id,
        due.payment.id if due.payment else None,
        due.remittance_id,
        due.confirmed_at,
    )


_PAYMENT = (
    "id", "reference", "key", "request_hash", "worker_id", "agent_id", "office_id", "channel",
    "custody", "clearing", "amount_idr", "aside_idr", "state", "provider_ref", "pay_url",
    "qr_string", "reason", "expires_at", "created_by", "created_at", "settled_at", "checks",
    "deposit_id", "mandate_id", "next_check_at", "for_deposit_id", "for_bill_id",
)  # fmt: skip


def _payment_row(paid: Paid) -> tuple[object, ...]:
    key = paid.key or f"demo-{paid.reference}"
    at_provider = paid.clearing == "midtrans" and paid.state is not PaymentState.CREATED
    return (
        paid.id,
        paid.reference,
        key,
        hashlib.sha256(key.encode()).digest(),
        None if paid.bill_id else paid.person.id,
        paid.agent_id,
        paid.person.office_id,
        paid.channel,
        paid.custody.value,
        paid.clearing,
        paid.amount_idr,
        0,
        paid.state.value,
        _provider_ref(paid) if at_provider or paid.bill_id else "",
        "",
        "",
        paid.reason,
        None,
        paid.user_id,
        paid.created_at,
        paid.settled_at,
        0,
        paid.deposit_id,
        paid.mandate_id,
        paid.created_at if paid.state is CREATED else None,
        None,
        paid.bill_id,
    )


def _provider_ref(paid: Paid) -> str:
    return f"SP2D {paid.id:08d}" if paid.bill_id else f"demo-{paid.id:010d}"


def _deposit_row(one: Handed) -> tuple[object, ...]:
    """The payment of a deposit, which is settled."""
    key = f"deposit:{one.id}"
    values: dict[str, object] = dict.fromkeys(_PAYMENT, "") | {
        "id": one.payment_id,
        "reference": one.reference,
        "key": key,
        "request_hash": hashlib.sha256(key.encode()).digest(),
        "agent_id": one.agent.id,
        "office_id": one.agent.office_id,
        "channel": one.channel,
        "custody": Custody.PROVIDER.value,
        "clearing": CLEARING[one.channel],
        "amount_idr": one.amount_idr,
        "aside_idr": 0,
        "state": PaymentState.SETTLED.value,
        "provider_ref": f"demo-{one.payment_id:010d}",
        "created_by": one.agent.user_id,
        "created_at": one.declared_at,
        "settled_at": one.decided_at,
        "checks": 0,
        "for_deposit_id": one.id,
    }
    nothing = (
        "worker_id", "expires_at", "deposit_id", "mandate_id", "next_check_at", "for_bill_id",
    )  # fmt: skip
    return tuple((values | dict.fromkeys(nothing)).values())


# Every payment but a debit was created; those of a gateway waited for the payer; then they ended.
_MOVES = text("""
    INSERT INTO payment_moves (payment_id, to_state, from_state, at, by, report)
    SELECT p.id, step.to_state, step.from_state,
           CASE WHEN step.to_state = p.state
                THEN coalesce(p.settled_at, p.created_at + interval '15 minutes')
                ELSE p.created_at END,
           CASE WHEN step.to_state IN ('created', 'pending') OR p.custody = 'agent'
                THEN coalesce('user:' || p.created_by, 'system')
                WHEN p.clearing = 'midtrans' THEN 'callback' ELSE 'system' END,
           CASE WHEN step.to_state = 'created' THEN '{}'::jsonb
                ELSE jsonb_build_object('reference', p.reference, 'state', step.to_state,
                                        'amount_idr', p.amount_idr) END
    FROM payments p
    CROSS JOIN LATERAL (VALUES
        (1, 'created', NULL),
        (2, 'pending', 'created'),
        (3, p.state, CASE WHEN p.clearing = 'midtrans' THEN 'pending' ELSE 'created' END)
    ) AS step (number, to_state, from_state)
    WHERE p.id >= :first AND p.mandate_id IS NULL
      AND (step.to_state <> 'pending' OR p.clearing = 'midtrans')
    ORDER BY p.id, step.number
""")

_LEGS = text("""
    CREATE TEMPORARY TABLE demo_legs AS
    SELECT 'payment.settled' AS kind, reference AS source, settled_at AS at, leg.account, leg.amount
    FROM payments CROSS JOIN LATERAL (VALUES
        (CASE custody WHEN 'agent' THEN 'cash:agent:' || agent_id
                      WHEN 'bank' THEN 'bank:collection:' || office_id
                      ELSE 'clearing:' || clearing || ':' || office_id END,
         amount_idr),
        (CASE WHEN for_deposit_id IS NULL THEN 'owed:bpjs:' || office_id
              ELSE 'cash:agent:' || agent_id END,
         -amount_idr)
    ) AS leg (account, amount)
    WHERE settled_at IS NOT NULL
    UNION ALL
    SELECT 'deposit.confirmed', 'deposit:' || id, decided_at, leg.account, leg.amount
    FROM deposits CROSS JOIN LATERAL (VALUES
        ('bank:collection:' || office_id, amount_idr), ('cash:agent:' || agent_id, -amount_idr)
    ) AS leg (account, amount)
    WHERE state = 'confirmed' AND channel = ''
    UNION ALL
    SELECT 'payout.recorded', 'payout:' || id, recorded_at, leg.account, leg.amount
    FROM gateway_payouts CROSS JOIN LATERAL (VALUES
        ('bank:collection:' || office_id, amount_idr - fee_idr),
        ('expense:gateway_fee:' || office_id, fee_idr),
        ('clearing:' || provider || ':' || office_id, -amount_idr)
    ) AS leg (account, amount)
    WHERE leg.amount <> 0
    UNION ALL
    SELECT 'remittance.confirmed', 'remittance:' || id, confirmed_at, leg.account, leg.amount
    FROM remittances CROSS JOIN LATERAL (VALUES
        ('owed:bpjs:' || office_id, amount_idr), ('bank:collection:' || office_id, -amount_idr)
    ) AS leg (account, amount)
    WHERE state = 'confirmed'
    UNION ALL
    SELECT 'own_funds.added', 'MODAL-AWAL-' || office_id, first.at, leg.account, leg.amount
    FROM (
        SELECT p.office_id, min(p.settled_at) - interval '1 day' AS at, :reserve + coalesce((
            SELECT sum(g.fee_idr) FROM gateway_payouts g WHERE g.office_id = p.office_id
        ), 0)::bigint AS amount_idr
        FROM payments p WHERE p.settled_at IS NOT NULL GROUP BY p.office_id
    ) first CROSS JOIN LATERAL (VALUES
        ('bank:collection:' || office_id, amount_idr),
        ('equity:own_funds:' || office_id, -amount_idr)
    ) AS leg (account, amount)
""")

_ENTRIES = text("""
    INSERT INTO entries (id, kind, source, at)
    SELECT :first - 1 + row_number() OVER (ORDER BY at, kind, source), kind, source, at
    FROM (SELECT DISTINCT kind, source, at FROM demo_legs) events
""")

_POSTINGS = text("""
    INSERT INTO postings (entry_id, account, amount_idr)
    SELECT e.id, l.account, l.amount FROM demo_legs l
    JOIN entries e ON e.kind = l.kind AND e.source = l.source
    ORDER BY e.id
""")
