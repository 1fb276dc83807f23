"""One search for people and numbers: in the head of every page, and on a page of its own.

A text with digits may be of a NIK or phone number, so it is sent by POST and never in an address.
"""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.search import finding, nik_searches
from agentsys.search.asked import NIK_DIGITS, SHORTEST_NAME, Asked, read
from agentsys.search.finding import MOST, Found, What
from agentsys.search.nik_searches import TooManySearches
from agentsys.web.access import SIGNED_IN, blueprint_for, needs
from agentsys.web.responses import why
from agentsys.web.searching import is_private
from agentsys.web.texts import lazy

SUGGESTED = 8

search = blueprint_for("search", __name__, url_prefix="/cari")
_LABELS = {
    What.WORKER: lazy("Pekerja"),
    What.RECEIPT: lazy("Kuitansi"),
    What.PAYMENT: lazy("Pembayaran"),
    What.REMITTANCE: lazy("Setoran ke BPJS"),
}
_ICONS = {
    What.WORKER: "user-round",
    What.RECEIPT: "receipt-text",
    What.PAYMENT: "credit-card",
    What.REMITTANCE: "send",
}


@search.route("/", methods=["GET", "POST"])
@needs(SIGNED_IN, searches=True)
def index() -> Response | str | tuple[str, int]:
    """What was found; a number that belongs to one thing leads there at once."""
    posted = request.method == "POST"
    text = (request.form if posted else request.args).get("q", "")
    private = is_private(text)
    if posted and not private:
        return redirect(url_for("search.index", q=text), 303)
    if private and not posted:
        return redirect(url_for("search.index"))
    asked = read(text)
    try:
        rows = _look_for_nik(asked) if asked.is_nik else _look_for(asked)
    except TooManySearches as refused:
        return _page(asked, [], problem=why(refused)), 429
    if private and len(rows) == 1:
        return redirect(rows[0]["url"])
    return _page(asked, rows)


@search.post("/saran")
@needs(SIGNED_IN, searches=True)
def suggestions() -> str:
    """The first things that are found while somebody types."""
    asked = read(request.form.get("q", ""))
    found = finding.suggest(db.session(), current_user, asked, vault=runtime().vault)
    return render_template(
        "search/_suggestions.html", rows=_shown(found)[:SUGGESTED], is_nik=asked.is_nik
    )


def _look_for(asked: Asked) -> list[dict[str, Any]]:
    return _shown(finding.find(db.session(), current_user, asked, vault=runtime().vault))


def _look_for_nik(asked: Asked) -> list[dict[str, Any]]:
    with transaction() as session:
        nik_searches.check(session, current_user)
        found = finding.find(session, current_user, asked, vault=runtime().vault)
        nik_searches.record(session, current_user, digits=asked.digits, found=found)
    return _shown(found)


def _page(asked: Asked, rows: list[dict[str, Any]], *, problem: str = "") -> str:
    return render_template(
        "search/index.html",
        text=asked.text,
        searched=bool(asked.may),
        rows=rows,
        problem=problem,
        is_full=len(rows) >= MOST,
        most=MOST,
        shortest=SHORTEST_NAME,
        nik_digits=NIK_DIGITS,
        list_url=_list_url(asked),
    )


def _list_url(asked: Asked) -> str:
    """The list with all workers of this name, for those who have one."""
    if current_user.can(Permission.WORKER_READ):
        return url_for("workers.index", q=asked.text)
    if current_user.can(Permission.PORTFOLIO_READ):
        return url_for("agent.today", q=asked.text)
    return ""


def _shown(found: list[Found]) -> list[dict[str, Any]]:
    """The found things that the user has a page for."""
    return [
        {
            "row": row,
            "label": _LABELS[row.what],
            "icon": _ICONS[row.what],
            "is_person": row.what is What.WORKER,
            "url": url,
        }
        for row in found
        if (url := _url(row))
    ]


def _url(row: Found) -> str:
    """The page about it that this user may open; empty if there is none."""
    if row.what is What.WORKER:
        return url_for("agent.worker" if row.own else "workers.show", worker_id=row.id)
    if row.what is What.REMITTANCE:
        return url_for("finance.remittance", remittance_id=row.id)
    return _own_payment_url(row) if row.own and row.worker_id else _payment_url(row)


def _own_payment_url(row: Found) -> str:
    if row.what is What.RECEIPT:
        return url_for("agent.receipt", receipt_no=row.title)
    return url_for("agent.payment", payment_id=row.id)


def _payment_url(row: Found) -> str:
    if current_user.can(Permission.PAYMENT_READ):
        return url_for("finance.payment", payment_id=row.id)
    if row.worker_id is not None and current_user.can(Permission.WORKER_READ):
        return url_for("workers.show", worker_id=row.worker_id)
    return ""
