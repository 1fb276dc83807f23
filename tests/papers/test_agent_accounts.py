"""An agent's bank account changes only after a second person and a waiting time."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.queries import about
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, NotFound
from agentsys.listing.request import ListRequest
from agentsys.papers import account_queries, accounts
from agentsys.papers.account_models import AgentAccount, AgentAccountState, NpwpKind
from agentsys.people import second_person
from agentsys.people.agents import change_agent
from agentsys.people.models import AccessChangeKind, Agent, AgentStatus, RoleName, User
from agentsys.work.queries import waiting
from agentsys.workers import seals
from tests.factories import give, make_agent, make_user
from tests.papers.account_steps import NUMBER, decide, propose
from tests.scans.pictures import PDF

NIK = "6474011203850001"


@pytest.fixture
def agent(session: Session) -> Agent:
    """An agent."""
    return make_agent(session, name="Siti Aminah")


@pytest.fixture
def me(agent: Agent) -> User:
    """Who signs in as the agent."""
    assert agent.user is not None
    return agent.user


@pytest.fixture
def boss(agent: Agent) -> User:
    """The agent's supervisor."""
    assert agent.supervisor is not None
    return agent.supervisor


@pytest.fixture
def finance(session: Session, agent: Agent) -> User:
    """The office's finance."""
    return make_user(session, RoleName.FINANCE, office_id=agent.office_id, name="Rina")


def number_on(session: Session, agent: Agent, day: date) -> str | None:
    """The account in force on a day, masked."""
    found = accounts.in_force_on(session, agent.id, day)
    return found.number_masked if found else None


def test_an_account_is_in_force_some_days_after_the_approval_and_history_keeps_the_days(
    session: Session, vault: Vault, agent: Agent, me: User, finance: User
) -> None:
    decide(session, propose(session, vault, agent, me), finance)

    assert number_on(session, agent, date(2026, 11, 24)) is None
    assert number_on(session, agent, date(2026, 11, 25)) == "••••••7890"
    with time_machine.travel(datetime(2026, 12, 10, 3, tzinfo=UTC)):
        newer = propose(session, vault, agent, me, number="0987654321")
        decide(session, newer, finance)
        assert number_on(session, agent, date(2026, 12, 12)) == "••••••7890"
    with time_machine.travel(datetime(2026, 12, 20, 3, tzinfo=UTC)):
        assert number_on(session, agent, date(2026, 12, 12)) == "••••••7890"
        assert number_on(session, agent, date(2026, 12, 13)) == "••••••4321"
        rows = account_queries.history(session, agent_id=agent.id)

    assert [(row.in_force_on, row.in_force_until) for row in rows] == [
        (date(2026, 12, 13), None),
        (date(2026, 11, 25), date(2026, 12, 13)),
    ]


def test_nobody_approves_alone(
    session: Session, vault: Vault, agent: Agent, me: User, boss: User
) -> None:
    give(session, me, RoleName.FINANCE)
    give(session, boss, RoleName.FINANCE)
    own = propose(session, vault, agent, me)
    with pytest.raises(Forbidden, match="orang lain"):
        decide(session, own, me)
    decide(session, own, boss, approve=False)

    for_me = propose(session, vault, agent, boss)
    for one in (boss, me):  # who proposed it, and whose account it is
        with pytest.raises(Forbidden, match="orang lain"):
            decide(session, for_me, one)


def test_an_admin_who_gave_the_agent_a_new_password_is_not_the_second_person(
    session: Session, vault: Vault, agent: Agent, me: User
) -> None:
    admin = make_user(session, RoleName.ADMIN, office_id=agent.office_id)
    kind = AccessChangeKind.PASSWORD
    second_person.record_change(session, user_id=me.id, kind=kind, actor_id=admin.id)
    account = propose(session, vault, agent, me)

    with pytest.raises(second_person.NotYet):
        decide(session, account, admin)


@pytest.mark.parametrize("approved", [False, True])
def test_the_agent_stops_a_change_and_the_earlier_account_stays(
    session: Session,
    vault: Vault,
    agent: Agent,
    me: User,
    boss: User,
    finance: User,
    approved: bool,
) -> None:
    decide(session, propose(session, vault, agent, me), finance)
    with time_machine.travel(datetime(2026, 11, 26, 3, tzinfo=UTC)):
        wrong = propose(session, vault, agent, boss, number="6666666666")
        if approved:
            decide(session, wrong, finance)
        accounts.stop(session, agent_id=agent.id, account_id=wrong.id, actor_id=me.id)

    assert wrong.state is AgentAccountState.STOPPED
    assert number_on(session, agent, date(2027, 1, 1)) == "••••••7890"
    assert about(session, f"agent:{agent.id}")[0].action == "agent.account_stopped"


def test_only_the_agent_stops_a_change_and_only_before_its_day(
    session: Session, vault: Vault, agent: Agent, me: User, boss: User, finance: User
) -> None:
    account = decide(session, propose(session, vault, agent, boss), finance)

    with pytest.raises(NotFound):
        accounts.stop(session, agent_id=agent.id, account_id=account.id, actor_id=boss.id)
    with time_machine.travel(datetime(2026, 11, 25, 3, tzinfo=UTC)), pytest.raises(Conflict):
        accounts.stop(session, agent_id=agent.id, account_id=account.id, actor_id=me.id)


def test_one_change_is_under_way_at_a_time(
    session: Session, vault: Vault, agent: Agent, me: User, boss: User, finance: User
) -> None:
    account = propose(session, vault, agent, me)
    with pytest.raises(Conflict, match="berjalan"):
        propose(session, vault, agent, boss)
    decide(session, account, finance)
    with pytest.raises(Conflict, match="berjalan"):
        propose(session, vault, agent, boss)

    decide(session, account, finance, approve=False)

    propose(session, vault, agent, boss)


def test_numbers_are_sealed_for_their_row_and_masked_in_the_trail(
    session: Session, vault: Vault, agent: Agent, me: User
) -> None:
    account = propose(session, vault, agent, me, npwp_text=NIK, scan=PDF)

    assert account.npwp_sealed is not None
    assert account.scan_sealed is not None
    assert b"1234567890" not in account.number_sealed
    assert vault.open(account.npwp_sealed, seals.agent_npwp_of(account.reference)) == NIK
    told = str(about(session, f"agent:{agent.id}")[0].details)
    assert "7890" in told
    assert "1234567890" not in told
    assert NIK not in told


def test_an_npwp_stays_when_only_the_account_changes(
    session: Session, vault: Vault, agent: Agent, me: User, finance: User
) -> None:
    decide(session, propose(session, vault, agent, me, npwp_text=NIK), finance)
    with time_machine.travel(datetime(2026, 11, 26, 3, tzinfo=UTC)):
        newer = propose(session, vault, agent, me, number="0987654321")

    assert newer.npwp_kind is NpwpKind.NIK
    assert newer.npwp_masked == "••••••••••••0001"


def test_people_of_other_offices_and_other_agents_have_no_part(
    session: Session, vault: Vault, agent: Agent, me: User
) -> None:
    other = make_agent(session)
    assert other.user is not None
    account = propose(session, vault, agent, me)
    stranger = make_user(session, RoleName.FINANCE, office_id=other.office_id)

    with pytest.raises(NotFound):
        decide(session, account, stranger)
    with pytest.raises(Forbidden):
        propose(session, vault, agent, other.user)


def test_the_agent_reads_at_home_who_changes_the_account_and_stops_it_there(
    session: Session, vault: Vault, visit: Any, agent: Agent, me: User, boss: User
) -> None:
    boss.name = "Pak Budi"
    account = propose(session, vault, agent, boss)
    visitor = visit(me)

    assert "Rekening Anda sedang diganti oleh Pak Budi" in visitor.get("/hari-ini").text
    page = visitor.get("/akun/rekening").text
    assert "••••••7890" in page
    assert "1234567890" not in page
    visitor.submit("/akun/rekening/bukan-saya", seen=account.id)

    assert account.state is AgentAccountState.STOPPED
    assert "sedang diganti" not in visitor.get("/hari-ini").text


def test_an_agent_who_ended_is_told_too(
    session: Session, vault: Vault, visit: Any, agent: Agent, me: User, boss: User
) -> None:
    propose(session, vault, agent, boss)
    change_agent(
        session,
        agent_id=agent.id,
        supervisor_id=boss.id,
        status=AgentStatus.LEFT,
        cash_ceiling_idr=1,
        actor_id=boss.id,
    )

    assert "sedang diganti" in visit(me).get("/setoran").text
    assert visit(me).get("/akun/rekening").status_code == 200


def test_from_the_agents_form_to_the_account_in_force(
    session: Session, visit: Any, agent: Agent, me: User, boss: User, finance: User
) -> None:
    sent = visit(me).submit(
        "/akun/rekening",
        bank="BRI",
        number=NUMBER,
        holder="Budi Santoso",
        npwp=NIK,
        scan=(io.BytesIO(PDF), "buku.pdf"),
    )
    assert sent.status_code == 302
    account = session.scalars(select(AgentAccount)).one()
    here = f"/rekening-agen/{agent.id}"
    assert "agent_account.proposed" in _kinds(session, finance)

    page = visit(finance).get(here).text
    assert "1234567890" in page
    assert "berbeda dari nama agen (Siti Aminah)" in page
    assert "1234567890" not in visit(boss).get(here).text
    scan = visit(finance).submit(f"{here}/{account.id}/pindaian")
    assert scan.data == PDF
    visit(finance).submit(f"{here}/putuskan", seen=account.id, action="approve")

    assert account.in_force_on == date(2026, 11, 25)
    assert "agent_account.proposed" not in _kinds(session, finance)
    with time_machine.travel(datetime(2026, 11, 26, 3, tzinfo=UTC)):
        [row] = account_queries.account_list(session, finance, ListRequest()).rows
    assert (row.number, row.waits) == ("••••••7890", "")


def test_who_proposed_it_takes_it_back(
    session: Session, visit: Any, agent: Agent, me: User, boss: User
) -> None:
    here = f"/rekening-agen/{agent.id}"
    visit(boss).submit(here, bank="BRI", number=NUMBER, holder="Siti Aminah", npwp="")
    account = session.scalars(select(AgentAccount)).one()

    visit(me).submit("/akun/rekening/tarik", seen=account.id)
    assert account.state is AgentAccountState.PROPOSED
    visit(boss).submit(f"{here}/tarik", seen=account.id)

    assert account.state is AgentAccountState.WITHDRAWN


def test_a_wrong_number_keeps_what_was_typed(visit: Any, me: User) -> None:
    answer = visit(me).submit("/akun/rekening", bank="Bank Kota", number="12", holder="Siti")

    assert answer.status_code == 422
    assert "6 sampai 20 angka" in answer.text
    assert "Bank Kota" in answer.text


def _kinds(session: Session, user: User) -> set[str]:
    return {item.kind.key for item in waiting(session, user, ListRequest()).rows}
