"""The input of a rule for an agent's month."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions import basis
from agentsys.commissions.models import Statement
from agentsys.commissions.uncomputed import keep, uncomputed
from agentsys.crypto import Vault
from agentsys.figures import kept
from agentsys.months import add_months, month_of
from agentsys.people.models import Agent
from agentsys.workers import registry
from agentsys.workers.models import NewToBpu, Programmes, Worker
from tests.commissions.builders import (
    AFTER_NOVEMBER,
    DECEMBER,
    JANUARY,
    NOVEMBER,
    OCTOBER,
    approve,
    at,
    confirm,
    fee,
    offer,
    run,
)
from tests.factories import make_agent, make_contribution, make_worker


def months_of(
    session: Session, agent: Agent, month: date = NOVEMBER
) -> dict[tuple[int, date], int]:
    """The month numbers of the agent's confirmed contributions, by worker and month."""
    known = basis.agent_month(session, agent=agent, month=month)
    return {(c.worker_id, c.month): c.month_number for c in known.contributions}


def approved_in_november(session: Session, vault: Vault) -> Agent:
    """An agent whose November was approved on the 22nd, over one contribution."""
    agent = make_agent(session)
    confirm(session, make_worker(session, vault, agent=agent))
    run(session)
    approve(session, agent)
    return agent


def is_new(session: Session, agent: Agent, worker: Worker) -> list[bool]:
    """Whether each of the worker's contributions of November counts as new to BPU."""
    known = basis.agent_month(session, agent=agent, month=NOVEMBER)
    return [c.new_to_bpu for c in known.contributions if c.worker_id == worker.id]


def test_only_contributions_that_bpjs_confirmed_count(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    confirmed = make_worker(session, vault, agent=agent, programmes=Programmes.THREE)
    confirm(session, confirmed, programmes=Programmes.THREE, jht_idr=20_000)
    for values in ({}, {"payment_id": 1}, {"payment_id": 1, "remittance_id": 1}):
        make_contribution(session, make_worker(session, vault, agent=agent), **values)

    known = basis.agent_month(session, agent=agent, month=NOVEMBER)

    [one] = known.contributions
    assert (one.worker_id, one.month, one.amount_idr) == (confirmed.id, NOVEMBER, 36_800)
    assert one.programmes == {"JKK", "JKM", "JHT"}
    assert one.funding == "self"
    assert (known.agent_id, known.office_id, known.month) == (agent.id, agent.office_id, NOVEMBER)


def test_the_month_of_confirmation_decides_on_the_clock_of_jakarta(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    moments = {
        datetime(2026, 10, 31, 16, 59, 59, tzinfo=UTC): OCTOBER,
        datetime(2026, 10, 31, 17, 0, tzinfo=UTC): NOVEMBER,
        datetime(2026, 11, 30, 16, 59, 59, tzinfo=UTC): NOVEMBER,
        datetime(2026, 11, 30, 17, 0, tzinfo=UTC): DECEMBER,
    }
    workers = {
        moment: make_worker(session, vault, agent=agent, enrolled_from=OCTOBER)
        for moment in moments
    }
    for moment, worker in workers.items():
        confirm(session, worker, OCTOBER, moment)

    for month in (OCTOBER, NOVEMBER, DECEMBER):
        expected = {workers[moment].id for moment, falls_in in moments.items() if falls_in == month}
        found = {worker_id for worker_id, _ in months_of(session, agent, month)}
        assert found == expected


def test_what_an_approved_month_left_out_comes_with_the_next_and_with_no_other(
    session: Session, vault: Vault
) -> None:
    agent = approved_in_november(session, vault)
    late = make_worker(session, vault, agent=agent)
    confirm(session, late, NOVEMBER, at(28))

    assert set(months_of(session, agent, DECEMBER)) == {(late.id, NOVEMBER)}
    assert basis.size(session, agent_id=agent.id, month=DECEMBER) == (1, 16_800)
    assert months_of(session, agent, JANUARY) == {}


def test_what_was_being_committed_while_the_month_was_computed_is_not_lost(
    session: Session, vault: Vault
) -> None:
    agent = approved_in_november(session, vault)
    slow = make_worker(session, vault, agent=agent)
    confirm(session, slow, NOVEMBER, clock.now() - timedelta(minutes=1))

    assert set(months_of(session, agent, DECEMBER)) == {(slow.id, NOVEMBER)}


def test_a_confirmation_has_an_hour_to_be_committed_before_the_month_is_computed(
    session: Session, vault: Vault
) -> None:
    agent = approved_in_november(session, vault)
    computed_at = session.scalars(select(Statement.computed_at)).one()
    within, before = (make_worker(session, vault, agent=agent) for _ in range(2))
    confirm(session, within, NOVEMBER, computed_at - timedelta(minutes=59))
    confirm(session, before, NOVEMBER, computed_at - timedelta(minutes=61))

    assert set(months_of(session, agent, DECEMBER)) == {(within.id, NOVEMBER)}


def test_what_earned_nothing_in_an_approved_month_is_over(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    paid, free = (make_worker(session, vault, agent=agent) for _ in range(2))
    for worker in (paid, free):
        confirm(session, worker)
    run(session, hook=offer(uji=lambda month: fee()(month)[:1]))
    approve(session, agent)

    assert months_of(session, agent, DECEMBER) == {}
    assert basis.agents_to_compute(session, month=DECEMBER) == []


def test_a_month_that_waits_leaves_nothing_to_the_next(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    confirm(session, make_worker(session, vault, agent=agent))
    run(session)
    confirm(session, make_worker(session, vault, agent=agent), NOVEMBER, at(28))

    assert months_of(session, agent, DECEMBER) == {}
    assert basis.size(session, agent_id=agent.id, month=NOVEMBER) == (2, 33_600)


def test_months_are_numbered_in_the_order_of_confirmation(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    worker = make_worker(session, vault, agent=agent)
    confirm(session, worker, date(2026, 8, 1), at(20, month=9))
    confirm(session, worker, date(2026, 7, 1), at(5))
    for month in (date(2026, 9, 1), OCTOBER):
        confirm(session, worker, month, at(10))

    numbers = months_of(session, agent)

    assert numbers == {
        (worker.id, date(2026, 7, 1)): 2,
        (worker.id, date(2026, 9, 1)): 3,
        (worker.id, OCTOBER): 4,
    }


def test_months_that_one_batch_confirmed_are_numbered_from_the_oldest(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    workers = [make_worker(session, vault, agent=agent) for _ in range(4)]
    months = [add_months(NOVEMBER, -back) for back in range(11, -1, -1)]
    for month in reversed(months):
        for worker in workers:
            confirm(session, worker, month, at(10))

    numbers = months_of(session, agent)

    assert numbers == {
        (worker.id, month): number
        for worker in workers
        for number, month in enumerate(months, start=1)
    }


def test_a_late_confirmation_never_changes_a_number_that_was_used(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    worker = make_worker(session, vault, agent=agent)
    confirm(session, worker, OCTOBER, at(5, month=10))
    before = months_of(session, agent, OCTOBER)

    confirm(session, worker, date(2026, 9, 1), at(5))

    assert months_of(session, agent, OCTOBER) == before == {(worker.id, OCTOBER): 1}


def test_the_counter_starts_again_with_another_agent(session: Session, vault: Vault) -> None:
    before, after = make_agent(session), make_agent(session)
    worker = make_worker(session, vault, agent=before, new_to_bpu=NewToBpu.YES)
    for count in range(30, 0, -1):
        confirm(session, worker, add_months(NOVEMBER, -count), at(1, month=6))
    confirm(session, worker, NOVEMBER, at(10), agent_id=after.id)

    assert months_of(session, after) == {(worker.id, NOVEMBER): 1}


def test_a_worker_who_paid_under_another_agent_is_not_new(session: Session, vault: Vault) -> None:
    before, after = make_agent(session), make_agent(session)
    moved = make_worker(session, vault, agent=after, new_to_bpu=NewToBpu.YES)
    fresh = make_worker(session, vault, agent=after, new_to_bpu=NewToBpu.YES)
    confirm(session, moved, OCTOBER, at(10, month=10), agent_id=before.id)
    for worker in (moved, fresh):
        confirm(session, worker)
        confirm(session, worker, DECEMBER)

    assert is_new(session, after, moved) == [False, False]
    assert is_new(session, after, fresh) == [True, False]


def test_months_that_were_paid_without_an_agent_leave_a_worker_new(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    worker = make_worker(session, vault, agent=agent, new_to_bpu=NewToBpu.YES)
    confirm(session, worker, OCTOBER, at(10, month=10), agent_id=None)
    confirm(session, worker)

    found = basis.newcomers(session, agent_id=agent.id, month=NOVEMBER)

    assert is_new(session, agent, worker) == [True]
    assert months_of(session, agent) == {(worker.id, NOVEMBER): 1}
    assert (found.counted, found.waiting, found.not_new) == (1, 0, 0)


def test_a_nik_that_was_not_checked_does_not_count_as_new(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    found = {}
    for answer in NewToBpu:
        worker = make_worker(session, vault, agent=agent, new_to_bpu=answer)
        confirm(session, worker)
        found[answer] = is_new(session, agent, worker)

    assert found == {NewToBpu.YES: [True], NewToBpu.NO: [False], NewToBpu.UNKNOWN: [False]}


def test_newcomers_are_those_who_count_who_wait_and_who_do_not(
    session: Session, vault: Vault
) -> None:
    agent, before = make_agent(session), make_agent(session)
    answers = [*[NewToBpu.YES] * 3, *[NewToBpu.UNKNOWN] * 2, NewToBpu.NO]
    for answer in answers:
        worker = make_worker(session, vault, agent=agent, new_to_bpu=answer)
        confirm(session, worker)
        confirm(session, worker, DECEMBER)
    moved = make_worker(session, vault, agent=agent, new_to_bpu=NewToBpu.YES)
    confirm(session, moved, OCTOBER, at(10, month=10), agent_id=before.id)
    old = make_worker(session, vault, agent=agent, new_to_bpu=NewToBpu.YES)
    confirm(session, old, OCTOBER, at(10, month=10))
    for worker in (moved, old):
        confirm(session, worker)

    found = basis.newcomers(session, agent_id=agent.id, month=NOVEMBER)

    assert (found.counted, found.waiting, found.not_new) == (3, 2, 2)
    assert found.counted == sum(
        c.new_to_bpu for c in basis.agent_month(session, agent=agent, month=NOVEMBER).contributions
    )


def test_a_newcomer_whom_an_approved_month_left_out_counts_in_the_next(
    session: Session, vault: Vault
) -> None:
    agent = approved_in_november(session, vault)
    [known] = session.scalars(select(Worker.id).where(Worker.agent_id == agent.id))
    late = make_worker(session, vault, agent=agent, new_to_bpu=NewToBpu.YES)
    for moment in (at(28), at(5, month=12)):
        confirm(session, late, month_of(moment), moment)
        confirm(session, session.get_one(Worker, known), add_months(month_of(moment), 1), moment)

    found = basis.newcomers(session, agent_id=agent.id, month=DECEMBER)

    assert (found.counted, found.waiting, found.not_new) == (1, 0, 0)
    december = basis.agent_month(session, agent=agent, month=DECEMBER).contributions
    assert [c.worker_id for c in december if c.new_to_bpu] == [late.id]


def test_an_answer_about_a_worker_who_was_left_out_counts_for_the_next_month(
    session: Session, vault: Vault
) -> None:
    agent = approved_in_november(session, vault)
    late = make_worker(session, vault, agent=agent)
    confirm(session, late, NOVEMBER, at(28))
    late.bpu_answered_at = at(6, month=12)
    session.flush()

    def answered(computed: datetime) -> bool:
        return basis.answered_since(
            session, agent_id=agent.id, month=DECEMBER, computed_at=computed
        )

    assert (answered(at(5, month=12)), answered(at(7, month=12))) == (True, False)


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


def test_a_worker_whose_months_under_two_agents_were_confirmed_at_once_is_new_to_nobody(
    session: Session, vault: Vault
) -> None:
    before, agent = make_agent(session), make_agent(session)
    worker = make_worker(session, vault, agent=agent, new_to_bpu=NewToBpu.YES)
    confirm(session, worker, OCTOBER, agent_id=before.id)
    confirm(session, worker, NOVEMBER)

    found = basis.newcomers(session, agent_id=agent.id, month=NOVEMBER)

    assert is_new(session, agent, worker) == [False]
    assert (found.counted, found.waiting, found.not_new) == (0, 0, 1)
    earlier = basis.newcomers(session, agent_id=before.id, month=NOVEMBER)
    assert (earlier.counted, earlier.waiting, earlier.not_new) == (1, 0, 0)


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
        {"agent_id": agent.id, **basis.bounds(NOVEMBER)},
    ).all()

    numbering = "\n".join(plan).partition("WindowAgg")[2].partition("workers")[0]
    assert "Index Only Scan using contributions_" in numbering
