"""The audit trail as a list, and who saw whole NIKs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, case, func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit.models import WHOLE_NIKS, AuditEvent
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.people import scope
from agentsys.people.models import User
from agentsys.people.permissions import RoleHolder

COUNTED = 1_000  # rows that are counted at most
SEEN_DAYS = 30  # for which looks at NIKs are counted
_SUBJECT = re.compile(r"[a-z_]+:[^\s]+")


@dataclass(frozen=True, kw_only=True)
class TrailRow:
    """One recorded act."""

    id: int
    at: datetime
    actor_id: int | None  # None for a job or a gateway
    actor_name: str
    action: str
    subject: str
    details: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class NikViewer:
    """Somebody who saw whole NIKs in the last days."""

    user_id: int
    name: str
    today: int  # looked at one by one
    week: int
    month: int
    in_files: int  # in downloaded files of the last 30 days
    last_at: datetime


def trail(
    session: Session, user: RoleHolder, asked: ListRequest, *, areas: Sequence[str]
) -> Page[TrailRow]:
    """What happened in the user's offices, newest first.

    The search is a person's name, or an object such as `worker:7`. The states are areas: the first
    part of an action's name.
    """
    area = func.split_part(AuditEvent.action, ".", 1)
    listing = Listing(
        id=AuditEvent.id,
        sorts={"at": Sort(AuditEvent.at, descending=True)},
        search=_search,
        tabs={
            "niks": AuditEvent.action.in_(WHOLE_NIKS),
            "people": AuditEvent.actor_id.is_not(None),
        },
        states={name: area == name for name in areas},
        at=AuditEvent.at,
        counted=COUNTED,
    )
    statement = (
        select(
            AuditEvent.id,
            AuditEvent.at,
            AuditEvent.actor_id,
            func.coalesce(User.name, "").label("actor_name"),
            AuditEvent.action,
            AuditEvent.subject,
            AuditEvent.details,
        )
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(scope.of_office(user, AuditEvent.office_id))
    )
    return listing.page(session, statement, asked).map(lambda row: row_as(TrailRow, row))


def nik_viewers(session: Session, user: RoleHolder) -> Sequence[NikViewer]:
    """Who saw whole NIKs in the last 30 days, most first."""
    now = clock.now()
    single = AuditEvent.action == "nik.revealed"

    def since(days: int) -> ColumnElement[int]:
        recent = AuditEvent.at > now - timedelta(days=days)
        return func.count().filter(single, recent)

    count = AuditEvent.details["count"].astext.cast(Integer)
    rejected = AuditEvent.details["rejected"].astext.cast(Integer)
    whole = AuditEvent.details["whole_nik"].astext == "true"
    in_files = func.coalesce(
        func.sum(
            case(
                ((AuditEvent.action == "remittance.exported") & whole, count),
                (AuditEvent.action == "roster.rejects_downloaded", rejected),
                else_=0,
            )
        ),
        0,
    )
    month = since(SEEN_DAYS)
    rows = session.execute(
        select(
            User.id.label("user_id"),
            User.name,
            since(1).label("today"),
            since(7).label("week"),
            month.label("month"),
            in_files.label("in_files"),
            func.max(AuditEvent.at).label("last_at"),
        )
        .join(User, User.id == AuditEvent.actor_id)
        .where(
            AuditEvent.action.in_(WHOLE_NIKS),
            AuditEvent.at > now - timedelta(days=SEEN_DAYS),
            scope.of_office(user, AuditEvent.office_id),
        )
        .group_by(User.id, User.name)
        .having((month > 0) | (in_files > 0))
        .order_by((month + in_files).desc(), User.name)
    )
    return [NikViewer(**row._mapping) for row in rows]


def _search(words: str) -> ColumnElement[bool]:
    if _SUBJECT.fullmatch(words):
        return AuditEvent.subject == words
    return AuditEvent.actor_id.in_(select(User.id).where(matches(words, User.name)))
