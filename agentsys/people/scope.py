"""Conditions that limit queries to the rows that a user may see; no other module makes them."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Date,
    Select,
    bindparam,
    false,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.base import ExecutableOption

from agentsys.errors import NotFound
from agentsys.people import substitutes
from agentsys.people.delegate_models import Delegation
from agentsys.people.models import Agent, Office, User
from agentsys.people.permissions import Permission, Reach, RoleHolder, RoleName
from agentsys.people.profiles import AgentProfile, agent_profiles
from agentsys.people.substitute_models import Substitution

Column = InstrumentedAttribute[Any]
# What a delegate does for a supervisor who is away; everything else stays with the supervisor.
DELEGATED = frozenset({Permission.COMMISSION_READ, Permission.COMMISSION_APPROVE})
_AFTER_ANY_ID = 2**63  # PostgreSQL ends the transaction at a number that is no bigint


class Anybody(RoleHolder):
    """Any user of these roles, with an office or without one.

    The id and the office are the parameters `user_id` and `office_id` of a query, and the day is
    `today`, so that one query serves all such users.
    """

    id = bindparam("user_id", type_=BigInteger)
    today = bindparam("today", type_=Date)

    def __init__(self, role_names: frozenset[RoleName], *, has_office: bool) -> None:
        self.role_names = role_names
        self.office_id = bindparam("office_id", type_=BigInteger) if has_office else None


def of_agent(
    user: RoleHolder,
    agent_id: Column,
    office_id: Column,
    *,
    to: Permission | None = None,
    stands_in: bool = False,
) -> ColumnElement[bool]:
    """The condition on rows with an agent and an office that the user may see.

    Any of the user's roles counts; with `to`, only the roles that have that permission. With
    `stands_in` also the rows of agents on leave for whom the user, as an agent, works today. With
    a permission of DELEGATED also the rows of teams whose supervisor the user stands for today.
    """
    reach = user.reach(to)
    seen: list[ColumnElement[bool]] = []
    if Reach.OWN in reach:
        own = select(Agent.id).where(Agent.user_id == user.id)
        # One subquery: PostgreSQL joins agents by `IN` only if it stands alone.
        among = union_all(own, _stood_in_for(user)) if stands_in else own
        seen.append(agent_id.in_(among))
    if Reach.TEAM in reach:
        led = select(Agent.id).where(Agent.supervisor_id == user.id)
        among = union_all(led, _led_for_others(user)) if to in DELEGATED else led
        seen.append(agent_id.in_(among))
    if Reach.OFFICE in reach:
        seen.append(of_office(user, office_id))
    return or_(false(), *seen)


def delegated_on(day: date | BindParameter[date]) -> ColumnElement[bool]:
    """The condition on delegations in which the delegate decides on a day."""
    return (
        Delegation.ended_at.is_(None) & (Delegation.from_on <= day) & (Delegation.until_on >= day)
    )


def _led_for_others(user: RoleHolder) -> Select[Any]:
    """The agents of supervisors for whom the user decides today: it opens and closes by days."""
    day = user.today if isinstance(user, Anybody) else substitutes.today()
    return (
        select(Agent.id)
        .join(Delegation, Delegation.user_id == Agent.supervisor_id)
        .where(delegated_on(day), Delegation.delegate_id == user.id)
    )


def _stood_in_for(user: RoleHolder) -> Select[Any]:
    """The agents on leave for whom the user works today: it opens and closes with the days."""
    day = user.today if isinstance(user, Anybody) else substitutes.today()
    return (
        select(Substitution.agent_id)
        .join(Agent, Agent.id == Substitution.substitute_id)
        .where(substitutes.on_day(day), Agent.user_id == user.id)
    )


def of_office(user: RoleHolder, office_id: Column) -> ColumnElement[bool]:
    """The condition on rows with an office; a user who is only an agent sees none of them."""
    if user.only_in_the_field:
        return false()
    if user.office_id is None:
        return true() if user.sees_all_offices else false()
    own: ColumnElement[bool] = office_id == user.office_id
    return own


def offices(session: Session, user: User) -> list[tuple[int, str]]:
    """The id and name of each office that the user may see, by name."""
    rows = session.execute(
        select(Office.id, Office.name)
        .where(of_office(user, Office.id))
        .order_by(Office.name, Office.id)
    )
    return [(number, name) for number, name in rows]


def check_office(session: Session, *, actor_id: int, office_id: int) -> None:
    """Refuse an office that the person may not act for, or that does not exist."""
    actor = session.get(User, actor_id)
    if actor is None or actor.office_id not in (office_id, None):
        raise NotFound()
    if session.get(Office, office_id) is None:
        raise NotFound()


def agents(user: User, *, to: Permission | None = None) -> ColumnElement[bool]:
    """The condition on agents, as `of_agent`."""
    return of_agent(user, Agent.id, Agent.office_id, to=to)


def own_agent(session: Session, user: RoleHolder) -> AgentProfile:
    """The user's own agent; NotFound if the user is no agent."""
    row = session.execute(agent_profiles().where(Agent.user_id == user.id)).one_or_none()
    if row is None:
        raise NotFound()
    return AgentProfile(**row._mapping)


def one(
    session: Session,
    model: Any,
    condition: ColumnElement[bool],
    key: int,
    *options: ExecutableOption,
) -> Any:
    """The row with that id within the condition; NotFound if there is none."""
    if not 0 < key < _AFTER_ANY_ID:
        raise NotFound()
    row = session.scalar(select(model).where(model.id == key, condition).options(*options))
    if row is None:
        raise NotFound()
    return row
