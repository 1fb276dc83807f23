"""The agreements of the user's offices, and what they pay for."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys.db import db
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people.permissions import Permission
from agentsys.sponsors import queries
from agentsys.sponsors.queries import AgreementRow
from agentsys.web.access import needs
from agentsys.web.lists import ListPage, ListView
from agentsys.web.sponsors.blueprint import sponsors
from agentsys.web.sponsors.words import KINDS, list_tabs
from agentsys.web.state_words import WORDS, state_word
from agentsys.web.texts import lazy, num, rp

AGREEMENTS = ListPage(
    endpoint="sponsors.index",
    title=lazy("Perjanjian sponsor"),
    search=lazy("Sponsor atau nomor perjanjian"),
    sorts={
        "newest": lazy("Terbaru"),
        "sponsor": lazy("Sponsor"),
        "ends": lazy("Bulan terakhir"),
    },
    states={state: word.text for state, word in WORDS["agreement"].items()},
    personal=False,
    filename="perjanjian-sponsor",
    columns=(
        (lazy("Nomor perjanjian"), lambda row: row.number),
        (lazy("Sponsor"), lambda row: row.sponsor_name),
        (lazy("Jenis sponsor"), lambda row: str(KINDS[row.sponsor_kind])),
        (lazy("Bulan pertama"), lambda row: f"{row.from_month:%Y-%m}"),
        (lazy("Bulan terakhir"), lambda row: f"{row.last_month:%Y-%m}"),
        (lazy("Pekerja dalam daftar"), lambda row: row.people),
        (lazy("Batas orang"), lambda row: row.most_people or ""),
        (lazy("Sudah ditagih"), lambda row: row.used_idr),
        (lazy("Batas rupiah"), lambda row: row.most_idr or ""),
        (lazy("Keadaan"), lambda row: str(state_word("agreement", row.state).text)),
    ),
)


@sponsors.get("/")
@needs(Permission.SPONSOR_READ)
def index() -> Response | str:
    """The agreements, with the people whom they name and the money that they have used."""
    return ListView(AGREEMENTS).answer(_fetch, _page)


def _fetch(asked: ListRequest) -> Page[AgreementRow]:
    return queries.agreements(db.session(), current_user, asked)


def _page(view: ListView) -> str:
    return render_template(
        "sponsors/index.html",
        listing=view,
        tabs=list_tabs("sponsors.index"),
        kpis=kpis(db.session()),
        writable=current_user.can(Permission.SPONSOR_RECORD),
    )


def kpis(session: Session) -> list[dict[str, Any]]:
    """The figures above the lists of agreements and bills."""
    found = queries.figures(session, current_user)
    unpaid = url_for("sponsors.bills", tab="unpaid")
    return [
        {"label": _("Perjanjian berlaku"), "value": num(found.agreements)},
        {"label": _("Pekerja dalam daftar"), "value": num(found.people)},
        {
            "label": _("Tagihan belum lunas"),
            "value": rp(found.unpaid_idr),
            "sub": ngettext("%(n)s tagihan", "%(n)s tagihan", found.unpaid, n=num(found.unpaid)),
            "url": unpaid,
        },
        {
            "label": _("Lewat jatuh tempo"),
            "value": num(found.late),
            "tone": "bad" if found.late else "",
            "url": url_for("sponsors.bills", tab="late"),
        },
    ]
