"""Where answers never lead."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest

from agentsys.errors import Invalid
from agentsys.payments import links
from agentsys.web.addresses import own_page
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

    assert answer.headers["Location"] == "/"
