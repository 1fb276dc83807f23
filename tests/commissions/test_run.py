"""A month's run: its results, repetitions and refusals."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from agentsys.commissions import statement_lines
from agentsys.commissions.approval import Action, decide
from agentsys.commissions.lines import RuleProblem
from agentsys.commissions.models import (
    CommissionRun,
    Statement,
    StatementLine,
    StatementState,
)
from agentsys.commissions.rule_check import NoRule, new_workers_needed
from agentsys.commissions.run import RunOutcome, run_month
from agentsys.commissions.statements import ExplainedLine
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.db import transaction
from agentsys.errors import Invalid
from agentsys.extension.contract import AgentMonth, Beneficiary, CommissionLine, Message
from agentsys.listing.request import ListRequest
from agentsys.money import format_idr
from agentsys.plugins.perisai_2022.rates import RATES
from tests.commissions.builders import (
    AFTER_NOVEMBER,
    DECEMBER,
    FIRST_MONTH_IDR,
    NEW_WORKER_IDR,
    NOVEMBER,
    OCTOBER,
    PERISAI,
    approve,
    approved_early,
    at,
    confirm,
    fee,
    offer,
    office_of,
    portfolio,
    run,
    statement_of,
)
from tests.factories import make_agent, make_worker


def _lines(session: Session, found: Statement) -> Sequence[ExplainedLine]:
    return statement_lines.lines(session, found, ListRequest(size=100), rules=()).rows


def _unfinished_runs(session: Session) -> list[CommissionRun]:
    query = select(CommissionRun).where(CommissionRun.finished_at.is_(None))
    return list(session.scalars(query))


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
    lines = _lines(session, statement)
    assert sum(line.amount_idr for line in lines) == outcome.amount_idr
    row = RATES[0]
    assert {line.sentence for line in lines} == {
        f"{format_idr(NEW_WORKER_IDR)} untuk pekerja baru, 2 program; 30 pekerja baru bulan ini"
        f" (paling sedikit {row.acquisition_least_workers}), {row.decree}",
        f"{row.percent_of(1)}% × Rp16.800, iuran bulan ke-1, {row.decree}",
        f"{row.office_percent}% × {format_idr(agent_idr)} (komisi agen bulan ini), untuk wadah,"
        f" {row.decree}",
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


def test_what_comes_after_an_early_approval_is_earned_in_the_next_month(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    [early] = portfolio(session, vault, agent, 1)
    run(session)
    approve(session, agent)
    late = make_worker(session, vault, agent=agent)
    confirm(session, late, NOVEMBER, at(28))
    confirm(session, early, DECEMBER, at(5, month=12))

    with time_machine.travel(at(20, month=12)):
        run(session, month=DECEMBER)

    december = statement_of(session, agent, DECEMBER)
    assert december is not None
    assert (december.contributions, december.base_idr) == (2, 2 * 16_800)
    lines = _lines(session, december)
    assert {(line.worker_id, line.month) for line in lines if line.worker_id} == {
        (late.id, NOVEMBER),
        (early.id, DECEMBER),
    }


def test_an_agent_who_has_only_what_an_early_approval_left_out_is_computed_too(
    session: Session, vault: Vault
) -> None:
    agent = approved_early(session, vault)
    confirm(session, make_worker(session, vault, agent=agent), NOVEMBER, at(28))

    with time_machine.travel(at(20, month=12)):
        run(session, month=DECEMBER)

    december = statement_of(session, agent, DECEMBER)
    assert december is not None
    assert (december.contributions, december.agent_idr) == (1, FIRST_MONTH_IDR)


def test_a_contribution_is_never_granted_twice_by_one_rule(session: Session, vault: Vault) -> None:
    first, second = make_agent(session), make_agent(session)
    [worker] = portfolio(session, vault, first, 1)
    run(session, hook=offer(uji=fee()))
    approve(session, first)
    session.query(Contribution).filter_by(worker_id=worker.id).update({"agent_id": second.id})
    confirm(session, make_worker(session, vault, agent=second))

    outcome = run(session, hook=offer(uji=fee()))

    statement = statement_of(session, second)
    assert outcome.failures == {}
    assert statement is not None
    assert statement.agent_idr == 1_000
    assert session.scalar(select(func.count()).select_from(StatementLine)) == 2


def test_a_contribution_that_another_open_statement_grants_stops_the_second_agent(
    session: Session, vault: Vault
) -> None:
    first, second = (make_agent(session, code=f"U{n}") for n in (1, 2))
    [worker] = portfolio(session, vault, first, 1)
    run(session, hook=offer(uji=fee()), month=NOVEMBER)
    session.query(Contribution).filter_by(worker_id=worker.id).update(
        {"agent_id": second.id, "confirmed_at": at(5, month=10)}
    )

    outcome = run(session, hook=offer(uji=fee()), month=OCTOBER)

    assert list(outcome.failures) == ["U2"]
    assert "rekap U1 bulan November 2026" in outcome.failures["U2"]


def test_a_run_for_one_office_leaves_the_statements_of_others_alone(
    session: Session, vault: Vault
) -> None:
    ours, theirs = make_agent(session), make_agent(session)
    for agent in (ours, theirs):
        portfolio(session, vault, agent, 1)
    run(session, office_id=theirs.office_id)
    before = statement_of(session, theirs)
    assert before is not None
    computed_at = before.computed_at
    confirm(session, make_worker(session, vault, agent=theirs))

    with time_machine.travel(AFTER_NOVEMBER):
        outcome = run(session, office_id=ours.office_id)

    after = statement_of(session, theirs)
    assert outcome.agents == 1
    assert statement_of(session, ours) is not None
    assert after is not None
    assert (after.computed_at, after.contributions) == (computed_at, 1)


def test_an_open_run_is_taken_up_again_only_by_its_own_office(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 1)

    def broken(month: AgentMonth) -> Any:
        raise ValueError("tarif hilang")

    stopped = run(session, hook=offer(uji=broken), office_id=agent.office_id)

    everywhere = run(session)
    again = run(session, office_id=agent.office_id)

    assert everywhere.run_id != stopped.run_id
    assert again.run_id == stopped.run_id


def test_a_rule_that_fails_stops_one_agent_visibly_and_the_others_go_on(
    session: Session, vault: Vault
) -> None:
    broken, fine = make_agent(session, code="RUSAK"), make_agent(session)
    for agent in (broken, fine):
        portfolio(session, vault, agent, 1)

    def fragile(month: AgentMonth) -> Any:
        if month.agent_id == broken.id:
            raise ZeroDivisionError("pembagi nol")
        return fee()(month)

    outcome = run(session, hook=offer(uji=fragile))

    assert outcome.failures == {"RUSAK": "ZeroDivisionError: pembagi nol"}
    assert statement_of(session, broken) is None
    assert statement_of(session, fine) is not None
    [open_run] = _unfinished_runs(session)
    assert (open_run.id, open_run.failures) == (outcome.run_id, outcome.failures)


def test_a_database_error_in_a_rule_is_named_without_the_row_that_it_quotes(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session, code="RUSAK")
    portfolio(session, vault, agent, 1)

    def careless(month: AgentMonth) -> Any:
        if month.agent_id != agent.id:
            return fee()(month)
        return make_worker(session, vault, agent=agent, name="Siti Rahasia", sex="X")

    outcome = run(session, hook=offer(uji=careless))

    said = outcome.failures["RUSAK"]
    assert said.startswith("CheckViolation: new row")
    assert "ck_workers_known_sex" in said
    assert "Rahasia" not in said
    assert "6474" not in said


def test_the_run_that_failed_is_taken_up_again_and_then_closed(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 1)

    def broken(month: AgentMonth) -> Any:
        raise ValueError("tarif hilang")

    failed = run(session, hook=offer(uji=broken))
    repaired = run(session, hook=offer(uji=fee()))

    assert repaired.run_id == failed.run_id
    done = session.get_one(CommissionRun, repaired.run_id)
    assert done.finished_at is not None
    assert done.failures == {}
    assert _unfinished_runs(session) == []
    assert run(session, hook=offer(uji=fee())).run_id != repaired.run_id


def test_a_failing_rule_leaves_the_statement_that_waits_as_it_was(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 2)
    run(session)
    before = statement_of(session, agent)
    assert before is not None
    kept = before.lines_hash

    def broken(month: AgentMonth) -> Any:
        raise ValueError("tarif hilang")

    run(session, hook=offer(uji=broken))

    after = statement_of(session, agent)
    assert after is not None
    assert after.lines_hash == kept
    assert len(_lines(session, after)) == 3


def test_a_month_without_any_rule_stops_with_a_clear_sentence(session: Session) -> None:
    with pytest.raises(NoRule, match="untuk bulan Maret 2022"):
        run(session, month=date(2022, 3, 1))
    with pytest.raises(NoRule, match="AGENTSYS_PLUGINS"):
        run(session, hook=offer())

    assert session.scalar(select(func.count()).select_from(CommissionRun)) == 0


def test_made_up_months_tell_from_how_many_new_workers_on_they_are_paid_for() -> None:
    def fragile(month: AgentMonth) -> Any:
        raise ValueError("tarif hilang")

    assert new_workers_needed(PERISAI, NOVEMBER) == RATES[0].acquisition_least_workers
    assert new_workers_needed(PERISAI, date(2022, 3, 1)) is None
    assert new_workers_needed(offer(uji=fee()), NOVEMBER) is None
    assert new_workers_needed(offer(uji=fragile), NOVEMBER) is None


def test_two_versions_of_one_rule_stop_with_both_named(session: Session) -> None:
    hook = offer(lama=fee(version="SK 1/2026"), baru=fee(version="SK 2/2026"))

    with pytest.raises(
        RuleProblem, match=r"SK 1/2026 \(plugin lama\) dan SK 2/2026 \(plugin baru\)"
    ):
        run(session, hook=hook)


def test_two_plugins_that_grant_the_same_thing_stop_with_both_named(session: Session) -> None:
    with pytest.raises(RuleProblem, match="plugin satu dan plugin dua"):
        run(session, hook=offer(satu=fee(), dua=fee()))


def test_rules_of_two_plugins_add_up(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 2)

    run(session, hook=offer(satu=fee("satu.fee", 100), dua=fee("dua.fee", -30)))

    statement = statement_of(session, agent)
    assert statement is not None
    assert statement.agent_idr == 2 * 100 - 2 * 30


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"amount_idr": 1.5}, "1.5 bukan rupiah bulat"),
        ({"amount_idr": True}, "True bukan rupiah bulat"),
        ({"amount_idr": 0}, "0 bukan rupiah bulat"),
        ({"rule": ""}, "nama aturan"),
        ({"version": "x" * 61}, "nama aturan"),
        ({"worker_id": 987_654}, "tidak ada dalam dasar hitungan"),
        ({"month": None}, "harus disebut bersama"),
        ({"reason": Message(text="{hilang}")}, "kalimat alasannya berlubang ({hilang})"),
        ({"reason": Message(text="{a:,}", values={"a": 1})}, "kalimat alasannya berlubang ({, })"),
        ({"reason": Message(text="x", values={"a": 1.5})}, "isi alasannya"),
    ],
)
def test_a_line_that_makes_no_sense_stops_the_agent_and_names_the_plugin(
    session: Session, vault: Vault, wrong: dict[str, Any], said: str
) -> None:
    agent = make_agent(session, code="SALAH")
    portfolio(session, vault, agent, 1)

    def rule(month: AgentMonth) -> list[CommissionLine]:
        lines: list[CommissionLine] = fee()(month)
        return lines if month.agent_id == 0 else [replace(line, **wrong) for line in lines]

    outcome = run(session, hook=offer(uji=rule))

    assert "Plugin uji" in outcome.failures["SALAH"]
    assert said in outcome.failures["SALAH"]
    assert statement_of(session, agent) is None


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
        session.execute(delete(Contribution))
