"""Agents join an office."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid
from agentsys.months import HEAD_OFFICE
from agentsys.people.models import Agent, RoleName, User


class CodeTaken(Conflict):
    """Kode agen itu sudah dipakai agen lain."""


def add_agent(
    session: Session, *, user: User, code: str, supervisor: User | None, area: str, actor_id: int
) -> Agent:
    """The agent that a user is from today on, in the user's office."""
    code = " ".join(code.split()).upper()
    if not 1 <= len(code) <= 20:
        raise Invalid("Isi kode agen, paling banyak 20 huruf.")
    if user.role is not RoleName.AGENT or user.office_id is None:
        raise Invalid("Hanya pengguna dengan peran agen dan kantor yang dapat menjadi agen.")
    if supervisor is not None and (
        supervisor.role is not RoleName.SUPERVISOR or supervisor.office_id != user.office_id
    ):
        raise Invalid("Pilih pembina dari kantor yang sama.")
    if session.scalar(select(Agent.id).where(Agent.code == code)) is not None:
        raise CodeTaken()
    agent = Agent(
        office_id=user.office_id,
        supervisor_id=supervisor.id if supervisor else None,
        user_id=user.id,
        code=code,
        name=user.name,
        area=" ".join(area.split())[:80],
        joined_on=clock.now().astimezone(HEAD_OFFICE).date(),
    )
    session.add(agent)
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="agent.joined",
        subject=f"agent:{agent.id}",
        details={"code": code, "office": user.office_id, "supervisor": agent.supervisor_id},
    )
    return agent
