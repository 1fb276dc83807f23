"""A list that is paused, cancelled, or taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.errors import Conflict
from agentsys.rosters import deciding, running, undoing
from agentsys.rosters.importing import import_roster
from agentsys.workers.models import (
    RosterFile,
    Worker,
)
from tests.factories import make_agent
from tests.rosters.conftest import Import, person, sheet, workbook
from tests.rosters.imported import notes_of, only_worker
from tests.rosters.steps import COLUMNS, Ids, S, apart, ask, bring, everybody, status


@pytest.mark.parametrize("most", [1, 1000, 3000])
def test_an_import_in_parts_stores_everybody_once(
    most: int, check: Callable[..., int], vault: Vault, two: Ids, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "PART_ROWS", most)
    people = [person(serial) for serial in range(1, 6000)]
    roster_id = check(sheet(*people, person(1), ["", "12", "Salah"]))

    done = bring(roster_id, two, vault)

    assert (done.created, done.unchanged, done.rejected) == (5999, 1, 1)
    assert db.session.scalar(select(func.count()).select_from(Worker)) == 5999
    assert len(notes_of(done)) == 2


def test_an_import_is_paused_and_goes_on_where_it_was(
    check: Callable[..., int], vault: Vault, two: Ids, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "PART_ROWS", 1000)
    monkeypatch.setattr(running, "_SHOWN_EVERY_S", 0)
    roster_id = check(sheet(*(person(serial) for serial in range(1, 9000))))
    assert ask(roster_id, two[0]) is S.WAITING

    def stop(done: int, total: int, phase: str) -> None:
        if phase == "saving" and done > 1000 and status(roster_id) is S.RUNNING:
            with transaction() as session:
                deciding.pause(session, roster_id=roster_id, actor_id=two[0])

    # The pause is asked for by another process; here, between two batches.
    import_roster(vault=vault, roster_id=roster_id, progress=apart(stop))
    assert status(roster_id) is S.PAUSED
    stored = db.session.scalar(select(func.count()).select_from(Worker)) or 0
    assert 0 < stored < 8999

    with transaction() as session:
        deciding.resume(session, roster_id=roster_id, actor_id=two[0])
    done = import_roster(vault=vault, roster_id=roster_id)

    assert (done.status, done.created) == (S.DONE, 8999)
    assert db.session.scalar(select(func.count()).select_from(Worker)) == 8999


def test_a_cancelled_list_leaves_nothing(
    check: Callable[..., int], vault: Vault, two: Ids, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "PART_ROWS", 1000)
    monkeypatch.setattr(running, "_SHOWN_EVERY_S", 0)
    roster_id = check(sheet(*(person(serial) for serial in range(1, 9000))))
    ask(roster_id, two[0])

    def stop(done: int, total: int, phase: str) -> None:
        if phase == "saving" and done > 1000 and status(roster_id) is S.RUNNING:
            with transaction() as session:
                deciding.cancel(session, roster_id=roster_id, actor_id=two[0])

    import_roster(vault=vault, roster_id=roster_id, progress=apart(stop))
    assert status(roster_id) is S.UNDOING
    undoing.undo(roster_id)

    assert status(roster_id) is S.CANCELLED
    assert everybody() == []
    assert db.session.scalar(select(func.count()).select_from(RosterFile)) == 0


def test_a_list_that_was_not_begun_is_cancelled_at_once(
    check: Callable[..., int], two: Ids
) -> None:
    roster_id = check(sheet(person(1)))

    with transaction() as session:
        deciding.cancel(session, roster_id=roster_id, actor_id=two[0])

    assert status(roster_id) is S.CANCELLED
    with pytest.raises(Conflict), transaction() as session:
        deciding.ask_import(session, roster_id=roster_id, actor_id=two[0])


def test_an_undone_list_leaves_everything_as_it_was(
    check: Callable[..., int], bring_in: Import, vault: Vault, two: Ids, office_id: int
) -> None:
    with transaction() as session:
        agent_id = make_agent(session, office_id=office_id).id
    titles = [*COLUMNS, "NO KK", "KELURAHAN", "NOMOR KPJ", "PENGHASILAN"]
    more = ["6474010101150001", "Api Biru", "", "1000000"]
    bring_in(workbook({"A": [titles, [*person(1), *more], [*person(2), *more]]}))
    before = everybody()
    other = ["6474010101150002", "Api Merah", "21012345678", "2000000"]
    content = workbook(
        {"A": [titles, [*person(1, name="Andi Baso R"), *other], [*person(3), *other]]}
    )
    done = bring(check(content, agent_id=agent_id), two, vault)
    assert (done.created, done.changed) == (1, 1)
    assert everybody() != before

    with transaction() as session:
        undoing.ask_undo(session, roster_id=done.id, reason="salah berkas", actor_id=two[0])
    undoing.undo(done.id)

    assert status(done.id) is S.UNDONE
    assert everybody() == before


def test_a_list_on_which_something_rests_is_not_undone_but_its_changes_are(
    check: Callable[..., int], bring_in: Import, vault: Vault, two: Ids
) -> None:
    bring_in(sheet(person(1)))
    done = bring(check(sheet(person(1, phone="0813-1111-2222"), person(2))), two, vault)
    with transaction() as session:
        new = session.scalars(select(Worker).where(Worker.roster_id == done.id)).one()
        new.phone, new.updated_at = "+6281999999999", clock.now()

    with pytest.raises(Conflict, match="sudah dipakai"), transaction() as session:
        undoing.ask_undo(session, roster_id=done.id, reason="salah", actor_id=two[0])
    with transaction() as session:
        [found] = undoing.in_the_way(session, done.id)
        assert (found.what, found.workers) == ("workers", 1)
        back = undoing.restore_changes(session, roster_id=done.id, reason="salah", actor_id=two[0])

    assert (back.restored, back.staying) == (1, 0)
    assert sorted(db.session.scalars(select(Worker.phone))) == ["+6281234567890", "+6281999999999"]


def test_a_field_that_somebody_changed_later_stays_when_the_list_is_undone(
    check: Callable[..., int], bring_in: Import, vault: Vault, two: Ids
) -> None:
    bring_in(sheet(person(1)))
    listed = person(1, name="Andi Baso Rahman", phone="0813-1111-2222")
    done = bring(check(sheet(listed)), two, vault)
    with transaction() as session:
        session.scalars(select(Worker)).one().phone = "+6281999999999"

    with transaction() as session:
        back = undoing.restore_changes(session, roster_id=done.id, reason="salah", actor_id=two[0])

    assert (back.restored, back.staying) == (1, 1)
    assert (only_worker().name, only_worker().phone) == ("Andi Baso", "+6281999999999")
