"""The report for a sponsor, about one agreement: cover, money, budget, replacements, benefits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user

from agentsys.db import db
from agentsys.months import add_months
from agentsys.people.permissions import Permission
from agentsys.reports import budget as budgets
from agentsys.reports import office as reporting
from agentsys.reports.asked import MOST_MONTHS
from agentsys.reports.budget import AgreementFacts, Budget
from agentsys.reports.office import Report, usual_last
from agentsys.web import report_files as files
from agentsys.web.access import needs
from agentsys.web.report_tables import Section
from agentsys.web.reports import sections
from agentsys.web.reports.asking import ranged
from agentsys.web.reports.blueprint import reports
from agentsys.web.reports.office import GROUPS_SHOWN, charts
from agentsys.web.reports.summary import summary
from agentsys.web.texts import month, month_short, num, rp

_JUTA = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Found:
    """The agreement, its report and its budget; why the asked months are not used, if so."""

    facts: AgreementFacts
    report: Report
    budget: Budget
    problem: str

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of an address of the same report."""
        asked = self.report.asked
        return {
            "agreement_id": self.facts.id,
            "dari": f"{asked.first:%Y-%m}",
            "sampai": f"{asked.last:%Y-%m}",
        }

    def sections(self) -> list[Section]:
        """The budget first, then the tables of every report."""
        return [sections.of_budget(self.budget), *sections.of_report(self.report)]


@reports.get("/perjanjian/<int:agreement_id>", endpoint="agreement")
@needs(Permission.REPORT_READ)
def page(agreement_id: int) -> str:
    """The report of an agreement, with charts."""
    found = _found(agreement_id)
    return render_template(
        "reports/agreement.html",
        found=found,
        facts=_facts(found.facts),
        kpis=_kpis(found),
        charts=charts(found.report) | {"budget": _burning(found.budget)},
        sections=found.sections(),
        most={"kelompok": GROUPS_SHOWN},
        may_publish=current_user.can(Permission.REPORT_PUBLISH),
        urls={
            "xlsx": url_for("reports.agreement_xlsx", **found.params),
            "pdf": url_for("reports.agreement_pdf", **found.params),
        },
    )


@reports.get("/perjanjian/<int:agreement_id>.xlsx", endpoint="agreement_xlsx")
@needs(Permission.REPORT_READ)
def xlsx(agreement_id: int) -> Response:
    """The report as a spreadsheet."""
    found = _found(agreement_id)
    tables = found.sections()
    _record(found, "laporan-sponsor.xlsx", tables)
    return files.spreadsheet(f"laporan-sponsor-{agreement_id}.xlsx", _title(found), tables)


@reports.get("/perjanjian/<int:agreement_id>.pdf", endpoint="agreement_pdf")
@needs(Permission.REPORT_READ)
def pdf(agreement_id: int) -> Response:
    """The report as a PDF."""
    found = _found(agreement_id)
    tables = found.sections()
    _record(found, "laporan-sponsor.pdf", tables)
    lines = [f"{label}: {value}" for label, value in _facts(found.facts)]
    lines += [f"{kpi['label']}: {kpi['value']}. {kpi['sub']}" for kpi in _kpis(found)]
    return files.document(f"laporan-sponsor-{agreement_id}.pdf", _title(found), lines, tables)


def _found(agreement_id: int) -> Found:
    """The report of the asked months; of all months of the agreement so far, if none are asked."""
    session = db.session()
    facts = budgets.facts(session, current_user, agreement_id)
    last = max(min(usual_last(session, facts.office_id), facts.last_month), facts.from_month)
    first = max(facts.from_month, add_months(last, 1 - MOST_MONTHS))
    asked, problem = ranged(
        request.args, first=first, last=last, office_id=facts.office_id, agreement_id=agreement_id
    )
    return Found(
        facts=facts,
        report=reporting.report(session, asked),
        budget=budgets.burn_down(session, facts),
        problem=problem,
    )


def _facts(facts: AgreementFacts) -> list[tuple[str, str]]:
    return [
        (_("Sponsor"), facts.sponsor_name),
        (_("Nomor perjanjian"), facts.number),
        (_("Kantor"), facts.office_name),
        (
            _("Masa perjanjian"),
            _(
                "%(first)s sampai %(last)s",
                first=month(facts.from_month),
                last=month(facts.last_month),
            ),
        ),
        (_("Pekerja sekarang"), _of(num(facts.members), facts.most_people)),
    ]


def _of(shown: str, most: int | None) -> str:
    return shown if most is None else _("%(n)s dari %(most)s", n=shown, most=num(most))


def _kpis(found: Found) -> list[dict[str, Any]]:
    budget = found.budget
    left = budget.left_idr
    lasts = (
        _("cukup sampai %(month)s", month=month(budget.lasts_until))
        if budget.lasts_until
        else _("cukup sampai akhir perjanjian")
    )
    of_budget = {
        "label": _("Sisa anggaran"),
        "value": _("tanpa batas") if left is None else rp(left),
        "sub": ""
        if budget.most_idr is None
        else _("dari %(sum)s", sum=rp(budget.most_idr)) + f", {lasts}",
    }
    return [of_budget, *summary(found.report)]


def _burning(budget: Budget) -> list[tuple[str, float, float | None]]:
    """What is left after each month; empty without a ceiling."""
    if budget.most_idr is None:
        return []
    ceiling = budget.most_idr / _JUTA
    return [
        (month_short(row.month), max(row.left_idr or 0, 0) / _JUTA, ceiling)
        for row in budget.months
    ]


def _record(found: Found, name: str, tables: list[Section]) -> None:
    asked = found.report.asked
    files.record(
        name,
        office_id=asked.office_id,
        rows=sum(len(table.rows) for table in tables),
        number=found.facts.number,
        from_month=f"{asked.first:%Y-%m}",
        month=f"{asked.last:%Y-%m}",
    )


def _title(found: Found) -> str:
    return _(
        "Laporan %(sponsor)s, perjanjian %(number)s",
        sponsor=found.facts.sponsor_name,
        number=found.facts.number,
    )
