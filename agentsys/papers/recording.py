"""Recording an agent's papers and steps."""

from __future__ import annotations

import secrets
from datetime import date

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.errors import Invalid, NotFound
from agentsys.months import HEAD_OFFICE
from agentsys.papers.models import AgentPaper, PaperKind
from agentsys.people.models import Agent
from agentsys.people.steps import AgentStep, AgentStepDone
from agentsys.scans import kinds
from agentsys.workers import seals

# In their order; the others follow from the agent's status.
BY_HAND = (AgentStep.APPLIED, AgentStep.TRAINED, AgentStep.EXAMINED)


def record_paper(
    session: Session,
    *,
    vault: Vault,
    agent_id: int,
    kind: PaperKind,
    number: str,
    from_on: date,
    until_on: date | None,
    scan: bytes,
    actor_id: int,
) -> AgentPaper:
    """Store a paper, and its scan if there is one; it replaces the present one of its kind."""
    _locked(session, agent_id)
    number = " ".join(number.replace("\0", "").split())[:60]
    if not number:
        raise Invalid("Tulis nomor suratnya.", about="number")
    if until_on is not None and until_on < from_on:
        raise Invalid("Tanggal berakhir sebelum tanggal mulai. Periksa lagi.", about="until_on")
    taken = kinds.accepted(scan) if scan else None
    session.execute(
        update(AgentPaper)
        .where(
            AgentPaper.agent_id == agent_id,
            AgentPaper.kind == kind,
            AgentPaper.replaced_at.is_(None),
        )
        .values(replaced_at=clock.now())
    )
    key = secrets.token_hex(16)
    paper = AgentPaper(
        agent_id=agent_id,
        kind=kind,
        number=number,
        from_on=from_on,
        until_on=until_on,
        scan_key=key,
        scan_sealed=vault.seal_bytes(taken.content, seals.scan_of(key)) if taken else None,
        scan_kind=taken.kind if taken else None,
        recorded_by=actor_id,
    )
    session.add(paper)
    session.flush()
    details = {"kind": kind, "number": number, "from": from_on, "until": until_on}
    _record(session, agent_id, "paper_recorded", actor_id, details | {"scan": paper.scan_kind})
    return paper


def record_step(
    session: Session, *, agent_id: int, step: AgentStep, on_day: date, note: str, actor_id: int
) -> None:
    """Store that an agent applied, was trained, or passed the exam on a day."""
    _locked(session, agent_id)
    if step not in BY_HAND:
        raise Invalid("Langkah ini mengikuti keadaan agen di halaman Agen.", about="step")
    if on_day > clock.now().astimezone(HEAD_OFFICE).date():
        raise Invalid("Tanggalnya belum tiba. Periksa lagi.", about="on_day")
    earlier = BY_HAND[: BY_HAND.index(step)]
    last = session.scalar(
        select(func.max(AgentStepDone.on_day)).where(
            AgentStepDone.agent_id == agent_id, AgentStepDone.step.in_(earlier)
        )
    )
    if last is not None and on_day < last:
        raise Invalid(
            "Langkah sebelumnya tercatat pada {last}. Periksa tanggalnya.",
            last=last,
            about="on_day",
        )
    note = " ".join(note.replace("\0", "").split())[:200]
    session.add(
        AgentStepDone(agent_id=agent_id, step=step, on_day=on_day, note=note, recorded_by=actor_id)
    )
    session.flush()
    _record(session, agent_id, "step_recorded", actor_id, {"step": step, "on": on_day})


def scan_of(
    session: Session, *, vault: Vault, agent_id: int, paper_id: int, actor_id: int
) -> tuple[bytes, str]:
    """The bytes of a paper's scan and what it is; looking at it is recorded."""
    paper = session.get(AgentPaper, paper_id)
    if paper is None or paper.agent_id != agent_id or paper.scan_sealed is None:
        raise NotFound()
    assert paper.scan_kind is not None
    _record(session, agent_id, "scan_opened", actor_id, {"paper": paper_id})
    content = vault.open_bytes(paper.scan_sealed, seals.scan_of(paper.scan_key))
    return content, paper.scan_kind.value


def _locked(session: Session, agent_id: int) -> Agent:
    agent = session.get(Agent, agent_id, with_for_update={"key_share": True})
    if agent is None:
        raise NotFound(agent_id=agent_id)
    return agent


def _record(
    session: Session, agent_id: int, what: str, actor_id: int, details: dict[str, object]
) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"agent.{what}",
        subject=f"agent:{agent_id}",
        details=details,
    )
