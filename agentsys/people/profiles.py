"""Users and agents as values, for pages and every other reader outside this package."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select

from agentsys.people.models import Agent, AgentStatus, Office, OfficeKind, User
from agentsys.people.permissions import RoleName


@dataclass(frozen=True, kw_only=True)
class UserProfile:
    """One user, as an admin sees the user's account."""

    id: int
    name: str
    phone: str | None
    email: str | None
    office_id: int | None
    office_name: str  # empty for users who see all offices
    role_names: frozenset[RoleName]
    active: bool

    @classmethod
    def of(cls, user: User) -> UserProfile:
        """The profile of a user's row."""
        return cls(
            id=user.id,
            name=user.name,
            phone=user.phone,
            email=user.email,
            office_id=user.office_id,
            office_name=user.office.name if user.office else "",
            role_names=user.role_names,
            active=user.active,
        )


@dataclass(frozen=True, kw_only=True)
class OfficeProfile:
    """One office, as an admin sees it."""

    id: int
    code: str
    name: str
    city: str
    zone: str
    kind: OfficeKind
    parent_id: int | None
    contact_name: str
    contact_phone: str
    contact_email: str
    address: str
    controller: str
    pks_number: str
    pks_from: date | None
    pks_until: date | None
    closed_at: datetime | None

    @classmethod
    def of(cls, office: Office) -> OfficeProfile:
        """The profile of an office's row."""
        return cls(**{field.name: getattr(office, field.name) for field in fields(cls)})


@dataclass(frozen=True, kw_only=True)
class AgentProfile:
    """One agent, with the office's name."""

    id: int
    code: str
    name: str
    area: str
    office_id: int
    office_name: str
    supervisor_id: int | None
    user_id: int | None
    status: AgentStatus
    cash_ceiling_idr: int


def agent_profiles() -> Select[*tuple[Any, ...]]:
    """The query of all agents, whose rows have the fields of `AgentProfile`."""
    return select(
        Agent.id,
        Agent.code,
        Agent.name,
        Agent.area,
        Agent.office_id,
        Office.name.label("office_name"),
        Agent.supervisor_id,
        Agent.user_id,
        Agent.status,
        Agent.cash_ceiling_idr,
    ).join(Office, Office.id == Agent.office_id)
