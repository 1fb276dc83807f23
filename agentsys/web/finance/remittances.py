"""Batches for BPJS: what can be remitted, and the batches that were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people.permissions import Permission
from agentsys.remittances import batches, queries
from agentsys.remittances.choosing import Choice, Payer
from agentsys.remittances.queries import (
    ReadyGroup,
    RemittanceDetail,
    RemittanceRow,
    RemittanceTotals,
)
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import ChoiceForm
from agentsys.web.finance.offices import in_bank as in_bank_now
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import check, said, why
from agentsys.web.state_words import WORDS, state_word
from agentsys.web.texts import day_and_time, lazy, month_short, num, rp

REMITTANCES = ListPage(
    endpoint="finance.remittances",
    title=lazy("Berkas setoran"),
    search=lazy("Kode iuran atau nomor BPJS"),
    sorts={
        "under_way": lazy("Belum LUNAS dulu"),
        "made": lazy("Disusun"),
        "amount": lazy("Jumlah"),
        "count": lazy("Banyaknya iuran"),
    },
    tabs={
        "all": lazy("Semua"),
        "under_way": lazy("Belum LUNAS"),
        "expired": lazy("Kode kedaluwarsa"),
        "differs": lazy("Ada selisih"),
        "done": lazy("Selesai"),
    },
    states={state: word.text for state, word in WORDS["remittance"].items()},
    personal=False,
    dates=True,
    sums=True,
    filename="setoran-bpjs",
    columns=(
        (lazy("Setoran"), lambda row: row.id),
        (lazy("Disusun"), lambda row: day_and_time(row.created_at)),
        (lazy("Bulan iuran"), lambda row: _months(row)),  # noqa: PLW0108  # defined below
        (lazy("Kode iuran"), lambda row: row.kode_iuran or ""),
        (lazy("Banyaknya iuran"), lambda row: row.count),
        (lazy("Jumlah"), lambda row: row.amount_idr),
        (lazy("Status"), lambda row: str(state_word("remittance", row.state).text)),
    ),
)


@finance.get("/setoran-bpjs")
@needs(Permission.REMITTANCE_READ)
def remittances() -> Response | str:
    """What can be remitted, and the batches, newest first."""
    return ListView(REMITTANCES).answer(_fetch, _list)


@finance.post("/setoran-bpjs")
@needs(Permission.REMITTANCE_MAKE)
def create_remittance() -> Response | tuple[str, int]:
    """Make a batch of what an office can remit now: all, or some months, or one kind of payer."""
    office_id = queries.office_id_in_scope(
        db.session(), current_user, request.form.get("office_id", 0, type=int)
    )
    form = ChoiceForm(request.form)
    try:
        check(form)
        choice = Choice(
            first_month=form.first_month.month,
            last_month=form.last_month.month,
            payer=Payer(form.payer.data or Payer.ALL),
        )
        with transaction() as session:
            made = batches.make_batch(
                session, office_id=office_id, actor_id=current_user.id, choice=choice
            )
            made_id, count, amount = made.id, made.count, made.amount_idr
    except Refused as refused:
        if "sebagian" not in request.args:  # the button that asks nothing
            return said(refused, url_for("finance.remittances"))
        view = ListView(REMITTANCES)
        typed = request.form.to_dict() | {"office_id": office_id}
        return _list(view.show(_fetch(view.request)), typed, refused), 422
    flash(
        ngettext(
            "%(n)s iuran disusun, %(sum)s. Masukkan ke EPS, lalu isi kode iurannya.",
            "%(n)s iuran disusun, %(sum)s. Masukkan ke EPS, lalu isi kode iurannya.",
            count,
            n=num(count),
            sum=rp(amount),
        ),
        "success",
    )
    return redirect(url_for("finance.remittance", remittance_id=made_id))


def _fetch(asked: ListRequest) -> Page[RemittanceRow]:
    return queries.remittances(db.session(), current_user, asked)


def _list(
    view: ListView, typed: Mapping[str, Any] | None = None, refused: Refused | None = None
) -> str:
    session = db.session()
    groups = queries.ready_to_remit(session, current_user)
    totals = queries.totals(session, current_user)
    return render_template(
        "finance/remittances.html",
        kpis=_kpis(session, groups, totals),
        groups=[asdict(group) | {"months": _months(group)} for group in groups],
        held=queries.held_back(session, current_user),
        writable=current_user.can(Permission.REMITTANCE_MAKE),
        listing=view,
        months_of=_months,
        tabs=view.tabs({"under_way": totals.under_way.count}),
        typed=typed or {},
        error="" if refused is None else why(refused),
    )


def own_remittance(session: Session, remittance_id: int) -> RemittanceDetail:
    """A batch of an office that the user may see; NotFound otherwise."""
    return queries.remittance(session, current_user, remittance_id)


def _months(of: ReadyGroup | RemittanceRow) -> str:
    """From which month to which; empty for a batch that was cancelled before both were kept."""
    if of.first_month is None or of.last_month is None:
        return ""
    first, last = month_short(of.first_month), month_short(of.last_month)
    if first == last:
        return first
    if of.first_month.year == of.last_month.year:
        first = first.removesuffix(f" {of.first_month.year}")
    return f"{first} – {last}"


def _kpis(
    session: Session, groups: list[ReadyGroup], found: RemittanceTotals
) -> list[dict[str, Any]]:
    under_way, count = found.under_way, found.under_way.count
    ready = sum(group.amount_idr for group in groups)
    ready_count = sum(group.count for group in groups)
    in_bank = in_bank_now(session)
    return [
        {
            "label": _("Siap disetor"),
            "value": rp(ready),
            "sub": ngettext("%(n)s iuran", "%(n)s iuran", ready_count, n=num(ready_count)),
            "url": "#siap",
        },
        {
            "label": _("Menunggu LUNAS"),
            "value": rp(under_way.amount_idr),
            "sub": ngettext("%(n)s berkas", "%(n)s berkas", count, n=num(count)),
            "url": url_for("finance.remittances", tab="under_way"),
        },
        {
            "label": _("LUNAS bulan ini"),
            "value": rp(found.paid_idr),
            "url": url_for("finance.remittances", state="confirmed"),
        },
        {
            "label": _("Saldo rekening penampungan"),
            "value": rp(in_bank),
            "sub": _("menurut buku"),
            "tone": "bad" if in_bank < under_way.amount_idr else "",
            "url": url_for("finance.books") if current_user.can(Permission.BOOKS_READ) else "",
        },
    ]
