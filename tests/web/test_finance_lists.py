"""Every list of finance: each sort, filter and download answers, within what the user may see."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from agentsys.listing import request as list_request
from agentsys.people.models import RoleName
from agentsys.web import bpjs_answers
from agentsys.web.finance import (
    callbacks,
    cases,
    commissions,
    deposits,
    gateway_payouts,
    holds,
    remittances,
    transfers,
)
from agentsys.web.lists import ListPage
from tests.factories import make_office, make_user
from tests.web.built_office import Built, built_office
from tests.web.full_office import Office

LISTS = {
    "/jawaban-bpjs/": bpjs_answers.WORKERS,
    "/keuangan/hak-pekerja": transfers.BALANCES,
    "/keuangan/kabar": callbacks.CALLBACKS,
    "/keuangan/kasus": cases.CASES,
    "/keuangan/komisi": commissions.RUNS,
    "/keuangan/pencairan": gateway_payouts.PAYOUTS,
    "/keuangan/setoran-agen": deposits.DEPOSITS,
    "/keuangan/setoran-bpjs": remittances.REMITTANCES,
    "/keuangan/setoran-bpjs/ditahan": holds.HOLDS,
}
everywhere = pytest.mark.parametrize(("path", "about"), LISTS.items())


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
    """An office in which every list has rows."""
    return built.office(session)


def _queries(about: ListPage) -> list[str]:
    found = [f"sort={sign}{name}" for name in about.sorts for sign in ("", "-")]
    found += [f"state={name}" for name in about.states]
    found += [f"tab={name}&sort={sort}" for name in about.tabs for sort in about.sorts]
    found += ["q=a%25_'", "agent=nobody", "from=2020-01-01&to=2099-12-31", "min=1&max=9.000.000"]
    return found


@everywhere
def test_each_sort_and_filter_answers(
    office: Office, visit: Any, path: str, about: ListPage
) -> None:
    auditor = visit(office.users[RoleName.AUDITOR])

    for query in _queries(about):
        answer = auditor.get(f"{path}?{query}")
        assert answer.status_code == 200, query
        assert 'class="notice error"' not in answer.get_data(as_text=True), query


@everywhere
def test_the_file_holds_the_rows_that_are_shown_and_says_the_filter(
    office: Office, visit: Any, path: str, about: ListPage
) -> None:
    auditor = visit(office.users[RoleName.AUDITOR])
    sort = next(iter(about.sorts))

    answer = auditor.get(f"{path}?sort={sort}&as=xlsx")

    sheet = (
        CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    )
    assert sheet[0][0].startswith(str(about.title))
    assert sheet[2] == [str(label) for label, _of in about.columns]
    shown = re.search(r"(\d+)(?:–\d+)? dari (\d+)", auditor.get(path).get_data(as_text=True))
    assert len(sheet) - 3 == (int(shown[2]) if shown else 0)


@everywhere
def test_the_pages_go_forward_and_back(
    office: Office, visit: Any, monkeypatch: pytest.MonkeyPatch, path: str, about: ListPage
) -> None:
    monkeypatch.setattr(list_request, "SIZE", 1)
    auditor = visit(office.users[RoleName.AUDITOR])

    def link(page: str, rel: str) -> str:
        found = re.search(rf'href="([^"]+)"\s+rel="{rel}"', page)
        return unescape(found[1]) if found else ""

    first = page = auditor.get(path).get_data(as_text=True)
    seen = 1
    while following := link(page, "next"):
        page = auditor.get(following).get_data(as_text=True)
        seen += 1
    total = re.search(r"1 dari (\d+)", first)
    assert seen == (int(total[1]) if total else 1)
    while before := link(page, "prev"):
        page = auditor.get(before).get_data(as_text=True)
    assert (total is None) or f"1 dari {total[1]}" in page


@everywhere
def test_another_office_sees_none_of_the_rows(
    session: Session, office: Office, visit: Any, path: str, about: ListPage
) -> None:
    if about is gateway_payouts.PAYOUTS:
        pytest.skip("the bank account is shared by all offices")
    stranger = visit(make_user(session, RoleName.FINANCE, office_id=make_office(session).id))

    page = stranger.get(path).get_data(as_text=True)

    # Callbacks about no known payment are shown to all offices.
    assert about in (cases.CASES, callbacks.CALLBACKS) or 'class="pages"' not in page
