"""A month's run: its results, repetitions and refusals."""

from __future__ import annotations

import threading
from datetime import date

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agentsys.commissions.approval import Action, decide
from agentsys.commissions.models import (
    Statement,
    StatementLine,
    StatementState,
)
from agentsys.commissions.run import RunOutcome, run_month
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.db import transaction
from agentsys.errors import Invalid
from agentsys.extension.contract import Beneficiary, percent_in
from agentsys.money import format_idr
from tests.commissions.builders import (
    AFTER_NOVEMBER,
    DECEMBER,
    FIRST_MONTH_IDR,
    NEW_WORKER_IDR,
    NOVEMBER,
    PERISAI,
    RATES,
    approve,
    confirm,
    fee,
    offer,
    office_of,
    portfolio,
    run,
    statement_of,
)
from tests.commissions.runs import lines_of
from tests.factories import make_agent, make_worker


def test_a_month_becomes_a_statement_with_a_reason_for_each_line(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 30)

    outcome = run(session)

    statement = statement_of(session, agent)
    assert statement is not None
    agent_idr = 30 * (NEW_WORKER_IDR + FIRST_MONTH_IDR)
    assert (statement.agent_idr, statement.office_idr) == (agent_idr, office_of(agent_idr))
    assert (statement.base_idr, statement.contributions) == (504_000, 30)
    assert statement.state is StatementState.SUBMITTED
    assert (outcome.agents, outcome.lines, outcome.failures) == (1, 61, {})
    assert outcome.amount_idr == agent_idr + office_of(agent_idr)
    lines = lines_of(session, statement)
    assert sum(line.amount_idr for line in lines) == outcome.amount_idr
    row = RATES
    assert {line.sentence for line in lines} == {
        f"{format_idr(NEW_WORKER_IDR)} untuk pekerja baru, 2 program; 30 pekerja baru bulan ini"
        f" (paling sedikit {row.number('least_new')}), {row.decree}",
        f"{percent_in(row.bands('collection'), 1)}% × Rp16.800, iuran bulan ke-1, {row.decree}",
        f"{row.percent('office_percent')}% × {format_idr(agent_idr)} (komisi agen bulan ini),"
        f" untuk kantor (wadah), {row.decree}",
    }
    assert all(line.worker_name for line in lines if line.worker_id)


def test_an_agent_who_earned_nothing_gets_no_statement(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    worker = make_worker(session, vault, agent=agent)
    confirm(session, worker)

    outcome = run(
        session, hook=offer(uji=lambda month: fee()(month) if month.agent_id == 0 else [])
    )

    assert statement_of(session, agent) is None
    assert (outcome.agents, outcome.lines) == (1, 0)


def test_running_again_changes_nothing(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 3)
    first = run(session)
    before = statement_of(session, agent)
    assert before is not None
    kept = (before.lines_hash, before.computed_by, before.run_id, before.id)
    line_ids = set(session.scalars(select(StatementLine.id)))

    again = run(session, actor_id=agent.supervisor_id)

    after = statement_of(session, agent)
    assert after is not None
    assert (after.lines_hash, after.computed_by, after.run_id, after.id) == kept
    assert set(session.scalars(select(StatementLine.id))) == line_ids
    assert (again.lines, again.amount_idr) == (first.lines, first.amount_idr)


def test_what_was_confirmed_since_is_added_to_a_statement_that_waits(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 3)
    run(session)
    before = statement_of(session, agent)
    assert before is not None
    old_hash = before.lines_hash
    confirm(session, make_worker(session, vault, agent=agent))

    run(session, actor_id=agent.supervisor_id)

    after = statement_of(session, agent)
    assert after is not None
    assert after.agent_idr == 4 * FIRST_MONTH_IDR
    assert after.contributions == 4
    assert after.lines_hash != old_hash
    assert after.computed_by == agent.supervisor_id


def test_a_statement_whose_basis_is_gone_goes_too(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 1)
    run(session)
    session.query(Contribution).update({"confirmed_at": None})

    run(session)

    assert statement_of(session, agent) is None
    assert session.scalar(select(func.count()).select_from(StatementLine)) == 0


def test_an_approved_statement_is_left_as_it_is(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 2)
    run(session)
    approved = approve(session, agent)
    kept = (approved.lines_hash, approved.agent_idr, approved.decided_at)
    confirm(session, make_worker(session, vault, agent=agent))

    run(session, hook=offer(uji=fee(amount_idr=9_999)))

    after = statement_of(session, agent)
    assert after is not None
    assert after.state is StatementState.APPROVED
    assert (after.lines_hash, after.agent_idr, after.decided_at) == kept


def test_a_returned_statement_waits_again_after_the_next_run(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 2)
    run(session)
    statement = statement_of(session, agent)
    assert statement is not None
    assert agent.supervisor is not None
    decide(
        session,
        statement_id=statement.id,
        action=Action.RETURN,
        actor=agent.supervisor,
        seen_hash=statement.lines_hash,
        reason="Periksa pekerja baru.",
    )

    run(session)

    after = statement_of(session, agent)
    assert after is not None
    assert after.state is StatementState.SUBMITTED
    assert (after.decided_by, after.decided_at, after.reason) == (None, None, "")


def test_a_run_without_news_says_that_the_lines_still_hold(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 1)
    run(session, actor_id=agent.supervisor_id)

    with time_machine.travel(AFTER_NOVEMBER, tick=False):
        run(session)

    after = statement_of(session, agent)
    assert after is not None
    assert after.computed_at == AFTER_NOVEMBER
    assert after.computed_by == agent.supervisor_id


@pytest.mark.parametrize("month", [DECEMBER, date(2026, 11, 2)])
def test_a_month_that_did_not_begin_is_refused(session: Session, month: date) -> None:
    with pytest.raises(Invalid, match="Pilih bulan"):
        run(session, month=month)


def test_the_office_line_is_about_the_agents_month(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 1)

    run(session, hook=PERISAI)

    line = session.scalars(
        select(StatementLine).where(StatementLine.beneficiary == Beneficiary.OFFICE)
    ).one()
    assert line.subject == f"agent:{agent.id}:2026-11"
    assert (line.worker_id, line.month) == (None, None)


def test_two_runs_at_once_make_each_statement_once(committed: Flask, vault: Vault) -> None:
    with committed.app_context(), transaction() as session:
        for _ in range(3):
            portfolio(session, vault, make_agent(session), 2)
    start = threading.Barrier(4)
    outcomes: list[RunOutcome] = []

    def one() -> None:
        with committed.app_context():
            start.wait(20)
            outcomes.append(run_month(transaction, hook=PERISAI, month=NOVEMBER, actor_id=None))

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [outcome.failures for outcome in outcomes] == [{}] * 4
    with committed.app_context(), transaction() as session:
        assert session.scalar(select(func.count()).select_from(Statement)) == 3
        assert session.scalar(select(func.count()).select_from(StatementLine)) == 9
        # These contributions have no real payment: they would not balance.
        session.execute(text("TRUNCATE contributions"))
