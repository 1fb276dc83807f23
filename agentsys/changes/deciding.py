"""Deciding a proposed change: a second person approves it, which makes it, or refuses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.changes import making
from agentsys.changes.effects import (
    Effect,
    check_month,
    effect_of,
    is_planned,
    priced,
    with_changes,
)
from agentsys.changes.fields import IDENTITY, MONEY, read_proposed
from agentsys.changes.models import ChangeAction, ChangeState, WorkerChange
from agentsys.changes.proposing import (
    EffectChanged,
    close,
    next_state,
    record,
    refuse_nik_of_another,
    subject,
)
from agentsys.contributions import closing, planned_prices, repricing
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.memberships.ending import no_billing_run
from agentsys.payments.live_attempts import refuse_under_way
from agentsys.people import second_person
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission
from agentsys.workers import earlier_niks, seals
from agentsys.workers.kinds import NewToBpu, Registration
from agentsys.workers.models import Enrolment, Worker
from agentsys.workers.nik import parse


def effect_of_change(session: Session, change_id: int) -> Effect:
    """What approving the change would do today; Conflict if the worker was changed since."""
    return _effect_now(session, session.get_one(WorkerChange, change_id), lock=False)


def _effect_now(session: Session, change: WorkerChange, *, lock: bool) -> Effect:
    worker, periods = subject(session, change.worker_id, lock=lock)
    _refuse_stale(change, worker, periods)
    return effect_of(
        session,
        worker=worker,
        periods=periods,
        after=change.after,
        from_month=change.from_month,
    )


def approve(
    session: Session, *, vault: Vault, change_id: int, seen: str, actor_id: int
) -> WorkerChange:
    """Make a proposed change, as a second person; `seen` is the version of the effect shown.

    Another price from a later month on is planned: its bills have it at once.
    """
    change, actor = change_and_person(session, change_id, actor_id)
    if change.state is ChangeState.PROPOSED and actor.id == change.proposed_by:
        raise Forbidden("Perubahan disetujui orang kedua, bukan yang mengusulkan.")
    second_person.check(session, second=actor, first_ids=[change.proposed_by])
    to = next_state(change, ChangeAction.APPROVE, actor)
    if set(change.after) & set(MONEY):
        no_billing_run(session, change.from_month)
        closing.lock_open(session, {change.worker_id: change.from_month})
    if seen != _effect_now(session, change, lock=True).version:
        raise EffectChanged()
    worker, periods = subject(session, change.worker_id, lock=True)
    _apply_identity(session, vault, worker, change)
    waits = bool(set(change.after) & set(MONEY)) and is_planned(periods, change.from_month)
    _change_price(session, worker, periods, change, waits=waits)
    worker.updated_at = clock.now()
    close(change, ChangeState.PLANNED if waits else to, actor_id)
    session.flush()
    record(session, change, "planned" if waits else "approved", actor_id)
    return change


def refuse(session: Session, *, change_id: int, note: str, actor_id: int) -> WorkerChange:
    """Refuse a proposed change, and say why; nothing of the worker is changed."""
    change, actor = change_and_person(session, change_id, actor_id)
    note = " ".join(note.replace("\0", "").split())[:200]
    if not note:
        raise Invalid("Tulis alasan menolak, agar yang mengusulkan tahu.", about="note")
    change.note = note
    close(change, next_state(change, ChangeAction.REFUSE, actor), actor_id)
    session.flush()
    record(session, change, "refused", actor_id)
    return change


def change_and_person(session: Session, change_id: int, actor_id: int) -> tuple[WorkerChange, User]:
    """The change of the person's office, locked with its worker, if the person may decide it."""
    worker_id = session.scalar(select(WorkerChange.worker_id).where(WorkerChange.id == change_id))
    actor = session.get(User, actor_id)
    if worker_id is None or actor is None:
        raise NotFound()
    worker, _periods = subject(session, worker_id, lock=True)
    change = session.get_one(WorkerChange, change_id, with_for_update=True, populate_existing=True)
    if actor.office_id not in (worker.office_id, None):
        raise NotFound()
    if worker.agent_id is not None:
        agent = session.get_one(Agent, worker.agent_id)
        if agent.user_id == actor.id:
            raise Forbidden("Pekerja ini tanggungan Anda sendiri. Minta orang lain memutuskan.")
    if not actor.can(Permission.CHANGE_APPROVE):
        raise Forbidden(permission=Permission.CHANGE_APPROVE.value)
    return change, actor


def _refuse_stale(change: WorkerChange, worker: Worker, periods: Sequence[Enrolment]) -> None:
    """Conflict if a field that the change concerns is not what it was when it was proposed."""
    now = read_proposed(worker, periods[-1] if periods else None)
    if any(now[name] != value for name, value in change.before.items()):
        raise Conflict(
            "Data pekerja ini berubah sejak diusulkan. Tolak usul ini; usul baru dapat dibuat dari"
            " data sekarang."
        )


def _apply_identity(session: Session, vault: Vault, worker: Worker, change: WorkerChange) -> None:
    after: Mapping[str, str] = change.after
    if change.nik_sealed is not None and change.nik_index is not None:
        number = vault.open(change.nik_sealed, seals.proposed_nik_of(change.nik_index))
        refuse_nik_of_another(session, worker, change.nik_index)
        try:
            with session.begin_nested():
                nik = parse(number, born=worker.birth_date)
                earlier_niks.replace(session, vault=vault, worker=worker, nik=nik)
        except IntegrityError as error:  # registered by somebody else at this moment
            raise Conflict("NIK itu baru saja didaftarkan. Tolak usul ini.") from error
        # BPJS' answer was about the other number.
        worker.new_to_bpu, worker.bpu_answered_at = NewToBpu.UNKNOWN, None
    worker.name = after.get("name", worker.name)
    worker.sex = after.get("sex", worker.sex)
    if "birth_date" in after:
        worker.birth_date = date.fromisoformat(after["birth_date"])
    if set(after) & set(IDENTITY) and worker.registration is Registration.REFUSED:
        worker.registration, worker.registration_note = Registration.WAITING, ""
        trail.record(
            session,
            actor_id=change.proposed_by,
            action="registration.corrected",
            subject=f"worker:{worker.id}",
            details={"change": change.id},
        )


def _change_price(
    session: Session,
    worker: Worker,
    periods: Sequence[Enrolment],
    change: WorkerChange,
    *,
    waits: bool,
) -> None:
    after: Mapping[str, str] = change.after
    if not set(after) & set(MONEY):
        return
    since = change.from_month
    running = check_month(session, worker=worker, periods=periods, after=after, since=since)
    refuse_under_way(session, worker_id=worker.id, since=since)
    then = with_changes(priced(worker, running), after)
    if waits:
        planned_prices.plan(session, worker_id=worker.id, from_month=since, values=after)
    else:
        making.make(session, worker, running, change)
    repricing.reprice(session, worker_id=worker.id, since=since, by=then)
