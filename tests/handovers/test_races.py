"""Hand-overs while others bill, pay, enrol, import and hand over, with real commits."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import locks
from agentsys.contributions import billing
from agentsys.db import db, transaction
from agentsys.errors import Conflict
from agentsys.handovers import consent
from agentsys.handovers.undoing import undo
from agentsys.payments.lifecycle import apply_report
from agentsys.people.models import Agent
from agentsys.rosters.importing import import_roster
from agentsys.workers.enrolment import NewWorker, enrol_worker
from agentsys.workers.models import Worker
from tests.factories import invented_nik, make_worker
from tests.handovers.racing import (
    Ids,
    agents,
    draft,
    elsewhere,
    ids_of,
    meanwhile,
    paid,
    right,
    vault,
)
from tests.handovers.steps import DECEMBER, NOVEMBER, OCTOBER, Two
from tests.payments.races import at_once, committed_world, settled
from tests.rosters.conftest import person, sheet, store


@pytest.fixture
def ids(committed: Flask) -> Ids:
    """Two agents of one office, and a worker of the first who owes October and November."""
    with committed.app_context(), transaction() as session:
        two = Two.build(session, vault(committed))
        return Ids(
            two.old.id, two.new.id, two.worker.id, two.actor.id, two.second.id, two.old.office_id
        )


def test_of_many_hand_overs_of_one_worker_one_is_carried_out(committed: Flask, ids: Ids) -> None:
    drafts = [draft(committed, ids) for _ in range(6)]
    numbers = iter(drafts)
    turn = threading.Lock()

    def carry_out(session: Session) -> str:
        with turn:
            number = next(numbers)
        consent.accept(session, handover_id=number, actor_id=ids.second)
        return "done"

    assert at_once(committed, carry_out, 6) == {"done": 1, "Conflict": 5}
    right(committed)


def test_one_hand_over_is_carried_out_once(committed: Flask, ids: Ids) -> None:
    number = draft(committed, ids)

    def carry_out(session: Session) -> str:
        consent.accept(session, handover_id=number, actor_id=ids.second)
        return "done"

    assert at_once(committed, carry_out, 4) == {"done": 1, "Conflict": 3}


def test_nothing_moves_while_a_month_is_being_billed(committed: Flask, ids: Ids) -> None:
    number = draft(committed, ids)

    with committed.app_context(), transaction() as run:
        run.execute(
            select(func.pg_advisory_xact_lock(locks.BILLING_MONTH, billing.key_of(DECEMBER)))
        )
        with pytest.raises(Conflict, match="Penagihan sedang berjalan"), elsewhere() as session:
            consent.accept(session, handover_id=number, actor_id=ids.second)
    right(committed)


def test_a_billing_run_that_begins_meanwhile_bills_for_the_new_agent(
    committed: Flask, ids: Ids
) -> None:
    number = draft(committed, ids)

    def bill(session: Session) -> None:
        billing.bill_month(session, month=DECEMBER, actor_id=None)

    with meanwhile(committed, bill), transaction() as session:
        consent.accept(session, handover_id=number, actor_id=ids.second)

    assert agents(committed, ids) == {OCTOBER: ids.new, NOVEMBER: ids.new, DECEMBER: ids.new}
    right(committed)


def test_a_month_billed_for_one_worker_meanwhile_is_the_new_agent_s(
    committed: Flask, ids: Ids
) -> None:
    number = draft(committed, ids)

    def bill(session: Session) -> None:
        billing.ensure_billed(session, worker_id=ids.worker, months=[DECEMBER])

    with meanwhile(committed, bill), transaction() as session:
        consent.accept(session, handover_id=number, actor_id=ids.second)

    assert agents(committed, ids)[DECEMBER] == ids.new
    right(committed)


def test_money_that_arrives_meanwhile_pays_the_month_of_the_new_agent(committed: Flask) -> None:
    world = committed_world(committed, lambda world: world.ask())
    ids, reference = ids_of(committed, world)
    number = draft(committed, ids)

    def pay(session: Session) -> None:
        apply_report(session, report=settled(reference), by="callback")

    with meanwhile(committed, pay), transaction() as session:
        consent.accept(session, handover_id=number, actor_id=ids.second)

    assert set(agents(committed, ids).values()) == {ids.new}
    assert paid(committed, ids) == 1
    right(committed)


def test_a_payment_that_was_first_stays_with_the_old_agent(committed: Flask) -> None:
    world = committed_world(committed, lambda world: world.ask())
    ids, reference = ids_of(committed, world)
    number = draft(committed, ids)

    def hand_over(session: Session) -> None:
        consent.accept(session, handover_id=number, actor_id=ids.second)

    with meanwhile(committed, hand_over), transaction() as session:
        apply_report(session, report=settled(reference), by="callback")

    found = agents(committed, ids)
    assert found[min(found)] == ids.old
    assert set(list(found.values())[1:]) == {ids.new}
    right(committed)


def test_an_undoing_and_a_payment_at_once_never_leave_paid_months_behind(
    committed: Flask,
) -> None:
    world = committed_world(committed, lambda world: world.ask())
    ids, reference = ids_of(committed, world)
    number = draft(committed, ids)
    with committed.app_context(), transaction() as session:
        consent.accept(session, handover_id=number, actor_id=ids.second)
    refused: list[str] = []

    def undo_it(session: Session) -> None:
        try:
            undo(session, handover_id=number, reason="Salah", actor_id=ids.actor)
        except Conflict as conflict:
            refused.append(str(conflict))
            raise

    with meanwhile(committed, undo_it, fails=Conflict), transaction() as session:
        apply_report(session, report=settled(reference), by="callback")

    assert "sudah membayar" in refused[0]
    assert set(agents(committed, ids).values()) == {ids.new}
    right(committed)


def test_a_worker_enrolled_meanwhile_is_wholly_the_old_agent_s(committed: Flask, ids: Ids) -> None:
    number = draft(committed, ids)
    made: list[int] = []

    def enrol(session: Session) -> None:
        data = NewWorker(nik=invented_nik(77), name="Baru")
        made.append(
            enrol_worker(
                session,
                vault=vault(committed),
                data=data,
                agent_id=ids.old,
                actor_id=None,
                month=NOVEMBER,
            ).id
        )

    with meanwhile(committed, enrol), transaction() as session:
        consent.accept(session, handover_id=number, actor_id=ids.second)

    with committed.app_context():
        assert db.session.get_one(Worker, made[0]).agent_id == ids.old
        assert db.session.get_one(Worker, ids.worker).agent_id == ids.new
    right(committed)


def test_a_list_with_the_same_workers_waits_and_both_hold(committed: Flask, ids: Ids) -> None:
    keys = vault(committed)
    nik = invented_nik(4242)
    with committed.app_context(), transaction() as session:
        listed = make_worker(
            session, keys, agent=session.get_one(Agent, ids.old), enrolled_from=OCTOBER, nik=nik
        ).id
    with committed.app_context():
        content = sheet([person(7, "Orang Baru"), person(8, "Nama Lain", nik=nik)])
        roster = store(keys, ids.office, content, agent_id=ids.old)
    number = draft(committed, ids)

    def import_it(_session: Session) -> None:
        import_roster(vault=keys, roster_id=roster)

    with meanwhile(committed, import_it), transaction() as session:
        consent.accept(session, handover_id=number, actor_id=ids.second)

    with committed.app_context():
        assert db.session.get_one(Worker, listed).agent_id == ids.new
    right(committed)


def test_workers_in_a_list_that_is_being_imported_do_not_move(committed: Flask, ids: Ids) -> None:
    number = draft(committed, ids)

    with committed.app_context(), transaction() as importing:
        importing.get(Worker, ids.worker, with_for_update=True)
        with pytest.raises(Conflict, match="sedang diimpor"), elsewhere() as session:
            consent.accept(session, handover_id=number, actor_id=ids.second)
    right(committed)
