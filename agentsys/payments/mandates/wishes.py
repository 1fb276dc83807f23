"""What a payer may change at any time: stop, pause, another day."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid
from agentsys.extension.contract import MandateEnd, MandateState
from agentsys.payments.mandate_models import Mandate
from agentsys.payments.mandates.consent import check_day
from agentsys.payments.mandates.observed import end, locked


def revoke(
    session: Session,
    *,
    reference: str,
    by: str,
    actor_id: int | None = None,
    at: datetime | None = None,
) -> None:
    """End a mandate from our side: at once here, and at the provider as soon as it answers.

    A debit whose call was already made goes on; what it brings pays its months. `by` is "payer"
    or "user:7".
    """
    mandate = locked(session, reference)
    if mandate.state is MandateState.ENDED:
        return
    end(session, mandate, MandateEnd.REVOKED_BY_US, by=by, at=at)
    _record(session, mandate, "revoked", actor_id)


def pause(
    session: Session, *, reference: str, until: date | None, actor_id: int | None = None
) -> None:
    """Make no debit before a day; None resumes."""
    mandate = _open(session, reference)
    if until is not None and until <= clock.now().date():
        raise Invalid("Pilih tanggal setelah hari ini.")
    mandate.paused_until = until
    session.flush()
    _record(session, mandate, "paused" if until else "resumed", actor_id)


def change_day(
    session: Session, *, reference: str, debit_day: int, actor_id: int | None = None
) -> None:
    """Debit on another day of the month, from the next debit that is planned.

    A debit that was announced keeps its day: the payer was told it.
    """
    check_day(debit_day)
    mandate = _open(session, reference)
    mandate.debit_day = debit_day
    session.flush()
    _record(session, mandate, "day_changed", actor_id)


def _open(session: Session, reference: str) -> Mandate:
    mandate = locked(session, reference)
    if mandate.state is MandateState.ENDED:
        raise Conflict("Debit otomatis ini sudah berakhir.")
    return mandate


def _record(session: Session, mandate: Mandate, what: str, actor_id: int | None) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"mandate.{what}",
        subject=f"mandate:{mandate.id}",
        details={
            "day": mandate.debit_day,
            "paused_until": mandate.paused_until.isoformat() if mandate.paused_until else "",
        },
    )
