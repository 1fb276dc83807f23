"""Where requests come from, and where answers never lead."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import pytest
from sqlalchemy import select

from agentsys import clock
from agentsys.db import db
from agentsys.errors import Invalid
from agentsys.payments import links
from agentsys.people import signing_in
from agentsys.people.models import WrongPasswords
from agentsys.web.addresses import client_network, own_page
from tests.factories import PASSWORD, make_agent, make_user, make_worker

HOSTILE = [
    "https://jahat.example/",
    "http://localhost:81/akun",
    "javascript:alert(1)",
    "//jahat.example",
    "///jahat.example",
    "////jahat.example",
    "/\\jahat.example",
    "\\\\jahat.example",
    "/\t/jahat.example",
    "\t//jahat.example",
    "/\n/jahat.example",
    "/\r\n/jahat.example",
    "/%09/jahat.example",
    "/%5cjahat.example",
    "/%2f/jahat.example",
    " //jahat.example",
    "\x19////jahat.example",
    "/.//jahat.example",
    "/akun\r\nSet-Cookie: a=b",
    "jahat.example",
    "",
]


@pytest.mark.parametrize("wanted", HOSTILE)
def test_the_language_switch_never_leads_to_another_site(client, wanted):
    answer = client.submit("/bahasa", lang="en", next=wanted)

    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("wanted", ["/", "/akun", "/hari-ini?f=due&q=a%20b", "/masuk?next=/akun"])
def test_the_language_switch_leads_back_to_our_own_pages(client, wanted):
    assert client.submit("/bahasa", lang="en", next=wanted).headers["Location"] == wanted


@pytest.mark.parametrize("wanted", HOSTILE)
@pytest.mark.parametrize("place", ["form", "address"])
def test_signing_in_never_leads_to_another_site(session, client, wanted, place):
    user = make_user(session)
    data = {"email": user.phone, "password": PASSWORD, "csrf_token": client.token()}

    answer = client.post(
        "/masuk",
        data=data | ({"next": wanted} if place == "form" else {}),
        query_string={"next": wanted} if place == "address" else {},
    )

    location = answer.headers["Location"]
    assert answer.status_code == 302
    assert location == own_page(location)
    assert urlsplit(urljoin("http://localhost/masuk", location)).netloc == "localhost"


@pytest.mark.parametrize("path", ["/jahat.example", "\\jahat.example"])
def test_a_refusal_leads_back_to_our_own_pages_only(session, vault, visit, monkeypatch, path):
    agent = make_agent(session)
    worker = make_worker(session, vault, agent=agent)
    visitor = visit(agent.user)

    def refuse(*_, **__):
        raise Invalid("Belum bisa.")

    monkeypatch.setattr(links, "make_link", refuse)
    answer = visitor.post(
        f"/pekerja/{worker.id}/tautan",
        data={"csrf_token": visitor.token()},
        headers={"Referer": f"http://localhost/{path}"},
    )

    assert answer.headers["Location"] == f"/pekerja/{worker.id}"


@pytest.mark.parametrize(
    ("given", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[2001:db8:1:2:3::4]", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("bukan alamat", "bukan alamat"),
    ],
)
def test_the_addresses_of_one_line_are_one(app, given, network):
    with app.test_request_context(environ_base={"REMOTE_ADDR": given}):
        assert client_network() == network


def test_an_address_with_too_many_wrong_passwords_is_told_to_wait(session, client):
    user = make_user(session)
    session.add(
        WrongPasswords(
            address="127.0.0.1",
            count=signing_in.WRONG_OF_AN_ADDRESS - 1,
            since=clock.now(),
        )
    )
    allowed = client.sign_in(user, "bukan-ini-sandinya")
    refused = client.sign_in(user)

    assert allowed.status_code == 200
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "900"
    assert "Tunggu beberapa menit" in refused.get_data(as_text=True)


@pytest.mark.parametrize(("proxies", "counted"), [(0, "127.0.0.1"), (1, "198.51.100.9")])
def test_an_address_that_a_header_gives_counts_only_behind_trusted_proxies(
    make_app, committed, proxies, counted
):
    app = make_app(settings={"trusted_proxies": proxies})
    client = app.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/masuk").text)
    assert token is not None

    client.post(
        "/masuk",
        data={"email": "0899-9999-9999", "password": "salah", "csrf_token": token[1]},
        headers={"X-Forwarded-For": "203.0.113.1, 198.51.100.9"},
    )

    with app.app_context():
        assert list(db.session.scalars(select(WrongPasswords.address))) == [counted]
        db.session.remove()
        db.engine.dispose()
