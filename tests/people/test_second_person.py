"""Whom an admin made, or whose sign-in an admin changed, is not that admin's second person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agentsys import clock
from agentsys.people import accounts, passwords, second_person
from agentsys.people.models import AccessChange, AccessChangeKind, Office, RoleName, User
from tests.factories import PASSWORD, make_office, make_user

DAYS = timedelta(days=7)


@pytest.fixture
def office(session) -> Office:
    """An office that has been there for long."""
    return make_office(session, added_at=clock.now() - 2 * DAYS)


@pytest.fixture
def admin(session, office) -> User:
    """An admin of all offices."""
    return make_user(session, RoleName.ADMIN, name="Andi")


def hire(session, office, admin, number=1) -> User:
    return accounts.add_user(
        session,
        name=f"Lina {number}",
        roles=[RoleName.FINANCE],
        phone=f"08120000000{number}",
        email="",
        password="gajah makan bambu kuning",
        office_id=office.id,
        actor_id=admin.id if admin else None,
    )


def why(session, second, first) -> str:
    found = second_person.reasons(session, second_id=second.id, first_ids=[first.id])
    return " ".join(reason.sentence() for reason in found.values())


def test_whom_an_admin_made_is_for_a_week_not_the_admins_second_person_nor_the_reverse(
    session, office, admin, monkeypatch
):
    lina = hire(session, office, admin)
    until = clock.now() + DAYS

    for second, first in ((lina, admin), (admin, lina)):
        assert "Akun Lina 1 dibuat oleh Andi, jadi sampai " in why(session, second, first)
        with pytest.raises(second_person.NotYet):
            second_person.check(session, second=second, first_ids=[None, first.id])

    monkeypatch.setattr(clock, "now", lambda: until + timedelta(seconds=1))
    assert why(session, lina, admin) == why(session, admin, lina) == ""


def test_a_new_password_from_an_admin_counts_like_making_the_user(session, office, admin):
    lina = make_user(session, RoleName.FINANCE, office_id=office.id, name="Lina")

    assert why(session, lina, admin) == ""
    passwords.renew_password(session, user_id=lina.id, actor_id=admin.id)

    assert "Kata sandi Lina dibuat ulang oleh Andi" in why(session, lina, admin)


def test_others_and_users_made_by_a_command_are_not_affected(session, office, admin):
    lina, dewi = hire(session, office, admin), make_user(session, RoleName.FINANCE)
    by_command = hire(session, office, None, number=2)

    assert why(session, lina, dewi) == why(session, dewi, admin) == ""
    assert why(session, by_command, admin) == why(session, lina, by_command) == ""


def test_a_user_who_changes_the_own_password_is_not_affected(session, office, admin):
    word = "gajah makan bambu kuning"
    passwords.change_password(session, user=admin, old=PASSWORD, new=word)

    assert session.query(AccessChange).count() == 0


def test_two_people_of_one_admin_are_not_each_others_second_person(session, office, admin):
    lina, dewi = (hire(session, office, admin, number=number) for number in (1, 2))

    assert "Cara masuk Lina 2 dan Lina 1 baru dibuat atau diganti oleh Andi yang sama" in why(
        session, dewi, lina
    )


def test_the_people_of_a_new_office_can_work_together_from_the_first_day(session, admin):
    office = make_office(session)
    lina, dewi = (hire(session, office, admin, number=number) for number in (1, 2))

    assert why(session, dewi, lina) == ""
    assert why(session, dewi, admin), "but not with the admin who made them"


def test_the_days_are_a_setting_of_the_operator(session, office, admin, app, monkeypatch):
    lina = hire(session, office, admin)
    parts = app.extensions["agentsys"]
    monkeypatch.setitem(
        app.extensions,
        "agentsys",
        type(parts)(
            parts.settings.model_copy(update={"second_person_days": 0}),
            parts.vault,
            parts.registry,
            parts.embedded,
        ),
    )

    assert why(session, lina, admin) == ""


@pytest.mark.parametrize("kind", list(AccessChangeKind))
def test_each_change_has_its_reason(session, office, admin, kind):
    lina = make_user(session, RoleName.FINANCE, office_id=office.id, name="Lina")
    second_person.record_change(session, user_id=lina.id, kind=kind, actor_id=admin.id)

    reason = why(session, lina, admin)

    assert "Lina" in reason
    assert "{" not in reason
