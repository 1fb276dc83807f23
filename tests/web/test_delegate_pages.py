"""The page of delegates: a supervisor names one, the delegate decides on the statement's page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions.models import Statement, StatementState
from agentsys.crypto import Vault
from agentsys.people.delegate_models import Delegation
from agentsys.people.models import Agent, RoleName, User
from agentsys.people.substitutes import today
from tests.commissions.builders import confirm, fee, offer, run, statement_of
from tests.factories import make_agent, make_user, make_worker

pytestmark = pytest.mark.made_up_books
PAGE = "/pembina/komisi/wakil"


@pytest.fixture
def agent(session: Session, vault: Vault) -> Agent:
    """An agent with a statement of this month that waits."""
    found = make_agent(session)
    worker = make_worker(session, vault, agent=found)
    confirm(session, worker, clock.this_month(), confirmed_at=clock.now())
    run(session, hook=offer(uji=fee()), month=clock.this_month())
    return found


@pytest.fixture
def statement(session: Session, agent: Agent) -> Statement:
    """That statement."""
    found = statement_of(session, agent, clock.this_month())
    assert found is not None
    return found


@pytest.fixture
def colleague(session: Session, agent: Agent) -> User:
    """Another supervisor of the office."""
    return make_user(session, RoleName.SUPERVISOR, office_id=agent.office_id)


def named(away: User, delegate: User, **changed: Any) -> dict[str, Any]:
    """The form, for today and tomorrow."""
    return {
        "away": away.id,
        "delegate": delegate.id,
        "from_on": today().isoformat(),
        "until_on": (today() + timedelta(days=1)).isoformat(),
        "reason": "Umrah",
    } | changed


def test_a_supervisor_names_a_delegate_who_then_approves_on_behalf(
    session: Session, agent: Agent, statement: Statement, colleague: User, visit: Any
) -> None:
    supervisor = agent.supervisor
    assert supervisor is not None
    visitor = visit(supervisor)
    assert visitor.submit(PAGE, **named(supervisor, colleague)).status_code == 302
    assert colleague.name in visitor.get(PAGE).text

    visitor = visit(colleague)
    page = visitor.get(f"/pembina/komisi/{statement.id}").text
    assert f"Anda memutuskan atas nama {supervisor.name}." in page
    form = {"action": "approve", "version": statement.lines_hash.hex()}
    visitor.submit(f"/pembina/komisi/{statement.id}", **form)

    session.refresh(statement)
    assert statement.state is StatementState.APPROVED
    history = visitor.get(f"/pembina/komisi/{statement.id}").text
    assert f"{colleague.name} atas nama {supervisor.name}" in history


def test_what_was_typed_wrongly_comes_back_with_the_reason(
    agent: Agent, colleague: User, visit: Any
) -> None:
    supervisor = agent.supervisor
    assert supervisor is not None
    visitor = visit(supervisor)

    early = (today() - timedelta(days=1)).isoformat()
    answer = visitor.submit(PAGE, **named(supervisor, colleague, from_on=early))

    assert answer.status_code == 422
    assert "Cuti mulai paling cepat hari ini." in answer.text
    assert "Umrah" in answer.text


def test_an_admin_ends_a_delegation_and_a_delegate_cannot(
    session: Session, agent: Agent, colleague: User, visit: Any
) -> None:
    supervisor = agent.supervisor
    assert supervisor is not None
    admin = make_user(session, RoleName.ADMIN, office_id=agent.office_id)
    visitor = visit(admin)
    visitor.submit(PAGE, **named(supervisor, colleague))
    made = session.scalars(select(Delegation)).one()

    visitor = visit(colleague)
    assert visitor.submit(f"{PAGE}/{made.id}/akhiri").status_code == 404
    visitor = visit(admin)
    assert visitor.submit(f"{PAGE}/{made.id}/akhiri").status_code == 302
    session.refresh(made)
    assert made.ended_by == admin.id
