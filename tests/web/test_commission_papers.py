"""Commission statements on paper: equal to the page, the workbook and the database."""

from __future__ import annotations

import io
import re

import pytest
import time_machine
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select

from agentsys.commissions.models import StatementLine
from agentsys.extension.contract import Beneficiary
from agentsys.money import format_idr
from tests.commissions.builders import (
    AFTER_NOVEMBER,
    DECEMBER,
    approve,
    at,
    confirm,
    portfolio,
    run,
    statement_of,
)
from tests.documents.reading import texts_on
from tests.factories import make_agent, make_worker

pytestmark = pytest.mark.made_up_books


@pytest.fixture(autouse=True)
def december():
    """November is over."""
    with time_machine.travel(AFTER_NOVEMBER):
        yield


def sheet(answer):
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
    return book.get_sheet_by_index(0).to_python()


def texts(content):
    return [text for page in texts_on(content) for _x, _y, text in page]


@pytest.mark.parametrize("count", [1, 30])
def test_page_pdf_workbook_and_database_say_the_same_to_the_rupiah(session, vault, visit, count):
    agent = make_agent(session)
    portfolio(session, vault, agent, count)
    run(session)
    approve(session, agent)
    found = statement_of(session, agent)
    amounts = select(StatementLine.amount_idr).where(StatementLine.statement_id == found.id)
    for visitor, path, lines, total_idr in (
        (
            visit(agent.user),
            f"/komisi/{found.id}",
            amounts.where(StatementLine.beneficiary == Beneficiary.AGENT),
            found.agent_idr,
        ),
        (visit(agent.supervisor), f"/pembina/komisi/{found.id}", amounts, found.total_idr),
    ):
        wanted = sorted(session.scalars(lines))
        assert sum(wanted) == total_idr

        text = texts(visitor.get(f"{path}/laporan.pdf").data)
        rows = sheet(visitor.get(f"{path}/laporan.xlsx"))
        page = visitor.get(f"{path}?size=200").get_data(as_text=True)

        cells = [row[4] for row in rows if row and isinstance(row[4], float)]
        assert sorted(cells[:-1]) == wanted
        assert cells[-1] == total_idr
        printed = [line for line in text if re.fullmatch(r"Rp[0-9.]+", line)]
        for amount_idr in set(wanted):
            assert printed.count(format_idr(amount_idr)) >= wanted.count(amount_idr)
        assert printed.count(format_idr(total_idr)) >= 2  # below both tables
        assert format_idr(total_idr) in page
        assert any("Perkiraan" in line for line in text)
        assert any(found.lines_hash.hex()[:12] in line for line in text)


def test_an_agent_downloads_no_statement_of_somebody_else(session, vault, visit):
    agent, other = make_agent(session), make_agent(session)
    portfolio(session, vault, agent, 1)
    run(session)
    found = statement_of(session, agent)

    for name in ("laporan.pdf", "laporan.xlsx"):
        assert visit(other.user).get(f"/komisi/{found.id}/{name}").status_code == 404
        other_one = visit(other.supervisor)
        assert other_one.get(f"/pembina/komisi/{found.id}/{name}").status_code == 404


def test_a_month_stands_beside_the_month_before_with_new_and_missing_agents(session, vault, visit):
    stayed, left = make_agent(session), make_agent(session)
    left.supervisor_id = stayed.supervisor_id
    session.flush()
    for agent in (stayed, left):
        portfolio(session, vault, agent, 1)
    run(session)
    with time_machine.travel(at(5, 12)):
        worker = make_worker(session, vault, agent=stayed)
        confirm(session, worker, DECEMBER, at(3, 12), jkk_idr=30_000)
        run(session, month=DECEMBER)
        visitor = visit(stayed.supervisor)
        rows = sheet(visitor.get("/pembina/komisi/bulan/2026-12/komisi.xlsx"))
        text = texts(visitor.get("/pembina/komisi/bulan/2026-12/komisi.pdf").data)

    by_code = {row[0]: row for row in rows}
    assert by_code[stayed.code][4:7] == [5_520.0, 552.0, 2_520.0]
    assert by_code[stayed.code][8] == 3_000.0
    assert by_code[left.code][4:7] == [0.0, 0.0, 2_520.0]
    assert by_code[left.code][2] == "tidak ada bulan ini"
    assert rows[-1][4] - rows[-1][6] == rows[-1][8] == 480.0
    assert "-Rp2.520" in text
    assert visit(stayed.supervisor).get("/pembina/komisi/bulan/nanti/komisi.pdf").status_code == 404


def test_a_statement_of_many_lines_fits_into_a_document(session, vault, visit):
    agent = make_agent(session)
    portfolio(session, vault, agent, 300)
    run(session)
    found = statement_of(session, agent)

    text = texts(visit(agent.user).get(f"/komisi/{found.id}/laporan.pdf").data)

    lines = session.scalar(
        select(func.count()).where(
            StatementLine.statement_id == found.id, StatementLine.beneficiary == Beneficiary.AGENT
        )
    )
    assert sum(line == "2026-11" for line in text) == lines == 600
    assert any(re.search(r"Halaman 1 dari [0-9]{2}", line) for line in text)
