"""The page on which an office records BPJS' answers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.listing import request as list_request
from agentsys.people.models import Agent, RoleName, User
from agentsys.workers.models import NewToBpu, Worker
from tests.factories import invented_nik, make_agent, make_contribution, make_user, make_worker

PAGE = "/jawaban-bpjs/"

pytestmark = pytest.mark.made_up_books


def confirmed(session: Session, vault: Vault, agent: Agent, **values: Any) -> Worker:
    """A worker whom BPJS confirmed just now."""
    worker = make_worker(session, vault, agent=agent, **values)
    make_contribution(session, worker, payment_id=1, remittance_id=1, confirmed_at=clock.now())
    return worker


@pytest.mark.parametrize("role", [RoleName.SUPERVISOR, RoleName.FINANCE])
def test_the_workers_who_wait_are_listed_and_answered_with_one_press(
    session: Session, vault: Vault, visit: Any, role: RoleName
) -> None:
    agent = make_agent(session)
    asked = confirmed(session, vault, agent, name="Siti Aminah")
    confirmed(session, vault, agent, name="Sudah Dijawab", new_to_bpu=NewToBpu.NO)
    confirmed(session, vault, make_agent(session), name="Tim Lain")
    make_worker(session, vault, agent=agent, name="Belum Lunas")
    mine = {RoleName.SUPERVISOR: agent.supervisor}
    visitor = visit(mine.get(role) or make_user(session, role, office_id=agent.office_id))

    page = visitor.get(PAGE).get_data(as_text=True)
    answer = visitor.submit(f"{PAGE}{asked.id}", answer="yes")

    assert re.findall(r'<th scope="row">\s*([^<]+)', page) == ["Siti Aminah"]
    assert page.count("Pernah terdaftar sebagai BPU?") == 2
    buttons = re.findall(r'name="answer" value="(yes|no)">\s*(\w+)', page)
    assert buttons == [("yes", "BARU"), ("no", "PERNAH")]
    assert answer.location == PAGE
    assert asked.new_to_bpu is NewToBpu.YES
    assert "Siti Aminah dicatat" in visitor.get(PAGE).get_data(as_text=True)


def test_a_paste_gives_back_only_the_lines_that_were_not_recorded_each_with_its_reason(
    session: Session, vault: Vault, visit: Any
) -> None:
    agent = make_agent(session)
    nik, unknown = invented_nik(6_001), invented_nik(6_002)
    worker = confirmed(session, vault, agent, nik=nik)
    visitor = visit(agent.supervisor)

    answer = visitor.submit(PAGE, answers=f"NIK;PERNAH TERDAFTAR?\n{nik} TIDAK\n{unknown} YA")
    nothing = visitor.submit(PAGE, answers="  ")

    page = answer.get_data(as_text=True)
    assert worker.new_to_bpu is NewToBpu.YES
    assert "1 jawaban dicatat." in page
    assert "Baris 2: Tidak ada pekerja Anda dengan nomor itu." in page
    assert nik not in page
    assert f">NIK;PERNAH TERDAFTAR?\n{unknown} YA</textarea>" in page
    assert nothing.status_code == 422


def test_who_waits_comes_in_pages(
    session: Session, vault: Vault, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_request, "SIZE", 2)
    agent = make_agent(session)
    names = [confirmed(session, vault, agent).name for _ in range(5)]
    visitor = visit(agent.supervisor)

    seen, path = [], PAGE
    while path:
        page = visitor.get(path).get_data(as_text=True)
        seen += [name.strip() for name in re.findall(r'<th scope="row">\s*([^<]+)', page)]
        following = re.search(r'href="([^"]+)" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else ""

    assert seen == names


def test_the_list_names_its_state_in_the_statement_so_that_a_kept_plan_uses_the_index(
    session: Session, visit: Any
) -> None:
    agent = make_agent(session)
    visitor = visit(session.get_one(User, agent.supervisor_id))
    asked: list[str] = []

    @event.listens_for(session.connection(), "before_cursor_execute")
    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    visitor.get("/jawaban-bpjs/")

    lists = [text for text in asked if "workers.kpj" in text and "new_to_bpu" in text]
    assert lists
    assert all("new_to_bpu = 'unknown'" in text for text in lists), lists


def test_the_agent_sees_how_many_count_wait_and_do_not(
    session: Session, vault: Vault, visit: Any
) -> None:
    agent = make_agent(session)
    for answer in (NewToBpu.YES, NewToBpu.YES, NewToBpu.YES, NewToBpu.UNKNOWN, NewToBpu.NO):
        confirmed(session, vault, agent, new_to_bpu=answer)

    page = visit(agent.user).get("/komisi").get_data(as_text=True)

    figures = re.findall(r"<dt>([^<]+)</dt>\s*<dd>([^<]+)</dd>", page)
    assert ("Dihitung (BPJS: baru)", "3 dari 25 yang diperlukan") in figures
    assert ("Menunggu jawaban BPJS", "1") in figures
    assert ("Tidak dihitung", "1") in figures
