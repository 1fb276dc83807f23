"""The page that closes a month, and the report of a closed one."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.closing import checklist
from agentsys.closing.models import MonthClosing
from agentsys.crypto import Vault
from agentsys.people.models import RoleName
from tests.closing.months import close, next_month
from tests.closing.rows import locked_month
from tests.documents.reading import lines_of
from tests.factories import make_office, make_user
from tests.payments.world import World

PAGE = "/keuangan/tutup-bulan"


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """One month in cash."""
    found = World.build(session, vault)
    found.collect(found.months[:1])
    return found


def _form(world: World, **values: str) -> dict[str, str]:
    return {"office": str(world.office_id), "note": ""} | values


def test_a_month_is_closed_by_a_button_and_its_report_is_shown(world: World, visit: Any) -> None:
    with next_month(world) as month:
        visitor = visit(world.finance)
        before = visitor.get(PAGE).get_data(as_text=True)
        answer = visitor.submit(PAGE, **_form(world, month=f"{month:%Y-%m}"))
        report = visitor.get(answer.headers["Location"]).get_data(as_text=True)
        after = visitor.get(PAGE).get_data(as_text=True)

    closing = world.session.scalars(select(MonthClosing)).one()
    assert before.count("beres") == len(checklist.CHECKS)
    assert answer.status_code == 302
    assert "Titipan di tangan agen" in report
    assert "Rp16.800" in report
    assert closing.seal in report
    assert "Semua bulan yang sudah berakhir sudah ditutup." in after
    sealed = select(AuditEvent.details).where(AuditEvent.action == "closing.sealed")
    assert world.session.scalars(sealed).one()["seal"] == closing.seal


def test_what_is_missing_links_to_its_page_and_needs_a_reason(world: World, visit: Any) -> None:
    world.declare()
    with next_month(world) as month:
        visitor = visit(world.finance)
        page = visitor.get(PAGE).get_data(as_text=True)
        refused = visitor.submit(PAGE, **_form(world, month=f"{month:%Y-%m}"))
        closed = visitor.submit(
            PAGE, **_form(world, month=f"{month:%Y-%m}", note="Slip bank menyusul")
        )
        report = visitor.get(closed.headers["Location"]).get_data(as_text=True)

    assert 'href="/keuangan/setoran-agen"' in page
    assert "1 belum" in page
    assert "Alasan tetap ditutup" in page
    assert refused.status_code == 422
    assert "isi alasan mengapa tetap ditutup" in refused.get_data(as_text=True)
    assert closed.status_code == 302
    assert "Slip bank menyusul" in report


@pytest.mark.parametrize("month", ["2020-01", "besok", ""])
def test_a_month_that_is_not_offered_is_refused(world: World, visit: Any, month: str) -> None:
    with next_month(world):
        answer = visit(world.finance).submit(PAGE, **_form(world, month=month))

    assert answer.status_code == 422
    assert not world.session.scalars(select(MonthClosing)).all()


def test_another_office_sees_neither_the_page_of_this_one_nor_its_report(
    world: World, session: Session, visit: Any
) -> None:
    with next_month(world) as month:
        closing = close(world, month)
    stranger = visit(make_user(session, RoleName.FINANCE, office_id=make_office(session).id))

    assert stranger.get(f"{PAGE}/{closing.id}").status_code == 404
    assert stranger.get(f"{PAGE}?kantor={world.office_id}").status_code == 404
    assert stranger.submit(PAGE, **_form(world, month=f"{month:%Y-%m}")).status_code == 404


def test_the_files_have_the_sums_of_the_screen(world: World, visit: Any) -> None:
    with next_month(world) as month:
        closing = close(world, month)
        visitor = visit(world.finance)
        page = visitor.get(f"{PAGE}/{closing.id}").get_data(as_text=True)
        book = visitor.get(f"{PAGE}/{closing.id}.xlsx").get_data()
        paper = visitor.get(f"{PAGE}/{closing.id}.pdf").get_data()

    feet = re.findall(r"<tfoot>(.*?)</tfoot>", page, re.DOTALL)
    shown = [re.findall(r"Rp[0-9.]+", foot) for foot in feet]
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(book))
    totals = []
    for name in sheets.sheet_names:
        rows = sheets.get_sheet_by_name(name).to_python()
        counts = {row.index("Banyaknya") for row in rows if "Banyaknya" in row}
        totals += [
            [
                f"Rp{int(cell):,}".replace(",", ".")
                for place, cell in enumerate(row)
                if isinstance(cell, float) and place not in counts
            ]
            for row in rows
            if row[0] == "Jumlah"
        ]
    assert len(sheets.sheet_names) == 8
    assert shown[0] == ["Rp16.800", "Rp16.800"]
    assert totals == shown
    written = "\n".join(line for sheet in lines_of(paper) for line in sheet)
    assert written.count("Rp16.800") == page.count("Rp16.800")
    exported = select(AuditEvent.details).where(AuditEvent.action == "report.exported")
    assert len(world.session.scalars(exported).all()) == 2


def test_a_month_that_is_not_sealed_has_no_files(world: World, visit: Any) -> None:
    month = locked_month(
        world.session, office_id=world.office_id, month=date(2020, 1, 1), by=world.finance.id
    )
    visitor = visit(world.finance)

    assert "Laporannya sedang dihitung" in visitor.get(f"{PAGE}/{month.id}").get_data(as_text=True)
    assert visitor.get(f"{PAGE}/{month.id}.xlsx").status_code == 404
    assert visitor.get(f"{PAGE}/{month.id}.pdf").status_code == 404


def test_an_auditor_reads_and_has_no_button(world: World, session: Session, visit: Any) -> None:
    auditor = make_user(session, RoleName.AUDITOR, office_id=world.office_id)
    with next_month(world) as month:
        visitor = visit(auditor)
        page = visitor.get(PAGE).get_data(as_text=True)
        answer = visitor.submit(PAGE, **_form(world, month=f"{month:%Y-%m}"))

    assert "Daftar periksa" in page
    assert f'action="{PAGE}"' not in page.replace('method="get" action', "")
    assert answer.status_code == 403
