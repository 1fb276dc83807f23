"""One agent of the team: workers, arrears by age, cash, deposits, statements and their flags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext, pgettext
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.commissions import statements
from agentsys.contributions import arrears
from agentsys.contributions.arrears import AgeGroup
from agentsys.db import db
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.payments import custody, portfolio, team
from agentsys.payments.team import TeamRow
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web.access import needs
from agentsys.web.agent.portfolio import TODAY
from agentsys.web.lists import ListView
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.supervisor.team import late_days
from agentsys.web.texts import lazy, num, rp, sentence
from agentsys.web.workers.group_words import by_kind
from agentsys.workers import group_queries

WORKERS = replace(
    TODAY,
    endpoint="supervisor.agent",
    search=lazy("Nama, NIK, atau nomor HP pekerja"),
    filename="pekerja-agen",
)
STATEMENTS_SHOWN = 6


@supervisor.route("/tim/<int:agent_id>", methods=["GET", "POST"])
@needs(Permission.TEAM_READ, searches=True)
def agent(agent_id: int) -> Response | str:
    """One agent's figures and warnings, with the agent's workers in pages."""
    session = db.session()
    row = team.agent_in_scope(session, current_user, agent_id)
    view = ListView(WORKERS, agent_id=agent_id)
    view.groups = by_kind(group_queries.choices_in_scope(session, current_user))
    chosen = view.value("tab") if view.value("tab") in WORKERS.tabs else "all"

    def fetch(asked: ListRequest, totals: Mapping[str, int] | None = None) -> Page[portfolio.Entry]:
        asked = replace(asked, tab=chosen)
        return portfolio.portfolio(
            session, agent_id=row.id, vault=runtime().vault, asked=asked, totals=totals
        )

    if (other := view.redirect_or_file(fetch)) is not None:
        return other
    counts = portfolio.counts(
        session, agent_id=row.id, vault=runtime().vault, query=view.request.query
    )
    ages = arrears.ageing(session, agent_id=row.id)
    found = statements.newest_of_agent(
        session, current_user, agent_id=row.id, limit=STATEMENTS_SHOWN
    )
    return render_template(
        "supervisor/agent.html",
        agent=row,
        may_hand_over=current_user.can(Permission.HANDOVER_MAKE),
        kpis=_kpis(row, ages),
        ages=[(_age_label(group), group) for group in ages],
        listing=view.show(fetch(view.request, counts)),
        tabs=[
            {
                "label": label,
                "count": counts[name],
                "url": view.url(tab=name) + "#pekerja",
                "current": name == chosen,
            }
            for name, label in WORKERS.tabs.items()
        ],
        statements=[
            {"found": one, "flags": [sentence(signal) for signal in signals]}
            for one, signals in found
        ],
        deposits=custody.newest_deposits(session, row.id, limit=STATEMENTS_SHOWN),
    )


def _kpis(row: TeamRow, ages: list[AgeGroup]) -> list[dict[str, str]]:
    here = url_for("supervisor.agent", **(request.view_args or {}))
    late = sum(group.amount_idr for group in ages if group.months)
    days = late_days(row)
    return [
        {
            "label": pgettext("jumlah", "Pekerja"),
            "value": num(row.workers),
            "sub": "",
            "tone": "",
            "url": f"{here}?tab=all#pekerja",
        },
        {
            "label": _("Terkumpul bulan ini"),
            "value": rp(row.collected_idr),
            "sub": _("dari %(sum)s", sum=rp(row.billed_idr)),
            "tone": "",
            "url": f"{here}?tab=paid#pekerja",
        },
        {
            "label": _("Tunggakan"),
            "value": rp(late),
            "sub": "",
            "tone": "warn" if late else "",
            "url": f"{here}?tab=arrears#pekerja",
        },
        {
            "label": _("Titipan di tangan"),
            "value": rp(row.held_idr),
            "sub": ""
            if days is None
            else ngettext("tertua %(num)d hari", "tertua %(num)d hari", days),
            "tone": "bad" if row.level == "over" else "",
            "url": "#setoran",
        },
    ]


def _age_label(group: AgeGroup) -> str:
    if group.months == 0:
        return _("Bulan ini")
    if group.months == 3:
        return _("3 bulan atau lebih")
    return ngettext("%(num)d bulan", "%(num)d bulan", group.months)
