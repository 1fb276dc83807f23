"""The report of an office: its page, and the same as a spreadsheet and a PDF."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, url_for
from flask_babel import gettext as _

from agentsys.db import db
from agentsys.errors import NotFound
from agentsys.people.permissions import Permission
from agentsys.reports import office as reporting
from agentsys.reports import retention
from agentsys.reports.office import Report
from agentsys.web import report_files as files
from agentsys.web.access import needs
from agentsys.web.report_tables import Section
from agentsys.web.reports import sections
from agentsys.web.reports.asking import Choice, choice
from agentsys.web.reports.blueprint import reports
from agentsys.web.reports.summary import summary
from agentsys.web.texts import month, month_short
from agentsys.web.workers.group_words import ECOSYSTEMS, NOT_RECORDED

GROUPS_SHOWN = 30  # on the page; the files have them all
_JUTA = 1_000_000


@reports.get("/kantor", endpoint="office")
@needs(Permission.REPORT_READ)
def page() -> str:
    """The report of an office, with charts."""
    session = db.session()
    chosen = choice(session)
    if chosen is None:
        return render_template("reports/office.html", chosen=None)
    found = reporting.report(session, chosen.asked)
    return render_template(
        "reports/office.html",
        chosen=chosen,
        kpis=summary(found),
        charts=charts(found),
        sections=sections.of_report(found),
        most={"kelompok": GROUPS_SHOWN},
        urls={
            "xlsx": url_for("reports.office_xlsx", **chosen.params),
            "pdf": url_for("reports.office_pdf", **chosen.params),
        },
    )


@reports.get("/kantor.xlsx", endpoint="office_xlsx")
@needs(Permission.REPORT_READ)
def xlsx() -> Response:
    """The report as a spreadsheet."""
    chosen, found = _found()
    tables = sections.of_report(found)
    _record(chosen, "laporan-kantor.xlsx", tables)
    return files.spreadsheet(f"laporan-{_range(chosen)}.xlsx", _title(chosen), tables)


@reports.get("/kantor.pdf", endpoint="office_pdf")
@needs(Permission.REPORT_READ)
def pdf() -> Response:
    """The report as a PDF."""
    chosen, found = _found()
    tables = sections.of_report(found)
    _record(chosen, "laporan-kantor.pdf", tables)
    lines = [f"{kpi['label']}: {kpi['value']}. {kpi['sub']}" for kpi in summary(found)]
    return files.document(f"laporan-{_range(chosen)}.pdf", _title(chosen), lines, tables)


def charts(found: Report) -> dict[str, Any]:
    """The pictures of a report: shares of places, money by month, retention."""
    return {
        "kelurahan": [
            (place.name or str(NOT_RECORDED), place.covered, place.target)
            for place in found.covered.kelurahan
        ],
        "ecosystems": [
            (
                str(ECOSYSTEMS[place.ecosystem] if place.ecosystem else NOT_RECORDED),
                place.covered,
                place.target,
            )
            for place in found.covered.ecosystems
        ],
        "months": [
            (month_short(m.month), m.confirmed_idr / _JUTA, m.billed_idr / _JUTA)
            for m in found.months
            if m.billed
        ],
        "retention": [
            (_("Bulan ke-%(n)s", n=months), share, None)
            for months in retention.AFTER
            if (share := retention.overall(found.cohorts, months)) is not None
        ],
    }


def _found() -> tuple[Choice, Report]:
    session = db.session()
    chosen = choice(session)
    if chosen is None:
        raise NotFound()
    return chosen, reporting.report(session, chosen.asked)


def _record(chosen: Choice, name: str, tables: list[Section]) -> None:
    files.record(
        name,
        office_id=chosen.asked.office_id,
        rows=sum(len(table.rows) for table in tables),
        from_month=f"{chosen.asked.first:%Y-%m}",
        month=f"{chosen.asked.last:%Y-%m}",
    )


def _title(chosen: Choice) -> str:
    return _(
        "Laporan %(office)s, %(first)s sampai %(last)s",
        office=chosen.office_name,
        first=month(chosen.asked.first),
        last=month(chosen.asked.last),
    )


def _range(chosen: Choice) -> str:
    return f"{chosen.asked.first:%Y-%m}-{chosen.asked.last:%Y-%m}"
