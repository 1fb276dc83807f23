"""What a list never does to registered people, and whom it needs for what it does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.errors import Forbidden
from agentsys.rosters import deciding
from agentsys.workers.models import (
    Enrolment,
    Worker,
)
from tests.rosters.conftest import Import, person, sheet
from tests.rosters.imported import notes_of, only_worker
from tests.rosters.steps import Ids, S, ask, bring, status


def test_a_list_that_changes_registered_people_needs_a_second_person(
    check: Callable[..., int], bring_in: Import, two: Ids
) -> None:
    new_only = check(sheet(person(5)))
    assert ask(new_only, two[0]) is S.WAITING
    bring_in(sheet(person(1)))
    roster_id = check(sheet(person(1, phone="0813-1111-2222")))

    assert ask(roster_id, two[0]) is S.PROPOSED
    with pytest.raises(Forbidden, match="orang lain"), transaction() as session:
        deciding.approve(session, roster_id=roster_id, actor_id=two[0])
    with transaction() as session:
        deciding.refuse(session, roster_id=roster_id, note="nomornya salah", actor_id=two[1])
    assert status(roster_id) is S.CHECKED
    assert ask(roster_id, two[0]) is S.PROPOSED
    with transaction() as session:
        deciding.approve(session, roster_id=roster_id, actor_id=two[1])
    assert status(roster_id) is S.WAITING


def test_somebody_else_who_asks_for_the_import_cannot_approve_it_either(
    check: Callable[..., int], bring_in: Import, two: Ids
) -> None:
    bring_in(sheet(person(1)))
    roster_id = check(sheet(person(1, phone="0813-1111-2222")))

    assert ask(roster_id, two[1]) is S.PROPOSED
    for actor_id in two:
        with pytest.raises(Forbidden, match="orang lain"), transaction() as session:
            deciding.approve(session, roster_id=roster_id, actor_id=actor_id)


@pytest.mark.parametrize(
    ("registered", "listed"),
    [
        ("Siti Aminah", "SITI AMINAH, S.Pd."),
        ("Siti Aminah", "Siti Aminna"),
        ("Muhammad Ali", "Ali"),
    ],
)
def test_a_name_is_replaced_by_a_similar_one(
    registered: str, listed: str, bring_in: Import
) -> None:
    bring_in(sheet(person(1, name=registered)))

    roster = bring_in(sheet(person(1, name=listed, phone="0813-1111-2222")))

    worker = only_worker()
    assert (worker.name, worker.phone) == (listed, "+6281311112222")
    assert notes_of(roster) == []


def test_nothing_is_taken_of_a_row_whose_nik_is_registered_under_another_name(
    bring_in: Import,
) -> None:
    bring_in(sheet(person(1, name="Siti Aminah", phone="0812-9999-8888")))

    roster = bring_in(sheet(person(1, name="Budi Santoso", phone="0813-1111-2222"), person(2)))

    assert (roster.accepted, roster.rejected, roster.changed, roster.created) == (1, 1, 0, 1)
    assert [(n.problem, n.rejected) for n in notes_of(roster)] == [("nik_of_another", True)]
    first = select(Worker.name, Worker.phone).order_by(Worker.id).limit(1)
    assert db.session.execute(first).one() == ("Siti Aminah", "+6281299998888")


def test_a_sex_that_was_corrected_is_not_set_back_from_the_nik(bring_in: Import) -> None:
    bring_in(sheet(person(1)))
    with transaction() as session:
        session.scalars(select(Worker)).one().sex = "P"

    roster = bring_in(sheet(person(1, sex="")))

    assert only_worker().sex == "P"
    assert "sex_on_file_differs" in {note.problem for note in notes_of(roster)}


def test_an_older_list_changes_nothing_that_a_newer_one_stored(
    check: Callable[..., int], vault: Vault, two: Ids
) -> None:
    today = clock.now().date()
    bring(check(sheet(person(1, phone="0813-1111-2222")), as_of=today), two, vault)
    older = check(sheet(person(1, phone="0812-9999-9999"), person(2)), as_of=today - timedelta(9))

    done = bring(older, two, vault)

    assert (done.created, done.changed, done.unchanged) == (1, 0, 1)
    assert [note.problem for note in notes_of(done)] == ["older_list"]
    first = db.session.scalars(select(Worker.phone).order_by(Worker.nik_masked)).first()
    assert first == "+6281311112222"


def test_somebody_who_died_is_not_enrolled_again_by_a_list(bring_in: Import) -> None:
    bring_in(sheet(person(1)))
    with transaction() as session:
        period = session.scalars(select(Enrolment)).one()
        period.until_month, period.end_reason = date(2026, 12, 1), "died"  # type: ignore[assignment]
        period.ended_at = clock.now()

    roster = bring_in(sheet(person(1)), from_month=date(2027, 2, 1))

    assert (roster.changed, roster.rejected) == (0, 1)
    assert [note.problem for note in notes_of(roster)] == ["registered_dead"]
