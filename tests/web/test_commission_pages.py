"""Statements with many lines, and many statements: in pages, with few database statements."""

from __future__ import annotations

import importlib
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import time_machine
from python_calamine import CalamineWorkbook
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from agentsys.commissions.models import Statement
from agentsys.commissions.statement_lines import sums_by_rule
from agentsys.crypto import Vault
from agentsys.listing import request as list_request
from agentsys.people.models import RoleName, User
from tests.commissions.builders import AFTER_NOVEMBER, portfolio, run, statement_of
from tests.factories import make_agent, make_user

pytestmark = pytest.mark.made_up_books


@pytest.fixture(autouse=True)
def december() -> Iterator[None]:
    """November is over."""
    with time_machine.travel(AFTER_NOVEMBER):
        yield


@contextmanager
def counted() -> Iterator[list[str]]:
    """The database statements that run in the block."""
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def pages(visitor: Any, path: str) -> Iterator[str]:
    """All pages, following the link to the next one."""
    while path:
        page = visitor.get(path).get_data(as_text=True)
        yield page
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else ""


def earned(session: Session, vault: Vault, supervisor: User, *counts: int) -> list[Statement]:
    """Statements of agents with that many confirmed contributions each."""
    agents = [make_agent(session, supervisor_id=supervisor.id) for _ in counts]
    for agent, count in zip(agents, counts, strict=True):
        portfolio(session, vault, agent, count, phone=f"+6281200{agent.id:06d}")  # a signal
    run(session)
    found = [statement_of(session, agent) for agent in agents]
    return [statement for statement in found if statement is not None]


@pytest.mark.parametrize("who", ["agent", "supervisor"])
def test_a_statements_lines_come_in_pages_with_the_whole_sum_on_each(
    session: Session, vault: Vault, visit: Any, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    monkeypatch.setattr(list_request, "SIZE", 4)
    supervisor = make_user(session, RoleName.SUPERVISOR)
    small, large = earned(session, vault, supervisor, 3, 10)
    path = "/komisi" if who == "agent" else "/pembina/komisi"
    total, lines = (25_200, 10) if who == "agent" else (27_720, 11)
    visitor = visit(large.agent.user if who == "agent" else supervisor)

    with counted() as of_large:
        visitor.get(f"{path}/{large.id}")
    shown = list(pages(visitor, f"{path}/{large.id}"))

    assert [page.count('<th scope="row">') for page in shown] == [4, 4, lines - 8]
    assert all(f"Rp{total:,}".replace(",", ".") in page for page in shown)
    if who == "supervisor":
        with counted() as of_small:
            visitor.get(f"{path}/{small.id}")
        assert len(of_large) == len(of_small)


def test_a_remark_opens_its_lines_and_the_sheet_has_the_same(
    session: Session, vault: Vault, visit: Any
) -> None:
    supervisor = make_user(session, RoleName.SUPERVISOR)
    agent = make_agent(session, supervisor_id=supervisor.id)
    portfolio(session, vault, agent, 5, phone="+6281200000001")
    portfolio(session, vault, agent, 3, phone="")
    run(session)
    found = statement_of(session, agent)
    assert found is not None
    visitor, path = visit(supervisor), f"/pembina/komisi/{found.id}"

    page = visitor.get(path).get_data(as_text=True)
    behind = visitor.get(f"{path}?tab=shared_phone").get_data(as_text=True)
    sheet = visitor.get(f"{path}?tab=shared_phone&as=xlsx").data

    assert f'href="{path}?tab=shared_phone#rincian"' in page
    assert behind.count('<th scope="row">') == 5
    book = CalamineWorkbook.from_filelike(io.BytesIO(sheet))
    rows = book.get_sheet_by_index(0).to_python()
    assert len(rows[3:]) == 5
    assert "Nomor HP sama" in str(rows[0][0])


def test_each_rule_has_its_sum_and_leads_to_its_lines(
    session: Session, vault: Vault, visit: Any
) -> None:
    supervisor = make_user(session, RoleName.SUPERVISOR)
    [found] = earned(session, vault, supervisor, 4)
    path = f"/pembina/komisi/{found.id}"

    sums = sums_by_rule(session, statement_id=found.id)
    page = visit(supervisor).get(f"{path}?state={sums[0].rule}").get_data(as_text=True)

    assert sum(rule.amount_idr for rule in sums) == found.total_idr
    assert page.count('<th scope="row">') == sums[0].lines


@pytest.mark.parametrize("tab", ["waiting", "flagged", "approved"])
def test_the_next_page_begins_where_the_last_one_ended(
    session: Session, vault: Vault, visit: Any, monkeypatch: pytest.MonkeyPatch, tab: str
) -> None:
    view = importlib.import_module("agentsys.web.supervisor.commissions")
    supervisor = make_user(session, RoleName.SUPERVISOR)
    found = earned(session, vault, supervisor, 6, 5, 6, 7, 5)
    visitor = visit(supervisor)
    if tab == "approved":
        ids = [f"{one.id}:{one.lines_hash.hex()}" for one in found]
        visitor.submit("/pembina/komisi/putuskan", ids=ids, action="approve")
    monkeypatch.setattr(view, "SCANNED", 2)
    monkeypatch.setattr(list_request, "SIZE", 2)

    shown = list(pages(visitor, f"/pembina/komisi?tab={tab}"))

    listed = [int(key) for page in shown for key in re.findall(r'/pembina/komisi/(\d+)"', page)]
    assert sorted(listed) == sorted(one.id for one in found)
    assert len(shown) == 3
    if tab == "waiting":
        sums = {one.id: one.total_idr for one in found}
        assert [sums[key] for key in listed] == sorted(sums.values(), reverse=True)
        assert all("5 pengajuan" in page for page in shown)


def test_the_sheet_has_every_statement(
    session: Session, vault: Vault, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_request, "SIZE", 2)
    supervisor = make_user(session, RoleName.SUPERVISOR)
    earned(session, vault, supervisor, 1, 2, 3)

    content = visit(supervisor).get("/pembina/komisi?as=xlsx").data

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    rows = book.get_sheet_by_index(0).to_python()[1:]
    assert [row[6] for row in rows if isinstance(row[6], float)] == [8_316.0, 5_544.0, 2_772.0]
