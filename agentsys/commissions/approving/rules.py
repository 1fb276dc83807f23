"""Rules of stages: one person proposes them, a second one approves; approved ones never change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import or_, select, true
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.commissions.approving.models import (
    LONGEST_BASIS,
    StageBy,
    StageRule,
    StageRuleState,
)
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.payments.transitions import Transition, decide
from agentsys.people import second_person
from agentsys.people.models import Office, User
from agentsys.people.permissions import Permission
from agentsys.people.queries import names_of
from agentsys.people.substitutes import today

DAYS_AHEAD = 366
LONGEST_REASON = 200
SHOWN = 50


class StageRuleAction(StrEnum):
    """What the second person does with a proposed rule, or who proposed it."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


_S, _A = StageRuleState, StageRuleAction
STAGE_RULE_TRANSITIONS = {
    (_S.PROPOSED, _A.APPROVE): Transition(_S.APPROVED, by=Permission.COMMISSION_TERMS_APPROVE),
    (_S.PROPOSED, _A.REFUSE): Transition(_S.REFUSED, by=Permission.COMMISSION_TERMS_APPROVE),
    (_S.PROPOSED, _A.WITHDRAW): Transition(_S.WITHDRAWN, by=Permission.COMMISSION_TERMS_PROPOSE),
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A rule as somebody wants it; a sum of None means that this stage is never needed."""

    valid_from: date
    second_from_idr: int | None
    second_by: StageBy
    third_from_idr: int | None
    third_by: StageBy
    basis: str


@dataclass(frozen=True, kw_only=True)
class StageRuleRow:
    """A rule that somebody proposed, and what became of it."""

    id: int
    office: str  # empty: all offices
    valid_from: date
    second_from_idr: int | None
    second_by: StageBy | None
    third_from_idr: int | None
    third_by: StageBy | None
    basis: str
    state: StageRuleState
    proposed_by: int
    proposer: str
    decider: str
    reason: str


def propose(session: Session, *, office_id: int | None, wanted: Wanted, actor_id: int) -> StageRule:
    """Propose a rule for an office, or for all (None), from today at the earliest."""
    actor = _actor(session, actor_id)
    if not actor.can(Permission.COMMISSION_TERMS_PROPOSE):
        raise Forbidden(permission=Permission.COMMISSION_TERMS_PROPOSE.value)
    if not actor.sees_all_offices and office_id != actor.office_id:
        raise NotFound()
    basis = " ".join(wanted.basis.replace("\0", "").split())[:LONGEST_BASIS]
    if not basis:
        raise Invalid("Isi dasar aturan, misalnya surat keputusan kantor.", about="basis")
    second, third = wanted.second_from_idr, wanted.third_from_idr
    if third is not None and (second is None or third < second):
        raise Invalid(
            "Batas persetujuan ketiga tidak boleh lebih kecil dari batas persetujuan kedua.",
            about="third_from_idr",
        )
    _check_day(wanted.valid_from)
    waits = select(StageRule.id).where(
        StageRule.state == _S.PROPOSED, StageRule.office_id.is_not_distinct_from(office_id)
    )
    if session.scalar(waits) is not None:
        raise Conflict("Usul aturan lain masih menunggu orang kedua. Putuskan dulu usul itu.")
    found = StageRule(
        office_id=office_id,
        valid_from=wanted.valid_from,
        second_from_idr=second,
        second_by=wanted.second_by if second is not None else None,
        third_from_idr=third,
        third_by=wanted.third_by if third is not None else None,
        basis=basis,
        proposed_by=actor.id,
        proposed_at=clock.now(),
    )
    session.add(found)
    session.flush()
    _record(session, found, actor)
    return found


def decide_rule(
    session: Session, *, rule_id: int, action: StageRuleAction, actor_id: int, reason: str = ""
) -> StageRule:
    """Approve or refuse a rule as a second person; who proposed it can withdraw it."""
    actor = _actor(session, actor_id)
    found = session.get(StageRule, rule_id, with_for_update=True, populate_existing=True)
    if found is None or not (actor.sees_all_offices or found.office_id == actor.office_id):
        raise NotFound()
    if action is _A.WITHDRAW and found.proposed_by != actor.id:
        raise NotFound()
    to = decide(STAGE_RULE_TRANSITIONS, found.state, action, actor)
    reason = " ".join(reason.replace("\0", "").split())[:LONGEST_REASON]
    if to is not _S.WITHDRAWN:
        if actor.id == found.proposed_by:
            raise Forbidden("Aturan persetujuan diputuskan orang kedua, bukan yang mengusulkan.")
        second_person.check(session, second=actor, first_ids=[found.proposed_by])
    if to is _S.REFUSED and not reason:
        raise Invalid("Isi alasan ditolak, supaya pengusul tahu apa yang diperbaiki.")
    if to is _S.APPROVED:
        _check_day(found.valid_from)
    found.reason = reason if to is _S.REFUSED else ""
    found.state = to
    found.decided_by, found.decided_at = actor.id, clock.now()
    session.flush()
    _record(session, found, actor)
    return found


def newest(session: Session, user: User) -> Sequence[StageRuleRow]:
    """The newest rules that apply in the user's reach, those that wait first."""
    mine = (
        true()
        if user.sees_all_offices
        else or_(StageRule.office_id == user.office_id, StageRule.office_id.is_(None))
    )
    found = session.execute(
        select(StageRule, Office.name)
        .outerjoin(Office, Office.id == StageRule.office_id)
        .where(mine)
        .order_by(StageRule.state != _S.PROPOSED, StageRule.id.desc())
        .limit(SHOWN)
    ).all()
    people = {by for row, _name in found for by in (row.proposed_by, row.decided_by) if by}
    names = names_of(session, people)
    return [
        StageRuleRow(
            id=row.id,
            office=office or "",
            valid_from=row.valid_from,
            second_from_idr=row.second_from_idr,
            second_by=row.second_by,
            third_from_idr=row.third_from_idr,
            third_by=row.third_by,
            basis=row.basis,
            state=row.state,
            proposed_by=row.proposed_by,
            proposer=names.get(row.proposed_by, ""),
            decider=names.get(row.decided_by or 0, ""),
            reason=row.reason,
        )
        for row, office in found
    ]


def _check_day(day: date) -> None:
    if not today() <= day <= today() + timedelta(days=DAYS_AHEAD):
        raise Invalid("Pilih hari mulai dari hari ini sampai setahun lagi.", about="valid_from")


def _actor(session: Session, actor_id: int) -> User:
    actor = session.get(User, actor_id)
    if actor is None:
        raise NotFound()
    return actor


def _record(session: Session, found: StageRule, actor: User) -> None:
    trail.record(
        session,
        actor_id=actor.id,
        action=f"stage_rule.{found.state.value}",
        subject=f"stage_rule:{found.id}",
        details={
            "office_id": found.office_id,
            "from_on": found.valid_from,
            "second_from_idr": found.second_from_idr,
            "second_by": found.second_by.value if found.second_by else None,
            "third_from_idr": found.third_from_idr,
            "third_by": found.third_by.value if found.third_by else None,
            "reason": found.reason,
        },
    )
