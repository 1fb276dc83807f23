"""An added user can sign in with the typed identity; unusable identities are refused."""

from __future__ import annotations

import pytest

from agentsys.errors import Invalid
from agentsys.people import accounts
from agentsys.people.models import RoleName
from tests.factories import make_user

PASSWORD = "kucing makan awan"


def add(session, *, name="Ana", email="ana@contoh.id"):
    return accounts.add_user(
        session,
        name=name,
        roles=[RoleName.ADMIN],
        phone="",
        email=email,
        password=PASSWORD,
        office_id=None,
        actor_id=None,
    )


@pytest.mark.parametrize("email", ["ana", "ana@", "ana@contoh", "a na@contoh.id", "@contoh.id"])
def test_an_address_that_signing_in_would_not_know_is_refused(session, email):
    with pytest.raises(Invalid, match="E-mail tidak dikenali"):
        add(session, email=email)


@pytest.mark.parametrize("typed", ["Ana@Contoh.ID", " ana@contoh.id ", "ana@B\u00dcCHER.example"])
def test_an_address_signs_in_however_it_was_typed(session, client, typed):
    add(session, email=typed)

    form = {"email": typed, "password": PASSWORD, "csrf_token": client.token()}
    answer = client.post("/masuk", data=form)

    assert answer.status_code == 302, answer.text


def test_an_address_is_taken_in_capitals_too(session):
    make_user(session, email="ana@contoh.id")

    with pytest.raises(accounts.AlreadyRegistered):
        add(session, email="ANA@contoh.id")


@pytest.mark.parametrize("name", ["", "  ", "x" * 121])
def test_a_name_has_a_length(session, name):
    with pytest.raises(Invalid, match="paling banyak 120 huruf"):
        add(session, name=name)
