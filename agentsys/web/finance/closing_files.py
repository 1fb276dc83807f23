"""The report of a closed month as a spreadsheet and as a PDF; each is recorded."""

from __future__ import annotations

from flask import Response
from flask_babel import gettext as _

from agentsys.closing.queries import ClosingRow
from agentsys.db import db
from agentsys.errors import NotFound
from agentsys.people.permissions import Permission
from agentsys.web import report_files
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.closing import found_closing
from agentsys.web.finance.closing_tables import of_closing
from agentsys.web.report_tables import Section
from agentsys.web.texts import day_and_time, month


@finance.get("/tutup-bulan/<int:closing_id>.xlsx")
@needs(Permission.BOOKS_READ)
def closed_month_xlsx(closing_id: int) -> Response:
    """One sheet for each table of the report."""
    closing, tables = _tables(closing_id)
    _record(closing, "tutup-bulan.xlsx", tables)
    return report_files.spreadsheet(f"{_name(closing)}.xlsx", _title(closing), tables)


@finance.get("/tutup-bulan/<int:closing_id>.pdf")
@needs(Permission.BOOKS_READ)
def closed_month_pdf(closing_id: int) -> Response:
    """All tables of the report, with the seal."""
    closing, tables = _tables(closing_id)
    _record(closing, "tutup-bulan.pdf", tables)
    lines = [
        _(
            "Ditutup oleh %(name)s, %(at)s",
            name=closing.closer,
            at=day_and_time(closing.closed_at),
        ),
        _("Segel: %(seal)s", seal=closing.seal),
    ]
    if closing.reopened_at is not None:
        lines.append(_("Bulan ini dibuka lagi, jadi laporan ini tidak berlaku lagi."))
    return report_files.document(f"{_name(closing)}.pdf", _title(closing), lines, tables)


def _tables(closing_id: int) -> tuple[ClosingRow, list[Section]]:
    session = db.session()
    found = found_closing(session, closing_id)
    if not found.seal:
        raise NotFound()
    return found, of_closing(session, found)


def _record(closing: ClosingRow, name: str, tables: list[Section]) -> None:
    report_files.record(
        name,
        office_id=closing.office_id,
        rows=sum(len(table.rows) for table in tables),
        month=f"{closing.month:%Y-%m}",
    )


def _title(closing: ClosingRow) -> str:
    return _(
        "Laporan tutup bulan %(month)s, %(office)s",
        month=month(closing.month),
        office=closing.office_name,
    )


def _name(closing: ClosingRow) -> str:
    return f"tutup-bulan-{closing.month:%Y-%m}-{closing.id}"
