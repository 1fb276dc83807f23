"""Ways to damage the books of sponsors."""

from __future__ import annotations

_BILL = """
    WITH s AS (
        INSERT INTO sponsors (office_id, kind, name, address, contact_name, contact_phone,
            contact_email, treasurer, made_at)
        SELECT min(id), 'city', 'Kota', '', '', '', '', '', now() FROM offices
        RETURNING id, office_id
    ), g AS (
        INSERT INTO agreements (sponsor_id, office_id, number, signed_on, funding, programmes,
            price_basis, from_month, until_month, priority, note, state, made_at, decided_at)
        SELECT id, office_id, 'PKS 1', '2026-01-01', 'apbd', 'JKK+JKM', 'lowest', '2026-01-01',
            '2027-01-01', 1, '', 'in_force', now(), now() FROM s
        RETURNING id, office_id
    ), b AS (
        INSERT INTO bills (agreement_id, office_id, month, state, people, amount_idr, paid_people,
            paid_idr, made_at, sent_at, due_on)
        SELECT id, office_id, {month}, 'sent', {asked}, {asked}, {paid}, {paid}, now(), now(),
            '2026-12-01' FROM g
        RETURNING id, office_id
    )
"""
_ONLY_A_BILL = _BILL + "SELECT id FROM b"
_PAYMENT = """
    INSERT INTO payments (reference, key, request_hash, for_bill_id, office_id, channel, custody,
        clearing, amount_idr, aside_idr, state, provider_ref, pay_url, qr_string, reason,
        created_at, settled_at, checks)
    SELECT 'AG-DAMAGE', 'damage-key', 'x', id, office_id, 'bank_transfer', 'bank', '', 5, 0,
        'settled', 'TRX', '', '', '', now(), now(), 0 FROM b
"""
_LINE = """
    INSERT INTO contributions (worker_id, month, office_id, programmes, funding, sector, jkk_idr,
        jkm_idr, jht_idr, tariff, billed_at, bill_id)
    SELECT c.worker_id + 999999, c.month, c.office_id, c.programmes, 'csr', c.sector, 1, 1, 1,
        c.tariff, now(), b.id FROM contributions c, b LIMIT 1
"""

SPONSOR_DAMAGE = {
    "bill_is_paid_as_its_lines_are": _ONLY_A_BILL.format(month="'2026-11-01'", asked=0, paid=5),
    "sent_bill_has_its_lines": _ONLY_A_BILL.format(month="'2026-11-01'", asked=5, paid=0),
    "sponsors_money_pays_its_bill": (_BILL + _PAYMENT).format(
        month="'2026-11-01'", asked=0, paid=0
    ),
    "month_is_billed_to_who_pays": (_BILL + _LINE).format(
        month="(SELECT min(month) FROM contributions)", asked=0, paid=0
    ),
    "no_claim_on_a_sponsor_is_negative": """
        WITH e AS (
            INSERT INTO entries (kind, source, at) VALUES ('damage', '1', now()) RETURNING id
        )
        INSERT INTO postings
        SELECT e.id, l.account, l.amount FROM e,
            (VALUES ('claim:sponsor:1:1', -999999), ('suspense:1', 999999)) l (account, amount)
    """,
    "no_sponsor_is_owed_less_than_nothing": """
        WITH e AS (
            INSERT INTO entries (kind, source, at) VALUES ('damage', '1', now()) RETURNING id
        )
        INSERT INTO postings
        SELECT e.id, l.account, l.amount FROM e,
            (VALUES ('owed:sponsor:1:1', 999999), ('suspense:1', -999999)) l (account, amount)
    """,
}
