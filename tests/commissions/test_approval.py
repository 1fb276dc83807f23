"""Approving a commission statement, and who may not."""

from __future__ import annotations

from itertools import product

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.commissions import approval
from agentsys.commissions.approval import STATEMENT_TRANSITIONS, Action, decide_many
from agentsys.commissions.approving import voice
from agentsys.commissions.models import Statement, StatementState
from agentsys.crypto import Vault
from agentsys.errors import Forbidden, Invalid, NotFound
from agentsys.ledger import journal
from agentsys.people.models import Agent, RoleName, User
from agentsys.terms.models import CommissionFunding
from tests.commissions.builders import (
    FIRST_MONTH_IDR,
    office_of,
    portfolio,
    run,
    statement_of,
)
from tests.commissions.deciding import approve, entries
from tests.factories import make_agent, make_user
from tests.office_factories import decided_terms

AGENT_IDR = 3 * FIRST_MONTH_IDR  # what `statement` grants the agent


def test_an_approved_statement_is_a_claim_on_bpjs_and_recorded(
    session: Session, agent: Agent, statement: Statement, supervisor: User
) -> None:
    approve(session, statement, supervisor)

    assert statement.state is StatementState.APPROVED
    assert statement.funding is CommissionFunding.BPJS
    assert (statement.decided_by, statement.decided_at is not None) == (supervisor.id, True)
    claimed = AGENT_IDR + office_of(AGENT_IDR)
    assert booked(session, agent) == {
        f"claim:commission:{agent.office_id}": claimed,
        f"expected:commission:agent:{agent.id}": -AGENT_IDR,
        f"expected:commission:office:{agent.office_id}": -office_of(AGENT_IDR),
    }
    event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    assert (event.action, event.actor_id) == ("commission.approved", supervisor.id)
    assert event.details["lines"] == statement.lines_hash.hex()


def test_an_office_that_pays_itself_owes_an_approved_statement_at_once(
    session: Session, agent: Agent, statement: Statement, supervisor: User
) -> None:
    decided_terms(session, office_id=agent.office_id, funding=CommissionFunding.OWN)

    approve(session, statement, supervisor)

    assert booked(session, agent) == {
        f"expense:commission:{agent.office_id}": AGENT_IDR + office_of(AGENT_IDR),
        f"owed:commission:agent:{agent.id}": -AGENT_IDR,
        f"owed:commission:office:{agent.office_id}": -office_of(AGENT_IDR),
    }


def booked(session: Session, agent: Agent) -> dict[str, int]:
    """The balances of all accounts of commissions that are not zero."""
    found = journal.balances(session)
    return {name: idr for name, idr in found.items() if ":commission:" in name and idr}


def test_a_returned_statement_needs_a_reason_and_moves_no_money(
    session: Session, statement: Statement, supervisor: User
) -> None:
    with pytest.raises(Invalid, match="alasan"):
        approve(session, statement, supervisor, action=Action.RETURN, reason="  ")

    approve(session, statement, supervisor, action=Action.RETURN, reason="Periksa NIK.")

    assert (statement.state, statement.reason) == (StatementState.RETURNED, "Periksa NIK.")
    assert entries(session) == 0


@pytest.mark.parametrize(
    ("state", "action"),
    [pair for pair in product(StatementState, Action) if pair not in STATEMENT_TRANSITIONS],
)
def test_every_move_that_the_table_does_not_have_is_refused(
    session: Session,
    statement: Statement,
    supervisor: User,
    state: StatementState,
    action: Action,
) -> None:
    first = Action.APPROVE if state is StatementState.APPROVED else Action.RETURN
    approve(session, statement, supervisor, action=first, reason="uji")
    before = entries(session)

    with pytest.raises(approval.AlreadyDecided, match="sudah"):
        approve(session, statement, supervisor, action=action, reason="uji lagi")

    assert statement.state is state
    assert entries(session) == before


def test_nobody_approves_the_own_commission(
    session: Session, agent: Agent, statement: Statement
) -> None:
    assert agent.user is not None

    with pytest.raises(voice.OwnCommission):
        approve(session, statement, agent.user)


def test_who_computed_it_does_not_approve_it(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 1)
    run(session, actor_id=agent.supervisor_id)
    statement = statement_of(session, agent)
    assert statement is not None
    assert agent.supervisor is not None

    with pytest.raises(voice.OwnComputation):
        approve(session, statement, agent.supervisor)


def test_the_database_itself_refuses_one_pair_of_eyes(
    session: Session, statement: Statement, supervisor: User
) -> None:
    with pytest.raises(IntegrityError, match="four_eyes"), session.begin_nested():
        session.execute(
            update(Statement).values(
                state=StatementState.APPROVED,
                funding=CommissionFunding.BPJS,
                computed_by=supervisor.id,
                decided_by=supervisor.id,
            )
        )


@pytest.mark.parametrize("role", list(RoleName))
def test_a_statement_of_another_team_is_not_found(
    session: Session, statement: Statement, role: RoleName
) -> None:
    stranger = make_user(session, role)

    with pytest.raises(NotFound):
        approve(session, statement, stranger)
    with pytest.raises(NotFound):
        approve(session, statement, stranger, statement_id=987_654)

    assert statement.state is StatementState.SUBMITTED


@pytest.mark.parametrize("role", [role for role in RoleName if role is not RoleName.SUPERVISOR])
def test_only_the_role_of_supervisor_may_decide(
    session: Session, agent: Agent, statement: Statement, role: RoleName
) -> None:
    # A supervisor who lost the role keeps the team until an admin changes it.
    agent.supervisor = make_user(session, role)
    session.flush()

    with pytest.raises(Forbidden):
        approve(session, statement, agent.supervisor)


def test_a_bulk_decision_reports_each_and_stops_at_none(session: Session, vault: Vault) -> None:
    supervisor = make_user(session, RoleName.SUPERVISOR)
    mine = [make_agent(session, supervisor_id=supervisor.id) for _ in range(3)]
    for one in (*mine, foreign := make_agent(session)):
        portfolio(session, vault, one, 1)
    run(session)
    seen = {one.id: statement_of(session, one) for one in (*mine, foreign)}
    ids = {number: found.id for number, found in seen.items() if found}
    hashes = {number: found.lines_hash for number, found in seen.items() if found}
    hashes[mine[1].id] = bytes(32)

    decisions = decide_many(
        session,
        seen=[(ids[number], hashes[number]) for number in reversed(ids)],
        action=Action.APPROVE,
        actor=supervisor,
    )

    refused = {decision.statement_id: decision.refused for decision in decisions}
    assert [bool(refused[ids[one.id]]) for one in (*mine, foreign)] == [False, True, False, True]
    changed = refused[ids[mine[1].id]]
    assert changed is not None
    assert "dihitung ulang" in changed.sentence()
    assert entries(session) == 2


def test_a_sum_of_zero_is_approved_without_an_entry(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 1)
    run(session)
    statement = statement_of(session, agent)
    assert statement is not None
    assert agent.supervisor is not None
    lines = approval.stored_hash(session, statement)
    session.execute(update(Statement).values(agent_idr=0, office_idr=0))

    approve(session, statement, agent.supervisor, seen_hash=lines)

    assert entries(session) == 0
