"""Merging two records of one person: proposed by one person, approved by another.

The merged worker's row stays and points to the one that is kept (`workers.merged_into`). Everything
that merging changes is written to `WorkerMerge.before`, so that it can be undone exactly.
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions import closing
from agentsys.duplicates import merge_steps
from agentsys.duplicates.merge_effects import MergeEffect, effect_of
from agentsys.duplicates.merge_models import (
    MERGE_TRANSITIONS,
    MergeAction,
    MergeState,
    WorkerMerge,
)
from agentsys.duplicates.models import DuplicatePair, PairState
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.memberships.ending import no_billing_run
from agentsys.payments.transitions import decide
from agentsys.people import second_person
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission
from agentsys.workers import bpjs_answers
from agentsys.workers.models import Worker


class MergeChanged(Conflict):
    """What merging would do is not what the person was shown."""

    text = "Akibatnya sudah berubah sejak Anda melihatnya. Periksa lagi di bawah, lalu lanjutkan."


class Unsettled(Conflict):
    """Something has to be settled before the two records are merged; the first of it."""


def preview(session: Session, *, kept_id: int, merged_id: int) -> MergeEffect:
    """What merging `merged_id` into `kept_id` would do now; nothing is written."""
    if kept_id == merged_id:
        raise Invalid("Pilih dua catatan yang berbeda.")
    return effect_of(session, kept_id=kept_id, merged_id=merged_id, this_month=clock.this_month())


def propose_merge(
    session: Session, *, kept_id: int, merged_id: int, seen: str, reason: str, actor_id: int
) -> WorkerMerge:
    """Propose a merge, which another person decides; `seen` is the version of the preview."""
    reason = " ".join(reason.replace("\0", "").split())[:200]
    if not reason:
        raise Invalid("Tulis bagaimana Anda tahu bahwa ini satu orang.", about="reason")
    workers = _locked(session, kept_id, merged_id)
    actor = session.get_one(User, actor_id)
    _check_person(session, actor, workers, Permission.DUPLICATE_DECIDE)
    effect = preview(session, kept_id=kept_id, merged_id=merged_id)
    _refuse_unsettled(effect)
    if seen != effect.version:
        raise MergeChanged()
    _refuse_second(session, kept_id, merged_id)
    merge = WorkerMerge(
        kept_id=kept_id,
        merged_id=merged_id,
        office_id=workers[0].office_id,
        reason=reason,
        effect=effect.listed(),
        before={},
        proposed_by=actor_id,
    )
    session.add(merge)
    session.flush()
    record(session, merge, "proposed", actor_id, reason=reason)
    return merge


def approve_merge(session: Session, *, merge_id: int, seen: str, actor_id: int) -> WorkerMerge:
    """Carry out a merge, as a second person; `seen` is the version of the preview shown."""
    merge, workers, actor = opened(session, merge_id, actor_id)
    if actor.id == merge.proposed_by:
        raise Forbidden("Penggabungan disetujui orang kedua, bukan yang mengusulkan.")
    second_person.check(session, second=actor, first_ids=[merge.proposed_by])
    to = next_state(merge, MergeAction.APPROVE, actor)
    _check_person(session, actor, workers, Permission.MERGE_APPROVE)
    bpjs_answers.say_under_way(session)  # commission runs number months by what is stored here
    effect = _locked_effect(session, merge)
    if seen != effect.version:
        raise MergeChanged()
    _refuse_unsettled(effect)
    merge.state, merge.decided_by, merge.decided_at = to, actor_id, clock.now()
    merge.before = merge_steps.carry_out(session, merge=merge, effect=effect, actor_id=actor_id)
    merge.effect = effect.listed()
    set_pair(session, merge, PairState.MERGED, actor_id)
    session.flush()
    record(session, merge, "done", actor_id, reason=merge.reason)
    return merge


def refuse_merge(session: Session, *, merge_id: int, note: str, actor_id: int) -> WorkerMerge:
    """Refuse a proposed merge, and say why."""
    note = " ".join(note.replace("\0", "").split())[:200]
    if not note:
        raise Invalid("Tulis alasan menolak, agar yang mengusulkan tahu.", about="note")
    merge, workers, actor = opened(session, merge_id, actor_id)
    to = next_state(merge, MergeAction.REFUSE, actor)
    if actor.id == merge.proposed_by:
        raise Forbidden("Penggabungan diputuskan orang kedua. Tarik usul Anda sendiri.")
    _check_person(session, actor, workers, Permission.MERGE_APPROVE)
    merge.state, merge.note = to, note
    merge.decided_by, merge.decided_at = actor_id, clock.now()
    session.flush()
    record(session, merge, "refused", actor_id, note=note)
    return merge


def withdraw_merge(session: Session, *, merge_id: int, actor_id: int) -> WorkerMerge:
    """Take a proposal back; only who made it may."""
    merge, _workers, actor = opened(session, merge_id, actor_id)
    if merge.proposed_by != actor_id:
        raise NotFound()
    merge.state = next_state(merge, MergeAction.WITHDRAW, actor)
    merge.decided_by, merge.decided_at = actor_id, clock.now()
    session.flush()
    record(session, merge, "withdrawn", actor_id)
    return merge


def opened(
    session: Session, merge_id: int, actor_id: int
) -> tuple[WorkerMerge, tuple[Worker, Worker], User]:
    """A merge of the person's office, locked after its two workers (kept, merged)."""
    row = session.execute(
        select(WorkerMerge.kept_id, WorkerMerge.merged_id).where(WorkerMerge.id == merge_id)
    ).one_or_none()
    actor = session.get(User, actor_id)
    if row is None or actor is None:
        raise NotFound()
    workers = _locked(session, row.kept_id, row.merged_id)
    merge = session.get_one(WorkerMerge, merge_id, with_for_update=True, populate_existing=True)
    if actor.office_id not in (merge.office_id, None):
        raise NotFound()
    return merge, workers, actor


def next_state(merge: WorkerMerge, action: MergeAction, actor: User) -> MergeState:
    """The state to which an action leads; Conflict if it is too late for it."""
    if (merge.state, action) not in MERGE_TRANSITIONS:
        raise Conflict("Penggabungan ini sudah diputuskan atau ditarik. Muat ulang halamannya.")
    return decide(MERGE_TRANSITIONS, merge.state, action, actor)


def set_pair(session: Session, merge: WorkerMerge, to: PairState, actor_id: int | None) -> None:
    """Set the state of the pair of both workers, if they are one."""
    first, second = sorted((merge.kept_id, merge.merged_id))
    session.execute(
        update(DuplicatePair)
        .where(DuplicatePair.first_id == first, DuplicatePair.second_id == second)
        .values(
            state=to, note="", decided_by=actor_id, decided_at=clock.now() if actor_id else None
        )
    )


def record(
    session: Session, merge: WorkerMerge, what: str, actor_id: int | None, **details: object
) -> None:
    """Write a step of a merge to the audit trail of both workers."""
    for worker_id, other_id in (
        (merge.kept_id, merge.merged_id),
        (merge.merged_id, merge.kept_id),
    ):
        trail.record(
            session,
            actor_id=actor_id,
            action=f"merge.{what}",
            subject=f"worker:{worker_id}",
            details={
                "merge": merge.id,
                "kept": merge.kept_id,
                "other": other_id,
                "effect": merge.effect,
                **details,
            },
        )


def _locked_effect(session: Session, merge: WorkerMerge) -> MergeEffect:
    """What merging does now, with the open months of both locked after the workers."""
    no_billing_run(session, merge_steps.EVER)
    closing.lock_open(session, dict.fromkeys((merge.kept_id, merge.merged_id), merge_steps.EVER))
    return preview(session, kept_id=merge.kept_id, merged_id=merge.merged_id)


def _locked(session: Session, kept_id: int, merged_id: int) -> tuple[Worker, Worker]:
    """Both workers, locked in the order of their ids."""
    found = {
        worker.id: worker
        for worker in session.scalars(
            select(Worker)
            .where(Worker.id.in_((kept_id, merged_id)))
            .order_by(Worker.id)
            .with_for_update(of=Worker, key_share=True)
            .execution_options(populate_existing=True)
        )
    }
    if len(found) != 2:
        raise NotFound()
    return found[kept_id], found[merged_id]


def _check_person(
    session: Session, actor: User, workers: tuple[Worker, Worker], permission: Permission
) -> None:
    """Refuse who lacks the permission, is of another office, or earns from one of the two."""
    if any(actor.office_id not in (worker.office_id, None) for worker in workers):
        raise NotFound()
    if not actor.can(permission):
        raise Forbidden(permission=permission.value)
    own = session.scalar(select(Agent.id).where(Agent.user_id == actor.id))
    if own is not None and own in {worker.agent_id for worker in workers}:
        raise Forbidden("Pekerja ini tanggungan Anda sendiri. Minta orang lain memutuskan.")


def _refuse_unsettled(effect: MergeEffect) -> None:
    for problem in effect.problems:
        raise Unsettled(problem)


def _refuse_second(session: Session, kept_id: int, merged_id: int) -> None:
    both = (kept_id, merged_id)
    waiting = session.scalar(
        select(WorkerMerge.id).where(
            WorkerMerge.state == MergeState.PROPOSED,
            WorkerMerge.kept_id.in_(both) | WorkerMerge.merged_id.in_(both),
        )
    )
    if waiting is not None:
        raise Conflict(
            "Sudah ada usul menggabungkan salah satu catatan ini. Tunggu keputusannya, atau tarik"
            " usul itu."
        )
