"""Heirs in a list are kept for the workers whom the list creates."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys.benefits.models import Heir, HeirRelation
from agentsys.db import db, transaction
from agentsys.errors import Conflict
from agentsys.people.models import RoleName
from agentsys.rosters import undoing
from agentsys.rosters.relations import relation_of
from agentsys.workers.models import Worker
from tests.factories import make_user
from tests.rosters.conftest import Import, workbook
from tests.rosters.imported import notes_of

ANDI, BUDI = "6474011203800001", "6474012802900003"
TITLES = [["NO", "NIK", "NAMA", "AHLI WARIS", "", ""], ["", "", "", "NAMA", "HUBUNGAN", "NO HP"]]


def listed(*people: list[object]) -> bytes:
    return workbook({"DAFTAR": [*TITLES, *people]})


def heirs() -> list[tuple[str, HeirRelation, str]]:
    found = db.session.execute(select(Heir.name, Heir.relation, Heir.phone).order_by(Heir.id))
    return [(name, relation, phone) for name, relation, phone in found]


def sender(office_id: int) -> int:
    with transaction() as session:
        return make_user(session, RoleName.ADMIN, office_id=office_id).id


def test_the_heirs_of_new_workers_are_recorded_by_who_sent_the_list(
    bring_in: Import, office_id: int
) -> None:
    user_id = sender(office_id)
    content = listed(
        [1, ANDI, "Andi Baso", "Siti Aminah", "ISTRI", "0812-3456-7890"],
        [2, BUDI, "Budi Rahman", "Rina Daeng", "tetangga", ""],
    )

    roster = bring_in(content, actor_id=user_id)

    assert roster.created == 2
    assert heirs() == [("Siti Aminah", HeirRelation.SPOUSE, "+6281234567890")]
    assert db.session.scalars(select(Heir.recorded_by)).all() == [user_id]
    problems = {(note.row, note.problem) for note in notes_of(roster)}
    assert problems == {(2, "heirs_of_new_workers"), (4, "heir_relation_unknown")}


def test_the_same_list_again_records_nobody_twice(bring_in: Import, office_id: int) -> None:
    user_id = sender(office_id)
    content = listed([1, ANDI, "Andi Baso", "Siti Aminah", "ISTRI", ""])

    bring_in(content, actor_id=user_id)
    again = bring_in(content, actor_id=user_id)

    assert (again.unchanged, len(heirs())) == (1, 1)


def test_a_list_that_nobody_sent_records_no_heirs(bring_in: Import) -> None:
    bring_in(listed([1, ANDI, "Andi Baso", "Siti Aminah", "ISTRI", ""]))

    assert heirs() == []


@pytest.mark.parametrize(
    ("word", "relation"),
    [
        *(("Istri", "spouse"), ("SUAMI", "spouse"), ("anak kandung", "child"), ("Ibu", "parent")),
        *(("Kakak", "sibling"), ("cucu", "grandchild"), ("mertua", "parent_in_law"), ("teman", "")),
    ],
)
def test_relations_are_read_from_words(word: str, relation: str) -> None:
    assert relation_of(word) == relation
    assert not relation or HeirRelation(relation)


def test_an_undone_list_takes_its_heirs_along_but_not_those_that_people_recorded(
    bring_in: Import, office_id: int
) -> None:
    user_id = sender(office_id)
    roster = bring_in(listed([1, ANDI, "Andi Baso", "Siti Aminah", "ISTRI", ""]), actor_id=user_id)
    own = Heir(name="Rina", relation=HeirRelation.CHILD, recorded_by=user_id)
    with transaction() as session:
        own.worker_id = session.scalars(select(Worker.id)).one()
        session.add(own)
        session.flush()
        with pytest.raises(Conflict):
            undoing.ask_undo(session, roster_id=roster.id, reason="salah", actor_id=user_id)
        session.delete(own)

    with transaction() as session:
        undoing.ask_undo(session, roster_id=roster.id, reason="salah", actor_id=user_id)
    undoing.undo(roster.id)

    db.session.rollback()
    assert heirs() == []
    assert db.session.scalars(select(Worker.id)).all() == []
