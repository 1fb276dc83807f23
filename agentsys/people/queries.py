"""Reading users, agents and offices as typed values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, not_, or_, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.listing.pages import Listing, Page, Sort
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.people import scope
from agentsys.people.agents import leads
from agentsys.people.models import LOCKED_FOR, Agent, Office, OfficeKind, User
from agentsys.people.permissions import RoleHolder, RoleName
from agentsys.people.profiles import OfficeProfile, UserProfile

Condition = ColumnElement[bool]
_FEWEST_DIGITS = 4  # of a phone number that are searched for


@dataclass(frozen=True, kw_only=True)
class UserRow:
    """One user in the list of users."""

    id: int
    name: str
    login: str
    roles: tuple[RoleName, ...]
    office_name: str  # empty for users who see all offices
    status: str  # active, disabled or locked
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class OfficeRow:
    """One office in the list of offices."""

    id: int
    code: str
    name: str
    city: str
    zone: str
    kind: OfficeKind
    pks_until: date | None
    is_closed: bool
    users: int
    agents: int


@dataclass(frozen=True, kw_only=True)
class Choice:
    """An option in a form's select, under a heading."""

    id: int
    name: str
    group: str = ""
    active: bool = True


def users(session: Session, user: RoleHolder, asked: ListRequest) -> Page[UserRow]:
    """The users in the scope of a user."""
    now = clock.now()
    ends_soon = and_(User.locked_until > now, User.locked_until <= now + LOCKED_FOR)
    locked = and_(User.active, func.coalesce(ends_soon, False))
    listing = Listing(
        id=User.id,
        sorts={"name": Sort(User.name), "created": Sort(User.created_at, descending=True)},
        search=_by_name_or_login,
        states={
            "active": and_(User.active, not_(locked)),
            "locked": locked,
            "disabled": not_(User.active),
        },
        at=User.created_at,
    )
    page = listing.page(session, select(User).where(_users_of(user)), asked)
    return page.map(lambda row: _user(row[0]))


def user_in_scope(session: Session, user: RoleHolder, user_id: int) -> UserProfile:
    """One user in the scope of another; NotFound for any other."""
    return UserProfile.of(scope.one(session, User, _users_of(user), user_id))


def office_list(session: Session, user: RoleHolder, asked: ListRequest) -> Page[OfficeRow]:
    """The offices in the user's scope, with how many people they have."""
    users = select(func.count()).where(User.office_id == Office.id).scalar_subquery()
    agents = select(func.count()).where(Agent.office_id == Office.id).scalar_subquery()
    listing = Listing(
        id=Office.id,
        sorts={"name": Sort(Office.name), "city": Sort(Office.city)},
        search=lambda query: or_(
            *(
                column.icontains(query, autoescape=True)
                for column in (Office.code, Office.name, Office.city)
            )
        ),
    )
    query = select(Office, users, agents).where(scope.of_office(user, Office.id))
    return listing.page(session, query, asked).map(lambda row: _office(*row[:3]))


def office_in_scope(session: Session, user: RoleHolder, office_id: int) -> OfficeProfile:
    """One office that the user may see; NotFound for any other."""
    return OfficeProfile.of(scope.one(session, Office, scope.of_office(user, Office.id), office_id))


def every_office(session: Session) -> list[OfficeRow]:
    """All offices by code, without counting their people."""
    return [_office(found) for found in session.scalars(select(Office).order_by(Office.code))]


def has_offices(session: Session) -> bool:
    """Whether there is any office yet."""
    return session.scalar(select(Office.id).limit(1)) is not None


def anybody(session: Session) -> bool:
    """Whether there is any user."""
    return bool(session.scalar(select(select(User.id).exists())))


def supervisors(session: Session, user: RoleHolder) -> list[Choice]:
    """The active supervisors in the user's scope, by office."""
    return _supervisors(session, _users_of(user))


def supervisors_for(session: Session, user: UserProfile) -> list[Choice]:
    """The active supervisors that a user may have as an agent."""
    return _supervisors(session, and_(User.office_id == user.office_id, User.id != user.id))


def _supervisors(session: Session, condition: Condition) -> list[Choice]:
    rows = session.execute(
        select(User.id, User.name, Office.name)
        .join(Office, Office.id == User.office_id)
        .where(condition, leads(), User.active)
        .order_by(Office.name, User.name, User.id)
    )
    return [Choice(id=key, name=name, group=office) for key, name, office in rows]


def office_name(session: Session, office_id: int) -> str:
    """The name of an office."""
    return session.get_one(Office, office_id).name


def names_of(session: Session, user_ids: Iterable[int | None]) -> dict[int, str]:
    """The names of users by their ids."""
    ids = {user_id for user_id in user_ids if user_id is not None}
    if not ids:
        return {}
    rows = session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {user_id: name for user_id, name in rows}


def is_agent(words: str) -> Condition:
    """The condition on agents with that code, or with that text in the name."""
    return or_(Agent.code == words.upper(), matches(words, Agent.name))


def _users_of(user: RoleHolder) -> Condition:
    return scope.of_office(user, User.office_id)


def _by_name_or_login(query: str) -> Condition:
    digits = "".join(letter for letter in query if letter.isdigit()).removeprefix("0")
    words = [matches(query, User.name, User.email)]
    if len(digits) >= _FEWEST_DIGITS:
        words.append(User.phone.contains(digits, autoescape=True))
    return or_(*words)


def _user(user: User) -> UserRow:
    status = "active" if user.active else "disabled"
    return UserRow(
        id=user.id,
        name=user.name,
        login=user.phone or user.email or "",
        roles=tuple(sorted(user.role_names, key=list(RoleName).index)),
        office_name=user.office.name if user.office else "",
        status="locked" if user.active and user.is_locked() else status,
        created_at=user.created_at,
    )


def _office(found: Office, users: int = 0, agents: int = 0) -> OfficeRow:
    return OfficeRow(
        id=found.id,
        code=found.code,
        name=found.name,
        city=found.city,
        zone=found.zone,
        kind=found.kind,
        pks_until=found.pks_until,
        is_closed=found.closed_at is not None,
        users=users,
        agents=agents,
    )
