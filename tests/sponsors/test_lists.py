"""A sponsor's list from its file: who it names is paid for, until it is taken back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys.agreements.kinds import VersionState
from agentsys.agreements.models import Agreement, ListVersion
from agentsys.db import db, transaction
from agentsys.errors import Conflict
from agentsys.rosters import undoing
from agentsys.workers.models import Enrolment, Roster, RosterStatus, Worker
from tests.factories import make_worker
from tests.rosters.conftest import person, sheet
from tests.sponsors.bringing import agree, bring_in, named
from tests.sponsors.world import PRICE, Sponsored


@pytest.fixture
def office(stored_office: Sponsored) -> Sponsored:
    """An office whose rows are committed, as imports open transactions of their own."""
    return stored_office


def _payers() -> set[int | None]:
    open_ones = select(Enrolment.agreement_id).where(Enrolment.until_month.is_(None))
    return set(db.session.scalars(open_ones))


def test_the_people_of_an_imported_list_are_paid_for_by_the_agreement(office: Sponsored) -> None:
    agreement_id = agree(office)

    roster = bring_in(office, agreement_id, sheet(person(1), person(2, name="Siti Aminah")))

    version = db.session.scalars(select(ListVersion)).one()
    assert roster.status is RosterStatus.DONE, roster.error
    assert (version.state, version.people, version.added) == (VersionState.APPLIED, 2, 2)
    assert (named(agreement_id), _payers()) == (2, {agreement_id})
    agreement = db.session.get_one(Agreement, agreement_id)
    bill = office.bill(agreement)
    assert (bill.people, bill.amount_idr) == (2, 2 * PRICE)


def test_a_registered_self_payer_on_the_list_is_paid_for_too(office: Sponsored) -> None:
    agreement_id = agree(office)
    nik = str(person(1)[1])
    with transaction() as session:
        worker = make_worker(
            session, office.vault, agent=office.agent, nik=nik, name="Andi Baso",
            enrolled_from=office.later(-2),
        )  # fmt: skip
        worker_id = worker.id

    bring_in(office, agreement_id, sheet(person(1)))

    assert office.payers(db.session.get_one(Worker, worker_id)) == [
        (office.later(-2), None, office.month),
        (office.month, agreement_id, None),
    ]


def test_a_list_that_is_taken_back_leaves_everything_as_it_was(office: Sponsored) -> None:
    agreement_id = agree(office)
    nik = str(person(1)[1])
    with transaction() as session:
        worker = make_worker(
            session, office.vault, agent=office.agent, nik=nik, name="Andi Baso",
            enrolled_from=office.later(-2),
        )  # fmt: skip
        worker_id = worker.id
    roster = bring_in(office, agreement_id, sheet(person(1), person(2, name="Siti Aminah")))
    roster_id = roster.id
    db.session.rollback()

    with transaction() as session:
        undoing.ask_undo(
            session, roster_id=roster_id, reason="salah berkas", actor_id=office.admin.id
        )
    undoing.undo(roster_id)

    assert db.session.get_one(Roster, roster_id).status is RosterStatus.UNDONE
    assert db.session.scalars(select(Worker.id)).all() == [worker_id]
    assert office.payers(db.session.get_one(Worker, worker_id)) == [(office.later(-2), None, None)]
    assert named(agreement_id) == 0
    assert db.session.scalars(select(ListVersion.state)).all() == [VersionState.UNDONE]


def test_a_list_whose_people_were_billed_stays(office: Sponsored) -> None:
    agreement_id = agree(office)
    roster = bring_in(office, agreement_id, sheet(person(1)))
    roster_id = roster.id
    with transaction() as session:
        office.bill(session.get_one(Agreement, agreement_id))

    with pytest.raises(Conflict), transaction() as session:
        undoing.ask_undo(
            session, roster_id=roster_id, reason="salah berkas", actor_id=office.admin.id
        )
    assert named(agreement_id) == 1


def test_a_list_beyond_the_ceiling_stores_its_people_and_waits(office: Sponsored) -> None:
    agreement_id = agree(office, most_people=1)

    roster = bring_in(office, agreement_id, sheet(person(1), person(2, name="Siti Aminah")))

    version = db.session.scalars(select(ListVersion)).one()
    assert (roster.status, version.state) == (RosterStatus.DONE, VersionState.WAITING)
    assert "paling banyak 1 orang" in version.note
    assert named(agreement_id) == 0
