"""Password hashes with Argon2 do not depend on the secret key."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask_security.utils import get_hmac, hash_password

from agentsys.config import fresh_keys
from agentsys.db import db, transaction
from agentsys.people import passwords
from agentsys.people.models import User
from tests.factories import PASSWORD, make_user

ARGON2 = {"SECURITY_PASSWORD_HASH": "argon2"}


@pytest.fixture
def keyed(make_app: Any, committed: Flask) -> Any:
    """A function that gives an app with another secret key each time, on the same database."""
    made: list[Flask] = []

    def build() -> Flask:
        key = fresh_keys()["secret_key"]
        made.append(make_app(settings={"secret_key": key}, flask_config=ARGON2))
        return made[-1]

    yield build
    for app in made:
        with app.app_context():
            db.engine.dispose()


def add(app: Flask, *, salted: bool = False) -> str:
    """A user whose password this app hashed, now or as version 0.1.0 did; the phone number."""
    with app.app_context(), transaction() as session:
        password = (
            f"salted{hash_password(get_hmac(PASSWORD))}" if salted else hash_password(PASSWORD)
        )
        return str(make_user(session, password=password).phone)


def kept(app: Flask) -> str:
    with app.app_context():
        return str(db.session.scalars(db.select(User)).unique().one().password)


def status(app: Flask, phone: str, password: str = PASSWORD) -> int:
    """What signing in answers: 302 when the password is right."""
    client = app.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/masuk").text)
    assert token is not None
    data = {"email": phone, "password": password, "csrf_token": token[1]}
    return client.post("/masuk", data=data).status_code


def test_a_user_signs_in_after_the_secret_key_changed(keyed: Any) -> None:
    before, after = keyed(), keyed()
    phone = add(before)

    assert status(after, phone, "bukan-ini-sandinya") == 200
    assert status(after, phone) == 302
    assert kept(after).startswith("$argon2id$")


def test_the_first_hash_is_made_before_anybody_signs_in(make_app, monkeypatch):
    hashed = []
    monkeypatch.setattr(passwords, "hashed", hashed.append)

    make_app()

    assert len(hashed) == 1


def test_a_password_of_the_first_version_is_right_and_then_no_longer_hangs_on_the_key(
    keyed: Any,
) -> None:
    before, after = keyed(), keyed()
    phone = add(before, salted=True)

    assert status(after, phone) == 200
    assert status(before, phone, "bukan-ini-sandinya") == 200
    assert status(before, phone) == 302
    assert status(after, phone) == 302
    assert kept(after).startswith("$argon2id$")
