"""One query for all open work, and its limitation to what a user sees."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
)

from agentsys import clock
from agentsys.agreements import rules
from agentsys.months import HEAD_OFFICE, add_months
from agentsys.papers import clocks
from agentsys.people import scope
from agentsys.people.permissions import Permission, Reach, RoleHolder
from agentsys.work import kinds
from agentsys.work.columns import NOW, Source
from agentsys.work.kind import Kind
from agentsys.work.kinds import KINDS
from agentsys.work.models import EscalationRule, WorkAssignment
from agentsys.work.sources_sponsors import MONTHS_TO_ASK

USUAL_DAYS = 3  # overdue days until an item is escalated, by default


def every_item() -> Subquery:
    """All open items of all kinds; execute it with the parameters of `moments()`."""
    return united(frozenset(KINDS))


def moments() -> dict[str, Any]:
    """The times that the sources compare with."""
    this_month = clock.this_month()
    last_month = add_months(this_month, -1)
    today = clock.now().astimezone(HEAD_OFFICE).date()
    warned = rules.setting(rules.Rule.WARN_DAYS, today)
    return {
        "now": clock.now(),
        "this_month": this_month,
        "last_month": last_month,
        "months": [this_month, last_month],
        "sponsor_ended_since": add_months(this_month, -MONTHS_TO_ASK),
        "agreements_ending_until": today + timedelta(days=warned.value),
        **clocks.days(),
    }


@cache
def united(wanted: frozenset[Kind]) -> Subquery:
    """The items of these kinds, each with its due time by rule."""
    parts = [_part(source, found) for source, found in kinds.by_source(wanted).items()]
    return union_all(*parts).subquery("work")


def first_of_each(user: RoleHolder, *, most: int) -> Subquery:
    """The kinds of the items that the user sees, at most so many from each source."""
    parts = []
    for source, found in kinds.by_source(frozenset(seen_kinds(user))).items():
        work = _part(source, found).subquery("work")
        seen = (
            select(work.c.kind)
            .outerjoin(WorkAssignment, assigned(work))
            .where(visible(user, work, due_of(work), among=found))
            .limit(most)
        )
        parts.append(select(seen.subquery()))
    return union_all(*parts).subquery("first")


def _part(source: Source, found: list[Kind]) -> Select[Any]:
    part = source.subquery()
    by_rule = part.c.since + _days_of(part, found)
    due = func.coalesce(part.c.due_at, by_rule)
    columns = [column for column in part.c if column.name != "due_at"]
    return select(*columns, due.label("due_at"))


def _days_of(part: Subquery, found: list[Kind]) -> ColumnElement[timedelta]:
    days = {kind.key: timedelta(days=kind.days) for kind in found}
    if len(set(days.values())) == 1:
        return literal(next(iter(days.values())))
    return case(days, value=part.c.kind)


def _reads_only(user: RoleHolder) -> bool:
    """Whether the user reads all items without deciding any, as auditors do."""
    return user.can(Permission.WORK_READ) and not user.can(Permission.WORK_TAKE)


def own_kinds(user: RoleHolder) -> list[Kind]:
    """The kinds that the user decides, or reads all of as an auditor."""
    return list(KINDS) if _reads_only(user) else kinds.decided_by(user)


def seen_kinds(user: RoleHolder) -> list[Kind]:
    """The kinds of which the user may see an item."""
    return [*own_kinds(user), *kinds.escalated_to(user)]


def assigned(work: Subquery) -> ColumnElement[bool]:
    """The join of the items with who holds them."""
    return and_(WorkAssignment.kind == work.c.kind, WorkAssignment.subject == work.c.subject)


def due_of(work: Subquery) -> ColumnElement[datetime]:
    """When an item is due: as agreed at its hand-over, or by its kind's rule."""
    return func.coalesce(WorkAssignment.due_at, work.c.due_at)


def visible(
    user: RoleHolder,
    work: Subquery,
    due: ColumnElement[datetime],
    *,
    among: Collection[Kind] = KINDS,
) -> ColumnElement[bool]:
    """Items that the user may decide, and items that are escalated to the user."""
    me = bindparam("user_id", type_=BigInteger)
    free = and_(work.c.not_by.is_distinct_from(me), work.c.nor_by.is_distinct_from(me))
    if user.office_id is not None:
        # This hides nothing: supervisors and their agents share an office. It lets PostgreSQL use
        # the indexes on the office.
        free = and_(free, or_(work.c.office_id.is_(None), work.c.office_id == user.office_id))
    if _reads_only(user):
        own = _in_reach(user, work, Permission.WORK_READ)
    else:
        mine = [kind for kind in kinds.decided_by(user) if kind in among]
        own = _each_in_reach(user, work, [(kind, kind.decided_by) for kind in mine])
    others = [kind for kind in kinds.escalated_to(user) if kind in among]
    higher = [(kind, kind.escalates_to) for kind in others]
    if not higher:
        return and_(free, own)
    patience = (
        select(EscalationRule.days)
        .where(
            EscalationRule.from_day <= func.timezone(HEAD_OFFICE.key, NOW),
            EscalationRule.kind.in_([work.c.kind, ""]),
        )
        .order_by(EscalationRule.kind.desc(), EscalationRule.from_day.desc())
        .limit(1)
        .correlate(work)
        .scalar_subquery()
    )
    for_too_long = due + func.coalesce(patience, USUAL_DAYS) * timedelta(days=1) < NOW
    return and_(free, or_(own, and_(for_too_long, _each_in_reach(user, work, higher))))


def _each_in_reach(
    user: RoleHolder, work: Subquery, found: list[tuple[Kind, Permission]]
) -> ColumnElement[bool]:
    """The condition for items of these kinds, each within the reach of its own permission."""
    by_reach: dict[tuple[frozenset[Reach], bool], tuple[Permission, list[str]]] = {}
    for kind, permission in found:
        same = (user.reach(permission), permission in scope.DELEGATED)
        by_reach.setdefault(same, (permission, []))[1].append(kind.key)
    return or_(
        false(),
        *(
            and_(work.c.kind.in_(keys), _in_reach(user, work, permission))
            for permission, keys in by_reach.values()
        ),
    )


def _in_reach(user: RoleHolder, work: Subquery, permission: Permission) -> ColumnElement[bool]:
    columns: Any = work.c
    seen = [scope.of_agent(user, columns.agent_id, columns.office_id, to=permission)]
    if Reach.OFFICE in user.reach(permission):
        seen.append(work.c.office_id.is_(None))
    if Reach.TEAM in user.reach(permission):
        # A list for no agent in particular, such as a government's, is the whole office's.
        of_office = scope.of_office(user, columns.office_id)
        seen.append(and_(work.c.agent_id.is_(None), of_office))
    return or_(*seen)
