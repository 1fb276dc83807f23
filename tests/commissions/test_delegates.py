"""A delegate decides for a supervisor who is away, on its days, and never for the first person."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.commissions import statements
from agentsys.commissions.approval import Action, decide
from agentsys.commissions.approving import voice
from agentsys.commissions.models import Statement, StatementState
from agentsys.errors import Conflict, Invalid, NotFound
from agentsys.people import delegates
from agentsys.people.delegate_models import Delegation
from agentsys.people.models import Agent, RoleName, User
from agentsys.work import queries as work
from tests.commissions.builders import run, statement_of
from tests.commissions.deciding import approve
from tests.factories import give, make_office, make_user

TODAY = date(2026, 11, 22)
DAY = timedelta(days=1)


@pytest.fixture
def colleague(session: Session, agent: Agent) -> User:
    """Another supervisor of the office."""
    return make_user(session, RoleName.SUPERVISOR, office_id=agent.office_id)


def name(session: Session, away: User, delegate: User, **changed: Any) -> Delegation:
    """A delegation of today and tomorrow, named by who is away, unless changed."""
    values: dict[str, Any] = {
        "user_id": away.id,
        "delegate_id": delegate.id,
        "from_on": TODAY,
        "until_on": TODAY + DAY,
        "reason": "Umrah",
        "actor_id": away.id,
    }
    return delegates.name(session, **(values | changed))


def test_a_delegate_approves_and_the_statement_and_the_trail_say_for_whom(
    session: Session, statement: Statement, supervisor: User, colleague: User
) -> None:
    name(session, supervisor, colleague)

    approve(session, statement, colleague)

    assert statement.state is StatementState.APPROVED
    assert (statement.decided_by, statement.decided_for) == (colleague.id, supervisor.id)
    [event] = session.scalars(select(AuditEvent).where(AuditEvent.action == "commission.approved"))
    assert event.actor_id == colleague.id
    assert event.details["on_behalf_of"] == f"user:{supervisor.id}"
    [shown] = statements.decisions_on(session, statement_id=statement.id)
    assert (shown.who, shown.for_whom) == (colleague.name, supervisor.name)


def test_a_delegate_returns_and_a_new_computation_forgets_for_whom(
    session: Session, agent: Agent, statement: Statement, supervisor: User, colleague: User
) -> None:
    name(session, supervisor, colleague)
    approve(session, statement, colleague, action=Action.RETURN, reason="Periksa lagi.")
    assert statement.decided_for == supervisor.id

    run(session)

    assert statement_of(session, agent) is statement
    assert (statement.state, statement.decided_for) == (StatementState.SUBMITTED, None)


@pytest.mark.parametrize("days", [-1, 2])
def test_before_the_first_day_and_after_the_last_the_statement_does_not_exist(
    session: Session, statement: Statement, supervisor: User, colleague: User, days: int
) -> None:
    name(session, supervisor, colleague)

    with (
        time_machine.travel(datetime(2026, 11, 22, 3, 0, tzinfo=UTC) + days * DAY),
        pytest.raises(NotFound),
    ):
        approve(session, statement, colleague)


def test_a_delegation_that_was_ended_gives_nothing(
    session: Session, statement: Statement, supervisor: User, colleague: User
) -> None:
    made = name(session, supervisor, colleague)
    delegates.end(session, delegation_id=made.id, actor_id=supervisor.id)

    with pytest.raises(NotFound):
        approve(session, statement, colleague)
    with pytest.raises(Conflict):
        delegates.end(session, delegation_id=made.id, actor_id=supervisor.id)


def test_the_delegate_finds_the_statement_in_the_list_and_in_the_inbox_for_these_days_only(
    session: Session, statement: Statement, supervisor: User, colleague: User
) -> None:
    def seen() -> tuple[bool, bool]:
        listed = {row.id for row in statements.newest(session, colleague)}
        try:
            work.one(session, colleague, kind="statement.submitted", subject=str(statement.id))
        except NotFound:
            return statement.id in listed, False
        return statement.id in listed, True

    assert seen() == (False, False)
    made = name(session, supervisor, colleague)
    assert seen() == (True, True)
    delegates.end(session, delegation_id=made.id, actor_id=supervisor.id)
    assert seen() == (False, False)


def test_a_delegate_who_computed_does_not_decide(
    session: Session, agent: Agent, supervisor: User, colleague: User
) -> None:
    name(session, supervisor, colleague)
    statement = _computed_by(session, agent, colleague)

    with pytest.raises(voice.OwnComputation):
        approve(session, statement, colleague)


def test_a_delegate_does_not_decide_the_own_commission(
    session: Session, agent: Agent, statement: Statement, supervisor: User, colleague: User
) -> None:
    name(session, supervisor, colleague)
    agent.user_id = colleague.id
    session.flush()

    with pytest.raises(voice.OwnCommission):
        approve(session, statement, colleague)


def test_a_delegate_of_who_computed_does_not_decide(
    session: Session, agent: Agent, supervisor: User, colleague: User
) -> None:
    name(session, supervisor, colleague)
    statement = _computed_by(session, agent, supervisor)

    with pytest.raises(voice.ForWhoComputed):
        approve(session, statement, colleague)


def test_a_delegate_whom_the_computing_admin_named_does_not_decide(
    session: Session, agent: Agent, supervisor: User, colleague: User
) -> None:
    admin = make_user(session, RoleName.ADMIN, office_id=agent.office_id)
    name(session, supervisor, colleague, actor_id=admin.id)
    statement = _computed_by(session, agent, admin)

    with pytest.raises(voice.ForWhoComputed):
        approve(session, statement, colleague)


def test_the_database_refuses_an_approval_for_who_computed(
    session: Session, statement: Statement, supervisor: User, colleague: User
) -> None:
    name(session, supervisor, colleague)
    approve(session, statement, colleague)

    statement.computed_by = supervisor.id
    with pytest.raises(IntegrityError, match="nor_for_them"), session.begin_nested():
        session.flush()


def test_the_delegate_of_a_delegate_decides_nothing(
    session: Session, agent: Agent, statement: Statement, supervisor: User, colleague: User
) -> None:
    third = make_user(session, RoleName.SUPERVISOR, office_id=agent.office_id)
    name(session, supervisor, colleague)
    # The service refuses such a chain; even if the rows were there, it would give nothing.
    with pytest.raises(Invalid, match="mewakili orang lain"):
        name(session, colleague, third)
    session.add(
        Delegation(
            user_id=colleague.id,
            delegate_id=third.id,
            from_on=TODAY,
            until_on=TODAY,
            named_by=colleague.id,
        )
    )
    session.flush()

    with pytest.raises(NotFound):
        approve(session, statement, third)


def test_nobody_is_a_delegate_while_away_and_two_delegates_at_once_are_refused(
    session: Session, agent: Agent, supervisor: User, colleague: User
) -> None:
    third = make_user(session, RoleName.SUPERVISOR, office_id=agent.office_id)
    name(session, supervisor, colleague)

    with pytest.raises(Invalid, match="sudah punya wakil"):
        name(session, supervisor, third)
    with pytest.raises(Invalid, match="cuti dari"):
        name(session, third, supervisor)
    assert name(session, supervisor, third, from_on=TODAY + 2 * DAY, until_on=TODAY + 3 * DAY)


def test_only_an_active_supervisor_of_the_same_office_is_named(
    session: Session, agent: Agent, supervisor: User, colleague: User
) -> None:
    finance = make_user(session, RoleName.FINANCE, office_id=agent.office_id)
    stranger = make_user(session, RoleName.SUPERVISOR, office_id=make_office(session).id)
    colleague.active = False
    session.flush()

    for wrong in (finance, stranger, colleague, supervisor):
        with pytest.raises(Invalid):
            name(session, supervisor, wrong)


def test_only_the_absent_supervisor_or_an_admin_of_the_office_names_and_ends(
    session: Session, agent: Agent, supervisor: User, colleague: User
) -> None:
    near = make_user(session, RoleName.ADMIN, office_id=agent.office_id)
    far = make_user(session, RoleName.ADMIN, office_id=make_office(session).id)
    finance = make_user(session, RoleName.FINANCE, office_id=agent.office_id)

    for wrong in (colleague, far, finance):
        with pytest.raises(NotFound):
            name(session, supervisor, colleague, actor_id=wrong.id)
    made = name(session, supervisor, colleague, actor_id=near.id)
    for wrong in (colleague, far, finance):
        with pytest.raises(NotFound):
            delegates.end(session, delegation_id=made.id, actor_id=wrong.id)
    assert delegates.end(session, delegation_id=made.id, actor_id=near.id).ended_by == near.id


def test_the_delegate_of_a_closed_account_decides_nothing(
    session: Session, statement: Statement, supervisor: User, colleague: User
) -> None:
    name(session, supervisor, colleague)
    supervisor.active = False
    session.flush()

    with pytest.raises(NotFound):
        approve(session, statement, colleague)


def test_all_roles_together_do_not_make_a_delegate_a_second_person(
    session: Session, agent: Agent, supervisor: User, colleague: User
) -> None:
    give(session, colleague, RoleName.FINANCE, RoleName.ADMIN)
    name(session, supervisor, colleague, actor_id=colleague.id)
    statement = _computed_by(session, agent, colleague)

    with pytest.raises(voice.OwnComputation):
        decide(
            session,
            statement_id=statement.id,
            action=Action.APPROVE,
            actor=colleague,
            seen_hash=statement.lines_hash,
        )
    assert statement.state is StatementState.SUBMITTED


def _computed_by(session: Session, agent: Agent, user: User) -> Statement:
    statement = statement_of(session, agent)
    assert statement is not None
    statement.computed_by = user.id
    session.flush()
    return statement
