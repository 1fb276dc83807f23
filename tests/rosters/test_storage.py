"""Storage of a roster's file: encrypted, only what is needed, and for a limited time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.errors import Conflict
from agentsys.rosters.failing import drop_old_files
from agentsys.rosters.importing import import_roster
from agentsys.rosters.storage import has_rejects, keep_refused, rejects, uploaded
from agentsys.workers.models import Roster, RosterFile, RosterStatus
from tests.rosters.conftest import TITLES, Import, person, store

ACCEPTED, REFUSED = "6474011203800001", "6474011203809999000"


def _csv(*people: list[object]) -> bytes:
    return "\n".join(";".join(map(str, row)) for row in [TITLES, *people]).encode()


def _age(roster_id: int, days: int) -> None:
    with transaction() as session:
        then = clock.now() - timedelta(days=days)
        session.execute(update(Roster).where(Roster.id == roster_id).values(uploaded_at=then))


def _files() -> int:
    return db.session.scalar(select(func.count()).select_from(RosterFile)) or 0


def test_no_nik_of_an_uploaded_file_is_readable_in_the_database(
    installed: Flask, office_id: int, vault: Vault
) -> None:
    content = _csv(person(1))

    roster_id = store(vault, office_id, content)

    sealed = db.session.scalars(select(RosterFile.sealed)).one()
    assert ACCEPTED.encode() in content
    assert ACCEPTED.encode() not in sealed
    assert uploaded(db.session(), vault=vault, roster_id=roster_id) == content


def test_after_the_import_only_the_refused_rows_are_kept_and_sealed(
    bring_in: Import, vault: Vault
) -> None:
    content = _csv(person(1), person(2, nik=REFUSED))

    roster = bring_in(content)
    keep_refused(vault=vault, roster_id=roster.id)

    kept = rejects(db.session(), vault=vault, roster_id=roster.id)
    assert (roster.rejected, has_rejects(db.session(), roster.id)) == (1, True)
    assert uploaded(db.session(), vault=vault, roster_id=roster.id) is None
    assert kept is not None
    assert kept.startswith(b"PK")
    assert db.session.scalars(select(RosterFile.sealed)).one() != kept


def test_a_file_without_refused_rows_goes_when_it_is_imported(
    bring_in: Import, vault: Vault
) -> None:
    roster = bring_in(_csv(person(1)))
    keep_refused(vault=vault, roster_id=roster.id)

    assert (roster.status, _files()) == (RosterStatus.DONE, 0)
    assert not has_rejects(db.session(), roster.id)


def test_a_file_that_could_not_be_imported_goes_at_once(bring_in: Import) -> None:
    roster = bring_in(b"bukan;daftar\n1;2\n")

    assert (roster.status, _files()) == (RosterStatus.FAILED, 0)


def test_refused_rows_can_be_had_for_thirty_days(bring_in: Import, vault: Vault) -> None:
    old = bring_in(_csv(person(1, nik=REFUSED)))
    new = bring_in(_csv(person(2, nik=REFUSED)))
    _age(old.id, 31)
    _age(new.id, 29)

    drop_old_files()

    assert not has_rejects(db.session(), old.id)
    assert has_rejects(db.session(), new.id)
    with pytest.raises(Conflict, match="tidak disimpan lagi"):
        rejects(db.session(), vault=vault, roster_id=old.id)


def test_an_import_that_never_ended_is_given_up_with_its_file(
    installed: Flask, office_id: int, vault: Vault
) -> None:
    roster_id = store(vault, office_id, _csv(person(1)))
    _age(roster_id, 31)

    drop_old_files()

    roster = db.session.get_one(Roster, roster_id)
    assert (roster.status, _files()) == (RosterStatus.FAILED, 0)
    assert "Unggah lagi" in roster.error


def test_a_waiting_roster_whose_file_is_gone_fails_with_advice(
    installed: Flask, office_id: int, vault: Vault
) -> None:
    roster_id = store(vault, office_id, _csv(person(1)))
    with transaction() as session:
        session.delete(session.get_one(RosterFile, roster_id))

    roster = import_roster(vault=vault, roster_id=roster_id)

    assert roster.status is RosterStatus.FAILED
    assert "Unggah lagi" in roster.error
