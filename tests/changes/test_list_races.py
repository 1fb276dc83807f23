"""People who edit a worker while a list with the same worker is imported, with real commits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.changes import deciding
from agentsys.changes.models import ChangeState, WorkerChange
from agentsys.changes.plain import change
from agentsys.changes.queries import current
from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.errors import Conflict
from agentsys.ledger import invariants
from agentsys.people.models import User
from agentsys.rosters.importing import import_roster
from agentsys.runtime import KEY
from agentsys.workers.models import Roster, RosterStatus, Worker
from tests.changes.steps import proposed
from tests.factories import invented_nik, make_agent, make_user, make_worker
from tests.handovers.racing import meanwhile
from tests.rosters.conftest import person, sheet, store

NIK = invented_nik(7, born=date(1980, 3, 12))
OTHER_NIK = invented_nik(8, born=date(1980, 3, 12))
LISTED_PHONE, TYPED_PHONE = "081234567890", "081299990001"


@dataclass
class Case:
    """A committed worker who is in a list that waits, and two people of the office."""

    app: Flask
    vault: Vault
    worker_id: int
    roster_id: int
    clerk_id: int
    boss_id: int

    def import_list(self, _session: Session | None = None) -> RosterStatus:
        """Import the list, in its own transactions."""
        return import_roster(vault=self.vault, roster_id=self.roster_id).status

    def import_list_while(self, work: Callable[[], None]) -> RosterStatus:
        """Import the list; before its commit the work begins in another thread."""
        other = threading.Thread(target=work)

        def begin(_done: int, _total: int, phase: str) -> None:
            if phase == "saving" and other.ident is None:
                other.start()
                other.join(0.5)  # it waits for our locks, or is done

        with self.app.app_context():
            roster = import_roster(vault=self.vault, roster_id=self.roster_id, progress=begin)
            status = roster.status
        other.join(30)
        return status

    def edit(self, session: Session, seen: str) -> None:
        """Change the phone number on a form that was filled in for these values."""
        change(
            session,
            vault=self.vault,
            worker_id=self.worker_id,
            values={"phone": TYPED_PHONE},
            version=seen,
            reason="Nomor baru",
            actor_id=self.clerk_id,
        )

    def approve(self, session: Session, change_id: int, seen: str) -> None:
        """Approve a proposal as the second person."""
        deciding.approve(
            session, vault=self.vault, change_id=change_id, seen=seen, actor_id=self.boss_id
        )


@pytest.fixture
def case(committed: Flask) -> Case:
    vault = committed.extensions[KEY].vault
    with committed.app_context(), transaction() as session:
        agent = make_agent(session)
        worker = make_worker(
            session,
            vault,
            agent=agent,
            nik=NIK,
            name="Andi Baso",
            birth_date=date(1980, 3, 12),
            enrolled_from=date(2026, 9, 1),
        )
        clerk, boss = (make_user(session, office_id=worker.office_id) for _ in range(2))
        found = (worker.id, clerk.id, boss.id, worker.office_id)
    with committed.app_context():
        content = sheet(person(nik=NIK, phone=LISTED_PHONE), person(2, "Orang Lain"))
        roster_id = store(vault, found[3], content)
    return Case(committed, vault, found[0], roster_id, found[1], found[2])


def test_a_list_that_begins_during_an_edit_waits_for_it(committed: Flask, case: Case) -> None:
    seen = _version(case)

    with meanwhile(committed, case.import_list), transaction() as session:
        case.edit(session, seen)

    assert _worker(case).phone == "+62" + LISTED_PHONE[1:]  # the list came later
    assert _roster(case).status is RosterStatus.DONE
    assert _roster(case).rejected == 0


def test_an_edit_during_an_import_is_told_that_the_list_changed_the_worker(
    committed: Flask, case: Case
) -> None:
    seen = _version(case)
    refused: list[str] = []

    def edit() -> None:
        with committed.app_context():
            try:
                with transaction() as session:
                    case.edit(session, seen)
            except Conflict as conflict:
                refused.append(str(conflict))

    assert case.import_list_while(edit) is RosterStatus.DONE

    assert len(refused) == 1
    assert "baru saja diubah" in refused[0]
    assert _worker(case).phone == "+62" + LISTED_PHONE[1:]


def test_two_people_and_a_list_leave_one_whole_answer(committed: Flask, case: Case) -> None:
    seen = _version(case)
    outcomes: list[str] = []

    def edit() -> None:
        with committed.app_context():
            try:
                with transaction() as session:
                    case.edit(session, seen)
                outcomes.append("changed")
            except Conflict:
                outcomes.append("refused")

    people = [threading.Thread(target=edit) for _ in range(2)]
    with committed.app_context():
        for each in people:
            each.start()
        status = case.import_list()
    for each in people:
        each.join(30)

    assert status is RosterStatus.DONE
    assert outcomes.count("changed") <= 1
    assert len(outcomes) == 2
    assert _worker(case).phone in {"+62" + LISTED_PHONE[1:], "+62" + TYPED_PHONE[1:]}
    _right(committed)


def test_a_nik_that_a_list_registers_meanwhile_is_not_given_to_a_second_worker(
    committed: Flask, case: Case
) -> None:
    with committed.app_context(), transaction() as session:
        worker = session.get_one(Worker, case.worker_id)
        clerk = session.get_one(User, case.clerk_id)
        change_id = proposed(session, case.vault, worker, clerk, nik=OTHER_NIK).id
        seen = deciding.effect_of_change(session, change_id).version
    with committed.app_context():
        office_id = _worker(case).office_id
        content = sheet(person(nik=OTHER_NIK, name="Budi Utomo"))
        case.roster_id = store(case.vault, office_id, content)
    refused: list[str] = []

    def approve() -> None:
        with committed.app_context():
            try:
                with transaction() as session:
                    case.approve(session, change_id, seen)
            except Conflict as conflict:
                refused.append(str(conflict))

    assert case.import_list_while(approve) is RosterStatus.DONE

    assert len(refused) == 1
    with committed.app_context():
        assert db.session.get_one(WorkerChange, change_id).state is ChangeState.PROPOSED
        index = case.vault.index(OTHER_NIK)
        workers = db.session.scalars(select(Worker.id).where(Worker.nik_index == index)).all()
        assert len(workers) == 1
        assert workers[0] != case.worker_id
    _right(committed)


def test_a_nik_that_is_corrected_during_the_import_is_met_under_the_new_number(
    committed: Flask, case: Case
) -> None:
    with committed.app_context(), transaction() as session:
        worker = session.get_one(Worker, case.worker_id)
        clerk = session.get_one(User, case.clerk_id)
        change_id = proposed(session, case.vault, worker, clerk, nik=OTHER_NIK).id
        seen = deciding.effect_of_change(session, change_id).version

    with meanwhile(committed, case.import_list), transaction() as session:
        case.approve(session, change_id, seen)

    assert _roster(case).status is RosterStatus.DONE
    with committed.app_context():
        found = db.session.scalars(select(Worker).order_by(Worker.id)).all()
        assert [worker.nik_index for worker in found][:1] == [case.vault.index(OTHER_NIK)]
        assert len(found) == 2  # the corrected one, and the other person of the list
    _right(committed)


def _version(case: Case) -> str:
    with case.app.app_context():
        return current(db.session(), worker_id=case.worker_id).version


def _worker(case: Case) -> Worker:
    with case.app.app_context():
        return db.session.get_one(Worker, case.worker_id)


def _roster(case: Case) -> Roster:
    with case.app.app_context():
        return db.session.get_one(Roster, case.roster_id)


def _right(app: Flask) -> None:
    with app.app_context():
        assert invariants.check(db.session()) == []
