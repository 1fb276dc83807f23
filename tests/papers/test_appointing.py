"""A candidate is appointed after the exam and with the papers that the dated settings ask for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, Invalid, Refused
from agentsys.listing.request import ListRequest
from agentsys.papers import appointing, queries, recording
from agentsys.papers.models import PaperKind
from agentsys.people import agents
from agentsys.people.models import Agent, AgentStatus, Office, RoleName, User
from agentsys.people.steps import AgentStep
from agentsys.work.queries import waiting
from agentsys.workers.enrolment import working_agent
from tests.factories import make_agent, make_office, make_user
from tests.payments.world import World

TODAY = date(2026, 11, 22)
ASKED = (PaperKind.CERTIFICATE, PaperKind.CARD, PaperKind.LETTER)


@pytest.fixture
def office(session: Session) -> Office:
    """An office."""
    return make_office(session)


@pytest.fixture
def admin(session: Session, office: Office) -> User:
    """Its admin."""
    return make_user(session, RoleName.ADMIN, office_id=office.id)


@pytest.fixture
def boss(session: Session, office: Office) -> User:
    """Its supervisor."""
    return make_user(session, RoleName.SUPERVISOR, office_id=office.id)


@pytest.fixture
def candidate(session: Session, office: Office, boss: User, admin: User) -> Agent:
    """Somebody who applied today."""
    return add(session, office, boss, admin)


def add(session: Session, office: Office, boss: User, admin: User, **changed: Any) -> Agent:
    """A new agent of the office."""
    user = make_user(session, RoleName.AGENT, office_id=office.id)
    return agents.add_agent(
        session,
        user_id=user.id,
        code=f"C{user.id}",
        supervisor_id=boss.id,
        area="",
        actor_id=admin.id,
        **changed,
    )


def pass_exam(session: Session, agent: Agent, boss: User) -> None:
    """The exam is recorded as passed today."""
    recording.record_step(
        session,
        agent_id=agent.id,
        step=AgentStep.EXAMINED,
        on_day=TODAY,
        note="",
        actor_id=boss.id,
    )


def give_paper(
    session: Session, vault: Vault, agent: Agent, kind: PaperKind, until: date | None = None
) -> None:
    """A paper that began this year."""
    recording.record_paper(
        session,
        vault=vault,
        agent_id=agent.id,
        kind=kind,
        number="1",
        from_on=date(2026, 1, 1),
        until_on=until,
        scan=b"",
        actor_id=agent.supervisor_id or 0,
    )


def missing(session: Session, agent: Agent) -> list[PaperKind | None]:
    """What an appointment still lacks; None is the exam."""
    found = appointing.needs(session, agent_id=agent.id)
    return [need.paper for need in found if not need.is_met]


def test_a_new_agent_is_a_candidate_who_may_not_enrol_or_collect(
    session: Session, candidate: Agent
) -> None:
    assert candidate.status is AgentStatus.CANDIDATE
    assert missing(session, candidate) == [None, *ASKED]
    with pytest.raises(Forbidden, match="belum diangkat"):
        working_agent(session, candidate.id)


def test_the_appointment_waits_for_the_exam_and_each_paper(
    session: Session, vault: Vault, candidate: Agent, boss: User, admin: User
) -> None:
    def appoint() -> None:
        appointing.appoint(session, agent_id=candidate.id, actor_id=admin.id)

    for kind in (*ASKED, None):
        with pytest.raises(appointing.NotReady):
            appoint()
        if kind is None:
            pass_exam(session, candidate, boss)
        else:
            give_paper(session, vault, candidate, kind)
    appoint()

    assert candidate.status is AgentStatus.ACTIVE
    assert queries.steps_of(session, agent_id=candidate.id)[0].step is AgentStep.APPOINTED
    working_agent(session, candidate.id)
    with pytest.raises(Conflict):
        appoint()


def test_a_paper_that_has_ended_does_not_count(
    session: Session, vault: Vault, candidate: Agent
) -> None:
    give_paper(session, vault, candidate, PaperKind.CARD, until=TODAY - timedelta(days=1))
    assert PaperKind.CARD in missing(session, candidate)

    give_paper(session, vault, candidate, PaperKind.CARD, until=TODAY)

    assert PaperKind.CARD not in missing(session, candidate)


@pytest.mark.parametrize("by_way_of", [(), (AgentStatus.LEFT,)])
def test_the_agents_form_is_no_way_around_it(
    session: Session, candidate: Agent, admin: User, by_way_of: tuple[AgentStatus, ...]
) -> None:
    def set_status(status: AgentStatus) -> None:
        agents.change_agent(
            session,
            agent_id=candidate.id,
            supervisor_id=candidate.supervisor_id,
            status=status,
            cash_ceiling_idr=1,
            actor_id=admin.id,
        )

    for status in by_way_of:
        set_status(status)
    with pytest.raises(Invalid, match="halaman Surat agen"):
        set_status(AgentStatus.ACTIVE)


def test_agents_of_before_stay_as_they_are(
    session: Session, office: Office, boss: User, admin: User
) -> None:
    old = make_agent(session, office_id=office.id)
    for status in (AgentStatus.SUSPENDED, AgentStatus.ACTIVE):
        agents.change_agent(
            session,
            agent_id=old.id,
            supervisor_id=old.supervisor_id,
            status=status,
            cash_ceiling_idr=1,
            actor_id=admin.id,
        )
    assert old.status is AgentStatus.ACTIVE

    taken_over = add(session, office, boss, admin, appointed_on=date(2024, 5, 1))

    assert taken_over.status is AgentStatus.ACTIVE
    [step] = queries.steps_of(session, agent_id=taken_over.id)
    assert (step.step, step.on_day) == (AgentStep.APPOINTED, date(2024, 5, 1))


def test_nobody_is_said_to_be_appointed_before_the_office_came_who_was_not(
    session: Session, office: Office, boss: User, admin: User
) -> None:
    office.added_at = datetime(2026, 3, 1, tzinfo=UTC)

    with pytest.raises(Invalid, match="menjadi calon"):
        add(session, office, boss, admin, appointed_on=date(2026, 3, 2))


def test_the_page_says_what_is_missing_and_leads_there(
    session: Session, visit: Any, vault: Vault, candidate: Agent, boss: User, admin: User
) -> None:
    page = f"/pembina/tim/{candidate.id}/surat"
    shown = visit(boss).get(page).text
    assert shown.count("Catat sekarang") == 4
    assert 'href="#catat-langkah"' in shown
    assert "agent.candidate" in {
        item.kind.key for item in waiting(session, admin, ListRequest()).rows
    }

    pass_exam(session, candidate, boss)
    for kind in ASKED:
        give_paper(session, vault, candidate, kind)

    assert "Admin kantor mengangkat agen ini" in visit(boss).get(page).text
    assert visit(boss).submit(f"/pembina/tim/{candidate.id}/angkat").status_code == 403
    assert "Angkat sebagai agen" in visit(admin).get(page).text
    visit(admin).submit(f"/pembina/tim/{candidate.id}/angkat")
    assert candidate.status is AgentStatus.ACTIVE


def test_a_candidate_reads_at_home_why_nothing_works_yet(
    session: Session, visit: Any, candidate: Agent
) -> None:
    user = session.get_one(User, candidate.user_id)

    assert "Anda masih calon agen" in visit(user).get("/hari-ini").text


def test_a_candidate_collects_nothing(session: Session, vault: Vault) -> None:
    world = World.build(session, vault, months=1)
    world.agent.status = AgentStatus.CANDIDATE

    with pytest.raises(Refused, match="belum diangkat"):
        world.collect(world.months)
