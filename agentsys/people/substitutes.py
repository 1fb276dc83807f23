"""Substitutes: another agent of the office works the portfolio of an agent who is on leave.

The months stay the agent's, who earns them unless the dated setting says otherwise; the cash is
in the hands of who took it. A substitution opens and closes by its days alone: no job is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BindParameter, ColumnElement, or_, select
from sqlalchemy.orm import Session, aliased

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid, NotFound, Refused
from agentsys.months import HEAD_OFFICE
from agentsys.people.agent_rules import Rule, setting
from agentsys.people.models import Agent, AgentStatus
from agentsys.people.substitute_models import Substitution

SHOWN = 20
LONGEST_DAYS = 366


@dataclass(frozen=True, kw_only=True)
class Leave:
    """One substitution with the names of both agents."""

    id: int
    agent_id: int
    agent: str
    agent_code: str
    substitute_id: int
    substitute: str
    substitute_code: str
    from_on: date
    until_on: date
    reason: str
    made_by: int
    ended_at: datetime | None

    def is_active(self, day: date) -> bool:
        """Whether the substitute works on that day."""
        return self.ended_at is None and self.from_on <= day <= self.until_on


def today() -> date:
    """The day in the head office's time zone."""
    return clock.now().astimezone(HEAD_OFFICE).date()


def begin(
    session: Session,
    *,
    agent_id: int,
    substitute_id: int,
    from_on: date,
    until_on: date,
    reason: str,
    actor_id: int,
) -> Substitution:
    """Have an agent work another's portfolio from a day to a day; no overlaps and no chains."""
    agent, substitute = _both(session, agent_id, substitute_id)
    if from_on < today():
        raise Invalid("Cuti mulai paling cepat hari ini.", about="from_on")
    if not 0 <= (until_on - from_on).days < LONGEST_DAYS:
        raise Invalid(
            "Hari terakhir tidak boleh sebelum hari pertama, dan cuti paling lama setahun.",
            about="until_on",
        )
    _check_able(agent, substitute)
    _check_free(session, agent, substitute, from_on, until_on)
    made = Substitution(
        agent_id=agent.id,
        substitute_id=substitute.id,
        from_on=from_on,
        until_on=until_on,
        reason=" ".join(reason.replace("\0", "").split())[:200],
        made_by=actor_id,
    )
    session.add(made)
    session.flush()
    _record(session, made, "substitute_set", actor_id)
    return made


def end(session: Session, *, substitution_id: int, agent_id: int, actor_id: int) -> None:
    """End a substitution now, or call it off before it begins; Conflict if it is over."""
    made = session.get(
        Substitution, substitution_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if made is None or made.agent_id != agent_id:
        raise NotFound()
    if made.ended_at is not None or made.until_on < today():
        raise Conflict("Penggantian ini sudah selesai.")
    made.ended_by, made.ended_at = actor_id, clock.now()
    session.flush()
    _record(session, made, "substitute_ended", actor_id)


def stands_in(session: Session, *, substitute_id: int, agent_id: int | None) -> bool:
    """Whether an agent works the portfolio of another today."""
    query = select(Substitution.id).where(
        on_day(today()),
        Substitution.substitute_id == substitute_id,
        Substitution.agent_id == agent_id,
    )
    return agent_id is not None and session.scalar(query) is not None


def leave_of(session: Session, *, agent_id: int) -> Leave | None:
    """The leave that an agent is on today, if any."""
    found = _leaves(session, on_day(today()), Substitution.agent_id == agent_id)
    return found[0] if found else None


def check_at_work(session: Session, *, agent_id: int) -> None:
    """Refuse what an agent on leave leaves to the substitute: enrolling and collecting."""
    leave = leave_of(session, agent_id=agent_id)
    if leave is not None:
        raise Refused(
            "Anda cuti sampai {until_on}, dan {name} menggantikan Anda. Kalau sudah kembali, minta"
            " penyelia Anda mengakhiri cuti.",
            until_on=leave.until_on,
            name=leave.substitute,
        )


def stood_in_for(session: Session, *, substitute_id: int) -> Sequence[Leave]:
    """Whom an agent works for today."""
    return _leaves(session, on_day(today()), Substitution.substitute_id == substitute_id)


def coming(session: Session, *, agent_id: int) -> Sequence[Leave]:
    """The present and coming leaves of an agent, and those in which he or she is to work."""
    return _leaves(
        session,
        Substitution.ended_at.is_(None),
        Substitution.until_on >= today(),
        or_(Substitution.agent_id == agent_id, Substitution.substitute_id == agent_id),
    )


def all_of(session: Session, *, agent_id: int) -> Sequence[Leave]:
    """The newest leaves of an agent, newest first."""
    return _leaves(session, Substitution.agent_id == agent_id)


def able(session: Session, *, agent_id: int, office_id: int) -> Sequence[tuple[int, str]]:
    """The agents who may be the substitute, by name."""
    rows = session.execute(
        select(Agent.id, Agent.name, Agent.code)
        .where(
            Agent.office_id == office_id,
            Agent.id != agent_id,
            Agent.status == AgentStatus.ACTIVE,
            Agent.user_id.is_not(None),
        )
        .order_by(Agent.name, Agent.id)
        .limit(500)
    )
    return [(key, f"{name} ({code})") for key, name, code in rows]


def on_day(day: date | BindParameter[date]) -> ColumnElement[bool]:
    """The condition on substitutions in which the substitute works on a day."""
    return (
        Substitution.ended_at.is_(None)
        & (Substitution.from_on <= day)
        & (Substitution.until_on >= day)
    )


def earns_itself(day: date) -> bool:
    """Whether the substitute earns what he or she collects on a day, by the dated setting."""
    return bool(setting(Rule.SUBSTITUTE_EARNS, day).value)


def _both(session: Session, agent_id: int, substitute_id: int) -> tuple[Agent, Agent]:
    """Both agents, locked in the order of their ids."""
    ids = {agent_id, substitute_id}
    found = {
        agent.id: agent
        for agent in session.scalars(
            select(Agent)
            .where(Agent.id.in_(ids))
            .order_by(Agent.id)
            .with_for_update(of=Agent, key_share=True)
            .execution_options(populate_existing=True)
        )
    }
    if len(ids) < 2:
        raise Invalid("Pilih agen lain sebagai pengganti.", about="substitute")
    if len(found) < 2:
        raise NotFound()
    return found[agent_id], found[substitute_id]


def _check_able(agent: Agent, substitute: Agent) -> None:
    if agent.status is not AgentStatus.ACTIVE:
        raise Invalid("Agen ini tidak aktif, jadi tidak perlu pengganti.", about="substitute")
    if substitute.status is not AgentStatus.ACTIVE or substitute.user_id is None:
        raise Invalid("Penggantinya harus agen yang aktif.", about="substitute")
    if substitute.office_id != agent.office_id:
        raise Invalid("Penggantinya harus agen dari kantor yang sama.", about="substitute")


def _check_free(
    session: Session, agent: Agent, substitute: Agent, from_on: date, until_on: date
) -> None:
    both = (agent.id, substitute.id)
    meanwhile = (
        Substitution.ended_at.is_(None),
        Substitution.from_on <= until_on,
        Substitution.until_on >= from_on,
        or_(Substitution.agent_id.in_(both), Substitution.substitute_id.in_(both)),
    )
    found = session.scalars(select(Substitution).where(*meanwhile).order_by(Substitution.id))
    for other in found:
        if other.agent_id == agent.id:
            text = "Agen ini sudah punya pengganti dari {from_on} sampai {until_on}."
        elif other.agent_id == substitute.id:
            text = "Pengganti yang dipilih cuti dari {from_on} sampai {until_on}. Pilih agen lain."
        elif other.substitute_id == agent.id:
            text = (
                "Agen ini menggantikan agen lain dari {from_on} sampai {until_on}, jadi belum dapat"
                " cuti pada hari-hari itu."
            )
        else:
            continue  # one agent may work for several
        raise Invalid(text, from_on=other.from_on, until_on=other.until_on, about="from_on")


def _leaves(session: Session, *conditions: ColumnElement[bool]) -> list[Leave]:
    away, works = aliased(Agent), aliased(Agent)
    rows = session.execute(
        select(
            Substitution.id,
            Substitution.agent_id,
            away.name.label("agent"),
            away.code.label("agent_code"),
            Substitution.substitute_id,
            works.name.label("substitute"),
            works.code.label("substitute_code"),
            Substitution.from_on,
            Substitution.until_on,
            Substitution.reason,
            Substitution.made_by,
            Substitution.ended_at,
        )
        .join(away, away.id == Substitution.agent_id)
        .join(works, works.id == Substitution.substitute_id)
        .where(*conditions)
        .order_by(Substitution.from_on.desc(), Substitution.id.desc())
        .limit(SHOWN)
    )
    return [Leave(**row._mapping) for row in rows]


def _record(session: Session, made: Substitution, what: str, actor_id: int) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"agent.{what}",
        subject=f"agent:{made.agent_id}",
        details={
            "substitute": f"agent:{made.substitute_id}",
            "from": made.from_on,
            "until": made.until_on,
            "reason": made.reason,
        },
    )
