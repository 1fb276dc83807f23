"""The number of a contribution month, and who is new to BPU."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.commissions import basis
from agentsys.contributions.earlier_models import EarlierState
from agentsys.crypto import Vault
from agentsys.extension.contract import Beneficiary
from agentsys.money import share
from agentsys.months import add_months, month_of
from agentsys.people.models import Agent
from agentsys.workers.models import NewToBpu, Worker
from tests.commissions.builders import (
    DECEMBER,
    JANUARY,
    NOVEMBER,
    OCTOBER,
    PERISAI,
    approved_in_november,
    at,
    confirm,
    months_of,
)
from tests.factories import make_agent, make_earlier, make_worker


def is_new(session: Session, agent: Agent, worker: Worker) -> list[bool]:
    """Whether each of the worker's contributions of November counts as new to BPU."""
    known = basis.agent_month(session, agent=agent, month=NOVEMBER)
    return [c.new_to_bpu for c in known.contributions if c.worker_id == worker.id]


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


def test_months_paid_elsewhere_before_raise_the_number(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    worker = make_worker(session, vault, agent=agent, new_to_bpu=NewToBpu.YES)
    make_earlier(session, worker, date(2024, 4, 1), OCTOBER)
    make_earlier(session, worker, DECEMBER, JANUARY)
    for month in (OCTOBER, NOVEMBER):
        confirm(session, worker, month)

    assert months_of(session, agent) == {(worker.id, OCTOBER): 31, (worker.id, NOVEMBER): 32}
    assert is_new(session, agent, worker) == [False, False]
    assert basis.newcomers(session, agent_id=agent.id, month=NOVEMBER).not_new == 1


def test_a_member_of_30_months_earns_5_percent(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    old, young = (make_worker(session, vault, agent=agent) for _ in range(2))
    make_earlier(session, old, date(2024, 5, 1), NOVEMBER)
    for worker in (old, young):
        confirm(session, worker)

    known = basis.agent_month(session, agent=agent, month=NOVEMBER)

    earned = {
        line.worker_id: line.amount_idr
        for _plugin, lines in PERISAI(known)
        for line in lines
        if line.beneficiary is Beneficiary.AGENT
    }
    assert earned == {old.id: share(16_800, 5), young.id: share(16_800, 15)}


def test_months_that_only_one_person_recorded_raise_no_number(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    worker = make_worker(session, vault, agent=agent)
    make_earlier(
        session,
        worker,
        date(2024, 4, 1),
        OCTOBER,
        state=EarlierState.PROPOSED,
        decided_by=None,
        decided_at=None,
    )
    confirm(session, worker)

    assert months_of(session, agent) == {(worker.id, NOVEMBER): 1}


def test_months_paid_before_another_agent_raise_no_number_of_this_one(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    worker = make_worker(session, vault, agent=agent, new_to_bpu=NewToBpu.YES)
    make_earlier(session, worker, date(2024, 4, 1), OCTOBER, agent_id=make_agent(session).id)
    confirm(session, worker)

    assert months_of(session, agent) == {(worker.id, NOVEMBER): 1}
    assert is_new(session, agent, worker) == [False]


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
