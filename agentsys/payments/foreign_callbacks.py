"""Callbacks about orders of other systems that use the same account at a provider."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.payments.models import Outcome, StoredCallback


def set_aside(session: Session, callback_ids: Collection[int]) -> Collection[int]:
    """Finish these callbacks: they are counted, but no provider is asked and no case opened."""
    if callback_ids:
        session.execute(
            update(StoredCallback)
            .where(StoredCallback.id.in_(callback_ids))
            .values(outcome=Outcome.FOREIGN, next_try_at=None, processed_at=clock.now(), note="")
            .execution_options(synchronize_session=False)
        )
    return callback_ids


def count(session: Session) -> int:
    """How many callbacks were about orders of other systems, repeats not counted."""
    return (
        session.scalar(
            select(func.count())
            .select_from(StoredCallback)
            .where(StoredCallback.outcome == Outcome.FOREIGN)
        )
        or 0
    )
