"""Signing in, refused sign-ins, and the headers of every answer."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.people import accounts
from agentsys.people.models import RoleName
from tests.factories import PASSWORD, make_agent, make_user

WRONG = "bukan-ini-sandinya"


def sign_in(client, identity, password=PASSWORD):
    return client.post(
        "/masuk", data={"email": identity, "password": password, "csrf_token": client.token()}
    )


@pytest.mark.parametrize(
    "identity", ["081234567890", "0812-3456-7890", "+62 812 3456 7890", "6281234567890"]
)
def test_every_way_of_writing_ones_number_signs_in(session, client, identity):
    make_agent(session, user_id=make_user(session, RoleName.AGENT, phone="+6281234567890").id)

    assert sign_in(client, identity).status_code == 302
    assert client.get("/akun").status_code == 200


def test_an_e_mail_address_signs_in_whatever_its_case(session, client):
    make_user(session, RoleName.ADMIN, phone=None, email="admin@contoh.id")

    assert sign_in(client, "Admin@Contoh.id").status_code == 302


def shown(answer):
    """The status, and the page without what differs each time."""
    page = re.sub(r'(nonce|value)="[^"]*"', "", answer.get_data(as_text=True))
    return answer.status_code, page


def test_an_unknown_number_a_wrong_password_and_a_locked_account_look_alike(session, client):
    locked = make_user(session, locked_until=clock.now() + timedelta(minutes=5))
    closed = make_user(session, active=False)

    answers = [
        shown(sign_in(client, "0899-9999-9999", WRONG)),
        shown(sign_in(client, make_user(session).phone, WRONG)),
        shown(sign_in(client, locked.phone, WRONG)),
        shown(sign_in(client, locked.phone)),
        shown(sign_in(client, closed.phone)),
    ]

    assert "kata sandi salah. Setelah lima kali salah, tunggu 15 menit." in answers[0][1]
    assert answers == [(200, answers[0][1])] * len(answers)


def test_each_of_those_tries_costs_a_hash_and_none_of_a_locked_account_is_checked(
    session, client, monkeypatch
):
    hashed, checked = [], []
    monkeypatch.setattr("flask_security.forms.hash_password", hashed.append)
    monkeypatch.setattr(
        "flask_security.core.verify_and_update_password", lambda *given: checked.append(given)
    )
    locked = make_user(session, locked_until=clock.now() + timedelta(minutes=5))

    sign_in(client, "0899-9999-9999", WRONG)
    sign_in(client, locked.phone)

    assert hashed == [WRONG, PASSWORD]
    assert checked == []


def test_five_wrong_passwords_lock_the_account_for_a_while(session, client):
    user = make_user(session)
    for _ in range(5):
        sign_in(client, user.phone, WRONG)

    assert sign_in(client, user.phone).status_code == 200
    user.locked_until = clock.now() - timedelta(seconds=1)
    assert sign_in(client, user.phone).status_code == 302


def test_tries_on_a_locked_account_do_not_lock_it_for_longer(session, client):
    user = make_user(session)
    for _ in range(5):
        sign_in(client, user.phone, WRONG)
    until = user.locked_until

    for _ in range(6):
        sign_in(client, user.phone, WRONG)

    assert (user.locked_until, user.failed_logins) == (until, 0)


def test_a_right_password_forgets_the_wrong_ones(session, client):
    user = make_user(session)
    for _ in range(4):
        sign_in(client, user.phone, WRONG)
    sign_in(client, user.phone)

    session.refresh(user)
    assert user.failed_logins == 0


def test_the_trail_keeps_signing_in_and_a_lock_once_and_never_what_was_typed(session, client):
    user = make_user(session)
    for _ in range(4):
        sign_in(client, user.phone, WRONG)
    sign_in(client, user.phone)
    client.submit("/keluar")
    for _ in range(12):
        sign_in(client, user.phone, WRONG)
        sign_in(client, "0899-9999-9999", WRONG)

    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    subject = f"user:{user.id}"
    assert [(event.actor_id, event.action, event.subject, event.details) for event in events] == [
        (user.id, "user.signed_in", subject, {"wrong_before": 4}),
        (None, "user.locked", subject, {"wrong": 5}),
    ]


def test_a_closed_account_is_out_at_once(session, visit):
    user, admin = make_user(session), make_user(session, RoleName.ADMIN)
    visitor = visit(user)
    assert visitor.get("/akun").status_code == 200

    accounts.set_active(session, user_id=user.id, active=False, actor_id=admin.id)

    assert visitor.get("/akun").status_code == 302


def test_nobody_closes_the_own_account(session):
    admin = make_user(session, RoleName.ADMIN)

    with pytest.raises(accounts.Invalid, match="sendiri"):
        accounts.set_active(session, user_id=admin.id, active=False, actor_id=admin.id)


def test_a_form_without_its_token_changes_nothing_and_explains(session, visit):
    visitor = visit(make_user(session))

    answer = visitor.post("/keluar")

    assert answer.status_code == 400
    assert "muat ulang" in answer.get_data(as_text=True)
    assert visitor.get("/akun").status_code == 200


def test_after_signing_out_the_pages_are_closed(session, visit):
    visitor = visit(make_user(session))

    visitor.submit("/keluar")

    assert visitor.get("/akun").status_code == 302


def test_the_page_that_one_wanted_is_shown_after_signing_in_and_no_other_site(session, client):
    user = make_user(session)
    sent_to = client.get("/akun").headers["Location"]
    assert sent_to == "/masuk?next=/akun"

    data = {"email": user.phone, "password": PASSWORD, "csrf_token": client.token()}
    elsewhere = client.post("/masuk?next=https://jahat.example/", data=data)

    assert "jahat" not in elsewhere.headers.get("Location", "")


@pytest.mark.parametrize("path", ["/masuk", "/tidak-ada", "/akun", "/k/TIDAKADA00"])
def test_every_answer_carries_the_headers_that_protect(client, path):
    headers = client.get(path).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


def test_the_language_switch_is_kept_and_leads_back_to_our_own_pages_only(client):
    back = client.submit("/bahasa", lang="en", next="/masuk")
    away = client.submit("/bahasa", lang="en", next="//jahat.example/")

    assert back.headers["Location"] == "/masuk"
    assert away.headers["Location"] == "/"
    assert '<html lang="en"' in client.get("/masuk").get_data(as_text=True)


def test_an_old_android_that_asks_for_in_gets_indonesian(client):
    page = client.get("/masuk", headers={"Accept-Language": "in-ID,en;q=0.5"})

    assert '<html lang="id"' in page.get_data(as_text=True)


def test_cookies_are_closed_to_scripts_and_to_other_sites(session, client):
    answer = client.get("/masuk")

    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_password_of_which_no_hash_can_be_made_is_refused_for_anybody(session, client):
    user = make_user(session)

    for identity in (user.phone, "081200099999"):
        for password in ("x" * 10_000, "\N{ARABIC LIGATURE JALLAJALALOUHOU}" * 1_100):
            answer = client.submit("/masuk", email=identity, password=password)

            assert answer.status_code == 200
            assert "atau kata sandi salah." in answer.get_data(as_text=True)


def test_a_place_in_a_list_that_no_number_can_tell_is_the_first_page(session, visit):
    visitor = visit(make_user(session, RoleName.FINANCE))

    assert visitor.get(f"/keuangan/kasus?after={'9' * 5_000}").status_code == 200


def test_a_number_that_no_id_can_have_is_simply_not_found(session, visit):
    visitor = visit(make_agent(session).user)

    assert visitor.get(f"/pekerja/{10**30}").status_code == 404
    session.rollback()


def browser_that_was_closed(client):
    """The client without its session cookie: only the cookie that remembers the user is kept."""
    client.delete_cookie("agentsys")
    return client


@pytest.mark.parametrize("role", list(RoleName))
def test_only_an_agent_stays_signed_in_when_the_browser_is_closed(session, client, role):
    user = make_user(session, role)

    client.submit("/masuk", email=user.phone, password=PASSWORD, remember="y")

    assert client.get("/akun").status_code == 200
    later = browser_that_was_closed(client).get("/akun").status_code
    assert later == (200 if role is RoleName.AGENT else 302)


def test_a_token_signs_nobody_in(session, client):
    user = make_user(session)
    token = user.get_auth_token()

    assert client.get("/akun", query_string={"auth_token": token}).status_code == 302
    assert client.get("/akun", headers={"Authentication-Token": token}).status_code == 302
    assert client.get("/akun", json={"auth_token": token}).status_code == 302


def test_the_password_is_asked_for_at_the_sign_in_page_and_nowhere_else(app):
    theirs = {rule.endpoint for rule in app.url_map.iter_rules() if "security." in rule.endpoint}

    assert theirs - {"security.static"} == {"security.login", "security.logout"}


def test_the_first_page_says_what_it_is_and_shows_no_demo_login_outside_the_demo(client):
    page = client.get("/masuk").get_data(as_text=True)

    assert "BPJS Ketenagakerjaan" in page
    assert 'inputmode="tel"' in page
    assert "data-identity" not in page
