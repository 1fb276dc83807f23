"""Rules that fail, differ or contradict each other in a run."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.commissions.lines import RuleProblem
from agentsys.commissions.models import (
    CommissionRun,
)
from agentsys.commissions.rule_check import NoRule, new_workers_needed
from agentsys.crypto import Vault
from agentsys.extension.contract import AgentMonth, CommissionLine, Message
from tests.commissions.builders import (
    NOVEMBER,
    PERISAI,
    RATES,
    fee,
    offer,
    portfolio,
    run,
    statement_of,
)
from tests.commissions.runs import lines_of
from tests.factories import make_agent, make_worker


def _unfinished_runs(session: Session) -> list[CommissionRun]:
    query = select(CommissionRun).where(CommissionRun.finished_at.is_(None))
    return list(session.scalars(query))


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
    assert len(lines_of(session, after)) == 3


def test_a_month_without_any_rule_stops_with_a_clear_sentence(session: Session) -> None:
    with pytest.raises(NoRule, match="untuk bulan Maret 2022"):
        run(session, month=date(2022, 3, 1))
    with pytest.raises(NoRule, match="AGENTSYS_PLUGINS"):
        run(session, hook=offer())

    assert session.scalar(select(func.count()).select_from(CommissionRun)) == 0


def test_made_up_months_tell_from_how_many_new_workers_on_they_are_paid_for() -> None:
    def fragile(month: AgentMonth) -> Any:
        raise ValueError("tarif hilang")

    assert new_workers_needed(PERISAI, NOVEMBER) == RATES.number("least_new")
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
