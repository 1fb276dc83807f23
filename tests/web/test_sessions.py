"""Sessions are stored on the server: when one ends, copies of its cookie are invalid."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import event, select

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.db import db
from agentsys.people import sessions
from agentsys.people.models import RoleName, UserSession
from agentsys.web.sign_in_sessions import client_in_words
from tests.factories import PASSWORD, make_agent, make_user

ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/120.0.0.0 Mobile Safari/537.36"
)
MINUTE = timedelta(minutes=1)


def is_in(visitor: Any) -> bool:
    """Whether a visitor is signed in."""
    return bool(visitor.get("/akun").status_code == 200)


def copy_of(app: Any, visitor: Any, *names: str) -> Any:
    """Another browser with these cookies of the visitor."""
    other = app.test_client()
    for name in names:
        cookie = visitor.get_cookie(name)
        assert cookie is not None
        other.set_cookie(name, cookie.value)
    return other


def remembered(session: Any, client: Any) -> Any:
    """A phone on which an agent stays signed in."""
    user = make_agent(session).user
    client.submit("/masuk", email=user.phone, password=PASSWORD, remember="y")
    return client


def test_signing_out_ends_copied_cookies_as_well(app, session, client):
    phone = remembered(session, client)
    copies = [
        copy_of(app, phone, "agentsys"),
        copy_of(app, phone, "agentsys-remember"),
        copy_of(app, phone, "agentsys", "agentsys-remember"),
    ]
    assert all(is_in(copied) for copied in copies)

    phone.submit("/keluar")

    assert not any(is_in(copied) for copied in [phone, *copies])
    assert session.scalars(select(UserSession)).all() == []


def test_what_the_cookies_hold_is_not_in_the_database(session, client):
    phone = remembered(session, client)
    with phone.session_transaction() as cookie:
        token = cookie["_user_id"].removeprefix("s.")

    row = session.scalars(select(UserSession)).one()

    assert len(token) >= 43
    assert token.encode() not in (row.token_hash, row.remember_hash)
    assert len(row.token_hash) == len(row.remember_hash) == 32


@pytest.mark.parametrize("role", [role for role in RoleName if role is not RoleName.AGENT])
def test_an_idle_office_user_is_signed_out_after_half_an_hour(session, visit, role):
    visitor = visit(make_user(session, role))

    with time_machine.travel(clock.now() + 29 * MINUTE):
        assert is_in(visitor)
    with time_machine.travel(clock.now() + 58 * MINUTE):
        assert is_in(visitor)
    with time_machine.travel(clock.now() + 89 * MINUTE):
        assert not is_in(visitor)


def test_the_idle_time_is_a_setting(make_app, app, session, visit):
    visitor = visit(make_user(session, RoleName.FINANCE))
    other = make_app(settings={"idle_minutes": 5, "secret_key": app.config["SECRET_KEY"]})
    db_engines = db.engines
    with other.app_context():
        db.engines[None] = db_engines[None]
        found = copy_of(other, visitor, "agentsys")
        with time_machine.travel(clock.now() + 6 * MINUTE):
            assert found.get("/akun").status_code == 302


def test_a_session_ends_after_twelve_hours_however_busy(session, visit):
    visitor = visit(make_user(session, RoleName.FINANCE))
    row = session.scalars(select(UserSession)).one()
    row.began_at = clock.now() - sessions.LONGEST + MINUTE

    assert is_in(visitor)
    with time_machine.travel(clock.now() + 2 * MINUTE):
        assert not is_in(visitor)


def test_a_phone_is_left_alone_for_hours_and_remembered_for_two_weeks(session, client):
    phone = remembered(session, client)

    for hours in (11, 13, 13 * 24):
        with time_machine.travel(clock.now() + timedelta(hours=hours)):
            assert is_in(phone), hours
    with time_machine.travel(clock.now() + timedelta(days=14, minutes=1)):
        assert not is_in(phone)


def test_an_office_user_is_never_remembered(session, client):
    user = make_user(session, RoleName.FINANCE)
    client.submit("/masuk", email=user.phone, password=PASSWORD, remember="y")

    assert client.get_cookie("agentsys-remember") is None
    assert session.scalars(select(UserSession.remember_hash)).all() == [None]


def test_one_sees_where_one_is_signed_in_and_ends_what_is_not_ones_own(app, session, visit):
    user = make_user(session, RoleName.AUDITOR)
    here, there = visit(user), visit(user)
    elsewhere = visit(make_user(session))
    rows = session.scalars(select(UserSession).order_by(UserSession.id)).all()
    rows[1].client = client_in_words(ANDROID)
    mine, other, foreign_one = (row.id for row in rows)

    page = here.get("/akun").get_data(as_text=True)
    foreign = here.submit(f"/akun/sesi/{foreign_one}/akhiri")
    own = here.submit(f"/akun/sesi/{mine}/akhiri")
    ended = here.submit(f"/akun/sesi/{other}/akhiri")

    assert "Chrome, Android" in page
    assert re.findall(r"/akun/sesi/(\d+)/akhiri", page) == [str(other)]
    assert foreign.status_code == 404
    assert own.status_code in (302, 422)
    assert ended.location == "/akun"
    assert (is_in(here), is_in(there), is_in(elsewhere)) == (True, False, True)
    actions = session.scalars(select(AuditEvent.action)).all()
    assert actions.count("user.sessions_ended") == 1


def test_all_other_sessions_end_at_once(session, visit):
    user = make_agent(session).user
    here, there, away = visit(user), visit(user), visit(user)

    here.submit("/akun/sesi/akhiri-lainnya")

    assert [is_in(visitor) for visitor in (here, there, away)] == [True, False, False]


def test_a_cookie_of_the_first_version_opens_nothing(session, client):
    user = make_user(session)
    with client.session_transaction() as cookie:
        cookie["_user_id"] = user.fs_uniquifier

    assert not is_in(client)


def test_a_form_of_somebody_who_was_signed_out_meanwhile_is_not_lost(session, visit):
    visitor = visit(make_user(session, RoleName.FINANCE))
    token = visitor.token()
    session.scalars(select(UserSession)).one().last_seen_at = clock.now() - 31 * MINUTE

    answer = visitor.post("/keuangan/penagihan", data={"csrf_token": token, "month": "2026-11"})

    assert answer.status_code == 401
    assert "isian Anda ikut terkirim lagi" in answer.get_data(as_text=True)


def test_a_session_costs_a_page_no_statement_more_and_a_write_a_minute(app, session, visit):
    visitor = visit(make_user(session, RoleName.FINANCE))
    visitor.get("/akun/sandi")
    told: list[str] = []
    listen = (db.engines[None], "before_cursor_execute", lambda *given: told.append(given[2]))
    event.listen(*listen)
    try:
        visitor.get("/akun/sandi")
        assert len([one for one in told if "user_sessions" in one and " users" in one]) == 1
        assert not any(statement.startswith("SELECT users.") for statement in told)
        assert not any(statement.startswith("UPDATE") for statement in told)
    finally:
        event.remove(*listen)

    before = session.scalars(select(UserSession)).one().last_seen_at
    with time_machine.travel(clock.now() + 2 * MINUTE):
        visitor.get("/akun/sandi")
        after = session.scalars(select(UserSession)).one().last_seen_at
        visitor.get("/akun/sandi")

    assert after > before
    assert session.scalars(select(UserSession)).one().last_seen_at == after


def test_what_has_ended_is_swept_when_somebody_signs_in(session, visit):
    old = make_user(session)
    sessions.begin(session, user_id=old.id, client="", remember=False)
    sessions.begin(session, user_id=old.id, client="", remember=True)
    for row in session.scalars(select(UserSession)):
        row.began_at = clock.now() - timedelta(days=2)

    visit(make_user(session))

    left = session.scalars(select(UserSession).where(UserSession.user_id == old.id)).all()
    assert [row.remember_hash is not None for row in left] == [True]


@pytest.mark.parametrize(
    ("agent", "words"),
    [(ANDROID, "Chrome, Android"), ("curl/8.5.0", ""), ("", ""), ("x" * 10_000, "")],
)
def test_a_device_is_named_in_words(agent, words):
    assert client_in_words(agent) == words
