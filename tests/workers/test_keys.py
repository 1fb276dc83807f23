"""Keys that do not fit the data are detected, and a rotation can be completed."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys.config import fresh_keys
from agentsys.crypto import Unreadable, Vault, parse_keys
from agentsys.db import db, transaction
from agentsys.key_commands import app_with_its_keys
from agentsys.workers import keys, registry, seals
from agentsys.workers.models import KeyCheck, RosterFile, Worker
from tests.conftest import KEYS
from tests.factories import (
    invented_nik,
    make_agent,
    make_worker,
    nik_of,
    sealed_by_the_first_version,
)

OTHER = fresh_keys()
CARD = "6474010101010001"
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


@pytest.mark.parametrize("moved", ["from another worker", "from another column"])
def test_a_sealed_number_that_was_moved_is_not_shown(
    session: Session, vault: Vault, moved: str
) -> None:
    agent = make_agent(session)
    one, two = (make_worker(session, vault, agent=agent) for _ in range(2))
    one.kk_sealed = vault.seal(CARD, seals.kk_of(one.nik_index))
    one.nik_sealed = two.nik_sealed if moved == "from another worker" else one.kk_sealed
    session.flush()

    with pytest.raises(Unreadable):
        registry.reveal_nik(
            session, vault=vault, worker_id=one.id, actor_id=agent.user_id, reason="uji"
        )


def test_what_the_first_version_sealed_is_read_and_bound_to_its_row_by_the_next_sealing(
    committed: Flask,
) -> None:
    old = Vault({1: FIRST}, INDEX)
    read = seal_some(committed, 3)
    with committed.app_context(), transaction() as session:
        for number, worker in enumerate(session.scalars(select(Worker).order_by(Worker.id))):
            worker.nik_sealed = _of_the_first_version(invented_nik(number))
            worker.kk_sealed = _of_the_first_version(CARD)
        session.get_one(KeyCheck, 1).sealed = _of_the_first_version("agentsys")
    niks = [invented_nik(number) for number in range(3)]
    assert read_with(committed, old) == niks

    with committed.app_context():
        assert keys.status(db.session()) == keys.Status(by_key=Counter({1: 7}), unbound=7)
        db.session.remove()
        cut_off = keys.reseal(transaction, vault=old, batch=2)
        next(cut_off)
        cut_off.close()
        assert keys.waiting(db.session(), vault=old) == 5
        db.session.remove()
        assert sum(keys.reseal(transaction, vault=old, batch=2)) == 5
        assert keys.status(db.session()) == keys.Status(by_key=Counter({1: 7}), unbound=0)
        assert keys.mismatches(db.session(), vault=old) == []
        db.session.remove()
    assert read_with(committed, old) == niks

    with committed.app_context():
        assert sum(keys.reseal(transaction, vault=ROTATING)) == 7
    assert read() == niks


def _of_the_first_version(text_: str) -> bytes:
    return sealed_by_the_first_version(text_, number=1, key=FIRST)


def seal_some(app: Flask, count: int) -> Callable[[], list[str]]:
    """Workers under the first key; a function that reads their NIKs with the second alone."""
    with app.app_context(), transaction() as session:
        keys.confirm(session, vault=Vault({1: FIRST}, INDEX))
        agent = make_agent(session)
        vault = Vault({1: FIRST}, INDEX)
        for number in range(count):
            worker = make_worker(session, vault, agent=agent, nik=invented_nik(number))
            worker.kk_sealed = vault.seal(CARD, seals.kk_of(worker.nik_index))

    return lambda: read_with(app, Vault({2: SECOND}, INDEX))


def read_with(app: Flask, vault: Vault) -> list[str]:
    """The NIKs of all workers; their KK numbers and the known value must open as well."""
    with app.app_context():
        workers = db.session.scalars(select(Worker).order_by(Worker.id)).all()
        keys.confirm(db.session(), vault=vault)
        for worker in workers:
            assert worker.kk_sealed is not None
            assert vault.open(worker.kk_sealed, seals.kk_of(worker.nik_index)) == CARD
        return [nik_of(vault, worker) for worker in workers]


def test_a_rotation_that_was_cut_off_is_finished_by_the_next(committed: Flask) -> None:
    read = seal_some(committed, 5)
    with committed.app_context():
        cut_off = keys.reseal(transaction, vault=ROTATING, batch=2)
        assert next(cut_off) == 2
        cut_off.close()
        assert keys.status(db.session()).by_key == {1: 9, 2: 2}

        # In the middle of a batch, nothing of it is kept.
        def dies(content: bytes, place: bytes) -> bytes:
            raise KeyboardInterrupt

        dying = Vault({1: FIRST, 2: SECOND}, INDEX)
        object.__setattr__(dying, "seal_bytes", dies)
        with pytest.raises(KeyboardInterrupt):
            list(keys.reseal(transaction, vault=dying, batch=2))
        db.session.remove()
        assert keys.status(db.session()).by_key == {1: 9, 2: 2}

        assert sum(keys.reseal(transaction, vault=ROTATING, batch=2)) == 9
        assert list(keys.reseal(transaction, vault=ROTATING)) == []
        assert keys.status(db.session()).by_key == {2: 11}
        db.session.remove()

    assert read() == [invented_nik(number) for number in range(5)]


def test_files_of_rosters_are_sealed_anew_as_well(session: Session) -> None:
    assert RosterFile.__tablename__ in {column.table for column in keys._SEALED}
    sealed = {
        (table.name, column.name)
        for table in db.metadata.tables.values()
        for column in table.columns
        if "sealed" in column.name and str(column.type) in ("BLOB", "BYTEA", "LargeBinary")
    }
    assert sealed == {(column.table, column.name) for column in keys._SEALED}
