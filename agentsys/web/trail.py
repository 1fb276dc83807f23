"""The audit trail: who did what, and who saw whole NIKs."""

from __future__ import annotations

from typing import Any

from flask import render_template
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people import trail_list
from agentsys.people.permissions import Permission
from agentsys.people.trail_list import TrailRow
from agentsys.web import trail_words
from agentsys.web.access import blueprint_for
from agentsys.web.lists import ListPage, ListView
from agentsys.web.texts import day_and_time, lazy
from agentsys.web.trail_words import AREAS

trail = blueprint_for("trail", __name__, permission=Permission.TRAIL_READ, url_prefix="/jejak")

_CHOSEN = tuple(
    name
    for name in AREAS
    if name not in ("workers", "statement", "month", "bank", "demo")  # of subjects only
)


def _who(row: TrailRow) -> str:
    return row.actor_name or _("sistem")


TRAIL = ListPage(
    endpoint="trail.index",
    title=lazy("Jejak audit"),
    search=lazy("Nama pelaku, atau objek seperti worker:7"),
    sorts={"at": lazy("Waktu")},
    tabs={
        "all": lazy("Semua"),
        "people": lazy("Oleh orang"),
        "niks": lazy("NIK lengkap dilihat"),
    },
    states={name: AREAS[name].label for name in _CHOSEN},
    states_label=lazy("Tentang"),
    personal=False,
    dates=True,
    filename="jejak-audit",
    columns=(
        (lazy("Waktu"), lambda row: day_and_time(row.at)),
        (lazy("Siapa"), _who),
        (lazy("Tentang"), lambda row: trail_words.area_of(row.action)),
        (lazy("Apa"), lambda row: trail_words.act(row.action, row.details)),
        (lazy("Objek"), lambda row: row.subject),
        (lazy("Rincian"), lambda row: trail_words.raw(row.details)),
    ),
)


@trail.get("/")
def index() -> Response | str:
    """The acts in the user's offices, the newest first."""
    return ListView(TRAIL).answer(_fetch, _page)


@trail.get("/nik")
def niks() -> str:
    """Who saw whole NIKs in the last days, and how many."""
    return render_template(
        "trail/niks.html",
        viewers=trail_list.nik_viewers(db.session(), current_user),
        days=trail_list.SEEN_DAYS,
    )


def _fetch(asked: ListRequest) -> Page[TrailRow]:
    return trail_list.trail(db.session(), current_user, asked, areas=_CHOSEN)


def _page(view: ListView) -> str:
    rows = view.page.map(_shown).rows if view.page else []
    return render_template("trail/index.html", listing=view, tabs=view.tabs(), rows=rows)


def _shown(row: TrailRow) -> dict[str, Any]:
    text, url = trail_words.about(row.subject)
    return {
        "at": row.at,
        "who": _who(row),
        "area": trail_words.area_of(row.action),
        "act": trail_words.act(row.action, row.details),
        "about": text,
        "url": url,
        "subject": row.subject,
        "facts": trail_words.facts(row.details),
    }
