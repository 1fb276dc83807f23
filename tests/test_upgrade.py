"""A database of version 0.1.0 can be upgraded and used with this version."""

from __future__ import annotations

import base64
import gzip
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import make_url, select, text

from agentsys import backup
from agentsys.audit import trail
from agentsys.cli import cli
from agentsys.db import db, transaction
from agentsys.ledger import invariants
from agentsys.runtime import KEY
from agentsys.transfers import repayments
from agentsys.workers import keys
from agentsys.workers.models import Worker
from tests.conftest import Visitor
from tests.factories import nik_of
from tests.tree import PASSWORD

WORKERS = select(Worker).order_by(Worker.id)
LEFT_BEHIND = Path(__file__).parent / "released" / "0.1.0.sql.gz"
LAST_REVISION = "0011"
KEYS = {
    "secret_key": "0.1.0 " * 8,
    "field_keys": "1:" + base64.b64encode(b"F" * 32).decode(),
    "index_key": base64.b64encode(b"I" * 32).decode(),
}
# The balance of each account over all offices, before and after accounts have an office.
# Of 0.1.0, and one of the upgrade: its own funds were in the journal alone.
EVENTS = 15 + 1
SUMS = text("""
    SELECT CASE WHEN account ~ '^(cash|owed:worker|claim|owed:commission)' THEN account
        ELSE regexp_replace(account, ':[0-9]+$', '') END AS word, sum(amount_idr)::bigint
    FROM postings WHERE account NOT LIKE 'due:office:%' GROUP BY word ORDER BY word
""")
PAGES = {
    "0812-0000-0001": ("/hari-ini", "/setoran", "/komisi"),
    "0812-0000-0011": ("/kotak-kerja/", "/pembina/tim", "/pembina/komisi", "/pembina/daftar"),
    "0812-0000-0013": ("/kotak-kerja/", "/pembina/tim", "/pembina/komisi"),
    "0812-0000-0021": ("/kotak-kerja/", "/keuangan/pencairan", "/keuangan/setoran-bpjs"),
    "0812-0000-0022": ("/kotak-kerja/", "/keuangan/pencairan", "/keuangan/hak-pekerja"),
    "0812-0000-0031": ("/admin/pengguna", "/admin/agen", "/admin/kantor/"),
    "0812-0000-0041": ("/keuangan/buku", "/keuangan/kabar", "/keuangan/kasus"),
}


@pytest.fixture
def old(make_app, empty: str) -> Iterator[Flask]:
    """The app of this version on the database of 0.1.0."""
    address = make_url(empty).set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False)) as connection:
        connection.execute(gzip.decompress(LEFT_BEHIND.read_bytes()))  # type: ignore[call-overload]
    app = make_app(
        settings={"database_url": empty} | KEYS, flask_config={"SECURITY_PASSWORD_HASH": "argon2"}
    )
    app.test_client_class = Visitor
    yield app
    with app.app_context():
        db.engine.dispose()


def test_the_books_of_0_1_0_are_in_order_after_the_upgrade_and_hold_the_same_sums(old):
    with old.app_context():
        before = db.session.execute(SUMS).all()
        db.session.remove()
        upgrade()
        session = db.session()
        assert invariants.check(session) == []
        assert session.execute(SUMS).all() == before
        assert (trail.length(session), trail.broken_links(session)) == (EVENTS, [])
        of_second_office = "SELECT count(*) FROM postings WHERE account = 'bank:collection:2'"
        assert session.scalar(text(of_second_office))
        db.session.remove()
        downgrade(revision=LAST_REVISION)
        assert db.session.execute(SUMS).all() == before
        db.session.remove()


def test_everybody_of_0_1_0_signs_in_after_the_upgrade_and_reads_their_pages(old):
    with old.app_context():
        upgrade()
        for phone, pages in PAGES.items():
            visitor = old.test_client()
            signed_in = visitor.sign_in(SimpleNamespace(phone=phone, email=None), PASSWORD)
            assert signed_in.headers["Location"] != "/masuk"
            answers = {page: visitor.get(page, follow_redirects=True) for page in pages}
            assert {page: answer.status_code for page, answer in answers.items()} == dict.fromkeys(
                pages, 200
            )
        db.session.remove()


def test_what_waited_for_a_second_person_in_0_1_0_is_booked_in_the_books_of_its_office(old):
    with old.app_context():
        upgrade()
        with transaction() as session:
            waiting = session.execute(
                text("SELECT id, office_id FROM transfers WHERE state = 'proposed' ORDER BY id")
            ).all()
            admin = session.scalar(text("SELECT id FROM users WHERE phone LIKE '%81200000031'"))
            for transfer, _ in waiting:
                repayments.decide_transfer(
                    session,
                    transfer_id=transfer,
                    action=repayments.TransferAction("book"),
                    actor_id=admin,
                    shared_bank=False,
                )
        session = db.session()
        moved = session.execute(
            text(
                "SELECT account FROM postings JOIN entries ON id = entry_id"
                " WHERE source = ANY(:sources) AND account LIKE 'bank:%' ORDER BY account"
            ),
            {"sources": [f"transfer:{transfer}" for transfer, _ in waiting]},
        ).scalars()
        assert sorted(office for _, office in waiting) == [1, 2]
        assert list(moved) == ["bank:collection:1", "bank:collection:2"]
        assert invariants.check(session) == []
        db.session.remove()


def test_a_backup_of_0_1_0_is_upgraded_when_it_is_proven(old, empty):
    environment = os.environ | {f"AGENTSYS_{name.upper()}": value for name, value in KEYS.items()}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "0.1.0.dump"
        backup.back_up(empty, file)
        audited = backup.prove(empty, file, environment)

    assert audited.startswith(f"jejak: {EVENTS} kejadian")
    assert "bersih" in audited


def test_what_0_1_0_sealed_is_read_after_the_upgrade_and_bound_to_its_row_by_a_command(old):
    with old.app_context():
        upgrade()
        vault = old.extensions[KEY].vault
        niks = [nik_of(vault, worker) for worker in db.session.scalars(WORKERS)]
        assert keys.status(db.session()).unbound >= len(niks) > 0
        db.session.remove()

        sealed = old.test_cli_runner().invoke(cli, ["keys", "reseal"])
        status = old.test_cli_runner().invoke(cli, ["keys", "status"])

        assert (sealed.exit_code, status.exit_code) == (0, 0), (sealed.output, status.output)
        assert "0.1.0" not in status.output
        assert keys.status(db.session()).unbound == 0
        assert keys.mismatches(db.session(), vault=vault) == []
        assert [nik_of(vault, worker) for worker in db.session.scalars(WORKERS)] == niks
        db.session.remove()
