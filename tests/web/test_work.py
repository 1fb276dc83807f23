"""The work queue on its pages: what waits, who holds it, and where it is decided."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, current_app
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.extension.contract import Decline
from agentsys.listing.request import ListRequest
from agentsys.payments.debit_models import Debit, Notice
from agentsys.people.models import Agent, RoleName
from agentsys.web.access import guard_of
from agentsys.web.waiting import list_of
from agentsys.work import counts, queries
from agentsys.work.kinds import BY_KEY, KINDS
from agentsys.work.models import WorkAssignment
from tests.factories import make_user
from tests.web.built_office import Built, built_office
from tests.web.full_office import Office

OFFICE_ROLES = (RoleName.SUPERVISOR, RoleName.FINANCE, RoleName.ADMIN)


@pytest.fixture(scope="module")
def built(app: Flask) -> Iterator[Built]:
    """The office, built once for all tests here."""
    with built_office(app) as made:
        yield made


@pytest.fixture
def session(built: Built) -> Iterator[Session]:
    """A session that sees the office."""
    with built.session() as session:
        yield session


@pytest.fixture
def office(session: Session, built: Built) -> Office:
    """An office in which something of each kind waits."""
    return built.office(session)


def first_item(session, user):
    return queries.waiting(session, user, ListRequest()).rows[0]


@pytest.mark.parametrize("role", OFFICE_ROLES)
def test_whoever_decides_lands_on_the_queue(visit, office, role):
    answer = visit(office.users[role]).get("/", follow_redirects=True)

    assert answer.request.path == "/kotak-kerja/"
    assert "Kotak kerja" in answer.get_data(as_text=True)


@pytest.mark.parametrize("escalated", [False, True])
@pytest.mark.parametrize("role", [*OFFICE_ROLES, RoleName.AUDITOR])
def test_every_item_leads_to_a_page_on_which_it_is_decided(visit, office, session, role, escalated):
    user = office.users[role]
    if escalated:
        session.execute(update(Debit).values(ended_at=Debit.ended_at - timedelta(days=40)))
        session.execute(update(Notice).values(prepared_at=Notice.prepared_at - timedelta(days=40)))
    visitor = visit(user)
    items = queries.waiting(session, user, ListRequest(size=100)).rows
    assert items
    if role is RoleName.AUDITOR or (escalated and role is RoleName.SUPERVISOR):
        assert "debit.visit" in {item.kind.key for item in items}

    for item in items:
        page = visitor.get(f"/kotak-kerja/{item.kind.key}/{item.subject}")
        assert page.status_code == 200, item
        text = page.get_data(as_text=True)
        links = re.findall(r'(?:data-decide-url|class="btn" href)="([^"]+)"', text)
        for url in links:
            assert visitor.get(unescape(url)).status_code == 200, (item.kind.key, url)
        assert len(re.findall("data-decide-url", text)) == user.can(
            guard_of(current_app, item.kind.endpoint)
        )
        if user.can(item.kind.decided_by):
            assert links, item.kind.key


def test_who_only_reads_of_a_visit_is_told_who_makes_it(visit, office, session):
    [debit_id] = office.ids["debit_id"]
    agent = session.scalar(select(Agent.name).where(Agent.id.in_(office.ids["agent_id"])))

    text = visit(office.users[RoleName.AUDITOR]).get(f"/kotak-kerja/debit.visit/{debit_id}")

    page = text.get_data(as_text=True)
    assert f"Diselesaikan agen {agent}." in page
    assert f'href="/keuangan/debit/{debit_id}"' in page
    assert "Buka dan putuskan" not in page


def test_a_visit_says_why_and_how_much_time_is_left(visit, office, session):
    [debit_id] = office.ids["debit_id"]
    debit = session.get(Debit, debit_id)
    debit.decline = Decline.FUNDS
    debit.period = clock.this_month()
    debit.first_on = debit.due_on = debit.period
    place = ZoneInfo("Asia/Makassar")  # whose calendar the page counts by
    debit.last_on = clock.now().astimezone(place).date() + timedelta(days=5)
    session.flush()
    auditor = visit(office.users[RoleName.AUDITOR])

    listed = auditor.get("/kotak-kerja/?state=debit.visit").get_data(as_text=True)
    page = auditor.get(f"/kotak-kerja/debit.visit/{debit_id}").get_data(as_text=True)

    for text in (listed, page):
        assert "Saldo kurang" in text
        assert "5 hari lagi" in text
    assert "belum terlindungi" in page
    assert "Belum dikirim" in page


@pytest.mark.parametrize("role", RoleName)
def test_the_menu_counts_every_item_that_the_inbox_counts(office, session, role):
    user = office.users[role]

    counted = {count.kind: count.number for count in counts.counts(session, user)}

    assert counts.numbers(session, user) == counted


def test_the_menu_reads_no_more_of_a_source_than_it_shows(office, session, monkeypatch):
    finance = office.users[RoleName.FINANCE]
    monkeypatch.setattr(counts, "MOST_COUNTED", 1)

    of_source = Counter()
    for kind, number in counts.numbers(session, finance).items():
        of_source[kind.source] += number

    assert set(of_source.values()) == {1}
    assert set(of_source) == {count.kind.source for count in counts.counts(session, finance)}


def test_what_one_source_finds_is_counted_at_one_entry_of_the_menu():
    entries = {(kind.source, list_of(kind.endpoint)) for kind in KINDS}

    assert len(entries) == len({kind.source for kind in KINDS})


def test_a_hundred_items_are_shown_as_more_than_ninety_nine(visit, office, monkeypatch):
    kind = BY_KEY["deposit.declared"]
    visitor = visit(office.users[RoleName.FINANCE])

    def badge(number: int) -> str:
        monkeypatch.setattr(counts, "numbers", lambda *_: {kind: number})
        text = visitor.get("/akun").get_data(as_text=True)
        entry = re.search(r'href="/kotak-kerja/"[^>]*>(.*?)</a>', text, re.DOTALL)
        assert entry
        [shown] = re.findall(r'<span class="num">(.*?)</span>', entry[1])
        return shown

    assert (badge(99), badge(100), badge(5_000)) == ("99", "99+", "99+")


def test_the_menu_counts_what_the_queue_lists(visit, office, session):
    finance = office.users[RoleName.FINANCE]

    text = visit(finance).get("/kotak-kerja/").get_data(as_text=True)

    total = sum(count.number for count in counts.counts(session, finance))
    entry = re.search(r'href="/kotak-kerja/"[^>]*>(.*?)</a>', text, re.DOTALL)
    assert entry
    assert f'<span class="num">{total}</span>' in entry[1]


def test_taking_an_item_shows_its_holder_to_everybody(visit, office, session):
    finance, colleague = office.users[RoleName.FINANCE], office.users[RoleName.ADMIN]
    item = first_item(session, finance)
    url = f"/kotak-kerja/{item.kind.key}/{item.subject}"

    assert visit(finance).submit(f"{url}/ambil").status_code == 302

    assert finance.name in visit(colleague).get(url).get_data(as_text=True)
    refused = visit(colleague).submit(f"{url}/ambil", follow_redirects=True)
    assert f"{finance.name} sudah memegang pekerjaan ini" in refused.get_data(as_text=True)
    assert session.get(WorkAssignment, (item.kind.key, item.subject)).holder_id == finance.id


def test_an_item_is_handed_over_with_a_note(visit, office, session):
    finance = office.users[RoleName.FINANCE]
    colleague = make_user(session, RoleName.FINANCE, office_id=finance.office_id, name="Lina")
    item = first_item(session, finance)
    url = f"/kotak-kerja/{item.kind.key}/{item.subject}"

    answer = visit(finance).submit(
        f"{url}/serahkan", to=colleague.id, note="Sudah saya telepon", follow_redirects=True
    )

    assert "Pekerjaan diserahkan kepada Lina" in answer.get_data(as_text=True)
    text = visit(colleague).get("/kotak-kerja/?tab=mine").get_data(as_text=True)
    assert text.count("data-item") == 1


def test_what_was_typed_for_a_refused_hand_over_comes_back(visit, office, session):
    finance = office.users[RoleName.FINANCE]
    item = first_item(session, finance)

    answer = visit(finance).submit(
        f"/kotak-kerja/{item.kind.key}/{item.subject}/serahkan",
        to=office.users[RoleName.AGENT].id,
        note="Tolong diperiksa",
    )

    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "Rekan itu tidak dapat memutuskan pekerjaan ini" in text
    assert "Tolong diperiksa" in text


def test_a_closed_item_says_so(visit, office):
    answer = visit(office.users[RoleName.FINANCE]).get("/kotak-kerja/deposit.declared/999999")

    assert answer.status_code == 404


def test_the_list_is_searched_and_taken_along_as_a_spreadsheet(visit, office):
    visitor = visit(office.users[RoleName.FINANCE])

    found = visitor.submit("/kotak-kerja/", list=1, q="Slip 1")
    assert found.get_data(as_text=True).count("data-item") == 1
    taken = visitor.get("/kotak-kerja/?as=xlsx&tab=cash")
    assert taken.headers["Content-Disposition"].endswith("kotak-kerja.xlsx")
