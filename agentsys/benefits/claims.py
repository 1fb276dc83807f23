"""Following a claim at BPJS: reported, papers handed in, paid or refused. BPJS decides it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.benefits.models import Claim, ClaimKind, ClaimState
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.payments.transitions import Transition, decide
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.workers.models import Worker


class ClaimAction(StrEnum):
    """What somebody records about a claim."""

    HAND_IN = "hand_in"  # the papers are with BPJS
    PAID = "paid"
    REFUSED = "refused"
    DROP = "drop"


_RECORD = Permission.CLAIM_RECORD
CLAIM_TRANSITIONS = {
    (ClaimState.REPORTED, ClaimAction.HAND_IN): Transition(ClaimState.PAPERS, by=_RECORD),
    (ClaimState.REPORTED, ClaimAction.DROP): Transition(ClaimState.DROPPED, by=_RECORD),
    (ClaimState.PAPERS, ClaimAction.PAID): Transition(ClaimState.PAID, by=_RECORD),
    (ClaimState.PAPERS, ClaimAction.REFUSED): Transition(ClaimState.REFUSED, by=_RECORD),
    (ClaimState.PAPERS, ClaimAction.DROP): Transition(ClaimState.DROPPED, by=_RECORD),
    (ClaimState.REFUSED, ClaimAction.HAND_IN): Transition(ClaimState.PAPERS, by=_RECORD),
}
_OPEN = (ClaimState.REPORTED, ClaimState.PAPERS)


def report(
    session: Session, *, worker_id: int, kind: ClaimKind, happened_on: date, note: str, actor: User
) -> Claim:
    """Record that something happened for which BPJS may pay."""
    if not actor.can(Permission.CLAIM_RECORD):
        raise Forbidden(permission=Permission.CLAIM_RECORD.value)
    if happened_on > clock.now().date():
        raise Invalid("Tanggalnya belum tiba. Isi tanggal kejadian.", about="happened_on")
    return _open(session, worker_id, kind, happened_on, note=note, actor_id=actor.id)


def after_death(session: Session, *, worker_id: int, died_on: date, actor_id: int | None) -> Claim:
    """The claim that a recorded death opens; the one that is open already, if there is one."""
    known = session.scalar(
        select(Claim).where(
            Claim.worker_id == worker_id,
            Claim.kind.in_((ClaimKind.DEATH, ClaimKind.ACCIDENT_DEATH)),
            Claim.state != ClaimState.DROPPED,
        )
    )
    return known or _open(session, worker_id, ClaimKind.DEATH, died_on, note="", actor_id=actor_id)


def move(
    session: Session,
    *,
    claim_id: int,
    action: ClaimAction,
    actor: User,
    note: str = "",
    amount_idr: int | None = None,
    on: date | None = None,
) -> Claim:
    """Record the next step of a claim; a paid one needs the sum and the day."""
    claim = session.get(Claim, claim_id, with_for_update=True, populate_existing=True)
    if claim is None:
        raise NotFound()
    before = claim.state
    to = decide(CLAIM_TRANSITIONS, before, action, actor)
    note = _one_line(note)
    if to is ClaimState.PAID:
        if not amount_idr or amount_idr <= 0:
            raise Invalid("Isi jumlah yang dibayar BPJS.", about="amount_idr")
        if on is None or on > clock.now().date() or on < claim.happened_on:
            raise Invalid("Isi tanggal BPJS membayar.", about="paid_on")
    elif to in (ClaimState.REFUSED, ClaimState.DROPPED) and not note:
        raise Invalid("Tulis alasannya.", about="note")
    with session.no_autoflush:
        claim.state = to
        claim.note = note or claim.note
        claim.amount_idr = amount_idr if to is ClaimState.PAID else None
        claim.paid_on = on if to is ClaimState.PAID else None
        claim.changed_by, claim.changed_at = actor.id, clock.now()
    session.flush()
    _record(session, claim, to.value, actor.id, note)
    return claim


def _open(
    session: Session,
    worker_id: int,
    kind: ClaimKind,
    happened_on: date,
    *,
    note: str,
    actor_id: int | None,
) -> Claim:
    worker = session.get(Worker, worker_id, with_for_update={"key_share": True})
    if worker is None:
        raise NotFound()
    same = session.scalar(
        select(Claim.id).where(
            Claim.worker_id == worker_id,
            Claim.kind == kind,
            Claim.happened_on == happened_on,
            Claim.state.in_(_OPEN),
        )
    )
    if same is not None:
        raise Conflict("Klaim ini sudah dicatat. Muat ulang halamannya.")
    claim = Claim(
        worker_id=worker_id,
        office_id=worker.office_id,
        kind=kind,
        happened_on=happened_on,
        note=_one_line(note),
        opened_by=actor_id,
        opened_at=clock.now(),
    )
    session.add(claim)
    session.flush()
    _record(session, claim, "reported", actor_id, claim.note)
    return claim


def _record(session: Session, claim: Claim, what: str, actor_id: int | None, note: str) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"claim.{what}",
        subject=f"worker:{claim.worker_id}",
        details={
            "claim_id": claim.id,
            "kind": claim.kind,
            "happened_on": claim.happened_on,
            "amount_idr": claim.amount_idr,
            "note": note,
        },
    )


def _one_line(text: str) -> str:
    return " ".join(text.replace("\0", "").split())[:200]
