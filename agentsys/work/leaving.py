"""Closing the account of somebody who leaves: open work is handed over first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid
from agentsys.people import accounts, agents
from agentsys.people.models import Agent, AgentStatus, User
from agentsys.people.permissions import Permission
from agentsys.people.queries import Choice
from agentsys.work.kinds import BY_KEY
from agentsys.work.models import WorkAssignment


class StillHasWork(Conflict):
    """Refused: the user has open work, and nobody was named who takes it over."""

    text = "Pengguna ini masih punya pekerjaan terbuka. Serahkan dulu, lalu tutup akunnya."


@dataclass(frozen=True, kw_only=True)
class LeftOpen:
    """What a user would leave behind."""

    led: Sequence[Choice]  # agents whose supervisor the user is
    held: Sequence[str]  # titles of the work that the user holds
    own_agent: Choice | None  # the user is a working agent, with workers and cash of his or her own

    @property
    def is_nothing(self) -> bool:
        """Whether the account can be closed as it is."""
        return not self.led and not self.held and self.own_agent is None


def left_open(session: Session, *, user_id: int) -> LeftOpen:
    """The agents that a user leads, the work that he or she holds, and the user as an agent."""
    working = Agent.status != AgentStatus.LEFT
    led = session.execute(
        select(Agent.id, Agent.name)
        .where(Agent.supervisor_id == user_id, working)
        .order_by(Agent.name, Agent.id)
    )
    held = session.scalars(
        select(WorkAssignment.kind)
        .where(WorkAssignment.holder_id == user_id)
        .order_by(WorkAssignment.taken_at)
    )
    own = session.execute(
        select(Agent.id, Agent.name).where(Agent.user_id == user_id, working)
    ).one_or_none()
    return LeftOpen(
        led=[Choice(id=agent_id, name=name) for agent_id, name in led],
        held=[BY_KEY[kind].title for kind in held if kind in BY_KEY],
        own_agent=Choice(id=own.id, name=own.name) if own else None,
    )


def successors(session: Session, *, user_id: int) -> list[Choice]:
    """The active users of the same office who may take the work over."""
    leaves = session.get_one(User, user_id)
    leads = bool(left_open(session, user_id=user_id).led)
    needed = Permission.COMMISSION_APPROVE if leads else Permission.WORK_TAKE
    rows = session.scalars(
        select(User)
        .where(User.active, User.id != user_id, User.office_id == leaves.office_id)
        .order_by(User.name, User.id)
    ).unique()
    return [Choice(id=user.id, name=user.name) for user in rows if user.can(needed)]


def close_account(session: Session, *, user_id: int, to_id: int | None, actor_id: int) -> None:
    """Close an account after handing its work over; StillHasWork if nobody takes it."""
    user = session.get_one(User, user_id)
    session.refresh(user, with_for_update={"of": User, "key_share": True})
    left = left_open(session, user_id=user_id)
    if left.own_agent is not None:
        raise Conflict(
            "Pengguna ini masih bekerja sebagai agen. Ubah dulu statusnya menjadi Berhenti di"
            " halaman Agen."
        )
    if not left.is_nothing:
        if to_id is None:
            raise StillHasWork()
        if to_id not in {choice.id for choice in successors(session, user_id=user_id)}:
            raise Invalid("Pilih rekan dari daftar.", about="to")
        to = session.get_one(User, to_id)
        _hand_over_agents(session, left.led, to, actor_id)
        _hand_over_work(session, user, to, actor_id)
    accounts.set_active(session, user_id=user_id, active=False, actor_id=actor_id)


def _hand_over_agents(session: Session, led: Sequence[Choice], to: User, actor_id: int) -> None:
    for choice in led:
        agent = session.get_one(Agent, choice.id)
        agents.change_agent(
            session,
            agent_id=agent.id,
            supervisor_id=to.id,
            status=agent.status,
            cash_ceiling_idr=agent.cash_ceiling_idr,
            actor_id=actor_id,
        )


def _hand_over_work(session: Session, user: User, to: User, actor_id: int) -> None:
    """Make `to` the holder of what he or she may decide; anybody can take the rest."""
    held = session.scalars(
        select(WorkAssignment).where(WorkAssignment.holder_id == user.id).with_for_update()
    ).all()
    for item in held:
        if item.kind not in BY_KEY or not to.can(BY_KEY[item.kind].decided_by):
            session.delete(item)
            continue
        item.holder_id, item.taken_at = to.id, clock.now()
        item.handed_by, item.handed_at = actor_id, clock.now()
        trail.record(
            session,
            actor_id=actor_id,
            action="work.handed_over",
            subject=f"work:{item.kind}:{item.subject}",
            details={"to": to.id, "note": ""},
        )
    session.flush()
