"""A sponsor with an agreement, a list and a bill, for the pages that show them."""

from __future__ import annotations

PARTS = {
    "sponsor_id": "SELECT max(id) FROM sponsors",
    "agreement_id": "SELECT max(id) FROM agreements",
    "version_id": "SELECT max(id) FROM list_versions",
    "bill_id": "SELECT max(id) FROM bills",
    "facts_id": "SELECT max(id) FROM fact_lists",
}
_SPONSOR = """
    INSERT INTO sponsors (office_id, kind, name, address, contact_name, contact_phone,
        contact_email, treasurer, made_at)
    SELECT office_id, 'city', 'Kota', '', '', '', '', '', now() FROM workers
    WHERE id = 2 AND NOT EXISTS (SELECT FROM sponsors)
"""
_AGREEMENT = """
    INSERT INTO agreements (sponsor_id, office_id, number, signed_on, funding, programmes,
        price_basis, from_month, until_month, priority, note, state, made_at, decided_at)
    SELECT id, office_id, 'PKS/1', '2026-01-01', 'apbd', 'JKK+JKM', 'lowest', '2026-01-01',
        '2027-01-01', 30, '', 'in_force', now(), now()
    FROM sponsors WHERE NOT EXISTS (SELECT FROM agreements)
"""
_MEMBERS = """
    INSERT INTO agreement_members (agreement_id, worker_id, from_month, left_note, made_at)
    SELECT g.id, w.id, '2026-11-01', '', now()
    FROM agreements g JOIN workers w ON w.office_id = g.office_id
    WHERE w.id = 2 AND NOT EXISTS (SELECT FROM agreement_members)
"""
_VERSION = """
    INSERT INTO list_versions (agreement_id, number, decree, decreed_on, from_month, whole, state,
        people, added, leaving, changed, same, made_at)
    SELECT id, 1, 'SK/1', '2026-01-01', '2026-11-01', true, 'applied', 1, 1, 0, 0, 0, now()
    FROM agreements WHERE NOT EXISTS (SELECT FROM list_versions)
"""
_BILL = """
    INSERT INTO bills (agreement_id, office_id, month, state, made_at)
    SELECT id, office_id, '2026-11-01', 'open', now()
    FROM agreements WHERE NOT EXISTS (SELECT FROM bills)
"""
_FACTS = """
    INSERT INTO fact_lists (office_id, source, version, data_on, certainty, state, filename, rows,
        matched, unmatched, refused, problems, made_at)
    SELECT g.office_id, 'DTSEN', '1', '2026-11-01', 'sure', 'checked', 'dtsen.csv', 0, 0, 0, 0,
        '[]', now()
    FROM agreements g WHERE NOT EXISTS (SELECT FROM fact_lists) LIMIT 1
"""
STATEMENTS = (_SPONSOR, _AGREEMENT, _MEMBERS, _VERSION, _BILL, _FACTS)
