"""A list from its upload over its columns and its check to its import."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.errors import Invalid
from agentsys.workers.models import (
    Roster,
    RosterChange,
    RosterCheck,
    Worker,
)
from tests.rosters.conftest import Import, person, sheet
from tests.rosters.imported import notes_of
from tests.rosters.steps import COLUMNS, Ids, S, bring, confirm, everybody, status


def test_a_new_set_of_headings_waits_for_its_columns_and_the_next_list_does_not(
    send: Callable[..., int], vault: Vault, two: Ids
) -> None:
    first = send(sheet(person(1)))
    assert status(first) is S.MAPPING
    confirm(first, two[0])

    second = send(sheet(person(2)))

    assert (status(first), status(second)) == (S.CHECKING, S.CHECKING)


def test_columns_are_suggested_and_shown_with_samples_without_a_whole_nik(
    send: Callable[..., int],
) -> None:
    roster = db.session.get_one(Roster, send(sheet(person(1))))

    [seen] = roster.sheets
    assert [column["title"] for column in seen["columns"]] == COLUMNS
    assert roster.mapping["NIK"] == "nik"
    assert roster.mapping["NAMA LENGKAP"] == "name"
    samples = {column["title"]: column["samples"] for column in seen["columns"]}
    assert samples["NAMA LENGKAP"] == ["Andi Baso"]
    assert "6474011203800001" not in str(roster.sheets)


def test_two_columns_for_one_field_are_refused_with_both_titles(
    send: Callable[..., int], two: Ids
) -> None:
    roster_id = send(sheet(person(1)))

    with pytest.raises(Invalid, match="NAMA LENGKAP dan NO HP"):
        confirm(roster_id, two[0], **{"NO HP": "name"})
    with pytest.raises(Invalid, match="kolom nama"):
        confirm(roster_id, two[0], **{"NAMA LENGKAP": ""})


def test_a_check_shows_what_an_import_would_do_and_changes_nobody(
    check: Callable[..., int], bring_in: Import
) -> None:
    bring_in(sheet(person(1), person(2)))
    before = everybody()

    roster_id = check(
        sheet(person(1), person(2, phone="0813-1111-2222"), person(3), ["", "12345", "Salah"])
    )

    assert everybody() == before
    found = db.session.get_one(RosterCheck, roster_id)
    assert (found.rows, found.accepted, found.rejected) == (4, 3, 1)
    assert (found.created, found.changed) == (1, 1)
    [change] = db.session.scalars(select(RosterChange).where(RosterChange.roster_id == roster_id))
    assert change.before == {"phone": "+6281234567890"}
    assert change.after == {"phone": "+6281311112222"}
    assert change.applied_at is None
    assert [one["name"] for one in found.examples] == ["Andi Baso"]
    assert "6474011203800003" not in str(found.examples)


def test_what_was_checked_is_imported_with_the_same_counts(
    check: Callable[..., int], bring_in: Import, vault: Vault, two: Ids
) -> None:
    bring_in(sheet(person(1), person(2)))
    roster_id = check(sheet(person(1), person(2, phone="0813-1111-2222"), person(3)))

    done = bring(roster_id, two, vault)

    assert done.status is S.DONE
    assert (done.created, done.changed, done.unchanged, done.rejected) == (1, 1, 1, 0)
    assert db.session.scalars(select(Worker.phone).order_by(Worker.nik_masked)).all() == [
        "+6281234567890",
        "+6281311112222",
        "+6281234567890",
    ]


def test_somebody_changed_after_the_check_is_left_alone_and_told(
    check: Callable[..., int], bring_in: Import, vault: Vault, two: Ids
) -> None:
    bring_in(sheet(person(1), person(2)))
    roster_id = check(sheet(person(1, phone="0813-1111-2222"), person(2, phone="0813-1111-2222")))
    with transaction() as session:
        found = session.scalars(select(Worker).order_by(Worker.nik_masked)).first()
        assert found is not None
        found.phone = "+6281999999999"

    done = bring(roster_id, two, vault)

    assert (done.changed, done.rejected) == (1, 1)
    assert [(n.row, n.problem) for n in notes_of(done)] == [(2, "changed_since_check")]
    assert db.session.scalars(select(Worker.phone).order_by(Worker.nik_masked)).all() == [
        "+6281999999999",
        "+6281311112222",
    ]
