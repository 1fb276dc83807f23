"""The list of agents, and the cash that they hold."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.contributions import collected
from agentsys.db import db
from agentsys.figures import kept
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.payments import team
from agentsys.payments.team import TeamRow
from agentsys.people.models import AgentStatus
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.lists import ListPage, ListView
from agentsys.web.state_words import state_word
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.texts import lazy, num, rp

LATE_DAYS = 2
TEAM = ListPage(
    endpoint="supervisor.team",
    title=lazy("Tim"),
    search=lazy("Nama, kode, atau wilayah agen"),
    tabs={"": lazy("Semua"), "over": lazy("Melewati batas")},
    sorts={
        "share": lazy("Bagian dari batas"),
        "held": lazy("Titipan"),
        "name": lazy("Nama"),
        "code": lazy("Kode"),
    },
    states={status.value: state_word("agent", status).text for status in AgentStatus},
    sums=True,
    personal=False,
    filename="tim",
    columns=(
        (lazy("Agen"), lambda row: row.name),
        (lazy("Kode"), lambda row: row.code),
        (lazy("Wilayah"), lambda row: row.area),
        (lazy("Kantor"), lambda row: row.office_name),
        (lazy("Status"), lambda row: str(state_word("agent", row.status).text)),
        (lazy("Pekerja"), lambda row: row.workers),
        (lazy("Terkumpul bulan ini"), lambda row: row.collected_idr),
        (lazy("Ditagih bulan ini"), lambda row: row.billed_idr),
        (lazy("Titipan"), lambda row: row.held_idr),
        (lazy("Batas titipan tunai"), lambda row: row.ceiling_idr),
    ),
)


@supervisor.get("/tim", endpoint="team")
@needs(Permission.TEAM_READ)
def page() -> Response | str:
    """The agents in scope in pages, the largest share of the ceiling first."""
    view = ListView(TEAM)
    if (other := view.redirect_or_file(_fetch)) is not None:
        return other
    session = db.session()
    totals = team.team_totals(session, current_user)
    sums = collected.total_of_month(session, current_user, month=clock.this_month())
    return render_template(
        "supervisor/team.html",
        listing=view.show(team.team(session, current_user, view.request, agents=totals.agents)),
        tabs=view.tabs({"over": totals.over}),
        counted_at=kept.shown_at(session, current_user),
        kpis=_kpis(totals, sums),
        late_days=late_days,
        late_from=LATE_DAYS,
    )


def late_days(row: TeamRow) -> int | None:
    """How many days the agent's oldest cash is held."""
    return (clock.now() - row.oldest_at).days if row.oldest_at else None


def _fetch(asked: ListRequest) -> Page[TeamRow]:
    return team.team(db.session(), current_user, asked)


def _kpis(totals: team.TeamTotals, sums: collected.MonthSums) -> list[dict[str, Any]]:
    return [
        {
            "label": pgettext("jumlah", "Agen"),
            "value": num(totals.agents),
            "sub": "",
            "tone": "",
            "url": url_for("supervisor.team"),
        },
        {
            "label": _("Titipan di tangan agen"),
            "value": rp(totals.held_idr),
            "sub": "",
            "tone": "",
            "url": url_for("supervisor.team", sort="-held"),
        },
        {
            "label": _("Melewati batas"),
            "value": num(totals.over),
            "sub": "",
            "tone": "bad" if totals.over else "",
            "url": url_for("supervisor.team", tab="over"),
        },
        {
            "label": _("Terkumpul bulan ini"),
            "value": rp(sums.collected_idr),
            "sub": _("dari %(sum)s", sum=rp(sums.billed_idr)),
            "tone": "",
            "url": url_for("supervisor.team", sort="name"),
        },
    ]
