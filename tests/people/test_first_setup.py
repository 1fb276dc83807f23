"""An empty system is set up once, with a code that is random, short-lived and void afterwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.db import db, transaction
from agentsys.errors import NotFound
from agentsys.people import first_setup
from agentsys.people.models import Office, SetupCode, User
from agentsys.people.permissions import RoleName
from tests.factories import make_user

OFFICE = first_setup.FirstOffice(
    code="kota", name="Kantor Kota", city="Kota Contoh", zone="Asia/Makassar"
)


def admin(number=1):
    return first_setup.FirstAdmin(
        name="Andi", phone=f"08120000000{number}", email="", password="gajah makan bambu kuning"
    )


def count(session, model):
    return session.scalar(select(func.count()).select_from(model))


def test_a_code_makes_the_first_office_and_an_admin_of_all_offices(session):
    code = first_setup.make_code(session)
    proof = first_setup.check_code(session, code.upper().replace("-", " "))

    user = first_setup.set_up(session, proof=proof, office=OFFICE, admin=admin())

    assert user.role_names == {RoleName.ADMIN}
    assert user.sees_all_offices
    assert session.scalar(select(Office.code)) == "KOTA"
    assert count(session, SetupCode) == 0
    assert "system.set_up" in session.scalars(select(AuditEvent.action)).all()


def test_the_code_is_stored_as_a_hash_only(session):
    code = first_setup.make_code(session)

    stored = session.scalars(select(SetupCode)).one()

    assert code.encode() not in stored.code_hash
    assert len(stored.code_hash) == 32


def test_a_wrong_replaced_or_old_code_opens_nothing(session, monkeypatch):
    first = first_setup.make_code(session)
    second = first_setup.make_code(session)
    for wrong in ("", "abcd-abcd-abcd-abcd", first, "x" * 5000):
        with pytest.raises(first_setup.WrongCode):
            first_setup.check_code(session, wrong)
    proof = first_setup.check_code(session, second)

    later = clock.now() + first_setup.VALID_FOR
    monkeypatch.setattr(clock, "now", lambda: later)

    with pytest.raises(first_setup.WrongCode):
        first_setup.set_up(session, proof=proof, office=OFFICE, admin=admin())
    assert count(session, User) == count(session, Office) == 0


def test_a_code_is_void_as_soon_as_there_is_a_user(session):
    proof = first_setup.check_code(session, first_setup.make_code(session))
    make_user(session, RoleName.ADMIN)

    with pytest.raises(NotFound):
        first_setup.set_up(session, proof=proof, office=OFFICE, admin=admin())
    with pytest.raises(first_setup.HasUsers):
        first_setup.make_code(session)


def test_two_people_at_once_make_one_office(committed):
    with committed.app_context(), transaction() as session:
        proof = first_setup.check_code(session, first_setup.make_code(session))
    together = Barrier(2)

    def try_it(number):
        with committed.app_context():
            together.wait()
            try:
                with transaction() as session:
                    first_setup.set_up(session, proof=proof, office=OFFICE, admin=admin(number))
            except NotFound:
                return False
            finally:
                db.session.remove()
            return True

    with ThreadPoolExecutor(2) as people:
        done = list(people.map(try_it, (1, 2)))

    with committed.app_context():
        assert sorted(done) == [False, True]
        assert count(db.session, Office) == count(db.session, User) == 1
