"""The page of the three-way match: its totals add up, and its file and report have the same."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.people.models import RoleName
from tests.closing.matching import Month
from tests.closing.months import close, next_month
from tests.factories import make_office, make_user
from tests.payments.world import World

PAGE = "/keuangan/tiga-arah"


@pytest.fixture
def month(session: Session, vault: Vault) -> Month:
    """One matched, one not settled, one not remitted, one in the hands of the agent, one unpaid."""
    found = Month(World.build(session, vault))
    matched = found.pay()
    found.pay()
    found.confirm()
    found.settle(matched)
    found.pay()
    found.world.ask_for_another()
    found.world.collect(found.world.months[:1])
    return found


def address(month: Month, **more: str) -> str:
    """The page of the month."""
    asked = {"kantor": str(month.world.office_id), "bulan": f"{month.month:%Y-%m}"} | more
    return PAGE + "?" + "&".join(f"{name}={value}" for name, value in asked.items())


def feet(page: str) -> list[list[str]]:
    """The rupiah in the last row of each table."""
    found = re.findall(r"<tfoot>(.*?)</tfoot>", page, re.DOTALL)
    return [re.findall(r"Rp[0-9.]+", foot) for foot in found]


def test_the_classes_and_the_channels_have_the_same_sums(month: Month, visit: Any) -> None:
    page = visit(month.world.finance).get(address(month)).get_data(as_text=True)

    channels, classes = feet(page)
    assert channels == ["Rp84.000", "Rp67.200", "Rp16.800", "Rp67.200", "Rp33.600"]
    assert classes == ["Rp84.000", "Rp16.800", "Rp67.200", "Rp33.600"]
    assert page.count("Dibayar, belum disetor ke BPJS") >= 2
    assert "Unggah laporan penyelesaian gateway" in page


def test_the_file_has_the_sums_of_the_screen_and_every_exception(month: Month, visit: Any) -> None:
    visitor = visit(month.world.finance)
    page = visitor.get(address(month)).get_data(as_text=True)
    book = visitor.get(address(month).replace(PAGE, f"{PAGE}.xlsx")).get_data()

    sheets = CalamineWorkbook.from_filelike(io.BytesIO(book))
    totals = [
        [f"Rp{int(cell):,}".replace(",", ".") for cell in row if isinstance(cell, float)]
        for name in sheets.sheet_names
        for row in sheets.get_sheet_by_name(name).to_python()
        if row[0] == "Jumlah"
    ]
    shown = feet(page)
    assert [totals[0][1:], totals[1][1:]] == shown
    exceptions = month.found().exceptions
    assert totals[2][0] == f"Rp{exceptions.billed_idr:,}".replace(",", ".")
    exported = select(AuditEvent.details).where(AuditEvent.action == "report.exported")
    assert [row["rows"] for row in month.world.session.scalars(exported)] == [exceptions.count]


def test_a_class_is_shown_alone_and_found_by_the_number_of_its_payment(
    month: Month, visit: Any
) -> None:
    visitor = visit(month.world.finance)
    unsettled = visitor.get(address(month, tab="not_settled")).get_data(as_text=True)
    [reference] = re.findall(r">(AG[^<]*)</a>", unsettled)
    found = visitor.get(address(month, q=reference)).get_data(as_text=True)
    nothing = visitor.get(address(month, q="tidak-ada")).get_data(as_text=True)

    assert re.findall(r">(AG[^<]*)</a>", found) == [reference]
    assert '<input type="hidden" name="bulan"' in found
    assert not re.findall(r">(AG[^<]*)</a>", nothing)


def test_the_list_goes_on_where_the_page_before_ended(
    month: Month, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agentsys.listing import request

    monkeypatch.setattr(request, "SIZE", 2)
    visitor = visit(month.world.finance)
    first = visitor.get(address(month)).get_data(as_text=True)
    [onward] = re.findall(r'href="([^"]*)" rel="next"', first)
    second = visitor.get(onward.replace("&amp;", "&")).get_data(as_text=True)

    assert "1–2 dari 3" in first
    assert "3 dari 3" in second


def test_an_auditor_reads_it_and_others_do_not(month: Month, session: Session, visit: Any) -> None:
    world = month.world
    auditor = make_user(session, RoleName.AUDITOR, office_id=world.office_id)
    supervisor = make_user(session, RoleName.SUPERVISOR, office_id=world.office_id)
    stranger = make_user(session, RoleName.FINANCE, office_id=make_office(session).id)

    assert "Menurut kelas" in visit(auditor).get(address(month)).get_data(as_text=True)
    assert visit(supervisor).get(address(month)).status_code == 403
    assert visit(stranger).get(address(month)).status_code == 404
    assert visit(stranger).get(address(month).replace(PAGE, f"{PAGE}.xlsx")).status_code == 404


@pytest.mark.parametrize("bulan", ["2026-13", "besok", "0000-01", "2026-11-01", "'"])
def test_a_month_that_cannot_be_read_is_said(month: Month, visit: Any, bulan: str) -> None:
    answer = visit(month.world.finance).get(f"{PAGE}?bulan={bulan}")

    assert answer.status_code == 200
    assert "Tulis bulan seperti 2026-11." in answer.get_data(as_text=True)


def test_the_closing_report_and_its_files_have_what_the_page_had(month: Month, visit: Any) -> None:
    world = month.world
    order = world.ask_for_another()
    world.report(order, PaymentState.SETTLED)
    world.collect(world.months[1:])
    with next_month(world) as closed:
        visitor = visit(world.finance)
        checklist = visitor.get("/keuangan/tutup-bulan").get_data(as_text=True)
        page = visitor.get(f"{PAGE}?bulan={closed:%Y-%m}").get_data(as_text=True)
        closing = close(world, closed)
        report = visitor.get(f"/keuangan/tutup-bulan/{closing.id}").get_data(as_text=True)
        book = visitor.get(f"/keuangan/tutup-bulan/{closing.id}.xlsx").get_data()

    assert f"/keuangan/tiga-arah?kantor={world.office_id}&amp;bulan={closed:%Y-%m}" in checklist
    assert all(foot in feet(report) for foot in feet(page))
    assert len(feet(page)) == 2
    sheets = CalamineWorkbook.from_filelike(io.BytesIO(book))
    assert [name for name in sheets.sheet_names if "Menurut" in name] == [
        "4 Menurut saluran", "5 Menurut kelas",
    ]  # fmt: skip


@pytest.mark.parametrize("office", ["9" * 5_000, "-1", "satu", "0"])
def test_an_office_that_is_none_of_the_users_is_not_found(
    month: Month, visit: Any, office: str
) -> None:
    answer = visit(month.world.finance).get(f"{PAGE}?kantor={office}")

    assert answer.status_code == 404
