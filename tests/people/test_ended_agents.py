"""An agent who ended sees own statements and hands in cash, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import time_machine
from sqlalchemy.orm import Session

from agentsys.commissions import basis
from agentsys.crypto import Vault
from agentsys.errors import Invalid
from agentsys.handovers.queries import news_for
from agentsys.listing.request import ListRequest
from agentsys.people.agent_rules import BEFORE_APPOINTMENT, Rule, setting
from agentsys.people.agents import active_again_from, change_agent
from agentsys.people.models import Agent, AgentStatus, RoleName, User
from agentsys.people.permissions import Permission
from agentsys.work.queries import waiting
from tests.commissions.builders import confirm
from tests.factories import make_agent, make_user, make_worker
from tests.handovers.steps import DECEMBER, NOVEMBER, Two

KEPT = {
    Permission.OWN_CASH_READ,
    Permission.DEPOSIT_DECLARE,
    Permission.OWN_COMMISSION_READ,
    Permission.OWN_ACCOUNT_READ,
    Permission.OWN_ACCOUNT_CHANGE,
}


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    """It is 22 November 2026."""
    with time_machine.travel(datetime(2026, 11, 22, 3, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def agent(session: Session, vault: Vault) -> Agent:
    """An agent with a worker."""
    made = make_agent(session)
    make_worker(session, vault, agent=made)
    return made


def set_status(session: Session, agent: Agent, status: AgentStatus) -> None:
    """An admin sets the status."""
    change_agent(
        session,
        agent_id=agent.id,
        supervisor_id=agent.supervisor_id,
        status=status,
        cash_ceiling_idr=agent.cash_ceiling_idr,
        actor_id=1,
    )


def user_of(agent: Agent) -> User:
    """Who signs in as the agent."""
    assert agent.user is not None
    return agent.user


def test_only_cash_and_statements_are_left(session: Session, agent: Agent) -> None:
    set_status(session, agent, AgentStatus.LEFT)

    assert {each for each in Permission if user_of(agent).can(each)} == KEPT


def test_a_suspended_agent_keeps_reading(session: Session, agent: Agent) -> None:
    set_status(session, agent, AgentStatus.SUSPENDED)

    assert user_of(agent).can(Permission.PORTFOLIO_READ)


def test_the_pages_of_workers_are_closed_and_those_of_money_open(
    session: Session, visit, vault: Vault, agent: Agent
) -> None:
    worker = make_worker(session, vault, agent=agent)
    set_status(session, agent, AgentStatus.LEFT)
    visitor = visit(user_of(agent))

    assert visitor.get("/").headers["Location"].endswith("/setoran")
    for open_page in ("/setoran", "/komisi"):
        assert visitor.get(open_page).status_code == 200
    for closed in ("/hari-ini", f"/pekerja/{worker.id}", "/daftarkan"):
        assert visitor.get(closed).status_code == 403
    assert visitor.submit(f"/pekerja/{worker.id}/nik").status_code == 403


@pytest.mark.made_up_books
def test_months_after_the_end_earn_nothing(session: Session, vault: Vault, agent: Agent) -> None:
    worker = make_worker(session, vault, agent=agent)
    for month in (NOVEMBER, DECEMBER):
        confirm(session, worker, month)
    set_status(session, agent, AgentStatus.LEFT)

    known = basis.agent_month(session, agent=agent, month=NOVEMBER)

    assert [c.month for c in known.contributions] == [NOVEMBER]
    assert basis.size(session, agent_id=agent.id, month=NOVEMBER) == (1, 16_800)


def test_a_mistake_is_taken_back_on_the_same_day(session: Session, agent: Agent) -> None:
    set_status(session, agent, AgentStatus.LEFT)
    set_status(session, agent, AgentStatus.ACTIVE)

    assert agent.ended_on is None
    assert user_of(agent).can(Permission.PORTFOLIO_READ)


def test_an_agent_comes_back_after_six_months(session: Session, agent: Agent) -> None:
    set_status(session, agent, AgentStatus.LEFT)

    with time_machine.travel(datetime(2027, 5, 20, 3, tzinfo=UTC)):
        with pytest.raises(Invalid, match="baru boleh aktif lagi"):
            set_status(session, agent, AgentStatus.ACTIVE)
        session.rollback()


@pytest.mark.parametrize(
    ("ended", "again"),
    [
        (date(2026, 11, 22), date(2027, 5, 22)),
        (date(2026, 8, 31), date(2027, 3, 3)),
        (date(2026, 12, 1), date(2027, 6, 1)),
    ],
)
def test_six_months_are_counted_from_the_day(ended: date, again: date) -> None:
    assert active_again_from(ended) == again


def test_every_rule_has_one_setting_with_a_source() -> None:
    for rule in Rule:
        found = setting(rule, date(2026, 11, 22))
        # Then nothing is asked, a code ends with its day, nobody hands over alone, and the agent on
        # leave earns.
        may_be_zero = {
            *BEFORE_APPOINTMENT,
            Rule.CODE_DAYS,
            Rule.HANDOVER_ALONE_WORKERS,
            Rule.LIST_ALONE_CHANGES,
            Rule.SUBSTITUTE_EARNS,
        }
        assert found.value > 0 or rule in may_be_zero
        assert found.source
    assert setting(Rule.AGENTS_OF_OFFICE, date(2021, 1, 1)).value == 3


def test_workers_left_behind_are_work_until_they_are_handed_over(
    session: Session, vault: Vault
) -> None:
    two = Two.build(session, vault)
    assert two.old.supervisor is not None
    set_status(session, two.old, AgentStatus.LEFT)
    assert "agent.left_workers" in _kinds(session, two.old.supervisor)

    two.hand_over()

    assert "agent.left_workers" not in _kinds(session, two.old.supervisor)


def test_the_supervisor_is_told_on_the_agent_s_page(session: Session, visit, vault: Vault) -> None:
    two = Two.build(session, vault)
    set_status(session, two.old, AgentStatus.LEFT)

    page = visit(two.old.supervisor).get(f"/pembina/tim/{two.old.id}").get_data(as_text=True)

    assert "Agen ini sudah berhenti." in page
    assert "1 pekerja belum diserahkan." in page


def test_both_agents_are_told_of_a_hand_over(session: Session, visit, vault: Vault) -> None:
    two = Two.build(session, vault)
    two.hand_over()
    other = make_agent(session, office_id=two.old.office_id)

    gave = visit(two.old.user).get("/hari-ini").get_data(as_text=True)
    got = visit(two.new.user).get("/hari-ini").get_data(as_text=True)

    assert "1 pekerja Anda pindah ke agen lain" in gave
    assert "1 pekerja dari Rina Wati sekarang bagian Anda" in got
    assert news_for(session, agent_id=other.id, office_id=other.office_id) == []


def test_an_undone_hand_over_is_no_news(session: Session, vault: Vault) -> None:
    two = Two.build(session, vault)
    number = two.draft()
    assert news_for(session, agent_id=two.new.id, office_id=two.new.office_id) == []
    two.carry_out(number)
    assert len(news_for(session, agent_id=two.new.id, office_id=two.new.office_id)) == 1


def _kinds(session: Session, user: User) -> set[str]:
    return {item.kind.key for item in waiting(session, user, ListRequest()).rows}


def test_a_person_with_another_role_keeps_that_one(session: Session, agent: Agent) -> None:
    person = make_user(
        session, RoleName.AGENT, RoleName.FINANCE, office_id=agent.office_id, agent_ended=True
    )

    assert person.can(Permission.DEPOSIT_CONFIRM)
    assert not person.can(Permission.PORTFOLIO_READ)
