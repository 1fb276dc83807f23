"""Ways to damage what was paid to BPJS, and differences with it."""

from __future__ import annotations

_DIFFERENCE = """
    INSERT INTO remittance_differences (remittance_id, office_id, kind, ours_idr, theirs_idr,
        bpjs_ref, note, opened_by, opened_at)
    SELECT id, office_id, '{kind}', 0, 5, '', '', confirmed_by, now() FROM remittances LIMIT 1
"""
_SETTLEMENT = """
    INSERT INTO difference_settlements (remittance_id, office_id, kind, way, amount_idr, bank_ref,
        reason, state, proposed_by, proposed_at, decided_by, decided_at)
    SELECT r.id, r.office_id, 'sum', 'office', 5, '', 'x', 'booked', u.first, now(), u.last, now()
    FROM remittances r, (SELECT min(id) AS first, max(id) AS last FROM users) u LIMIT 1
"""

REMITTANCE_DAMAGE = {
    "confirmed_remittance_has_its_entry": "UPDATE remittances SET amount_idr = amount_idr + 1",
    "difference_is_what_bpjs_was_paid_otherwise": _DIFFERENCE.format(kind="sum"),
    "open_differences_are_on_their_account": _DIFFERENCE.format(kind="again"),
    "second_payment_has_its_entry": _DIFFERENCE.format(kind="again"),
    "booked_settlement_has_its_entry": _SETTLEMENT,
}
