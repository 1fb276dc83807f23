"""Large sums need more people: each approval is kept, and nobody has two voices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.commissions import approval
from agentsys.commissions.approval import Action, decide_many
from agentsys.commissions.approving import stages, voice
from agentsys.commissions.approving.models import (
    StageBy,
    StatementApproval,
)
from agentsys.commissions.models import Statement, StatementState
from agentsys.crypto import Vault
from agentsys.errors import NotFound
from agentsys.people import delegates
from agentsys.people.models import Agent, RoleName, User
from tests.commissions.builders import portfolio, run, statement_of
from tests.commissions.deciding import approve, entries
from tests.commissions.staging import TODAY, rule
from tests.factories import give, make_office, make_user


@pytest.fixture
def finance(session: Session, agent: Agent) -> User:
    """Somebody in finance of the office."""
    return make_user(session, RoleName.FINANCE, office_id=agent.office_id)


@pytest.fixture
def admin(session: Session, agent: Agent) -> User:
    """An admin of the office."""
    return make_user(session, RoleName.ADMIN, office_id=agent.office_id)


def given(session: Session, statement: Statement) -> list[tuple[int, int, bool]]:
    """The stages that were approved, by whom, and whether they count."""
    rows = session.scalars(
        select(StatementApproval)
        .where(StatementApproval.statement_id == statement.id)
        .order_by(StatementApproval.id)
    )
    return [(row.stage, row.approved_by, row.voided_at is None) for row in rows]


def test_without_a_rule_one_approval_is_enough_and_is_kept(
    session: Session, statement: Statement, supervisor: User
) -> None:
    approve(session, statement, supervisor)

    assert statement.state is StatementState.APPROVED
    assert given(session, statement) == [(1, supervisor.id, True)]


def test_a_large_sum_stays_submitted_until_the_last_stage(
    session: Session, statement: Statement, supervisor: User, finance: User, admin: User
) -> None:
    rule(session, None, third_from_idr=0, third_by=StageBy.LAST)

    approve(session, statement, supervisor)
    assert (statement.state, entries(session)) == (StatementState.SUBMITTED, 0)
    approve(session, statement, finance)
    assert (statement.state, entries(session)) == (StatementState.SUBMITTED, 0)
    approve(session, statement, admin)

    assert (statement.state, entries(session)) == (StatementState.APPROVED, 1)
    assert statement.decided_by == admin.id
    assert [by for _stage, by, _counts in given(session, statement)] == [
        supervisor.id,
        finance.id,
        admin.id,
    ]
    acts = session.scalars(
        select(AuditEvent.action)
        .where(AuditEvent.subject == f"statement:{statement.id}")
        .order_by(AuditEvent.id)
    ).all()
    assert acts == ["commission.stage_approved"] * 2 + ["commission.approved"]


@pytest.mark.parametrize(("more", "state"), [(0, "submitted"), (1, "approved")])
def test_the_sum_decides_how_many_approve(
    session: Session, statement: Statement, supervisor: User, more: int, state: str
) -> None:
    rule(session, statement.office_id, second_from_idr=statement.total_idr + more)

    approve(session, statement, supervisor)

    assert statement.state.value == state


def test_the_offices_rule_goes_before_that_of_all_and_a_coming_one_waits_for_its_day(
    session: Session, statement: Statement, supervisor: User
) -> None:
    rule(session, None)
    rule(session, statement.office_id, second_from_idr=None, second_by=None)
    rule(session, statement.office_id, valid_from=TODAY + timedelta(days=1))

    approve(session, statement, supervisor)

    assert statement.state is StatementState.APPROVED


def test_the_later_stage_cannot_go_first_and_the_first_one_not_twice(
    session: Session, statement: Statement, supervisor: User, finance: User
) -> None:
    rule(session, None)

    with pytest.raises(NotFound):
        approve(session, statement, finance)
    approve(session, statement, supervisor)
    with pytest.raises(stages.WaitsForNext):
        approve(session, statement, supervisor)
    assert given(session, statement) == [(1, supervisor.id, True)]


def test_finance_of_another_office_and_a_stage_of_admins_are_out_of_reach(
    session: Session, statement: Statement, supervisor: User, finance: User
) -> None:
    rule(session, None, second_by=StageBy.LAST)
    stranger = make_user(session, RoleName.ADMIN, office_id=make_office(session).id)
    approve(session, statement, supervisor)

    for wrong in (finance, stranger):
        with pytest.raises(NotFound):
            approve(session, statement, wrong)


def test_a_run_with_other_lines_voids_the_first_approval(
    session: Session,
    vault: Vault,
    agent: Agent,
    statement: Statement,
    supervisor: User,
    finance: User,
) -> None:
    rule(session, None)
    approve(session, statement, supervisor)
    portfolio(session, vault, agent, 1)
    run(session)
    session.refresh(statement)

    with pytest.raises(NotFound):
        approve(session, statement, finance)
    approve(session, statement, supervisor)
    approve(session, statement, finance)
    assert statement.state is StatementState.APPROVED


def test_a_run_with_the_same_lines_keeps_it(
    session: Session, agent: Agent, statement: Statement, supervisor: User, finance: User
) -> None:
    rule(session, None)
    approve(session, statement, supervisor)
    run(session)

    found = statement_of(session, agent)
    assert found is not None
    assert approve(session, found, finance).state is StatementState.APPROVED


def test_a_return_voids_it_even_if_the_lines_stay_the_same(
    session: Session, statement: Statement, supervisor: User, finance: User
) -> None:
    rule(session, None)
    approve(session, statement, supervisor)
    approve(session, statement, finance, action=Action.RETURN, reason="Periksa lagi.")
    assert statement.state is StatementState.RETURNED
    run(session)
    session.refresh(statement)

    with pytest.raises(NotFound):
        approve(session, statement, finance)
    approve(session, statement, supervisor)
    assert given(session, statement) == [(1, supervisor.id, False), (1, supervisor.id, True)]


def test_a_rule_that_changes_between_two_stages_changes_nothing_for_this_statement(
    session: Session, statement: Statement, supervisor: User, finance: User
) -> None:
    rule(session, None)
    approve(session, statement, supervisor)
    rule(session, statement.office_id, third_from_idr=0, third_by=StageBy.LAST)

    assert approve(session, statement, finance).state is StatementState.APPROVED


def test_one_person_with_both_roles_gives_one_approval(
    session: Session, statement: Statement, supervisor: User, finance: User
) -> None:
    rule(session, None)
    give(session, supervisor, RoleName.FINANCE, RoleName.ADMIN)
    approve(session, statement, supervisor)

    with pytest.raises(stages.OneVoice):
        approve(session, statement, supervisor)
    assert approve(session, statement, finance).state is StatementState.APPROVED


@pytest.mark.parametrize("first", ["delegate", "supervisor"])
def test_a_delegate_and_who_is_away_are_one_voice(
    session: Session, agent: Agent, statement: Statement, supervisor: User, first: str
) -> None:
    rule(session, None)
    delegate = make_user(session, RoleName.SUPERVISOR, RoleName.FINANCE, office_id=agent.office_id)
    give(session, supervisor, RoleName.FINANCE)
    delegates.name(
        session,
        user_id=supervisor.id,
        delegate_id=delegate.id,
        from_on=TODAY,
        until_on=TODAY,
        reason="",
        actor_id=supervisor.id,
    )
    pair = (delegate, supervisor) if first == "delegate" else (supervisor, delegate)
    approve(session, statement, pair[0])

    for wrong in pair:
        with pytest.raises(stages.OneVoice):
            approve(session, statement, wrong)
    with time_machine.travel(datetime(2026, 11, 25, 3, 0, tzinfo=UTC)):
        # The days of leave are over; what was said on behalf of somebody stays that person's voice.
        allowed = None if first == "supervisor" else stages.OneVoice
        if allowed is None:
            approve(session, statement, delegate)
        else:
            with pytest.raises(allowed):
                approve(session, statement, supervisor)


def test_who_computed_or_earns_gives_no_later_approval(
    session: Session, agent: Agent, statement: Statement, supervisor: User, finance: User
) -> None:
    rule(session, None)
    approve(session, statement, supervisor)
    statement.computed_by = finance.id
    session.flush()
    with pytest.raises(voice.OwnComputation):
        approve(session, statement, finance)
    statement.computed_by, agent.user_id = None, finance.id
    session.flush()
    with pytest.raises(voice.OwnCommission):
        approve(session, statement, finance)


def test_the_database_refuses_a_second_approval_of_one_person(
    session: Session, statement: Statement, supervisor: User
) -> None:
    rule(session, None)
    approve(session, statement, supervisor)
    values = {
        "statement_id": statement.id,
        "lines_hash": statement.lines_hash,
        "stage": 2,
        "stages": 2,
    }
    other = make_user(session, RoleName.FINANCE)

    for who, whom in ((supervisor.id, None), (other.id, supervisor.id)):
        second = insert(StatementApproval).values(**values, approved_by=who, on_behalf_of=whom)
        with pytest.raises(IntegrityError, match="uq_statement_approvals"), session.begin_nested():
            session.execute(second)


def test_many_at_once_say_which_are_approved_and_which_wait(
    session: Session, statement: Statement, supervisor: User
) -> None:
    rule(session, None)
    [done] = decide_many(
        session,
        seen=[(statement.id, statement.lines_hash)],
        action=Action.APPROVE,
        actor=supervisor,
    )
    assert (done.refused, statement.state) == (None, StatementState.SUBMITTED)


def test_an_approved_statement_is_decided_for_those_of_later_stages_too(
    session: Session, statement: Statement, supervisor: User, finance: User
) -> None:
    approve(session, statement, supervisor)
    with pytest.raises(approval.AlreadyDecided):
        approve(session, statement, finance)
