"""How the month goes in the supervisor's team, and how those before it went."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from flask_security import current_user
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions import statement_list
from agentsys.commissions.statement_list import Waiting
from agentsys.contributions import collected
from agentsys.contributions.collected import MonthSums
from agentsys.db import db
from agentsys.figures import kept
from agentsys.months import add_months
from agentsys.payments import team
from agentsys.payments.team import TeamTotals
from agentsys.people.permissions import Permission
from agentsys.web import view_models
from agentsys.web.access import needs
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.texts import num, rp
from agentsys.workers import registry


@supervisor.get("/", endpoint="inbox")
@needs(Permission.TEAM_READ)
def page() -> str:
    """The figures of the month, and what was billed and collected in the last six."""
    session = db.session()
    this_month = clock.this_month()
    totals = team.team_totals(session, current_user)
    waiting = statement_list.waiting(session, current_user)
    by_month = collected.by_month(
        session, current_user, first=add_months(this_month, -5), last=this_month
    )
    months = [(month, sums) for month, sums in sorted(by_month.items()) if sums.billed_idr]
    largest = max((of.billed_idr for _month, of in months), default=0)
    chart, chart_unit = view_models.chart(
        [(month, of.collected_idr) for month, of in months], largest=largest
    )
    targets, _unit = view_models.chart(
        [(month, of.billed_idr) for month, of in months], largest=largest
    )
    return render_template(
        "supervisor/inbox.html",
        month=this_month,
        counted_at=kept.shown_at(session, current_user),
        kpis=_kpis(session, totals, by_month.get(this_month, MonthSums()), waiting),
        months=months[::-1],
        chart=chart,
        targets=[number for _month, number in targets],
        chart_unit=chart_unit,
    )


def _kpis(
    session: Session, totals: TeamTotals, sums: MonthSums, waiting: Waiting
) -> list[dict[str, Any]]:
    percent = round(100 * sums.collected_idr / sums.billed_idr) if sums.billed_idr else 0
    return [
        {
            "label": _("Terkumpul bulan ini"),
            "value": rp(sums.collected_idr),
            "sub": _("%(p)s%% dari tagihan", p=percent),
            "tone": "",
            "url": url_for("supervisor.team", sort="name"),
        },
        {
            "label": pgettext("jumlah", "Pekerja"),
            "value": num(registry.count_in_scope(session, current_user)),
            "sub": "",
            "tone": "",
            "url": url_for("supervisor.team", sort="name"),
        },
        {
            "label": _("Titipan di tangan agen"),
            "value": rp(totals.held_idr),
            "sub": "",
            "tone": "bad" if totals.over else "",
            "url": url_for("supervisor.team", sort="-held"),
        },
        {
            "label": _("Komisi menunggu"),
            "value": num(waiting.count),
            "sub": "",
            "tone": "",
            "url": url_for("supervisor.commissions"),
        },
    ]
