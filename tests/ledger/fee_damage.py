"""Ways to damage what providers charged."""

from __future__ import annotations

_FEE = """
    INSERT INTO gateway_fees (line_id, provider, office_id, fee_idr, tax_idr, booked_at)
    SELECT {line}, 'dict', office_id, 100, 11, now()
    FROM users WHERE office_id IS NOT NULL ORDER BY id LIMIT 1
"""

FEE_DAMAGE = {
    "gateway_fee_has_its_entry": _FEE.format(line="NULL"),
    "gateway_fee_is_that_of_its_line": _FEE.format(line="-1"),
}
# The tax stands with the fee.
FEE_MISPLACED = (
    _FEE.format(line="NULL"),
    """
    WITH e AS (
        INSERT INTO entries (kind, source, at)
        SELECT 'gateway_fee.charged', 'fee:' || id, now() FROM gateway_fees RETURNING id
    )
    INSERT INTO postings
    SELECT e.id, l.account || f.office_id, l.amount FROM e, gateway_fees f,
        (VALUES ('expense:gateway_fee:', 111), ('clearing:dict:', -111)) l (account, amount)
    """,
)
