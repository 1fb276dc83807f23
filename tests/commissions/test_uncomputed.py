"""Which agents of a past month wait to be computed."""

from __future__ import annotations

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.commissions import basis
from agentsys.commissions.uncomputed import keep, uncomputed
from agentsys.crypto import Vault
from agentsys.figures import kept
from agentsys.workers import registry
from tests.commissions.builders import (
    AFTER_NOVEMBER,
    DECEMBER,
    NOVEMBER,
    OCTOBER,
    approved_in_november,
    at,
    confirm,
    fee,
    offer,
    run,
)
from tests.factories import make_agent, make_contribution, make_worker


def test_a_past_month_is_uncomputed_for_agents_whose_confirmations_are_in_no_statement(
    session: Session, vault: Vault
) -> None:
    never, stale, whole, idle = (make_agent(session) for _ in range(4))
    early = approved_in_november(session, vault)
    for agent in (stale, whole):
        confirm(session, make_worker(session, vault, agent=agent))
    run(session)
    for agent in (never, stale):
        confirm(session, make_worker(session, vault, agent=agent))
    make_contribution(session, make_worker(session, vault, agent=idle))

    assert uncomputed(session, month=NOVEMBER, office_id=None).agents == 2
    assert uncomputed(session, month=NOVEMBER, office_id=stale.office_id).agents == 1
    assert uncomputed(session, month=NOVEMBER, office_id=whole.office_id).agents == 0
    assert uncomputed(session, month=DECEMBER, office_id=early.office_id).agents == 0

    confirm(session, make_worker(session, vault, agent=early), NOVEMBER, at(28))
    assert uncomputed(session, month=NOVEMBER, office_id=early.office_id).agents == 0
    assert uncomputed(session, month=DECEMBER, office_id=early.office_id).agents == 1
    assert basis.agents_to_compute(session, month=DECEMBER) == [early.id]


def test_agents_who_earned_nothing_are_computed_when_a_run_since_the_month_ended(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    confirm(session, make_worker(session, vault, agent=agent))
    nothing = offer(uji=lambda month: fee()(month) if month.agent_id == 0 else [])
    run(session, hook=nothing)
    before = uncomputed(session, month=NOVEMBER, office_id=None).agents

    with time_machine.travel(AFTER_NOVEMBER):
        run(session, hook=nothing)

    assert before == 1
    assert uncomputed(session, month=NOVEMBER, office_id=None).agents == 0


def test_a_run_of_the_month_that_is_taken_up_after_it_counts_as_one_since_then(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    confirm(session, make_worker(session, vault, agent=agent))
    fails = offer(uji=lambda month: fee()(month) if month.agent_id == 0 else 1 / 0)
    nothing = offer(uji=lambda month: fee()(month) if month.agent_id == 0 else [])
    stopped = run(session, hook=fails)

    with time_machine.travel(AFTER_NOVEMBER):
        again = run(session, hook=nothing)

    assert (again.run_id, again.failures) == (stopped.run_id, {})
    assert uncomputed(session, month=NOVEMBER, office_id=None).agents == 0


def test_a_large_office_shows_the_count_that_was_kept_and_a_run_counts_anew(
    session: Session, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "LARGE", 1)
    large, small = make_agent(session), make_agent(session)
    for agent in (large, large, small):
        confirm(session, make_worker(session, vault, agent=agent))
    with time_machine.travel(AFTER_NOVEMBER):
        read = [
            uncomputed(session, month=NOVEMBER, office_id=office_id)
            for office_id in (None, large.office_id, small.office_id)
        ]
        registry.keep(session)
        keep(session)
        shown = [
            uncomputed(session, month=NOVEMBER, office_id=office_id)
            for office_id in (None, large.office_id, small.office_id)
        ]
        assert [found.agents for found in shown] == [found.agents for found in read] == [2, 1, 1]
        assert [found.at is None for found in shown] == [False, False, True]
        assert uncomputed(session, month=OCTOBER, office_id=large.office_id).at is None

        run(session, office_id=large.office_id)
        assert uncomputed(session, month=NOVEMBER, office_id=None).agents == 1


def test_agents_to_compute_are_listed_once(session: Session, vault: Vault) -> None:
    one, other, idle = (make_agent(session) for _ in range(3))
    for agent in (one, one, other):
        confirm(session, make_worker(session, vault, agent=agent))
    make_contribution(session, make_worker(session, vault, agent=idle))

    assert basis.agents_to_compute(session, month=NOVEMBER) == sorted([one.id, other.id])
    assert basis.agents_to_compute(session, month=OCTOBER) == []


def test_earlier_months_are_numbered_without_reading_their_rows(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    confirm(session, make_worker(session, vault, agent=agent))
    session.execute(text("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"))

    plan = session.scalars(
        text(f"EXPLAIN {basis._OF_ONE_AGENT.text}"),
        {"agent_id": agent.id, "starts_again": True, **basis.bounds(NOVEMBER)},
    ).all()

    numbering = "\n".join(plan).partition("WindowAgg")[2].partition("workers")[0]
    assert "Index Only Scan using contributions_" in numbering
