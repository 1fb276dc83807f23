"""Keeping billing runs away from workers who move, or who are removed."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock, locks
from agentsys.contributions import billing
from agentsys.errors import Conflict

_HOLD_OFF = text("""
SELECT bool_and(pg_try_advisory_xact_lock_shared(CAST(:lock AS integer), key))
FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS key
""")


def hold_off_billing(session: Session) -> None:
    """Keep billing runs away until the transaction ends; Conflict if one is under way.

    A run that read the workers and their agents before would bill what is not so any more.
    """
    now = billing.key_of(clock.this_month())
    values = {
        "lock": locks.BILLING_MONTH,
        "first": now - billing.MONTHS_BACK,
        "last": now + billing.MONTHS_AHEAD,
    }
    if not session.scalar(_HOLD_OFF, values):
        raise Conflict("Penagihan sedang berjalan. Tunggu sampai selesai, lalu coba lagi.")
