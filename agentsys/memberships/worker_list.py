"""The list of workers whom a user may see, found by name, NIK or KPJ."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.listing.pages import Listing, Page, Sort, row_as, states_of
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.people import scope
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission
from agentsys.people.queries import is_agent
from agentsys.workers.group_models import WorkerGroup
from agentsys.workers.kinds import Ecosystem, Registration
from agentsys.workers.models import Enrolment, Worker

_NIK_DIGITS = 16
COUNTED = 1_000  # rows that are counted at most


@dataclass(frozen=True, kw_only=True)
class WorkerRow:
    """One worker of the list."""

    id: int
    name: str
    nik_masked: str
    kpj: str
    kelurahan: str
    ecosystem: Ecosystem | None
    group_name: str
    agent_name: str
    registration: Registration
    registration_note: str
    created_at: datetime


def workers(session: Session, user: User, *, vault: Vault, asked: ListRequest) -> Page[WorkerRow]:
    """The workers in the user's reach."""
    tabs = {
        "to_register": Worker.registration == Registration.WAITING,
        "refused": Worker.registration == Registration.REFUSED,
    }
    return _page(session, user, vault, asked, tabs)


def to_register(
    session: Session, user: User, *, vault: Vault, asked: ListRequest
) -> Page[WorkerRow]:
    """The members whom BPJS has not registered yet, and those whose data it refused."""
    member = exists().where(Enrolment.worker_id == Worker.id, Enrolment.until_month.is_(None))
    tabs = {
        "to_register": and_(Worker.registration == Registration.WAITING, member),
        "refused": and_(Worker.registration == Registration.REFUSED, member),
    }
    asked = replace(asked, tab=asked.tab if asked.tab in tabs else "to_register")
    return _page(session, user, vault, asked, tabs)


def _page(
    session: Session,
    user: User,
    vault: Vault,
    asked: ListRequest,
    tabs: Mapping[str, ColumnElement[bool]],
) -> Page[WorkerRow]:
    listing = Listing(
        id=Worker.id,
        sorts={"name": Sort(Worker.name), "newest": Sort(Worker.id, descending=True)},
        search=lambda words: _search(words, vault),
        tabs=tabs,
        ecosystems=states_of(Worker.ecosystem, Ecosystem),
        group=Worker.group_id,
        agent=is_agent,
        counted=COUNTED,
    )
    statement = (
        select(
            Worker.id,
            Worker.name,
            Worker.nik_masked,
            Worker.kpj,
            Worker.kelurahan,
            Worker.ecosystem,
            func.coalesce(WorkerGroup.name, "").label("group_name"),
            func.coalesce(Agent.name, "").label("agent_name"),
            Worker.registration,
            Worker.registration_note,
            Worker.created_at,
        )
        .outerjoin(Agent, Agent.id == Worker.agent_id)
        .outerjoin(WorkerGroup, WorkerGroup.id == Worker.group_id)
        .where(
            scope.of_agent(user, Worker.agent_id, Worker.office_id, to=Permission.WORKER_READ),
            Worker.merged_into.is_(None),
        )
    )
    return listing.page(session, statement, asked).map(lambda row: row_as(WorkerRow, row))


def _search(words: str, vault: Vault) -> ColumnElement[bool]:
    digits = re.sub(r"[\s.\-]", "", words)
    if not digits.isdecimal():
        return matches(words, Worker.name)
    if not digits.isascii():
        return false()
    if len(digits) == _NIK_DIGITS:
        return or_(Worker.nik_index == vault.index(digits), Worker.kpj == digits)
    return Worker.kpj == digits
