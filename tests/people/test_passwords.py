"""Rules for passwords, and the effects of changing one."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys.audit.models import AuditEvent
from agentsys.people import accounts, passwords
from agentsys.people.models import RoleName
from tests.factories import PASSWORD, make_user

GOOD = "kucing makan awan"


@pytest.fixture
def budi(session):
    """Somebody with a name, a number and an address."""
    return make_user(
        session, name="Budi Santoso", phone="+6281234567890", email="budisantoso88@contoh.id"
    )


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("kucing makan 1", passwords.ShortPassword),
        ("", passwords.ShortPassword),
        ("kucing makan awan " * 8, passwords.LongPassword),
        ("aaaaaaaaaaaaaaaaaaaa", passwords.EasyPassword),
        ("123456789012345", passwords.EasyPassword),
        ("Budi-Santoso-1988", passwords.EasyPassword),
        ("081234567890 oke", passwords.EasyPassword),
        ("+62 812-3456-7890", passwords.EasyPassword),
        ("BudiSantoso88 oke", passwords.EasyPassword),
        ("BPJS Ketenagakerjaan", passwords.EasyPassword),
        ("bpjs-2026-bpjs-2026", passwords.EasyPassword),
        ("rahasia rahasia rahasia", passwords.EasyPassword),
    ],
)
def test_what_is_short_or_guessed_first_is_refused(budi, password, refusal):
    with pytest.raises(refusal):
        passwords.refuse_weak(password, user=budi)


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "kucingmakanawan",
        "budi makan awan biru",
        "k7#Qm2!xVb9$Lp4",
        "月" * 3 + GOOD,
        "x" + GOOD,
    ],
)
def test_any_mixture_of_letters_is_welcome(budi, password):
    passwords.refuse_weak(password, user=budi)


def test_a_fresh_password_is_always_good_enough(budi):
    for _ in range(50):
        passwords.refuse_weak(passwords.fresh_password(), user=budi)


def test_a_change_ends_sessions_forgets_wrong_tries_and_is_in_the_trail(session, budi):
    session_key, budi.failed_logins = budi.fs_uniquifier, 3

    passwords.change_password(session, user=budi, old=PASSWORD, new=GOOD)

    assert budi.fs_uniquifier != session_key
    assert budi.failed_logins == 0
    event = session.scalars(select(AuditEvent)).one()
    assert (event.actor_id, event.action, event.details) == (budi.id, "user.password_changed", {})


def test_the_present_password_is_asked_unless_an_admin_gave_it(session, budi):
    with pytest.raises(passwords.WrongPassword):
        passwords.change_password(session, user=budi, old="", new=GOOD)

    budi.must_change_password = True
    passwords.change_password(session, user=budi, old="", new=GOOD)

    assert not budi.must_change_password


def test_the_password_that_an_admin_gave_is_not_good_for_the_next_one(session, budi):
    admin = make_user(session, RoleName.ADMIN)
    given = passwords.renew_password(session, user_id=budi.id, actor_id=admin.id)

    assert budi.must_change_password
    with pytest.raises(passwords.SamePassword):
        passwords.change_password(session, user=budi, old="", new=given)


def test_a_letter_with_an_accent_is_the_same_however_the_keyboard_writes_it(session, client):
    user = accounts.add_user(
        session,
        name="Ana",
        roles=[RoleName.ADMIN],
        phone="",
        email="ana@contoh.id",
        password="kafe\u0301 makan awan",
        office_id=None,
        actor_id=None,
    )
    composed = client.sign_in(user, "kaf\u00e9 makan awan")

    assert composed.status_code == 302
