"""A sponsor's list that waits: its new people are members, and billed, only once it is applied."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import func, select

from agentsys import clock
from agentsys.agreements.kinds import SponsorKind, VersionState
from agentsys.agreements.models import Agreement, ListVersion
from agentsys.contributions import billing
from agentsys.contributions.models import Contribution
from agentsys.db import db, transaction
from agentsys.errors import Conflict
from agentsys.memberships import resuming
from agentsys.people.models import RoleName
from agentsys.rosters import looking, running, undoing
from agentsys.rosters.importing import check_roster, import_roster
from agentsys.sponsors import endings, version_queries, versions
from agentsys.sponsors.members import CeilingReached
from agentsys.workers.kinds import EndReason, Programmes
from agentsys.workers.models import Enrolment, Roster, RosterStatus, Worker
from tests.factories import make_user, make_worker
from tests.rosters.conftest import person, sheet
from tests.rosters.steps import apart, ask, confirm
from tests.sponsors.bringing import agree, bring_in, named, send
from tests.sponsors.world import PRICE, Sponsored

WAITING = VersionState.WAITING


@pytest.fixture
def office(stored_office: Sponsored) -> Sponsored:
    """An office whose rows are committed, as imports open transactions of their own."""
    return stored_office


@pytest.fixture
def second(office: Sponsored) -> int:
    """Another admin, who decides about lists that the first one sent."""
    with transaction() as session:
        return make_user(session, RoleName.ADMIN, office_id=office.office_id).id


def whole_list_that_waits(office: Sponsored, agreement_id: int) -> Roster:
    """Three people are named; a whole list then names one of them and two new ones."""
    first = [person(serial, name=f"Warga {serial}") for serial in (1, 2, 3)]
    bring_in(office, agreement_id, sheet(*first))
    new = [person(serial, name=f"Baru {serial}") for serial in (11, 12)]
    roster = bring_in(office, agreement_id, sheet(first[0], *new), whole=True)
    assert state(roster) is WAITING
    return roster


def state(roster: Roster) -> VersionState:
    assert roster.version_id is not None
    return db.session.get_one(ListVersion, roster.version_id, populate_existing=True).state


def apply(roster: Roster, actor_id: int) -> ListVersion:
    assert roster.version_id is not None
    db.session.rollback()
    with transaction() as session:
        return versions.apply(session, version_id=roster.version_id, actor_id=actor_id)


def refuse(roster: Roster, actor_id: int) -> None:
    assert roster.version_id is not None
    db.session.rollback()
    with transaction() as session:
        versions.refuse(
            session, version_id=roster.version_id, actor_id=actor_id, note="salah kirim"
        )


def bill(office: Sponsored) -> list[str]:
    """Whom the month has been billed for, after billing it."""
    db.session.rollback()
    with transaction() as session:
        billing.bill_month(session, month=office.month, actor_id=office.finance.id)
    query = select(Worker.name).join(Contribution, Contribution.worker_id == Worker.id)
    return list(db.session.scalars(query.order_by(Worker.name)))


def members() -> Sequence[tuple[str, int | None]]:
    """Who is a member, and by which agreement."""
    query = select(Worker.name, Enrolment.agreement_id).join(
        Enrolment, Enrolment.worker_id == Worker.id
    )
    rows = db.session.execute(query.where(Enrolment.until_month.is_(None)).order_by(Worker.name))
    return [(name, agreement_id) for name, agreement_id in rows]


def test_nobody_is_billed_for_new_people_of_a_list_that_waits(
    office: Sponsored, second: int
) -> None:
    agreement_id = agree(office)
    whole_list_that_waits(office, agreement_id)

    assert bill(office) == ["Warga 1", "Warga 2", "Warga 3"]
    assert [name for name, _ in members()] == ["Warga 1", "Warga 2", "Warga 3"]


def test_its_new_people_are_members_and_billed_once_it_is_applied(
    office: Sponsored, second: int
) -> None:
    agreement_id = agree(office)
    roster = whole_list_that_waits(office, agreement_id)
    bill(office)

    assert apply(roster, second).state is VersionState.APPLIED

    everybody = ["Baru 11", "Baru 12", "Warga 1"]
    assert members() == [(name, agreement_id) for name in everybody]
    assert bill(office) == everybody
    sent = office.bill(db.session.get_one(Agreement, agreement_id))
    assert (sent.people, sent.amount_idr) == (3, 3 * PRICE)


def test_new_people_of_a_refused_list_stay_recorded_without_a_payer(
    office: Sponsored, second: int
) -> None:
    agreement_id = agree(office)
    roster = whole_list_that_waits(office, agreement_id)

    refuse(roster, second)

    assert bill(office) == ["Warga 1", "Warga 2", "Warga 3"]
    assert roster.version_id is not None
    assert version_queries.not_members(db.session(), roster.version_id) == 2
    assert db.session.scalar(select(func.count()).select_from(Worker)) == 5


def test_people_of_a_refused_list_become_members_by_a_later_list_or_pay_themselves(
    office: Sponsored, second: int
) -> None:
    agreement_id = agree(office)
    roster = whole_list_that_waits(office, agreement_id)
    refuse(roster, second)

    bring_in(office, agreement_id, sheet(person(11, name="Baru 11")))
    with transaction() as session:
        alone = session.scalars(select(Worker).where(Worker.name == "Baru 12")).one()
        resuming.resume(
            session, worker_id=alone.id, from_month=office.month, programmes=Programmes.TWO,
            actor_id=office.admin.id,
        )  # fmt: skip

    assert dict(members())["Baru 11"] == agreement_id
    assert dict(members())["Baru 12"] is None
    assert bill(office) == ["Baru 11", "Baru 12", "Warga 1", "Warga 2", "Warga 3"]


@pytest.mark.parametrize("refused", [False, True])
def test_a_list_that_waits_or_was_refused_can_be_taken_back(
    refused: bool, office: Sponsored, second: int
) -> None:
    agreement_id = agree(office)
    roster = whole_list_that_waits(office, agreement_id)
    if refused:
        refuse(roster, second)
    roster_id = roster.id
    db.session.rollback()

    with transaction() as session:
        undoing.ask_undo(session, roster_id=roster_id, reason="salah", actor_id=office.admin.id)
    undoing.undo(roster_id)

    assert db.session.get_one(Roster, roster_id).status is RosterStatus.UNDONE
    assert list(db.session.scalars(select(Worker.name).order_by(Worker.name))) == [
        "Warga 1",
        "Warga 2",
        "Warga 3",
    ]
    assert named(agreement_id) == 3


def test_a_list_beyond_the_ceiling_bills_nobody_until_it_fits(
    office: Sponsored, second: int
) -> None:
    agreement_id = agree(office, most_people=1)
    roster = bring_in(office, agreement_id, sheet(person(1), person(2, name="Siti Aminah")))
    assert (state(roster), members(), bill(office)) == (WAITING, [], [])
    with pytest.raises(CeilingReached):
        apply(roster, second)
    assert bill(office) == []

    with transaction() as session:
        session.get_one(Agreement, agreement_id).most_people = 2
    version = apply(roster, second)

    assert (version.state, version.note) == (VersionState.APPLIED, "")
    assert bill(office) == ["Andi Baso", "Siti Aminah"]


def test_a_former_member_on_a_list_that_waits_is_no_member_until_it_is_applied(
    office: Sponsored, second: int
) -> None:
    agreement_id = agree(office, most_people=1)
    with transaction() as session:
        worker = make_worker(
            session, office.vault, agent=office.agent, nik=str(person(1)[1]), name="Andi Baso",
            enrolled_from=office.later(-6),
        )  # fmt: skip
        period = session.scalars(select(Enrolment).where(Enrolment.worker_id == worker.id)).one()
        period.until_month, period.end_reason = office.later(-2), EndReason.MOVED
        period.ended_at = clock.now()
    roster = bring_in(office, agreement_id, sheet(person(1), person(2, name="Siti Aminah")))
    assert (members(), bill(office)) == ([], [])

    with transaction() as session:
        session.get_one(Agreement, agreement_id).most_people = 2
    apply(roster, second)

    assert members() == [("Andi Baso", agreement_id), ("Siti Aminah", agreement_id)]


def test_a_sponsor_who_named_a_new_worker_meanwhile_and_comes_first_pays(
    office: Sponsored, second: int
) -> None:
    agreement_id = agree(office, most_people=1)
    roster = bring_in(office, agreement_id, sheet(person(1), person(2, name="Siti Aminah")))
    with transaction() as session:
        state_agreement = office.agreement(SponsorKind.STATE)
        worker = session.scalars(select(Worker).where(Worker.name == "Andi Baso")).one()
        office.name(state_agreement, worker)
        state_id = state_agreement.id
        session.get_one(Agreement, agreement_id).most_people = 2

    apply(roster, second)

    assert members() == [("Andi Baso", state_id), ("Siti Aminah", agreement_id)]


def test_nobody_is_billed_for_the_parts_of_a_list_that_is_still_being_imported(
    office: Sponsored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "PART_ROWS", 1000)
    agreement_id = agree(office)
    people = [person(serial) for serial in range(1, 5000)]
    roster_id = send(office, agreement_id, sheet(*people), at_once=False)
    looking.look_at(vault=office.vault, roster_id=roster_id)
    confirm(roster_id, office.admin.id)
    check_roster(vault=office.vault, roster_id=roster_id)
    assert ask(roster_id, office.admin.id) is RosterStatus.WAITING
    seen: list[tuple[int, int]] = []

    def bill_meanwhile(done: int, total: int, phase: str) -> None:
        stored = db.session.scalar(select(func.count()).select_from(Worker)) or 0
        if phase == "saving" and stored:
            with transaction() as session:
                run = billing.bill_month(session, month=office.month, actor_id=None)
                seen.append((stored, run.billed))

    import_roster(vault=office.vault, roster_id=roster_id, progress=apart(bill_meanwhile))

    assert seen
    assert {billed for _, billed in seen} == {0}
    assert 0 < seen[0][0] < 4999
    assert len(bill(office)) == named(agreement_id) == 4999


def test_a_list_is_not_decided_while_its_file_is_being_read(office: Sponsored) -> None:
    agreement_id = agree(office)
    roster_id = send(office, agreement_id, sheet(person(1)))
    roster = db.session.get_one(Roster, roster_id)

    with pytest.raises(Conflict, match="belum selesai diimpor"):
        apply(roster, office.admin.id)
    with pytest.raises(Conflict, match="belum selesai diimpor"):
        refuse(roster, office.admin.id)

    import_roster(vault=office.vault, roster_id=roster_id)
    assert state(db.session.get_one(Roster, roster_id)) is VersionState.APPLIED


def test_a_list_that_waited_until_its_sponsor_stops_is_only_refused(
    office: Sponsored, second: int
) -> None:
    agreement_id = agree(office)
    roster = whole_list_that_waits(office, agreement_id)
    with transaction() as session:
        endings.announce(
            session, agreement_id=agreement_id, month=office.later(1), note="anggaran habis",
            actor_id=office.finance.id,
        )  # fmt: skip
        assert roster.version_id is not None
        session.get_one(ListVersion, roster.version_id).from_month = office.later(1)

    with pytest.raises(Conflict, match="tidak membayar lagi"):
        apply(roster, second)
    refuse(roster, second)

    assert [name for name, _ in members()] == ["Warga 1", "Warga 2", "Warga 3"]
