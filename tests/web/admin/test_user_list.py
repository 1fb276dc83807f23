"""The list of users: found, sorted, filtered, paged and taken away."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.listing import request as list_request
from agentsys.people.models import Office, User
from tests.factories import make_user

PAGE = "/admin/pengguna"


def test_users_are_found_by_name_phone_and_email(
    session: Session, boss: User, office: Office, visit: Any
) -> None:
    make_user(
        session, office_id=office.id, name="Wulan Sari", phone="+628119990001", email="w@contoh.id"
    )
    make_user(session, office_id=office.id, name="Joko Susilo")
    admin = visit(boss)

    for query in ("wulan", "08119990001", "W@CONTOH"):
        page = admin.submit(PAGE, list=1, q=query, follow_redirects=True).get_data(as_text=True)
        assert "Wulan Sari" in page
        assert "Joko Susilo<small>" not in page


def test_a_filter_of_any_length_makes_an_address_that_servers_take(boss: User, visit: Any) -> None:
    answer = visit(boss).submit(
        PAGE,
        list=1,
        **{name: "\N{GRINNING FACE}" * 50_000 for name in list_request.NAMES if name != "q"},
    )

    assert answer.status_code == 303
    assert len(answer.location) < 60_000


def test_no_address_holds_the_phone_number_that_somebody_searched_for(
    session: Session, boss: User, office: Office, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_request, "SIZE", 1)
    for number in (1, 2):
        make_user(session, office_id=office.id, name=f"AA {number}", phone=f"+62811999000{number}")
    admin = visit(boss)

    first = admin.submit(PAGE, list=1, q="0811999").get_data(as_text=True)
    after = re.search(r'name="page"\s+value="([\w-]+)"', first)
    assert after
    second = admin.submit(PAGE, list=1, q="0811999", page=after[1]).get_data(as_text=True)

    for page in (first, second):
        addresses = re.findall(r'(?:href|action|data-\w+)="([^"]*)"', page)
        assert [address for address in addresses if "11999" in address] == []
    listed = [re.findall(r'/peran">(AA \w+)</a><small>', page) for page in (first, second)]
    assert listed == [["AA 1"], ["AA 2"]]


def test_the_list_goes_on_where_the_page_ended(
    session: Session, boss: User, office: Office, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_request, "SIZE", 2)
    names = ["AA satu", "AA dua", "AA dua", "AA nol"]
    for name in names:
        make_user(session, office_id=office.id, name=name)
    admin = visit(boss)

    seen, path = [], f"{PAGE}?q=AA+&state=active&sort=name"
    while path:
        page = admin.get(path).get_data(as_text=True)
        seen += re.findall(r'/peran">(AA \w+)</a><small>', page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else ""

    assert seen == sorted(names)


def test_the_list_says_which_rows_it_shows_and_goes_back(
    session: Session, boss: User, office: Office, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_request, "SIZE", 2)
    for number in "abcde":
        make_user(session, office_id=office.id, name=f"AA {number}")
    admin = visit(boss)

    def links(page: str) -> dict[str, str]:
        found = re.findall(r'href="([^"]+)" rel="(\w+)"', page)
        return {rel: url.replace("&amp;", "&") for url, rel in found}

    pages = [admin.get(f"{PAGE}?q=AA").get_data(as_text=True)]
    while "next" in links(pages[-1]):
        pages.append(admin.get(links(pages[-1])["next"]).get_data(as_text=True))
    back = admin.get(links(pages[-1])["prev"]).get_data(as_text=True)

    shown = [re.findall(r"[\d–]+ dari \d+", page) for page in pages]
    assert shown == [["1–2 dari 5"], ["3–4 dari 5"], ["5 dari 5"]]
    assert "3–4 dari 5" in back
    assert "prev" not in links(pages[0])


def test_the_list_is_sorted_by_a_column_that_is_named_and_by_no_other(
    session: Session, boss: User, office: Office, visit: Any
) -> None:
    for name in ("AA satu", "AA dua"):
        make_user(session, office_id=office.id, name=name)
    admin = visit(boss)

    def names(sort: str) -> list[str]:
        page = admin.get(f"{PAGE}?q=AA&sort={sort}").get_data(as_text=True)
        return re.findall(r'/peran">(AA \w+)</a><small>', page)

    assert names("name") == names("password") == ["AA dua", "AA satu"]
    assert names("-name") == ["AA satu", "AA dua"]
    page = admin.get(f"{PAGE}?sort=-name").get_data(as_text=True)
    assert re.findall(r'aria-sort="(\w+)"', page) == ["descending"]


def test_what_is_shown_is_taken_away_with_its_filter_written_in_it(
    session: Session, boss: User, office: Office, visit: Any
) -> None:
    make_user(session, office_id=office.id, name="=AA()", active=False)
    make_user(session, office_id=office.id, name="AA dua")
    admin = visit(boss)

    answer = admin.get(f"{PAGE}?q=AA&state=disabled&from=2020-01-31&as=xlsx")

    sheet = (
        CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    )
    assert sheet[0][0] == ("Pengguna · cari: AA · status: Dinonaktifkan · dari 31 Jan 2020")
    assert [row[0] for row in sheet[3:]] == ["=AA()"]
    recorded = session.scalars(select(AuditEvent).where(AuditEvent.action == "list.exported")).one()
    assert recorded.details == {"rows": 1, "filters": ["from", "q", "state"]}


def test_a_filter_that_cannot_be_read_is_said_and_kept(boss: User, visit: Any) -> None:
    page = visit(boss).get(f"{PAGE}?from=31-12-2026").get_data(as_text=True)

    assert "Tanggal belum benar" in page
    assert 'value="31-12-2026"' in page
