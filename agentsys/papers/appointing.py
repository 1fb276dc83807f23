"""Appointing a candidate: after the exam, and with the papers that the dated settings ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agentsys.errors import Conflict, NotFound, Refused
from agentsys.papers.clocks import today
from agentsys.papers.models import AgentPaper, PaperKind
from agentsys.people import agents, steps
from agentsys.people.agent_rules import BEFORE_APPOINTMENT, Rule, setting
from agentsys.people.models import Agent, AgentStatus
from agentsys.people.steps import AgentStep

PAPER_OF: Mapping[Rule, PaperKind] = {
    Rule.CERTIFICATE_REQUIRED: PaperKind.CERTIFICATE,
    Rule.CARD_REQUIRED: PaperKind.CARD,
    Rule.LETTER_REQUIRED: PaperKind.LETTER,
    Rule.PKS_REQUIRED: PaperKind.PKS,
}


class NotReady(Refused):
    """The exam or a paper is missing."""

    text = "Syarat pengangkatan belum lengkap. Catat dulu yang belum ada, lalu angkat agennya."


@dataclass(frozen=True, kw_only=True)
class Need:
    """Something that an appointment asks for today, and whether it is there."""

    paper: PaperKind | None  # None: the exam
    is_met: bool
    is_certain: bool  # whether a source of authority asks for it


def needs(session: Session, *, agent_id: int) -> Sequence[Need]:
    """What an appointment asks for today; a paper counts while it is valid."""
    day = today()
    valid = set(
        session.scalars(
            select(AgentPaper.kind).where(
                AgentPaper.agent_id == agent_id,
                AgentPaper.replaced_at.is_(None),
                AgentPaper.from_on <= day,
                or_(AgentPaper.until_on.is_(None), AgentPaper.until_on >= day),
            )
        )
    )
    passed = steps.took(session, agent_id, AgentStep.EXAMINED)
    asked = [(rule, setting(rule, day)) for rule in BEFORE_APPOINTMENT]
    return [
        Need(
            paper=PAPER_OF.get(rule),
            is_met=passed if rule is Rule.EXAM_REQUIRED else PAPER_OF[rule] in valid,
            is_certain=found.is_certain,
        )
        for rule, found in asked
        if found.value
    ]


def appoint(session: Session, *, agent_id: int, actor_id: int) -> None:
    """Make a candidate an agent who may enrol and collect; NotReady if something is missing."""
    agent = session.get(
        Agent, agent_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if agent is None:
        raise NotFound(agent_id=agent_id)
    if agent.status is not AgentStatus.CANDIDATE:
        raise Conflict("Agen ini sudah diangkat, atau sudah berhenti.")
    if not all(need.is_met for need in needs(session, agent_id=agent_id)):
        raise NotReady(agent_id=agent_id)
    agents.appoint(session, agent, actor_id=actor_id)
