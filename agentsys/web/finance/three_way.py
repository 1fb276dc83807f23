"""The three-way match of an office and month: totals, classes, and the exceptions one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from agentsys import clock
from agentsys.closing import three_way as service
from agentsys.closing.three_way import EXCEPTIONS, ExceptionRow, MatchClass, ThreeWay
from agentsys.db import db
from agentsys.errors import NotFound
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.months import parse_month
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.web import report_files
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.three_way_tables import channel_name, of_exceptions, of_match
from agentsys.web.finance.three_way_words import ADVICE, CLASSES
from agentsys.web.lists import ListPage, ListView
from agentsys.web.texts import lazy
from agentsys.web.texts import month as month_words

MOST_ROWS = 100_000  # exceptions in the spreadsheet; the tables count them all
MATCH = ListPage(
    endpoint="finance.three_way",
    title=lazy("Pengecualian"),
    search=lazy("Nama pekerja atau nomor pembayaran"),
    sorts={"since": lazy("Umur"), "worker": lazy("Pekerja"), "amount": lazy("Iuran")},
    tabs={
        "": lazy("Semua"),
        **{kind.value: CLASSES[kind] for kind in CLASSES if kind in EXCEPTIONS},
    },
    personal=False,
    sums=True,
    keeps=("kantor", "bulan"),
)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The office and the month of the page."""

    office_id: int
    office_name: str
    month: date

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of an address with the same choice."""
        return {"kantor": str(self.office_id), "bulan": f"{self.month:%Y-%m}"}


@finance.get("/tiga-arah")
@needs(Permission.BOOKS_READ)
def three_way() -> AnyResponse | str:
    """The totals of an office and month, and what does not match."""
    session = db.session()
    chosen, problem = _chosen(session)
    if chosen is None:
        return render_template("finance/three_way.html", chosen=None, offices=[], problem="")
    found = service.match(session, office_id=chosen.office_id, month=chosen.month)
    counts = {kind.value: sums.count for kind, sums in found.by_class.items()}
    counts[""] = found.exceptions.count

    def fetch(asked: ListRequest) -> Page[ExceptionRow]:
        return service.exceptions(
            session,
            office_id=chosen.office_id,
            month=chosen.month,
            asked=asked,
            total=counts.get(asked.tab, counts[""]),
        )

    def render(view: ListView) -> str:
        return render_template(
            "finance/three_way.html",
            chosen=chosen,
            offices=scope.offices(session, current_user),
            problem=problem,
            sections=of_match(found),
            listing=view,
            tabs=[tab for tab in view.tabs(counts) if tab["count"] or tab["current"]],
            classes=CLASSES,
            advice=ADVICE,
            channel_name=channel_name,
            links=_links,
            xlsx=url_for("finance.three_way_xlsx", **chosen.params),
        )

    return ListView(MATCH, **chosen.params).answer(fetch, render)


@finance.get("/tiga-arah.xlsx")
@needs(Permission.BOOKS_READ)
def three_way_xlsx() -> Response:
    """The tables of the page, and all exceptions."""
    session = db.session()
    chosen, _problem = _chosen(session)
    if chosen is None:
        raise NotFound()
    found = service.match(session, office_id=chosen.office_id, month=chosen.month)
    rows = _all(session, chosen, found)
    report_files.record(
        "tiga-arah.xlsx", office_id=chosen.office_id, rows=len(rows), month=chosen.params["bulan"]
    )
    title = f"{_('Pencocokan tiga arah')} · {chosen.office_name} · {month_words(chosen.month)}"
    name = f"tiga-arah-{chosen.month:%Y-%m}.xlsx"
    return report_files.spreadsheet(name, title, [*of_match(found), of_exceptions(rows)])


def _all(session: Session, chosen: Chosen, found: ThreeWay) -> list[ExceptionRow]:
    asked = ListRequest(sort="worker", size=MOST_ROWS)
    page = service.exceptions(
        session,
        office_id=chosen.office_id,
        month=chosen.month,
        asked=asked,
        total=found.exceptions.count,
    )
    return list(page.rows)


def _chosen(session: Session) -> tuple[Chosen | None, str]:
    """The office and month that the address names, and a sentence about what cannot be read."""
    offices = dict(scope.offices(session, current_user))
    if not offices:
        return None, ""
    sent = request.args.get("kantor", "")
    asked = [number for number in offices if sent in ("", str(number))]
    if not asked:
        raise NotFound()
    office_id = asked[0]
    month, problem = clock.this_month(), ""
    if request.args.get("bulan"):
        try:
            month = parse_month(request.args["bulan"])
        except ValueError:
            problem = _("Tulis bulan seperti 2026-11.")
    return Chosen(office_id=office_id, office_name=offices[office_id], month=month), problem


def _links(row: ExceptionRow) -> dict[str, Any]:
    """Where to look: the pages of the payment and the batch, for who may open them."""
    found = {}
    if current_user.can(Permission.WORKER_READ):
        found["worker"] = url_for("workers.show", worker_id=row.worker_id)
    if row.payment_id and current_user.can(Permission.PAYMENT_READ):
        found["payment"] = url_for("finance.payment", payment_id=row.payment_id)
    if row.remittance_id and current_user.can(Permission.REMITTANCE_READ):
        found["batch"] = url_for("finance.remittance", remittance_id=row.remittance_id)
    if row.kind is MatchClass.REFUSED and current_user.can(Permission.REMITTANCE_READ):
        found["held"] = url_for("finance.holds")
    return found
