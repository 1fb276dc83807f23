"""Adding agents, and changing their supervisor, status and cash ceiling."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid
from agentsys.months import HEAD_OFFICE, add_months
from agentsys.names import tidy_name
from agentsys.people import offices, steps
from agentsys.people.agent_rules import Rule, appointment_needs_something, setting
from agentsys.people.models import Agent, AgentStatus, Office, Role, User
from agentsys.people.permissions import Permission, roles_with
from agentsys.people.steps import AgentStep


class CodeTaken(Conflict):
    """Another agent has the code."""

    text = "Kode agen itu sudah dipakai agen lain."


def add_agent(
    session: Session,
    *,
    user_id: int,
    code: str,
    supervisor_id: int | None,
    area: str,
    appointed_on: date | None = None,
    actor_id: int | None,
) -> Agent:
    """Make a user an agent of the user's office: a candidate, if appointments need something.

    `appointed_on` is for agents who were appointed before their office came to agentsys.
    """
    user = session.get_one(User, user_id)
    code = " ".join(code.split()).upper()
    if not 1 <= len(code) <= 20:
        raise Invalid("Isi kode agen, paling banyak 20 huruf.")
    if not user.can(Permission.PORTFOLIO_READ) or user.office_id is None:
        raise Invalid("Hanya pengguna dengan peran agen dan kantor yang dapat menjadi agen.")
    offices.check_open(session, user.office_id)
    if supervisor_id is not None:
        _check_leader(session, supervisor_id, user.office_id, led=user.id)
    if session.scalar(select(Agent.id).where(Agent.code == code)) is not None:
        raise CodeTaken()
    today = clock.now().astimezone(HEAD_OFFICE).date()
    if appointed_on is not None:
        _check_appointed_before(session, user.office_id, appointed_on)
    is_candidate = appointed_on is None and appointment_needs_something(today)
    agent = Agent(
        status=AgentStatus.CANDIDATE if is_candidate else AgentStatus.ACTIVE,
        office_id=user.office_id,
        supervisor_id=supervisor_id,
        user_id=user.id,
        code=code,
        name=tidy_name(user.name) or code,  # names of older users may not be cleaned
        area=" ".join(area.split())[:80],
        joined_on=today,
    )
    session.add(agent)
    session.flush()
    _record_joined(session, agent, appointed_on=appointed_on, actor_id=actor_id)
    return agent


def appoint(session: Session, agent: Agent, *, actor_id: int) -> None:
    """Make a locked candidate an active agent; `papers.appointing` checks what it needs."""
    agent.status = AgentStatus.ACTIVE
    agent.joined_on = clock.now().astimezone(HEAD_OFFICE).date()
    steps.note(
        session,
        agent_id=agent.id,
        status=agent.status,
        on_day=agent.joined_on,
        actor_id=actor_id,
    )
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="agent.appointed",
        subject=f"agent:{agent.id}",
        details={"on": agent.joined_on},
    )


def change_agent(
    session: Session,
    *,
    agent_id: int,
    supervisor_id: int | None,
    status: AgentStatus,
    cash_ceiling_idr: int,
    actor_id: int,
) -> Agent:
    """Change an agent's supervisor, status or ceiling, and record that in the audit trail."""
    agent = session.get_one(
        Agent, agent_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if agent.status is AgentStatus.LEFT and status is not AgentStatus.LEFT:
        offices.check_open(session, agent.office_id)
    if supervisor_id not in (None, agent.supervisor_id):
        _check_leader(session, supervisor_id, agent.office_id, led=agent.user_id)
    if cash_ceiling_idr < 0:
        raise Invalid("Batas tunai tidak boleh kurang dari nol.")
    wanted = {
        "supervisor_id": supervisor_id,
        "status": status,
        "cash_ceiling_idr": cash_ceiling_idr,
    }
    before = {name: getattr(agent, name) for name in wanted}
    changed = {
        name: [before[name], wanted[name]] for name in wanted if before[name] != wanted[name]
    }
    if "status" in changed:
        _check_appointed(session, agent, status)
    for name in changed:
        setattr(agent, name, wanted[name])
    if "status" in changed:
        _end_or_begin_again(session, agent, before=before["status"], actor_id=actor_id)
    session.flush()
    if changed:
        trail.record(
            session,
            actor_id=actor_id,
            action="agent.changed",
            subject=f"agent:{agent.id}",
            details=changed,
        )
    return agent


def active_again_from(ended_on: date) -> date:
    """The first day on which an agent who ended may be active again."""
    months = setting(Rule.REENTRY_MONTHS, ended_on).value
    first = add_months(ended_on.replace(day=1), months)
    return first + timedelta(days=ended_on.day - 1)


def _record_joined(
    session: Session, agent: Agent, *, appointed_on: date | None, actor_id: int | None
) -> None:
    steps.note(
        session,
        agent_id=agent.id,
        status=agent.status,
        on_day=appointed_on or agent.joined_on,
        actor_id=actor_id,
    )
    trail.record(
        session,
        actor_id=actor_id,
        action="agent.joined",
        subject=f"agent:{agent.id}",
        details={
            "code": agent.code,
            "office": agent.office_id,
            "supervisor": agent.supervisor_id,
            "status": agent.status,
            "appointed_on": appointed_on,
        },
    )


def _check_appointed(session: Session, agent: Agent, wanted: AgentStatus) -> None:
    """Refuse to make a candidate an agent here: an appointment needs an exam and papers."""
    if wanted is AgentStatus.LEFT:
        return
    before = agent.status
    was_candidate = before is AgentStatus.CANDIDATE or (
        before is AgentStatus.LEFT
        and steps.took(session, agent.id, AgentStep.APPLIED)
        and not steps.took(session, agent.id, AgentStep.APPOINTED)
    )
    if wanted is AgentStatus.CANDIDATE:
        if before is not AgentStatus.LEFT:
            raise Invalid("Agen yang sudah diangkat tidak menjadi calon lagi.", about="status")
    elif was_candidate:
        raise Invalid(
            "Calon agen diangkat di halaman Surat agen, sesudah syaratnya lengkap.", about="status"
        )


def _check_appointed_before(session: Session, office_id: int, day: date) -> None:
    """Only agents of before are taken as they are: new ones show an exam and papers."""
    added_at = session.scalar(select(Office.added_at).where(Office.id == office_id))
    today = clock.now().astimezone(HEAD_OFFICE).date()
    first = today if added_at is None else added_at.astimezone(HEAD_OFFICE).date()
    if day > first:
        raise Invalid(
            "Kantor ini memakai agentsys sejak {first}. Agen yang diangkat sesudahnya menjadi calon"
            " dulu: kosongkan tanggalnya.",
            first=first,
            about="appointed_on",
        )


def _end_or_begin_again(session: Session, agent: Agent, *, before: object, actor_id: int) -> None:
    """What an agent's end, or the end of it, changes; a mistake is taken back on the same day."""
    today = clock.now().astimezone(HEAD_OFFICE).date()
    steps.note(session, agent_id=agent.id, status=agent.status, on_day=today, actor_id=actor_id)
    if agent.status is AgentStatus.LEFT:
        agent.ended_on = today
    elif before is AgentStatus.LEFT:
        if agent.ended_on is not None and agent.ended_on < today:
            first = active_again_from(agent.ended_on)
            if today < first:
                raise Invalid(
                    "Agen ini berhenti pada {ended_on} dan baru boleh aktif lagi mulai {first}.",
                    ended_on=agent.ended_on,
                    first=first,
                    about="status",
                )
        agent.ended_on = None
    if agent.user_id is not None:
        user = session.get_one(User, agent.user_id)
        user.agent_ended = agent.status is AgentStatus.LEFT


def without_supervisor() -> ColumnElement[bool]:
    """The condition on agents without an active supervisor: nobody can decide their commission."""
    leaders = select(User.id).where(leads(), User.active)
    return or_(Agent.supervisor_id.is_(None), Agent.supervisor_id.not_in(leaders))


def leads() -> ColumnElement[bool]:
    """The condition on users who may be supervisors of agents."""
    return User.roles.any(Role.name.in_(roles_with(Permission.COMMISSION_APPROVE)))


def is_one(session: Session, user_id: int) -> bool:
    """Whether a user is an agent, or was one."""
    return session.scalar(select(Agent.id).where(Agent.user_id == user_id)) is not None


def of_user(session: Session, user_id: int) -> int | None:
    """The id of the agent whom a user is, or was."""
    return session.scalar(select(Agent.id).where(Agent.user_id == user_id))


def _check_leader(
    session: Session, supervisor_id: int, office_id: int | None, *, led: int | None
) -> None:
    if supervisor_id == led:
        raise Invalid("Tidak ada yang menjadi penyelia diri sendiri. Pilih penyelia lain.")
    supervisor = session.get(User, supervisor_id)
    if supervisor is None:
        raise Invalid("Pilih penyelia dari kantor yang sama.")
    if not supervisor.can(Permission.COMMISSION_APPROVE) or supervisor.office_id != office_id:
        raise Invalid("Pilih penyelia dari kantor yang sama.")
    if not supervisor.active:
        raise Invalid("Akun penyelia itu ditutup. Pilih penyelia lain.")
