"""What an early approval left out, and what two statements or offices share."""

from __future__ import annotations

from typing import Any

import time_machine
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.commissions.models import (
    StatementLine,
)
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.extension.contract import AgentMonth
from tests.commissions.builders import (
    AFTER_NOVEMBER,
    DECEMBER,
    FIRST_MONTH_IDR,
    NOVEMBER,
    OCTOBER,
    approve,
    approved_early,
    at,
    confirm,
    fee,
    offer,
    portfolio,
    run,
    statement_of,
)
from tests.commissions.runs import lines_of
from tests.factories import make_agent, make_worker


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
    lines = lines_of(session, december)
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
    assert "laporan U1 bulan November 2026" in outcome.failures["U2"]


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
