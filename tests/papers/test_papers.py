"""Agents' papers: with expiry and scan, replaced by newer ones, and told before they end."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.errors import Invalid
from agentsys.listing.request import ListRequest
from agentsys.papers import activity, queries, recording
from agentsys.papers.clocks import last_active_day
from agentsys.papers.models import AgentPaper, PaperKind
from agentsys.people.agents import change_agent
from agentsys.people.models import Agent, AgentStatus, RoleName, User
from agentsys.people.steps import AgentStep
from agentsys.scans.kinds import ScanKind
from agentsys.work.queries import waiting
from agentsys.workers import seals
from tests.factories import make_agent, make_user, make_worker
from tests.memberships.steps import take_cash
from tests.payments.world import World
from tests.scans.pictures import PDF, opened, png

TODAY = date(2026, 11, 22)


@pytest.fixture
def agent(session: Session) -> Agent:
    """An agent."""
    return make_agent(session)


@pytest.fixture
def boss(agent: Agent) -> User:
    """The agent's supervisor."""
    assert agent.supervisor is not None
    return agent.supervisor


def record(session: Session, vault: Vault, agent: Agent, **changed: object) -> AgentPaper:
    """A contract until the end of the year, unless changed."""
    values: dict[str, object] = {
        "kind": PaperKind.PKS,
        "number": "PKS/1/2026",
        "from_on": date(2026, 1, 1),
        "until_on": date(2026, 12, 31),
        "scan": b"",
        "actor_id": agent.supervisor_id,
    }
    return recording.record_paper(
        session,
        vault=vault,
        agent_id=agent.id,
        **(values | changed),  # type: ignore[arg-type]
    )


def test_before_the_first_night_nobody_is_said_to_be_late(
    session: Session, visit, agent: Agent, boss: User
) -> None:
    page = visit(boss).get("/pembina/tenggat").get_data(as_text=True)

    assert "Dihitung malam ini" in page
    assert "Sudah lewat" not in page


def test_a_scan_is_stored_sealed_and_opens_only_in_its_row(
    session: Session, vault: Vault, agent: Agent
) -> None:
    paper = record(session, vault, agent, scan=PDF)

    assert paper.scan_sealed is not None
    assert b"%PDF" not in paper.scan_sealed
    assert vault.open_bytes(paper.scan_sealed, seals.scan_of(paper.scan_key)) == PDF


def test_a_photo_of_a_paper_is_encoded_again(session: Session, vault: Vault, agent: Agent) -> None:
    paper = record(session, vault, agent, scan=png(2000, 1000))

    assert (paper.scan_kind, paper.scan_sealed is None) == (ScanKind.JPEG, False)
    content = vault.open_bytes(paper.scan_sealed or b"", seals.scan_of(paper.scan_key))
    assert opened(content).size == (1600, 800)


def test_a_newer_paper_replaces_the_one_of_its_kind(
    session: Session, vault: Vault, agent: Agent
) -> None:
    record(session, vault, agent)
    record(session, vault, agent, kind=PaperKind.CARD, number="K-1", until_on=None)
    record(session, vault, agent, number="PKS/2/2027", until_on=date(2027, 12, 31))

    rows = queries.papers_of(session, agent_id=agent.id)

    assert [(row.number, row.replaced_at is None) for row in rows] == [
        ("PKS/2/2027", True),
        ("K-1", True),
        ("PKS/1/2026", False),
    ]


@pytest.mark.parametrize("changed", [{"number": "  "}, {"until_on": date(2025, 1, 1)}])
def test_a_wrong_paper_is_refused(
    session: Session, vault: Vault, agent: Agent, changed: dict[str, object]
) -> None:
    with pytest.raises(Invalid):
        record(session, vault, agent, **changed)


def test_a_paper_that_ends_soon_is_work_until_it_is_renewed(
    session: Session, vault: Vault, agent: Agent, boss: User
) -> None:
    record(session, vault, agent, until_on=date(2026, 12, 20))
    assert "paper.ending" in _kinds(session, boss)

    record(session, vault, agent, until_on=date(2027, 12, 20))

    assert "paper.ending" not in _kinds(session, boss)


def test_steps_have_days_in_their_order(session: Session, agent: Agent, boss: User) -> None:
    def step(name: AgentStep, day: date) -> None:
        recording.record_step(
            session, agent_id=agent.id, step=name, on_day=day, note="", actor_id=boss.id
        )

    step(AgentStep.APPLIED, date(2026, 3, 1))
    with pytest.raises(Invalid, match="Langkah sebelumnya"):
        step(AgentStep.TRAINED, date(2026, 2, 1))
    with pytest.raises(Invalid, match="belum tiba"):
        step(AgentStep.TRAINED, date(2026, 12, 1))
    with pytest.raises(Invalid, match="mengikuti keadaan"):
        step(AgentStep.ENDED, date(2026, 4, 1))
    step(AgentStep.TRAINED, date(2026, 4, 1))
    change_agent(
        session,
        agent_id=agent.id,
        supervisor_id=agent.supervisor_id,
        status=AgentStatus.SUSPENDED,
        cash_ceiling_idr=1,
        actor_id=boss.id,
    )

    found = queries.steps_of(session, agent_id=agent.id)
    assert [(row.step, row.on_day) for row in found] == [
        (AgentStep.SUSPENDED, TODAY),
        (AgentStep.TRAINED, date(2026, 4, 1)),
        (AgentStep.APPLIED, date(2026, 3, 1)),
    ]


def test_a_payment_or_a_new_worker_starts_the_clock_again(session: Session, vault: Vault) -> None:
    world = World.build(session, vault, months=1)
    idle = make_agent(session, office_id=world.office_id)
    activity.note(session)
    session.refresh(world.agent)
    session.refresh(idle)
    assert (world.agent.active_on, idle.active_on) == (date(2026, 11, 1), date(2025, 1, 1))

    take_cash(session, world.worker, world.months)
    make_worker(session, vault, agent=idle)
    activity.note(session)

    session.refresh(world.agent)
    session.refresh(idle)
    assert (world.agent.active_on, idle.active_on) == (TODAY, date(2026, 11, 1))


def test_who_was_inactive_for_long_is_work_of_the_supervisor(
    session: Session, agent: Agent, boss: User
) -> None:
    activity.note(session)

    assert "agent.inactive" in _kinds(session, boss)
    row = queries.clocks(session, boss, ListRequest()).rows[0]
    assert row.last_day == date(2025, 4, 1)
    assert row.days_left < 0


@pytest.mark.parametrize(
    ("active", "last"),
    [(date(2026, 8, 22), date(2026, 11, 22)), (date(2026, 11, 30), date(2027, 3, 2))],
)
def test_three_months_are_counted_from_the_day(active: date, last: date) -> None:
    assert last_active_day(active) == last


def test_an_office_with_too_few_agents_is_told(session: Session, agent: Agent) -> None:
    admin = make_user(session, RoleName.ADMIN, office_id=agent.office_id)

    [found] = queries.offices_too_small(session, admin)
    assert (found.agents, found.least) == (1, 5)
    for _ in range(4):
        make_agent(session, office_id=agent.office_id)
    assert queries.offices_too_small(session, admin) == []


def test_a_paper_is_recorded_and_its_scan_downloaded(
    session: Session, visit, agent: Agent, boss: User
) -> None:
    visitor = visit(boss)
    answer = visitor.submit(
        f"/pembina/tim/{agent.id}/surat",
        **{
            "paper-kind": "letter",
            "paper-number": "ST/7/2026",
            "paper-from_on": "2026-11-01",
            "paper-until_on": "2026-12-01",
            "paper-scan": (io.BytesIO(PDF), "surat.html"),
        },
        follow_redirects=True,
    )
    page = answer.get_data(as_text=True)
    assert "ST/7/2026" in page
    assert "9 hari lagi" in page
    paper = session.scalars(select(AgentPaper)).one()

    scan = visitor.submit(f"/pembina/tim/{agent.id}/surat/{paper.id}/pindaian")

    assert scan.data == PDF
    assert scan.mimetype == "application/pdf"
    assert scan.headers["Content-Disposition"].startswith("attachment")
    assert scan.headers["X-Content-Type-Options"] == "nosniff"
    opened = select(AuditEvent).where(AuditEvent.action == "agent.scan_opened")
    assert session.scalars(opened).one().actor_id == boss.id


def test_a_wrong_scan_keeps_what_was_typed(visit, agent: Agent, boss: User) -> None:
    answer = visit(boss).submit(
        f"/pembina/tim/{agent.id}/surat",
        **{
            "paper-kind": "letter",
            "paper-number": "ST/7/2026",
            "paper-from_on": "2026-11-01",
            "paper-scan": (io.BytesIO(b"<html>"), "surat.pdf"),
        },
    )

    assert answer.status_code == 422
    assert "berkas PDF yang utuh" in answer.get_data(as_text=True)
    assert "ST/7/2026" in answer.get_data(as_text=True)


def test_the_page_of_deadlines(session: Session, visit, vault: Vault, agent: Agent) -> None:
    record(session, vault, agent, until_on=date(2026, 11, 30))
    activity.note(session)
    with time_machine.travel(datetime(2026, 11, 22, 3, tzinfo=UTC)):
        page = visit(agent.supervisor).get("/pembina/tenggat").get_data(as_text=True)

    assert agent.name in page
    assert "Sudah lewat" in page
    assert "30 Nov 2026" in page


def _kinds(session: Session, user: User) -> set[str]:
    return {item.kind.key for item in waiting(session, user, ListRequest()).rows}
