"""Our records of money that a statement should show, as one list for SQL.

Each has the sum and the way as the statement shows them, the key of its reference, and a day on
which it was recorded. `same` is equal for records that nobody could tell apart on a statement.
"""

from __future__ import annotations

from agentsys.statements.models import ThingKind

_ZONE = "Asia/Jakarta"  # the clock of the head office, and of the banks


def _day(moment: str) -> str:
    return f"({moment} AT TIME ZONE '{_ZONE}')::date"


# `settled`: somebody confirmed it, so the bank must have it. Of a deposit the bank has what was
# handed over, not the sum of its receipts.
_OF_BANK = {
    ThingKind.DEPOSIT: f"""
SELECT 'deposit' AS kind, d.id AS thing_id, d.office_id, 'in' AS way,
       d.amount_idr - d.short_idr AS amount_idr,
       ref_key(d.evidence) AS key, ref_key(d.evidence) AS first_key,
       {_day("d.declared_at")} AS day, d.state = 'confirmed' AS settled, d.evidence AS reference,
       a.name AS about
FROM deposits d JOIN agents a ON a.id = d.agent_id
WHERE d.channel = '' AND d.state IN ('declared', 'confirmed')
""",  # noqa: S608  # made of constants
    ThingKind.SPONSOR_PAYMENT: f"""
SELECT 'sponsor_payment', p.id, p.office_id, 'in', p.amount_idr,
       ref_key(p.provider_ref), ref_key(p.provider_ref),
       coalesce((p.inputs ->> 'received_on')::date, {_day("p.created_at")}),
       p.state = 'settled', p.provider_ref, s.name
FROM payments p
JOIN bills b ON b.id = p.for_bill_id
JOIN agreements g ON g.id = b.agreement_id
JOIN sponsors s ON s.id = g.sponsor_id
WHERE p.custody = 'bank' AND p.state IN ('created', 'settled')
""",  # noqa: S608  # made of constants
    ThingKind.PAYOUT: f"""
SELECT 'payout', o.id, o.office_id, 'in', o.amount_idr - o.fee_idr,
       ref_key(o.bank_ref), ref_key(o.bank_ref),
       {_day("o.recorded_at")}, true, o.bank_ref, o.provider
FROM gateway_payouts o WHERE o.reversed_at IS NULL
""",  # noqa: S608  # made of constants
    ThingKind.REMITTANCE: f"""
SELECT 'remittance', r.id, r.office_id, 'out',
       coalesce(r.paid_idr, CASE WHEN r.state <> 'confirmed' THEN r.code_idr END, r.amount_idr),
       ref_key(k.code), ref_key(r.kode_iuran),
       {_day("coalesce(r.confirmed_at, r.created_at)")}, r.state = 'confirmed', k.code,
       'BPJS'
FROM remittances r
CROSS JOIN LATERAL (
    SELECT r.kode_iuran UNION SELECT nullif(r.bpjs_ref, '')
) AS k (code)
WHERE r.state IN ('coded', 'cancelling', 'confirmed') AND k.code IS NOT NULL
""",  # noqa: S608  # made of constants
    ThingKind.TRANSFER: f"""
SELECT 'transfer', t.id, t.office_id, t.direction, t.amount_idr,
       ref_key(t.bank_ref), ref_key(t.bank_ref),
       {_day("t.proposed_at")}, t.state = 'booked', t.bank_ref, t.note
FROM transfers t WHERE t.state IN ('proposed', 'booked')
""",  # noqa: S608  # made of constants
    ThingKind.OWN_FUNDS: f"""
SELECT 'own_funds', e.id, split_part(b.account, ':', 3)::bigint, 'in', b.amount_idr,
       ref_key(e.source), ref_key(e.source),
       {_day("e.at")}, true, e.source, ''
FROM entries e JOIN postings b ON b.entry_id = e.id AND b.account LIKE 'bank:collection:%'
WHERE e.kind = 'own_funds.added'
""",  # noqa: S608  # made of constants
    ThingKind.SETTLEMENT: f"""
SELECT 'settlement', s.id, s.office_id, CASE WHEN s.amount_idr > 0 THEN 'in' ELSE 'out' END,
       abs(s.amount_idr), ref_key(s.bank_ref), ref_key(s.bank_ref),
       {_day("s.proposed_at")}, s.state = 'booked', s.bank_ref, 'BPJS'
FROM difference_settlements s WHERE s.bank_ref <> '' AND s.state IN ('proposed', 'booked')
""",  # noqa: S608  # made of constants
    ThingKind.PAID_AGAIN: f"""
SELECT 'paid_again', d.id, d.office_id, 'out', d.theirs_idr,
       ref_key(k.code), ref_key(r.kode_iuran),
       {_day("d.opened_at")}, true, k.code, 'BPJS'
FROM remittance_differences d
JOIN remittances r ON r.id = d.remittance_id
LEFT JOIN difference_settlements s ON s.id = d.settlement_id AND s.state = 'booked'
CROSS JOIN LATERAL (
    SELECT r.kode_iuran UNION SELECT nullif(d.bpjs_ref, '')
) AS k (code)
WHERE d.kind = 'again' AND k.code IS NOT NULL AND s.way IS DISTINCT FROM 'mistake'
""",  # noqa: S608  # made of constants
}
# An order that was settled, and its money if the provider gave all of it back.
_OF_GATEWAY = f"""
SELECT 'payment' AS kind, p.id AS thing_id, p.office_id, 'in' AS way, p.amount_idr,
       ref_key(p.reference) AS key, ref_key(p.reference) AS first_key,
       {_day("p.created_at")} AS day, p.state = 'settled' AS settled, p.reference,
       p.channel AS about
FROM payments p
WHERE p.custody = 'provider' AND p.clearing = :provider
UNION ALL
SELECT 'payment', p.id, p.office_id, 'out', p.amount_idr, ref_key(p.reference),
       ref_key(p.reference), {_day("p.created_at")}, true, p.reference, p.channel
FROM payments p
WHERE p.custody = 'provider' AND p.clearing = :provider AND p.state = 'refunded'
"""  # noqa: S608  # made of constants

# What a bank account can show: of its office, or of all.
BANK_THINGS = f"""
SELECT * FROM ({" UNION ALL ".join(_OF_BANK.values())}) AS every
WHERE CAST(:office_id AS bigint) IS NULL OR office_id IS NULL OR office_id = :office_id
"""  # noqa: S608  # made of constants
GATEWAY_THINGS = f"""
SELECT * FROM ({_OF_GATEWAY}) AS every
WHERE CAST(:office_id AS bigint) IS NULL OR office_id = :office_id
"""  # noqa: S608  # made of constants
