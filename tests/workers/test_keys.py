"""Keys that do not fit the data are detected, and a rotation can be completed."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys.config import fresh_keys
from agentsys.crypto import Vault, parse_keys
from agentsys.db import db, transaction
from agentsys.key_commands import app_with_its_keys
from agentsys.workers import keys
from agentsys.workers.models import KeyCheck, RosterFile, Worker
from tests.conftest import KEYS
from tests.factories import invented_nik, make_agent, make_worker

OTHER = fresh_keys()
INDEX = base64.b64decode(KEYS["index_key"])
FIRST = parse_keys(KEYS["field_keys"])[1]
SECOND = parse_keys(OTHER["field_keys"])[1]
ROTATING = Vault({1: FIRST, 2: SECOND}, INDEX)
WRONG = {
    "index key": (Vault({1: FIRST}, base64.b64decode(OTHER["index_key"])), keys.WrongIndexKey),
    "field key": (Vault({1: SECOND}, INDEX), keys.WrongFieldKeys),
    "missing field key": (Vault({2: SECOND}, INDEX), keys.WrongFieldKeys),
}


@pytest.mark.parametrize("wrong", list(WRONG))
@pytest.mark.parametrize("adopted", [True, False])
def test_other_keys_than_those_of_the_data_are_refused(
    session: Session, vault: Vault, wrong: str, adopted: bool
) -> None:
    session.execute(text("DELETE FROM key_checks"))
    make_worker(session, vault, agent=make_agent(session))
    if adopted:
        keys.confirm(session, vault=vault)
    other, refusal = WRONG[wrong]

    with pytest.raises(refusal):
        keys.confirm(session, vault=other)

    assert len(session.scalars(select(KeyCheck)).all()) == adopted


def test_an_empty_system_takes_the_keys_that_it_is_first_started_with(session: Session) -> None:
    session.execute(text("DELETE FROM key_checks"))
    other = Vault({1: SECOND}, INDEX)

    keys.confirm(session, vault=other)
    keys.confirm(session, vault=other)

    with pytest.raises(keys.WrongFieldKeys):
        keys.confirm(session, vault=Vault({1: FIRST}, INDEX))


@pytest.mark.parametrize("changed", [{"index_key": OTHER["index_key"]}, {"field_keys": "2:"}])
def test_a_start_with_other_keys_is_refused(
    committed: Flask, make_app: Any, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str]
) -> None:
    with committed.app_context(), transaction() as session:
        keys.confirm(session, vault=Vault({1: FIRST}, INDEX))
    if "field_keys" in changed:
        changed = {"field_keys": OTHER["field_keys"]}
    monkeypatch.setattr(
        "agentsys.key_commands.create_app", lambda _settings: make_app(settings=changed)
    )

    with pytest.raises((keys.WrongIndexKey, keys.WrongFieldKeys)):
        app_with_its_keys()


def test_sealed_numbers_that_changed_places_are_found(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    one, two, three = (
        make_worker(session, vault, agent=agent, nik=invented_nik(number)) for number in range(3)
    )
    assert keys.mismatches(session, vault=vault) == []

    one.nik_sealed, two.nik_sealed = two.nik_sealed, one.nik_sealed
    session.flush()

    assert keys.mismatches(session, vault=vault) == [one.id, two.id]
    assert three.id not in keys.mismatches(session, vault=vault)


def seal_some(app: Flask, count: int) -> Callable[[], list[str]]:
    """Workers under the first key; a function that reads their NIKs with the second alone."""
    with app.app_context(), transaction() as session:
        keys.confirm(session, vault=Vault({1: FIRST}, INDEX))
        agent = make_agent(session)
        vault = Vault({1: FIRST}, INDEX)
        for number in range(count):
            worker = make_worker(session, vault, agent=agent, nik=invented_nik(number))
            worker.kk_sealed = vault.seal("6474010101010001")

    def read() -> list[str]:
        alone = Vault({2: SECOND}, INDEX)
        with app.app_context():
            sealed = db.session.execute(
                select(Worker.nik_sealed, Worker.kk_sealed).order_by(Worker.id)
            ).all()
            keys.confirm(db.session(), vault=alone)
            assert {alone.open(kk) for _nik, kk in sealed} == {"6474010101010001"}
            return [alone.open(nik) for nik, _kk in sealed]

    return read


def test_a_rotation_that_was_cut_off_is_finished_by_the_next(committed: Flask) -> None:
    read = seal_some(committed, 5)
    with committed.app_context():
        cut_off = keys.reseal(transaction, vault=ROTATING, batch=2)
        assert next(cut_off) == 2
        cut_off.close()
        assert keys.status(db.session()) == {1: 9, 2: 2}

        # In the middle of a batch, nothing of it is kept.
        def dies(content: bytes) -> bytes:
            raise KeyboardInterrupt

        dying = Vault({1: FIRST, 2: SECOND}, INDEX)
        object.__setattr__(dying, "seal_bytes", dies)
        with pytest.raises(KeyboardInterrupt):
            list(keys.reseal(transaction, vault=dying, batch=2))
        db.session.remove()
        assert keys.status(db.session()) == {1: 9, 2: 2}

        assert sum(keys.reseal(transaction, vault=ROTATING, batch=2)) == 9
        assert list(keys.reseal(transaction, vault=ROTATING)) == []
        assert keys.status(db.session()) == {2: 11}
        db.session.remove()

    assert read() == [invented_nik(number) for number in range(5)]


def test_files_of_rosters_are_sealed_anew_as_well(session: Session) -> None:
    tables = {table for table, _key, _column in keys._SEALED}

    assert RosterFile.__tablename__ in tables
    sealed = {
        (table.name, column.name)
        for table in db.metadata.tables.values()
        for column in table.columns
        if "sealed" in column.name and str(column.type) in ("BLOB", "BYTEA", "LargeBinary")
    }
    assert sealed == {(table, column) for table, _key, column in keys._SEALED}
