"""The bills of sponsors, and making those of a month."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db
from agentsys.errors import Invalid
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people.permissions import Permission
from agentsys.sponsors import bill_queries
from agentsys.sponsors.bill_queries import BillRow
from agentsys.web import month_billing
from agentsys.web.access import needs
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import said
from agentsys.web.sponsors.blueprint import sponsors
from agentsys.web.sponsors.index import kpis
from agentsys.web.sponsors.words import list_tabs
from agentsys.web.state_words import state_word
from agentsys.web.texts import lazy
from agentsys.web.texts import month as month_words

BILLS = ListPage(
    endpoint="sponsors.bills",
    title=lazy("Tagihan sponsor"),
    search=lazy("Sponsor atau nomor perjanjian"),
    sorts={
        "month": lazy("Bulan"),
        "due": lazy("Jatuh tempo"),
        "amount": lazy("Jumlah"),
        "sponsor": lazy("Sponsor"),
    },
    tabs={
        "all": lazy("Semua"),
        "open": lazy("Belum dikirim"),
        "unpaid": lazy("Belum lunas"),
        "late": lazy("Lewat jatuh tempo"),
        "paid": lazy("Lunas"),
    },
    personal=False,
    dates=True,
    sums=True,
    filename="tagihan-sponsor",
    columns=(
        (lazy("Nomor tagihan"), lambda row: row.number),
        (lazy("Sponsor"), lambda row: row.sponsor_name),
        (lazy("Nomor perjanjian"), lambda row: row.agreement_number),
        (lazy("Bulan"), lambda row: f"{row.month:%Y-%m}"),
        (lazy("Pekerja"), lambda row: row.people),
        (lazy("Jumlah"), lambda row: row.amount_idr),
        (lazy("Sudah dibayar"), lambda row: row.paid_idr),
        (lazy("Jatuh tempo"), lambda row: f"{row.due_on:%Y-%m-%d}" if row.due_on else ""),
        (lazy("Keadaan"), lambda row: str(state_word("bill", row.state).text)),
    ),
)


@sponsors.get("/tagihan")
@needs(Permission.SPONSOR_READ)
def bills() -> Response | str:
    """The bills of the user's offices, the newest month first."""
    return ListView(BILLS).answer(_fetch, _page)


@sponsors.post("/tagihan")
@needs(Permission.BILLING_RUN)
def make_bills() -> Response:
    """Bill a month, as the page of monthly billing does: sponsors' bills come from it."""
    try:
        month, queued = month_billing.queue(request.form.get("month", ""))
    except Invalid as refused:
        return said(refused, url_for("sponsors.bills"))
    if queued:
        flash(
            _(
                "Tagihan %(month)s sedang dibuat. Muat ulang sebentar lagi.",
                month=month_words(month),
            ),
            "success",
        )
    else:
        flash(_("Penagihan %(month)s sudah menunggu giliran.", month=month_words(month)), "info")
    return redirect(url_for("sponsors.bills"))


def _fetch(asked: ListRequest) -> Page[BillRow]:
    return bill_queries.bills_of(db.session(), current_user, asked)


def _page(view: ListView) -> str:
    return render_template(
        "sponsors/bills.html",
        listing=view,
        tabs=list_tabs("sponsors.bills"),
        kpis=kpis(db.session()),
        months=month_billing.choices(),
        may_bill=current_user.can(Permission.BILLING_RUN),
    )
