"""A statement is approved only while it holds all that was confirmed, as it was shown."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import time_machine
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from agentsys.commissions import approval
from agentsys.commissions.approval import Action
from agentsys.commissions.models import Statement, StatementLine, StatementState
from agentsys.crypto import Vault
from agentsys.errors import Conflict
from agentsys.extension.contract import Beneficiary
from agentsys.money import format_idr
from agentsys.people.models import Agent, User
from agentsys.workers.bpjs_answers import record_answer
from agentsys.workers.models import NewToBpu
from tests.commissions.builders import (
    DECEMBER,
    FIRST_MONTH_IDR,
    NEW_WORKER_IDR,
    NOVEMBER,
    at,
    confirm,
    office_of,
    portfolio,
    run,
    statement_of,
)
from tests.commissions.deciding import approve, entries
from tests.factories import make_agent, make_worker


def test_a_statement_that_changed_since_it_was_shown_is_not_approved(
    session: Session, vault: Vault, agent: Agent, statement: Statement, supervisor: User
) -> None:
    seen = statement.lines_hash
    confirm(session, make_worker(session, vault, agent=agent))
    run(session)

    now_idr = 4 * FIRST_MONTH_IDR
    said = f"{format_idr(now_idr + office_of(now_idr))} dari 4 iuran"
    with pytest.raises(approval.ChangedSinceSeen, match=re.escape(said)) as refused:
        approve(session, statement, supervisor, seen_hash=seen)
    assert f"Laporan komisi {agent.name} bulan November 2026" in str(refused.value)
    assert agent.name not in str(refused.value.facts)  # they are logged

    assert isinstance(approval.ChangedSinceSeen(), Conflict)
    assert statement.state is StatementState.SUBMITTED
    assert entries(session) == 0


def test_what_bpjs_confirmed_since_is_computed_before_anything_is_approved(
    session: Session, vault: Vault, agent: Agent, statement: Statement, supervisor: User
) -> None:
    confirm(session, make_worker(session, vault, agent=agent), NOVEMBER, at(22, hour=2))

    with pytest.raises(approval.ConfirmedSince, match="Minta keuangan menghitung ulang") as refused:
        approve(session, statement, supervisor)
    assert f"iuran dari {agent.name} sejak laporan komisi bulan November 2026" in str(refused.value)
    assert entries(session) == 0

    run(session)
    approve(session, statement, supervisor)
    assert statement.contributions == 4


def test_what_an_early_approval_left_out_is_computed_before_the_next_month_is_approved(
    session: Session, vault: Vault, agent: Agent, statement: Statement, supervisor: User
) -> None:
    late, early = (make_worker(session, vault, agent=agent) for _ in range(2))
    approve(session, statement, supervisor)
    with time_machine.travel(at(5, month=12)):
        confirm(session, early, DECEMBER, at(4, month=12))
        run(session, month=DECEMBER)
        december = statement_of(session, agent, DECEMBER)
        assert december is not None
        confirm(session, late, NOVEMBER, at(28))

        with pytest.raises(approval.ConfirmedSince):
            approve(session, december, supervisor)
        run(session, month=DECEMBER)
        approve(session, december, supervisor)

    assert december.contributions == 2


def test_a_statement_may_be_returned_whatever_was_confirmed_since(
    session: Session, vault: Vault, agent: Agent, statement: Statement, supervisor: User
) -> None:
    confirm(session, make_worker(session, vault, agent=agent))

    approve(session, statement, supervisor, action=Action.RETURN, reason="Hitung ulang.")

    assert statement.state is StatementState.RETURNED


def test_bpjs_answer_is_taken_up_by_computing_again_and_not_overlooked(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 24)
    [asked] = portfolio(session, vault, agent, 1, new_to_bpu=NewToBpu.UNKNOWN)
    run(session)
    statement = statement_of(session, agent)
    assert statement is not None
    assert agent.supervisor is not None
    before = statement.agent_idr

    record_answer(session, worker_id=asked.id, new=True, actor=agent.supervisor)
    with pytest.raises(approval.AnsweredSince, match="menghitung ulang"):
        approve(session, statement, agent.supervisor)
    run(session)
    approve(session, statement, agent.supervisor)

    assert before == 25 * FIRST_MONTH_IDR
    assert statement.agent_idr == 25 * (NEW_WORKER_IDR + FIRST_MONTH_IDR)


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: update(lines).values(amount_idr=lines.amount_idr + 1),
        lambda lines: update(lines).values(version="lain"),
        lambda lines: delete(lines).where(lines.beneficiary == Beneficiary.OFFICE),
    ],
    ids=["amount", "version", "removed"],
)
def test_lines_that_were_changed_behind_the_statement_are_not_approved(
    session: Session, statement: Statement, supervisor: User, change: Callable[[type], object]
) -> None:
    session.execute(change(StatementLine))  # type: ignore[call-overload]

    with pytest.raises(approval.ChangedSinceSeen):
        approve(session, statement, supervisor)
