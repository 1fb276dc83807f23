"""The desk for odd things: opened by machines, once for the same news, and closed by people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agentsys.payments.models import Case, CaseKind


def open_case(
    session: Session,
    *,
    kind: CaseKind,
    subject: str,
    at: datetime,
    payment_id: int | None = None,
    amount_idr: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> bool:
    """Put something on the desk; False if it lies there with these facts, or was dealt with."""
    opened = session.execute(
        insert(Case)
        .values(
            kind=kind,
            subject=subject,
            payment_id=payment_id,
            amount_idr=amount_idr,
            facts=dict(facts or {}),
            opened_at=at,
        )
        .on_conflict_do_nothing(index_elements=["kind", "subject", "facts"])
        .returning(Case.id)
    )
    return opened.scalar() is not None
