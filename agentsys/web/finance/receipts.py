"""What BPJS paid for commissions, and its differences from what we computed."""

from __future__ import annotations

import re

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.errors import Invalid, NotFound, Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.money import rupiah
from agentsys.months import add_months
from agentsys.payouts import differences, queries, receipt_queries, receipts
from agentsys.payouts.receipt_models import DifferenceWay
from agentsys.payouts.receipt_queries import ReceiptRow
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.forms import Form, MonthField, RupiahField
from agentsys.web.lists import ListPage, ListView, back_to
from agentsys.web.responses import check, said, why
from agentsys.web.second_persons import waits
from agentsys.web.state_words import state_word
from agentsys.web.texts import day_and_time, lazy

LONGEST_LIST = 200_000  # characters of a pasted list
MOST_AGENTS = 5_000
_ROW = re.compile(r"\s*(\S+?)\s*[;\t, ]\s*(\S.*)")

RECEIPTS = ListPage(
    endpoint="finance.commission_receipts",
    title=lazy("Insentif dari BPJS"),
    search=lazy("Nomor referensi bank"),
    sorts={"recorded": lazy("Dicatat"), "amount": lazy("Jumlah")},
    tabs={"waiting": lazy("Menunggu"), "confirmed": lazy("Dikonfirmasi"), "all": lazy("Semua")},
    personal=False,
    dates=True,
    sums=True,
    filename="insentif-bpjs",
    columns=(
        (lazy("Kantor"), lambda row: row.office),
        (lazy("Bulan"), lambda row: f"{row.month:%Y-%m}"),
        (lazy("Bruto"), lambda row: row.gross_idr),
        (lazy("Bagian kantor"), lambda row: row.office_idr),
        (lazy("Pajak dipotong BPJS"), lambda row: row.tax_idr),
        (lazy("Nomor referensi bank"), lambda row: row.bank_ref),
        (lazy("Masuk"), lambda row: row.received_on.isoformat()),
        (lazy("Status"), lambda row: str(state_word("commission_receipt", row.state).text)),
        (lazy("Dicatat"), lambda row: day_and_time(row.recorded_at)),
        (lazy("Oleh"), lambda row: row.recorder),
    ),
)
WAYS = {
    DifferenceWay.BPJS_COUNTS: lazy("Jumlah BPJS yang berlaku"),
    DifferenceWay.OFFICE_BEARS: lazy("Kantor menanggung kekurangannya"),
}


class ReceiptForm(Form):
    """A payment of BPJS as it stands on the bank's statement."""

    office_id = SelectField(lazy("Kantor"), coerce=int)
    month = MonthField(
        lazy("Komisi bulan"),
        validators=[InputRequired(), Length(max=10)],
        description=lazy("Tulis seperti 2026-11."),
    )
    total_idr = RupiahField(lazy("Jumlah dari BPJS sebelum pajak"), validators=[InputRequired()])
    tax_idr = RupiahField(
        lazy("Pajak yang dipotong BPJS"),
        description=lazy("Yang masuk ke rekening adalah jumlahnya dikurangi pajak ini."),
    )
    office_idr = RupiahField(
        lazy("Di antaranya bagian kantor"),
        description=lazy("Kosongkan jika sama dengan hitungan kita."),
    )
    bank_ref = StringField(
        lazy("Nomor referensi bank"), validators=[InputRequired(), Length(max=80)]
    )
    received_on = DateField(lazy("Masuk tanggal"), validators=[InputRequired()])
    lines = TextAreaField(
        lazy("Rincian BPJS per agen"),
        validators=[Length(max=LONGEST_LIST)],
        description=lazy(
            "Satu baris per agen: kode agen dan jumlahnya. Kosongkan jika semua sama dengan"
            " hitungan kita."
        ),
    )


@finance.get("/insentif-bpjs")
@needs(Permission.COMMISSION_PAY_READ)
def commission_receipts() -> Response | str:
    """What BPJS paid, what waits for a second person, and the open differences."""
    return ListView(RECEIPTS).answer(_fetch, lambda view: _render(view, _form()))


@finance.post("/insentif-bpjs")
@needs(Permission.COMMISSION_PAY_PREPARE)
def record_receipt() -> Response | tuple[str, int]:
    """Record a payment of BPJS."""
    form = _form(filled=True)
    try:
        check(form)
        assert form.month.month is not None
        assert form.received_on.data is not None
        with transaction() as session:
            receipts.record(
                session,
                office_id=form.office_id.data,
                paid=receipts.Paid(
                    month=form.month.month,
                    by_agent=read_lines(form.lines.data or ""),
                    office_idr=form.office_idr.data,
                    total_idr=form.total_idr.data or 0,
                    tax_idr=form.tax_idr.data or 0,
                    bank_ref=form.bank_ref.data or "",
                    received_on=form.received_on.data,
                ),
                actor_id=current_user.id,
            )
    except NotFound:
        raise
    except Refused as refused:
        view = ListView(RECEIPTS)
        return _render(view.show(_fetch(view.request)), form, error=why(refused)), 422
    flash(_("Pembayaran BPJS dicatat. Orang kedua mengonfirmasinya."), "success")
    return redirect(url_for("finance.commission_receipts"))


@finance.post("/insentif-bpjs/<int:commission_receipt_id>")
@needs(Permission.COMMISSION_PAY_PREPARE)
def decide_receipt(commission_receipt_id: int) -> Response:
    """Confirm a payment of BPJS as a second person, refuse it, or withdraw the own record."""
    here, action = back_to("finance.commission_receipts"), request.form.get("action", "")
    if action not in set(receipts.ReceiptAction):
        raise NotFound()
    try:
        with transaction() as session:
            found = receipts.decide_receipt(
                session,
                receipt_id=commission_receipt_id,
                action=receipts.ReceiptAction(action),
                actor_id=current_user.id,
                reason=request.form.get("reason", ""),
            )
            word = state_word("commission_receipt", found.state).text
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, here)
    flash(_("Pembayaran BPJS: %(state)s.", state=word), "success")
    return redirect(here)


@finance.post("/insentif-bpjs/selisih")
@needs(Permission.COMMISSION_PAY_PREPARE)
def explain_commission() -> Response:
    """Propose what happens with a difference."""
    here = url_for("finance.commission_receipts") + "#selisih"
    way, number = request.form.get("way", ""), request.form.get("statement_id", "")
    if way not in set(DifferenceWay) or not (number.isascii() and number.isdigit()):
        raise NotFound()
    try:
        with transaction() as session:
            differences.propose(
                session,
                statement_id=int(number[:18]),
                way=DifferenceWay(way),
                reason=request.form.get("reason", ""),
                actor_id=current_user.id,
            )
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, here)
    flash(_("Penyelesaian selisih diusulkan. Orang kedua memutuskannya."), "success")
    return redirect(here)


@finance.post("/insentif-bpjs/selisih/<int:commission_difference_id>")
@needs(Permission.COMMISSION_PAY_APPROVE)
def decide_commission_difference(commission_difference_id: int) -> Response:
    """Book a proposal about a difference as a second person, or refuse it."""
    here = url_for("finance.commission_receipts") + "#selisih"
    action = request.form.get("action", "")
    if action not in set(differences.DifferenceAction):
        raise NotFound()
    try:
        with transaction() as session:
            differences.decide_difference(
                session,
                difference_id=commission_difference_id,
                action=differences.DifferenceAction(action),
                actor_id=current_user.id,
            )
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, here)
    flash(_("Selisih diputuskan."), "success")
    return redirect(here)


def read_lines(text: str) -> dict[str, int]:
    """Agents' codes with what BPJS paid for each; Invalid names the line that cannot be read."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.replace("\0", "").splitlines(), 1):
        if not line.strip():
            continue
        parts = _ROW.fullmatch(line)
        try:
            if parts is None:
                raise ValueError
            code, said_idr = parts[1], parts[2].strip()
            sign = -1 if said_idr.startswith("-") else 1
            amount = sign * rupiah(said_idr.removeprefix("-"))
        except ValueError:
            raise Invalid(
                "Baris {number} tidak terbaca. Tulis kode agen, titik koma, lalu jumlahnya.",
                number=number,
                about="lines",
            ) from None
        if code in found:
            raise Invalid("Agen {code} tertulis dua kali.", code=code, about="lines")
        found[code] = amount
    if len(found) > MOST_AGENTS:
        raise Invalid("Paling banyak {most} agen sekaligus.", most=MOST_AGENTS, about="lines")
    return found


def _form(*, filled: bool = False) -> ReceiptForm:
    form = ReceiptForm() if filled else ReceiptForm(formdata=None)
    offices = queries.offices_of(db.session(), current_user)
    form.office_id.choices = [SelectChoice(number, name) for number, name in offices]
    if not filled:
        form.month.data = f"{add_months(clock.this_month(), -1):%Y-%m}"
    return form


def _fetch(asked: ListRequest) -> Page[ReceiptRow]:
    return receipt_queries.receipts(db.session(), current_user, asked)


def _render(view: ListView, form: ReceiptForm, *, error: str = "") -> str:
    session = db.session()
    assert view.page is not None
    open_now = differences.open_differences(session, office_id=current_user.office_id)
    first = [row.recorded_by for row in view.page.rows if row.state == "recorded"]
    return render_template(
        "finance/commission_receipts.html",
        listing=view,
        tabs=view.tabs(),
        differences=open_now,
        ways=WAYS,
        not_yet=waits([*first, *(each.proposed_by for each in open_now)]),
        form=form,
        error=error,
        may_record=current_user.can(Permission.COMMISSION_PAY_PREPARE),
        may_decide=current_user.can(Permission.COMMISSION_PAY_APPROVE),
    )
