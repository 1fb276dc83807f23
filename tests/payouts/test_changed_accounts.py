"""Agents with another account than at their last payout come first, and are marked."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from agentsys.commissions.models import Statement
from agentsys.crypto import Vault
from agentsys.listing.request import ListRequest
from agentsys.papers.account_models import AgentAccountState
from agentsys.payouts import changed_accounts
from agentsys.people.models import Agent, Office, RoleName, User
from tests.commissions.builders import confirm, run, statement_of
from tests.factories import make_user, make_worker
from tests.payouts.builders import account_of, earn, earner, sent

pytestmark = pytest.mark.made_up_books
DECEMBER = date(2026, 12, 1)
NEW = {"bank": "PT Bank Mandiri", "number": "1370009999", "in_force_on": date(2026, 12, 20)}


@pytest.fixture
def boss(session: Session, office: Office) -> User:
    """The supervisor of all its agents."""
    return make_user(session, RoleName.SUPERVISOR, office_id=office.id)


@pytest.fixture
def paid(
    session: Session, vault: Vault, office: Office, boss: User, people: list[User]
) -> list[Agent]:
    """Three agents whose November was paid; December waits, each earns more than the next."""
    agents = [earner(session, vault, office, supervisor_id=boss.id) for _ in range(3)]
    for agent in agents:
        earn(session, vault, agent, 600_000)
    sent(session, vault, office, people)
    for place, agent in enumerate(agents):
        for _ in range(3 - place):
            confirm(session, make_worker(session, vault, agent=agent), DECEMBER, datetime.now(UTC))
    run(session, month=DECEMBER)
    return agents


def listed(session: Session, boss: User) -> list[int]:
    """The agents of the waiting statements, as the page lists them."""
    page = changed_accounts.approval_list(session, boss, ListRequest(tab="waiting"))
    return [row.agent_id for row in page.rows]


def test_without_a_change_the_largest_sum_comes_first(
    session: Session, paid: list[Agent], boss: User
) -> None:
    assert listed(session, boss) == [agent.id for agent in paid]
    assert changed_accounts.changes_of(session, [agent.id for agent in paid]) == {}


def test_a_changed_account_comes_first_with_both_numbers_and_the_day(
    session: Session, vault: Vault, paid: list[Agent], boss: User
) -> None:
    *others, last = paid
    account_of(session, vault, last, **NEW)

    assert listed(session, boss) == [last.id, *(agent.id for agent in others)]
    found = changed_accounts.changes_of(session, [agent.id for agent in paid])
    assert list(found) == [last.id]
    assert found[last.id].new == "PT Bank Mandiri ••••••9999"
    assert found[last.id].old.startswith("PT Bank Rakyat Indonesia ••••••")
    assert found[last.id].on == date(2026, 12, 20)


@pytest.mark.parametrize("state", [AgentAccountState.PROPOSED, AgentAccountState.REFUSED])
def test_an_account_that_nobody_approved_is_no_change(
    session: Session, vault: Vault, paid: list[Agent], boss: User, state: AgentAccountState
) -> None:
    values: dict[str, Any] = {"decided_by": None, "decided_at": None, "in_force_on": None}
    if state is AgentAccountState.REFUSED:
        values = {}
    account_of(session, vault, paid[2], **NEW | values, state=state)

    assert listed(session, boss) == [agent.id for agent in paid]


def test_another_account_before_the_first_payout_is_no_change(
    session: Session, vault: Vault, office: Office, paid: list[Agent], boss: User
) -> None:
    newcomer = earner(session, vault, office, supervisor_id=boss.id)
    account_of(session, vault, newcomer, **NEW)
    confirm(session, make_worker(session, vault, agent=newcomer), DECEMBER, datetime.now(UTC))
    run(session, month=DECEMBER)

    assert listed(session, boss) == [agent.id for agent in [*paid, newcomer]]
    assert changed_accounts.changes_of(session, [newcomer.id]) == {}


def test_the_page_marks_the_change(
    session: Session, vault: Vault, paid: list[Agent], boss: User, visit: Any
) -> None:
    account_of(session, vault, paid[2], **NEW)
    statement = statement_of(session, paid[2], DECEMBER)
    assert isinstance(statement, Statement)

    page = visit(boss).get("/pembina/komisi").text
    assert page.count("Rekening berubah") == 1
    assert "PT Bank Mandiri ••••••9999" in page
    shown = visit(boss).get(f"/pembina/komisi/{statement.id}").text
    assert "Rekening agen ini berubah sejak pembayaran terakhir" in shown
