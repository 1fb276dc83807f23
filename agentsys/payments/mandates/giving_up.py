"""Debits that nothing more is tried for: an agent visits the worker."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import Conflict, Invalid, NotFound
from agentsys.extension.contract import Decline
from agentsys.payments.debit_models import Debit, DebitState
from agentsys.payments.mandates import notices


def give_up(session: Session, ended: Sequence[tuple[Debit, Decline]]) -> None:
    """End locked debits after their last try, and tell the payers; they wait for visits now."""
    for debit, decline in ended:
        debit.state, debit.decline, debit.look_at = DebitState.GIVEN_UP, decline, None
        debit.ended_at = clock.now()
        notices.tell_failed(session, debit, again_on=None)
    notices.withdraw(session, [debit.id for debit, _ in ended])


def note_visit(session: Session, *, debit_id: int, actor_id: int, note: str) -> None:
    """The agent visited the worker; `note` says what came of it. The item of work ends with it."""
    note = note.replace("\0", "").strip()
    if not note:
        raise Invalid("Tulis hasil kunjungan, misalnya kapan pekerja akan membayar.")
    debit = session.get(Debit, debit_id, with_for_update=True, populate_existing=True)
    if debit is None:
        raise NotFound()
    if debit.state is not DebitState.GIVEN_UP or debit.visited_at is not None:
        raise Conflict("Kunjungan ini sudah dicatat.")
    debit.visited_at, debit.visited_by, debit.visit_note = clock.now(), actor_id, note[:200]
    session.flush()
