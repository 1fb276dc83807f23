"""Proposing a change of what moves money or identity, with its effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.changes.effects import Effect, effect_of
from agentsys.changes.fields import PROPOSED, read_proposed, tidy_proposed
from agentsys.changes.models import (
    CHANGE_TRANSITIONS,
    ChangeAction,
    ChangeState,
    WorkerChange,
)
from agentsys.changes.plain import reason_of
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Invalid, NotFound
from agentsys.memberships.ending import last_membership, locked_worker
from agentsys.payments.transitions import decide
from agentsys.people.models import User
from agentsys.workers import eligibility, seals
from agentsys.workers.kinds import Programmes
from agentsys.workers.models import Enrolment, Worker
from agentsys.workers.nik import Nik, NikRefused, parse


class EffectChanged(Conflict):
    """The months or prices are not those that the person was shown."""

    text = "Akibatnya sudah berubah sejak Anda melihatnya. Periksa lagi di bawah, lalu lanjutkan."


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A change that somebody thinks of: the changed fields, and what they would do."""

    before: Mapping[str, str]
    after: Mapping[str, str]  # the new NIK masked
    nik: Nik | None
    effect: Effect


def consider(
    session: Session,
    *,
    vault: Vault,
    worker_id: int,
    values: Mapping[str, str],
    from_month: date,
    lock: bool = False,
) -> Wanted:
    """What a change to these values would do; nothing is written. Refused if it cannot be made."""
    worker, periods = subject(session, worker_id, lock=lock)
    before = read_proposed(worker, periods[-1] if periods else None)
    after = {
        name: value
        for name, text in values.items()
        if name in PROPOSED
        and name != "nik"
        and (value := tidy_proposed(name, text)) != before[name]
    }
    nik = _other_nik(session, vault, worker, values.get("nik", ""), after)
    if nik is not None:
        after["nik"] = nik.masked
    if not after:
        raise Invalid("Belum ada yang diubah.")
    _refuse_package(worker, after)
    return Wanted(
        before={name: before[name] for name in after},
        after=after,
        nik=nik,
        effect=effect_of(
            session, worker=worker, periods=periods, after=after, from_month=from_month
        ),
    )


def propose(
    session: Session,
    *,
    vault: Vault,
    worker_id: int,
    values: Mapping[str, str],
    from_month: date,
    seen: str,
    reason: str,
    actor_id: int,
) -> WorkerChange:
    """Propose a change, which another person decides; `seen` is the effect's version."""
    why = reason_of(reason)
    wanted = consider(
        session,
        vault=vault,
        worker_id=worker_id,
        values=values,
        from_month=from_month,
        lock=True,
    )
    if seen != wanted.effect.version:
        raise EffectChanged()
    _refuse_second(session, worker_id)
    worker = session.get_one(Worker, worker_id)
    index = vault.index(wanted.nik.text) if wanted.nik else None
    change = WorkerChange(
        worker_id=worker_id,
        office_id=worker.office_id,
        before=dict(wanted.before),
        after=dict(wanted.after),
        nik_sealed=vault.seal(wanted.nik.text, seals.proposed_nik_of(index))
        if wanted.nik and index
        else None,
        nik_index=index,
        from_month=from_month,
        effect=wanted.effect.listed(),
        reason=why,
        proposed_by=actor_id,
    )
    session.add(change)
    session.flush()
    record(session, change, "proposed", actor_id)
    return change


def withdraw(session: Session, *, change_id: int, actor_id: int) -> None:
    """Take a proposal back; only who made it may."""
    change = session.get(WorkerChange, change_id, with_for_update=True, populate_existing=True)
    if change is None or change.proposed_by != actor_id:
        raise NotFound()
    check_open(change)
    close(change, ChangeState.WITHDRAWN, actor_id)
    session.flush()
    record(session, change, "withdrawn", actor_id)


def subject(session: Session, worker_id: int, *, lock: bool) -> tuple[Worker, Sequence[Enrolment]]:
    """The worker and the periods of the newest membership, locked if something is written."""
    worker = locked_worker(session, worker_id) if lock else session.get_one(Worker, worker_id)
    return worker, last_membership(session, worker_id, lock=lock)


def check_open(change: WorkerChange) -> None:
    """Conflict if the change was decided or withdrawn."""
    if change.state is not ChangeState.PROPOSED:
        raise Conflict("Usul ini sudah diputuskan atau ditarik. Muat ulang halamannya.")


def next_state(change: WorkerChange, action: ChangeAction, actor: User) -> ChangeState:
    """The state to which an action leads; Conflict if it was decided or withdrawn."""
    check_open(change)
    return decide(CHANGE_TRANSITIONS, change.state, action, actor)


def close(change: WorkerChange, to: ChangeState, actor_id: int) -> None:
    """Set the state in which a proposal ends, and who decided."""
    change.decided_by, change.decided_at = actor_id, clock.now()
    change.state = to


def record(session: Session, change: WorkerChange, what: str, actor_id: int | None) -> None:
    """Write a step of a change to the audit trail of its worker."""
    trail.record(
        session,
        actor_id=actor_id,
        action=f"change.{what}",
        subject=f"worker:{change.worker_id}",
        details={
            "change": change.id,
            "before": change.before,
            "after": change.after,
            "from_month": change.from_month,
            "effect": change.effect,
            "reason": change.reason,
            "note": change.note or "",
        },
    )


class NikOfAnother(Conflict):
    """Another worker has the NIK: it is the same person, recorded twice; see `other_id`."""

    text = (
        "NIK itu sudah milik pekerja lain, jadi orang ini mungkin tercatat dua kali. Kantor"
        " memeriksanya di halaman “Orang yang sama?”."
    )

    def __init__(self, other_id: int) -> None:
        """Keep who has the NIK; nobody is told."""
        super().__init__(about="nik")
        self.other_id = other_id


def refuse_nik_of_another(session: Session, worker: Worker, index: bytes) -> None:
    """NikOfAnother if another worker has the NIK."""
    other = session.scalar(
        select(Worker.id).where(Worker.nik_index == index, Worker.id != worker.id)
    )
    if other is not None:
        raise NikOfAnother(other)


def _refuse_package(worker: Worker, after: Mapping[str, str]) -> None:
    """Invalid if the rules of eligibility refuse the package; other rules are for new members."""
    if "programmes" not in after:
        return
    found = eligibility.rules_on(clock.now().date()).find(
        born=worker.birth_date,
        job=worker.job,
        income_idr=worker.income_idr or None,
        programmes=Programmes(after["programmes"]),
        work=worker.work,
    )
    eligibility.refuse(tuple(finding for finding in found if finding.about == "programmes"))


def _other_nik(
    session: Session, vault: Vault, worker: Worker, text: str, after: Mapping[str, str]
) -> Nik | None:
    """The typed NIK, if it is another one than the worker's."""
    if not text.strip():
        return None
    born = date.fromisoformat(after["birth_date"]) if "birth_date" in after else worker.birth_date
    try:
        nik = parse(text, born=born)
    except NikRefused as refused:
        raise Invalid(refused.message, about="nik") from refused
    index = vault.index(nik.text)
    if index == worker.nik_index:
        return None
    refuse_nik_of_another(session, worker, index)
    return nik


def _refuse_second(session: Session, worker_id: int) -> None:
    waiting = session.scalar(
        select(WorkerChange.id).where(
            WorkerChange.worker_id == worker_id, WorkerChange.state == ChangeState.PROPOSED
        )
    )
    if waiting is not None:
        raise Conflict(
            "Sudah ada usul perubahan untuk pekerja ini. Tunggu keputusannya, atau tarik usul itu."
        )
