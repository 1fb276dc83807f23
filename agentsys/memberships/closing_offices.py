"""Closing an office: refused while agents, members or money are left there."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid
from agentsys.ledger import accounts
from agentsys.ledger.balances import BALANCES
from agentsys.people.models import Agent, AgentStatus, User
from agentsys.people.offices import locked_office
from agentsys.people.permissions import Permission
from agentsys.workers.models import Enrolment, Worker


@dataclass(frozen=True, kw_only=True)
class LeftThere:
    """What keeps an office from being closed."""

    agents: int  # who did not leave
    members: int  # workers whose membership goes on
    users: int  # with an open account
    held_idr: int  # in the bank account, at providers, and in agents' hands
    owed_idr: int  # to BPJS, to payers and to other offices

    @property
    def is_nothing(self) -> bool:
        """Whether the office can be closed."""
        return self == LeftThere(agents=0, members=0, users=0, held_idr=0, owed_idr=0)


class NotEmpty(Conflict):
    """Refused: something is left in the office."""

    text = "Kantor ini belum kosong. Selesaikan dulu yang tertulis di halaman ini."


def left_there(session: Session, office_id: int) -> LeftThere:
    """The agents, members, users and money of an office."""
    runs = exists().where(Enrolment.worker_id == Worker.id, Enrolment.until_month.is_(None))
    working = Agent.status != AgentStatus.LEFT
    held, owed = _money(session, office_id)
    return LeftThere(
        agents=_count(session, Agent, Agent.office_id == office_id, working),
        members=_count(session, Worker, Worker.office_id == office_id, runs),
        users=_count(session, User, User.office_id == office_id, User.active),
        held_idr=held,
        owed_idr=owed,
    )


def close(session: Session, *, office_id: int, actor: User) -> None:
    """Close an office: nobody enrols, joins or pays there any more; NotEmpty if it is in use."""
    office = locked_office(session, office_id)
    _check_actor(actor)
    if office.closed_at is not None:
        return
    if not left_there(session, office_id).is_nothing:
        raise NotEmpty()
    office.closed_at, office.closed_by = clock.now(), actor.id
    _record(session, office_id, "closed", actor)


def reopen(session: Session, *, office_id: int, actor: User) -> None:
    """Open a closed office again."""
    office = locked_office(session, office_id)
    _check_actor(actor)
    if office.closed_at is None:
        return
    office.closed_at = office.closed_by = None
    _record(session, office_id, "opened", actor)


def _check_actor(actor: User) -> None:
    if not (actor.can(Permission.OFFICE_MANAGE) and actor.sees_all_offices):
        raise Invalid("Hanya admin semua kantor yang menutup atau membuka kantor.")


def _record(session: Session, office_id: int, what: str, actor: User) -> None:
    session.flush()
    trail.record(
        session,
        actor_id=actor.id,
        action=f"office.{what}",
        subject=f"office:{office_id}",
        details={},
    )


def _money(session: Session, office_id: int) -> tuple[int, int]:
    """The rupiah that the office and its agents hold, and those that they owe."""
    account = BALANCES.c.account
    agents = session.scalars(select(Agent.id).where(Agent.office_id == office_id)).all()
    own = (accounts.bank, accounts.owed_bpjs, accounts.suspense, accounts.reserved)
    amounts = session.scalars(
        select(BALANCES.c.amount_idr).where(
            BALANCES.c.amount_idr != 0,
            or_(
                account.in_([name(office_id) for name in own]),
                account.in_([accounts.cash_of(agent_id) for agent_id in agents]),
                account.like(f"{accounts.CLEARING}%:{office_id}"),
                account.like(f"{accounts.DUE}%:{office_id}"),
            ),
        )
    ).all()
    held = sum(amount for amount in amounts if amount > 0)
    return int(held), int(held - sum(amounts))


def _count(session: Session, model: type, *conditions: object) -> int:
    query = select(func.count()).select_from(model).where(*conditions)  # type: ignore[arg-type]
    return session.scalar(query) or 0
