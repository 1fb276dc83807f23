"""Recording a worker's request about personal data, and answering it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.data_rights import consent, erasing
from agentsys.data_rights.models import DataRequest, DataRequestKind, DataRequestState
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.memberships.ending import locked_worker
from agentsys.people import second_person
from agentsys.people.models import User

# UU 27/2022, articles 30 to 32 and 40: three times 24 hours for access, correction and withdrawal.
# The law names no such time for erasure; it gets the same here.
ANSWER_WITHIN = timedelta(hours=72)


def ask(
    session: Session, *, worker_id: int, kind: DataRequestKind, asked_how: str, actor_id: int
) -> DataRequest:
    """Record a request; Conflict if the same one is open."""
    worker = locked_worker(session, worker_id)
    asked_how = _tidy(asked_how)
    if not asked_how:
        raise Invalid(
            "Tulis siapa yang meminta, dan bagaimana dipastikan bahwa itu orangnya.",
            about="asked_how",
        )
    if worker.erased_at is not None:
        raise Conflict("Data pribadi pekerja ini sudah dihapus.")
    open_one = select(DataRequest.id).where(
        DataRequest.worker_id == worker_id,
        DataRequest.kind == kind,
        DataRequest.state == DataRequestState.OPEN,
    )
    if session.scalar(open_one) is not None:
        raise Conflict("Permintaan yang sama sudah dicatat dan belum dijawab.", about="kind")
    now = clock.now()
    made = DataRequest(
        worker_id=worker_id,
        office_id=worker.office_id,
        kind=kind,
        asked_how=asked_how,
        asked_by=actor_id,
        asked_at=now,
        due_at=now + ANSWER_WITHIN,
    )
    session.add(made)
    session.flush()
    _record(session, made, "asked", actor_id, asked_how)
    return made


def done(
    session: Session, *, vault: Vault, request_id: int, note: str, actor_id: int
) -> DataRequest:
    """Carry a request out, or note that a copy was given or data were corrected.

    An erasure needs a second person, and is refused with a reason while it would lose money.
    """
    found = _locked(session, request_id)
    note = _tidy(note)
    if not note:
        raise Invalid("Tulis apa yang dilakukan dan bagaimana pekerja diberi tahu.", about="note")
    if found.kind is DataRequestKind.WITHDRAWAL:
        consent.withdraw(session, worker_id=found.worker_id, note=note, actor_id=actor_id)
    if found.kind is DataRequestKind.ERASURE:
        if actor_id == found.asked_by:
            raise Forbidden("Penghapusan harus dilakukan orang kedua, bukan yang mencatatnya.")
        actor = session.get_one(User, actor_id)
        second_person.check(session, second=actor, first_ids=[found.asked_by])
        erasing.erase(session, vault=vault, worker_id=found.worker_id, actor_id=actor_id)
    return _decided(session, found, DataRequestState.DONE, note, actor_id)


def refuse(session: Session, *, request_id: int, reason: str, actor_id: int) -> DataRequest:
    """Refuse a request, with the reason that the worker is told."""
    found = _locked(session, request_id)
    reason = _tidy(reason)
    if not reason:
        raise Invalid("Tulis alasannya; pekerja berhak mengetahuinya.", about="note")
    return _decided(session, found, DataRequestState.REFUSED, reason, actor_id)


def _locked(session: Session, request_id: int) -> DataRequest:
    found = session.get(DataRequest, request_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(request_id=request_id)
    if found.state is not DataRequestState.OPEN:
        raise Conflict("Permintaan ini sudah dijawab orang lain.")
    return found


def _decided(
    session: Session, found: DataRequest, state: DataRequestState, note: str, actor_id: int
) -> DataRequest:
    with session.no_autoflush:
        found.state, found.note = state, note
        found.decided_by, found.decided_at = actor_id, clock.now()
    session.flush()
    _record(session, found, state.value, actor_id, note)
    return found


def _record(session: Session, found: DataRequest, what: str, actor_id: int, note: str) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"data_request.{what}",
        subject=f"worker:{found.worker_id}",
        details={"kind": found.kind, "note": note},
    )


def _tidy(text: str) -> str:
    return " ".join(text.replace("\0", "").split())[:200]
