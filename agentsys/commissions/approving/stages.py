"""The stages of an approval: how many people approve a sum, who is next, and whose voice counts.

The rule in force on the day of the first approval says how many there are. Approvals are about the
lines that were seen: after another computation with other lines they count no more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions.approving.models import (
    StageBy,
    StageRule,
    StageRuleState,
    StatementApproval,
)
from agentsys.commissions.models import Statement
from agentsys.errors import Conflict, Forbidden
from agentsys.people import delegates, second_person
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.people.substitutes import today

PERMISSIONS = {
    StageBy.SECOND: Permission.COMMISSION_APPROVE_SECOND,
    StageBy.LAST: Permission.COMMISSION_APPROVE_LAST,
}


class OneVoice(Forbidden):
    """Refused: this person, or who stands for him or her, gave an approval already."""

    text = (
        "Anda, atau orang yang Anda wakili atau yang mewakili Anda, sudah menyetujui laporan ini."
        " Orang lain memberi persetujuan berikutnya."
    )


class WaitsForNext(Conflict):
    """The statement has this stage's approval already and waits for the next one."""

    text = "Laporan ini sudah disetujui dan menunggu persetujuan berikutnya."


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The next approval that a statement waits for."""

    number: int
    of: int
    by: StageBy | None  # None: the agent's supervisor
    next_by: StageBy | None  # who comes after it
    rule_id: int | None
    voices: frozenset[int]  # who approved these lines, and on whose behalf

    @property
    def is_last(self) -> bool:
        """Whether this approval makes the statement approved."""
        return self.number == self.of


def rule_on(session: Session, *, office_id: int | None, day: date) -> StageRule | None:
    """The rule of an office on a day; its own goes before that of all offices."""
    return session.scalar(
        select(StageRule)
        .where(
            StageRule.state == StageRuleState.APPROVED,
            StageRule.valid_from <= day,
            or_(StageRule.office_id == office_id, StageRule.office_id.is_(None)),
        )
        .order_by(StageRule.office_id.is_(None), StageRule.valid_from.desc(), StageRule.id.desc())
        .limit(1)
    )


def next_of(session: Session, statement: Statement) -> Stage:
    """The stage that a waiting statement is in."""
    given = session.scalars(
        select(StatementApproval)
        .where(
            StatementApproval.statement_id == statement.id,
            StatementApproval.lines_hash == statement.lines_hash,
            StatementApproval.voided_at.is_(None),
        )
        .order_by(StatementApproval.stage)
    ).all()
    if given:
        rule_id = given[0].rule_id
        rule = None if rule_id is None else session.get_one(StageRule, rule_id)
        number, count = given[-1].stage + 1, given[-1].stages
    else:
        rule = rule_on(session, office_id=statement.office_id, day=today())
        number, count = 1, 1 + len(_later(rule, statement.total_idr))
    later = [None, *_later(rule, statement.total_idr), None, None][: count + 1]
    return Stage(
        number=number,
        of=count,
        by=later[number - 1],
        next_by=later[number] if number < count else None,
        rule_id=rule.id if rule is not None else None,
        voices=frozenset(
            each
            for one in given
            for each in (one.approved_by, one.on_behalf_of)
            if each is not None
        ),
    )


def check_voice(session: Session, stage: Stage, people: Collection[User]) -> None:
    """Refuse a person who approved these lines already, in any role or through a delegate."""
    if not stage.voices:
        return
    ids = {each.id for each in people}
    if ids & stage.voices or delegates.between(session, ids, stage.voices):
        raise OneVoice()
    for one in people:
        second_person.check(session, second=one, first_ids=stage.voices)


def may_decide(stage: Stage, statement_office_id: int, actor: User) -> bool:
    """Whether the actor holds the permission of a later stage in the statement's office."""
    if stage.by is None:
        return False
    return actor.can(PERMISSIONS[stage.by]) and actor.office_id in (None, statement_office_id)


def may_decide_later(statement_office_id: int, actor: User) -> bool:
    """Whether the actor could give any later approval in the statement's office."""
    mine = any(actor.can(permission) for permission in PERMISSIONS.values())
    return mine and actor.office_id in (None, statement_office_id)


def add(
    session: Session, statement: Statement, stage: Stage, *, actor: User, decided_for: int | None
) -> None:
    """Keep an approval of the statement's present lines."""
    session.add(
        StatementApproval(
            statement_id=statement.id,
            lines_hash=statement.lines_hash,
            stage=stage.number,
            stages=stage.of,
            rule_id=stage.rule_id,
            next_by=stage.next_by,
            approved_by=actor.id,
            on_behalf_of=decided_for,
        )
    )
    session.flush()


def last_of(session: Session, statement: Statement) -> StatementApproval:
    """The newest approval of a statement."""
    return session.scalars(
        select(StatementApproval)
        .where(StatementApproval.statement_id == statement.id)
        .order_by(StatementApproval.id.desc())
        .limit(1)
    ).one()


def void(session: Session, statement: Statement) -> None:
    """Let the earlier approvals of a returned statement count no more."""
    for one in session.scalars(
        select(StatementApproval).where(
            StatementApproval.statement_id == statement.id, StatementApproval.voided_at.is_(None)
        )
    ):
        one.voided_at = clock.now()


@dataclass(frozen=True, kw_only=True)
class Later:
    """A statement that has an approval and waits for another one."""

    number: int
    of: int
    by: StageBy
    since: datetime
    voices: frozenset[int]


def waiting_later(session: Session, statement_ids: Collection[int]) -> Mapping[int, Later]:
    """Of these statements, those that wait for a second approval or a later one."""
    given = select(StatementApproval, Statement.id).join(
        Statement,
        (Statement.id == StatementApproval.statement_id)
        & (Statement.lines_hash == StatementApproval.lines_hash),
    )
    found: dict[int, Later] = {}
    voices: dict[int, set[int]] = {}
    rows = session.execute(
        given.where(
            Statement.id.in_(statement_ids), StatementApproval.voided_at.is_(None)
        ).order_by(StatementApproval.stage)
    )
    for one, statement_id in rows:
        voices.setdefault(statement_id, set()).update(
            each for each in (one.approved_by, one.on_behalf_of) if each is not None
        )
        if one.next_by is None:
            found.pop(statement_id, None)
        else:
            found[statement_id] = Later(
                number=one.stage + 1,
                of=one.stages,
                by=one.next_by,
                since=one.approved_at,
                voices=frozenset(voices[statement_id]),
            )
    return found


def _later(rule: StageRule | None, total_idr: int) -> list[StageBy]:
    """Who approves a sum after the supervisor."""
    if rule is None:
        return []
    parts = ((rule.second_from_idr, rule.second_by), (rule.third_from_idr, rule.third_by))
    return [by for least, by in parts if least is not None and by and total_idr >= least]
