"""A worker's links: to pay, or to open the own page, from a message, without signing in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions.payer import refuse_if_nothing_is_own
from agentsys.errors import NotFound
from agentsys.payments.link_models import LinkKind, PayLink
from agentsys.people.models import Agent, Office, User
from agentsys.workers.models import Worker

VALID_FOR = {
    LinkKind.PAY: timedelta(days=30),
    LinkKind.OWN: timedelta(days=365),  # a debit is stopped by the link that came with its notice
}


@dataclass(frozen=True, kw_only=True)
class LinkOwner:
    """Whom to ask for a new link when this one has expired."""

    agent_name: str  # the office's name, if no agent manages the worker
    office_name: str
    phone: str
    expired_at: datetime


@dataclass(frozen=True, kw_only=True)
class ValidLink:
    """A link that opens one worker's page now."""

    token: str
    worker_id: int
    expires_at: datetime


def make_link(
    session: Session, *, worker_id: int, actor_id: int | None, kind: LinkKind = LinkKind.PAY
) -> ValidLink:
    """A new link by which one worker's contributions can be paid, or the own page opened.

    PaidByOthers if there is nothing that the worker has to pay.
    """
    if session.get(Worker, worker_id) is None:
        raise NotFound()
    if kind is LinkKind.PAY:
        refuse_if_nothing_is_own(session, worker_id=worker_id)
    moment = clock.now()
    link = PayLink(
        token=secrets.token_urlsafe(24),  # 32 characters
        kind=kind,
        worker_id=worker_id,
        created_by=actor_id,
        created_at=moment,
        expires_at=moment + VALID_FOR[kind],
    )
    session.add(link)
    session.flush()
    return _valid(link)


def withdraw_links(
    session: Session, *, worker_id: int, actor_id: int, kind: LinkKind = LinkKind.PAY
) -> int:
    """Withdraw all valid links of a kind, such as one that a stranger has; how many."""
    moment = clock.now()
    withdrawn = session.scalars(
        update(PayLink)
        .where(
            PayLink.worker_id == worker_id,
            PayLink.kind == kind,
            PayLink.expires_at > moment,
            PayLink.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=moment)
        .returning(PayLink.token)
    ).all()
    if withdrawn:
        trail.record(
            session,
            actor_id=actor_id,
            action=f"{kind}_links.withdrawn",
            subject=f"worker:{worker_id}",
            details={"count": len(withdrawn)},
        )
    return len(withdrawn)


def find_link(session: Session, token: str, *, kind: LinkKind = LinkKind.PAY) -> ValidLink:
    """The link with this token while it is valid; NotFound says how to get a new one."""
    link = session.get(PayLink, token) if _may_be(token) else None
    if link is None or link.kind is not kind or not _is_valid(link):
        raise NotFound("Tautan ini sudah tidak berlaku. Minta tautan baru kepada agen Anda.")
    if session.scalar(select(Worker.merged_into).where(Worker.id == link.worker_id)):
        raise NotFound(
            "Data Anda tercatat dua kali dan sudah disatukan. Minta tautan baru kepada agen Anda."
        )
    return _valid(link)


def newest_link(
    session: Session, *, worker_id: int, kind: LinkKind = LinkKind.PAY
) -> ValidLink | None:
    """The newest link of a worker that is still valid."""
    link = session.scalar(
        select(PayLink)
        .where(
            PayLink.worker_id == worker_id,
            PayLink.kind == kind,
            PayLink.expires_at > clock.now(),
            PayLink.withdrawn_at.is_(None),
        )
        .order_by(PayLink.created_at.desc())
        .limit(1)
    )
    return _valid(link) if link else None


def owner_of_expired(session: Session, token: str) -> LinkOwner | None:
    """Who manages the worker of a link that was valid once; None for one that never was."""
    if not _may_be(token):
        return None
    row = session.execute(
        select(
            User.name,
            User.phone,
            Office.name,
            func.least(PayLink.expires_at, PayLink.withdrawn_at),
        )
        .join(Worker, Worker.id == PayLink.worker_id)
        .join(Office, Office.id == Worker.office_id)
        .outerjoin(Agent, Agent.id == Worker.agent_id)
        .outerjoin(User, User.id == Agent.user_id)
        .where(PayLink.token == token)
    ).first()
    if row is None:
        return None
    name, phone, office, expired_at = row
    return LinkOwner(
        agent_name=name or office, office_name=office, phone=phone or "", expired_at=expired_at
    )


def _is_valid(link: PayLink) -> bool:
    return link.withdrawn_at is None and link.expires_at > clock.now()


def _valid(link: PayLink) -> ValidLink:
    return ValidLink(token=link.token, worker_id=link.worker_id, expires_at=link.expires_at)


def _may_be(token: str) -> bool:
    return len(token) <= 40 and "\0" not in token
