"""Undoing a merge: all is as it was before, as long as nothing depends on it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.duplicates import merge_steps
from agentsys.duplicates.merge_models import MergeAction, MergeState, WorkerMerge
from agentsys.duplicates.merging import next_state, opened, record, set_pair
from agentsys.duplicates.models import PairState
from agentsys.duplicates.rules import rules_in
from agentsys.errors import Conflict, Forbidden, Invalid
from agentsys.memberships.ending import no_billing_run
from agentsys.payments.models import Resolution
from agentsys.people.models import Agent
from agentsys.workers import bpjs_answers

_DEPENDS = text("""
SELECT
    EXISTS (SELECT FROM statement_lines l JOIN statements s ON s.id = l.statement_id
        WHERE l.worker_id IN (:kept, :merged) AND s.state = 'approved'
            AND s.computed_at >= :at) AS commission,
    EXISTS (SELECT FROM cases c WHERE c.kind = 'paid_twice' AND c.closed_at IS NOT NULL
        AND c.payment_id IN (SELECT p.id FROM payments p WHERE p.worker_id = :merged)
        AND CAST(c.facts ->> 'merge' AS bigint) = :merge) AS decided,
    EXISTS (SELECT FROM enrolments e WHERE e.worker_id = :kept AND e.ended_at >= :at) AS ended,
    EXISTS (SELECT FROM workers w WHERE w.id IN (:kept, :merged)
        AND w.erased_at IS NOT NULL) AS erased,
    NOT EXISTS (SELECT FROM workers w WHERE w.id = :kept
        AND w.agent_id IS NOT DISTINCT FROM CAST(:kept_agent AS bigint)
        AND w.office_id = :office AND w.merged_into IS NULL) AS moved,
    CAST(:agent AS bigint) IS NOT NULL AND NOT EXISTS (SELECT FROM agents a
        WHERE a.id = :agent AND a.office_id = :office AND a.status = 'active') AS agent_left
""")
_SAY = {
    "commission": "Komisi yang memakai penggabungan ini sudah disetujui, jadi tidak dapat"
    " dibatalkan lagi.",
    "decided": "Uang bulan yang dibayar dua kali sudah diputuskan, jadi penggabungan ini tidak"
    " dapat dibatalkan lagi.",
    "ended": "Kepesertaan catatan yang tetap berubah sejak digabung, jadi penggabungan ini tidak"
    " dapat dibatalkan lagi.",
    "erased": "Data pribadi salah satu catatan sudah dihapus.",
    "moved": "Catatan yang tetap pindah agen atau kantor sejak digabung, jadi penggabungan ini"
    " tidak dapat dibatalkan lagi.",
    "agent_left": "Agen catatan yang digabung sudah tidak aktif di kantor ini, jadi penggabungan"
    " ini tidak dapat dibatalkan lagi.",
}


def undo_merge(session: Session, *, merge_id: int, reason: str, actor_id: int) -> WorkerMerge:
    """Separate two records that were merged; Conflict once something depends on the merge."""
    reason = " ".join(reason.replace("\0", "").split())[:200]
    if not reason:
        raise Invalid("Tulis alasan membatalkan penggabungan.", about="note")
    merge, workers, actor = opened(session, merge_id, actor_id)
    to = next_state(merge, MergeAction.UNDO, actor)
    own = {worker.agent_id for worker in workers} | {merge.before["agent_id"]}
    if session.query(Agent.id).filter(Agent.user_id == actor_id, Agent.id.in_(own)).first():
        raise Forbidden("Pekerja ini tanggungan Anda sendiri. Minta orang lain memutuskan.")
    why = problem(session, merge)
    if why:
        raise Conflict(why)
    no_billing_run(session, merge_steps.EVER)
    bpjs_answers.say_under_way(session)
    merge_steps.restore(session, merge=merge)
    for case in session.scalars(merge_steps.cases_of(merge)):
        case.closed_at, case.closed_by = clock.now(), actor_id
        case.resolution, case.note = Resolution.NOTED.value, "Penggabungan dibatalkan."
    merge.state, merge.undone_by, merge.undone_at = to, actor_id, clock.now()
    merge.undo_reason = reason
    set_pair(session, merge, PairState.OPEN, None)
    session.flush()
    session.expire_all()
    record(session, merge, "undone", actor_id, reason=reason)
    return merge


def problem(session: Session, merge: WorkerMerge) -> str:
    """Why a merge cannot be undone any more; empty if it can."""
    if merge.state is not MergeState.DONE or merge.decided_at is None:
        return ""
    days = rules_in(clock.this_month()).undo_days
    if clock.now() > merge.decided_at + timedelta(days=days):
        return "Batas waktu membatalkan penggabungan ini sudah lewat."
    values = {
        "kept": merge.kept_id,
        "merged": merge.merged_id,
        "merge": merge.id,
        "at": merge.decided_at,
        "office": merge.office_id,
        "agent": merge.before["agent_id"],
        "kept_agent": merge.before["kept_agent_id"],
    }
    found = session.execute(_DEPENDS, values).one()._mapping
    return next((_SAY[name] for name, holds in found.items() if holds), "")
