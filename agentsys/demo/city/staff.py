"""Offices and users: agents, supervisors, finance, admin, auditor."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from flask_security.utils import hash_password
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.demo.city.copying import next_id
from agentsys.demo.city.times import Times
from agentsys.demo.names import (
    AGENT_NAMES,
    CITY,
    FAMILY_NAMES,
    FIRST_NAMES,
    KELURAHAN,
    OTHER_CITY,
    STAFF,
)
from agentsys.people.models import Agent, Office, Role, User
from agentsys.people.permissions import RoleName

PASSWORD = "demo-agentsys"  # noqa: S105  # printed with the logins, on purpose
WORKERS_PER_AGENT = 250
FEWEST_AGENTS = 4
MAIN, OTHER = "KOTA", "MUARA"
ROLE_WORDS = {
    RoleName.AGENT: "Agen",
    RoleName.SUPERVISOR: "Penyelia",
    RoleName.FINANCE: "Keuangan",
    RoleName.ADMIN: "Admin",
    RoleName.AUDITOR: "Auditor",
}


class Login(NamedTuple):
    """The login of a demo user."""

    role: str
    name: str
    identity: str
    password: str


@dataclass(frozen=True)
class Collector:
    """An agent of the demo city."""

    id: int
    user_id: int
    office_id: int
    supervisor_id: int
    area: int  # index of the kelurahan


@dataclass(frozen=True)
class Staff:
    """Who works in the demo city; the first agent is Sari, offices are the main and the other."""

    main_id: int
    other_id: int
    agents: tuple[Collector, ...]
    finance: dict[int, int]  # office id -> user id
    admin_id: int

    @property
    def sari(self) -> Collector:
        """The agent whose screen shows every state."""
        return self.agents[0]

    def of_office(self, office_id: int) -> list[Collector]:
        """The agents of one office."""
        return [agent for agent in self.agents if agent.office_id == office_id]


def hire(session: Session, *, workers: int, times: Times, rng: random.Random) -> Staff:
    """Store the two offices and all users."""
    main, other = _open_offices(session)
    roles = _roles(session)
    people = _Register(session, next_id(session, "users"), hash_password(PASSWORD), roles)
    users_by_role: dict[tuple[RoleName, int | None], list[int]] = {}
    for role, name, digits, elsewhere in STAFF:
        office_id = None if elsewhere is None else other if elsewhere else main
        user_id = people.enter(role, name, digits, office_id)
        users_by_role.setdefault((role, office_id), []).append(user_id)

    count = max(FEWEST_AGENTS, round(workers / WORKERS_PER_AGENT))
    first, collectors = next_id(session, "agents"), []
    for number in range(count):
        office_id = other if number >= count - max(1, count // 20) else main
        name = AGENT_NAMES[number] if number < len(AGENT_NAMES) else _name(rng)
        digits = number + 1 if number < len(AGENT_NAMES) else 100 + number
        user_id = people.enter(RoleName.AGENT, name, digits, office_id)
        supervisors = users_by_role[RoleName.SUPERVISOR, office_id]
        area = number % len(KELURAHAN)
        agent = Agent(
            id=first + number,
            office_id=office_id,
            # The first two agents share the supervisor who is shown with the logins.
            supervisor_id=supervisors[number // 2 % len(supervisors)],
            user_id=user_id,
            code=f"AG-{number + 1:03d}",
            name=name,
            area=KELURAHAN[area][0],
            joined_on=(times.now - timedelta(days=400 + rng.randrange(900))).date(),
        )
        session.add(agent)
        collectors.append(Collector(agent.id, user_id, office_id, agent.supervisor_id or 0, area))
    session.flush()
    return Staff(
        main_id=main,
        other_id=other,
        agents=tuple(collectors),
        finance={office: users_by_role[RoleName.FINANCE, office][0] for office in (main, other)},
        admin_id=users_by_role[RoleName.ADMIN, None][0],
    )


def logins(session: Session) -> list[Login]:
    """The logins to show, as far as they exist in this database."""
    shown = [(RoleName.AGENT, name, number) for number, name in enumerate(AGENT_NAMES[:2], 1)]
    shown += [(role, name, digits) for role, name, digits, other in STAFF if not other]
    known = set(session.scalars(select(User.phone).where(User.phone.is_not(None))))
    return [
        Login(ROLE_WORDS[role], name, f"0812-0000-{digits:04d}", PASSWORD)
        for role, name, digits in shown
        if _phone(digits) in known
    ]


@dataclass
class _Register:
    """Writes users, one after the other."""

    session: Session
    next_id: int
    password: str
    roles: dict[RoleName, Role]

    def enter(self, role: RoleName, name: str, digits: int, office_id: int | None) -> int:
        number, self.next_id = self.next_id, self.next_id + 1
        user = User(
            id=number,
            name=name,
            phone=_phone(digits),
            password=self.password,
            fs_uniquifier=hashlib.sha256(f"demo:{digits}".encode()).hexdigest(),
            office_id=office_id,
        )
        user.roles = [self.roles[role]]
        self.session.add(user)
        self.session.flush()
        return number


def _open_offices(session: Session) -> tuple[int, int]:
    first = next_id(session, "offices")
    session.add_all(
        [
            Office(
                id=first,
                code=MAIN,
                name="Kantor Keagenan Tanjung Selaras",
                city=CITY,
                zone="Asia/Makassar",
            ),
            Office(
                id=first + 1,
                code=OTHER,
                name="Kantor Keagenan Muara Kencana",
                city=OTHER_CITY,
                zone="Asia/Jakarta",
            ),
        ]
    )
    session.flush()
    return first, first + 1


def _roles(session: Session) -> dict[RoleName, Role]:
    known = {RoleName(role.name): role for role in session.scalars(select(Role))}
    number = next_id(session, "roles")
    for name in RoleName:
        if name not in known:
            known[name] = Role(id=number, name=name.value)
            number += 1
            session.add(known[name])
    session.flush()
    return known


def _phone(digits: int) -> str:
    return f"+628120000{digits:04d}"


def _name(rng: random.Random) -> str:
    return f"{rng.choice(FIRST_NAMES[rng.choice('LP')])} {rng.choice(FAMILY_NAMES)}"
