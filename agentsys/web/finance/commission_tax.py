"""Income tax withheld from commissions: the register, slip numbers, checks of taxpayer numbers."""

from __future__ import annotations

import re

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.errors import Invalid, NotFound, Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.months import parse_month
from agentsys.payouts import due, register, tax
from agentsys.payouts.register import WithheldRow
from agentsys.payouts.tax import TaxKind
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.forms import Form
from agentsys.web.lists import ListPage, ListView, back_to
from agentsys.web.responses import check, said, why
from agentsys.web.sheets import download
from agentsys.web.texts import lazy

LONGEST_LIST = 200_000  # characters of pasted slip numbers
_SLIP = re.compile(r"\s*(\S{1,40})\s*[;\t, ]\s*(\S{1,40})\s*")

KINDS = {TaxKind.PPH21: "PPh 21", TaxKind.PPH23: "PPh 23"}
REGISTER = ListPage(
    endpoint="finance.commission_tax",
    title=lazy("Pajak komisi"),
    search=lazy("Nama atau kode agen"),
    sorts={"withheld": lazy("Dipotong"), "name": lazy("Nama"), "tax": lazy("Pajak")},
    tabs={
        "all": lazy("Semua"),
        "no_slip": lazy("Tanpa nomor bukti potong"),
        "surcharge": lazy("Tarif tanpa NPWP"),
    },
    personal=False,
    dates=True,
    sums=True,
    filename="pajak-komisi",
    columns=(
        (lazy("Masa pajak"), lambda row: f"{row.tax_month:%Y-%m}"),
        (lazy("Referensi"), lambda row: row.key),
        (lazy("Agen"), lambda row: row.agent_name),
        (lazy("NPWP"), lambda row: row.npwp),
        (lazy("Jenis"), lambda row: KINDS[row.kind]),
        (lazy("Bruto"), lambda row: row.gross_idr),
        (lazy("Dasar pajak"), lambda row: row.base_idr),
        (lazy("Pajak"), lambda row: row.tax_idr),
        (lazy("Nomor bukti potong"), lambda row: row.slip_number),
    ),
)


class SlipsForm(Form):
    """Numbers of slips, pasted."""

    slips = TextAreaField(
        lazy("Nomor bukti potong"),
        validators=[InputRequired(), Length(max=LONGEST_LIST)],
        description=lazy("Satu baris per pembayaran: referensi, titik koma, nomor bukti potong."),
    )


@finance.get("/pajak-komisi")
@needs(Permission.COMMISSION_PAY_READ)
def commission_tax() -> Response | str:
    """The register of what was withheld."""
    return ListView(REGISTER).answer(_fetch, lambda view: _render(view, SlipsForm(formdata=None)))


@finance.post("/pajak-komisi")
@needs(Permission.COMMISSION_PAY_SEND)
def record_slips() -> Response | tuple[str, int]:
    """Record slip numbers."""
    form = SlipsForm()
    try:
        check(form)
        with transaction() as session:
            count = register.record_slips(
                session, numbers=read_slips(form.slips.data or ""), actor=current_user
            )
    except NotFound:
        raise
    except Refused as refused:
        view = ListView(REGISTER)
        return _render(view.show(_fetch(view.request)), form, error=why(refused)), 422
    flash(_("%(n)s nomor bukti potong dicatat.", n=count), "success")
    return redirect(url_for("finance.commission_tax"))


@finance.post("/pajak-komisi/berkas")
@needs(Permission.COMMISSION_PAY_SEND)
def tax_file() -> Response | tuple[str, int]:
    """A month's withholdings with whole taxpayer numbers, as a workbook; it is recorded."""
    typed = request.form.get("month", "")
    try:
        month = parse_month(typed)
        with transaction() as session:
            rows = register.whole_numbers(session, current_user, vault=runtime().vault, month=month)
    except ValueError:
        return _again(typed, Invalid("Tulis bulan seperti 2026-11."))
    except Refused as refused:
        return _again(typed, refused)
    header = (
        _("Masa pajak"), _("Referensi"), _("Agen"), _("NPWP"), _("Jenis"), _("Bruto"),
        _("Dasar pajak"), _("Pajak"), _("Tarif tanpa NPWP"), _("Nomor bukti potong"),
    )  # fmt: skip
    return download(
        f"bukti-potong-{month:%Y-%m}.xlsx",
        _("Pajak komisi"),
        header,
        [
            (
                f"{row.tax_month:%Y-%m}",
                row.key,
                row.agent_name,
                number,
                KINDS[row.kind],
                row.gross_idr,
                row.base_idr,
                row.tax_idr,
                _("ya") if row.surcharge else _("tidak"),
                row.slip_number,
            )
            for row, number in rows
        ],
    )


@finance.post("/pajak-komisi/npwp/<int:npwp_account_id>")
@needs(Permission.COMMISSION_PAY_PREPARE)
def check_npwp(npwp_account_id: int) -> Response:
    """Record what the tax office says about a taxpayer number."""
    here, said_so = back_to("finance.commission_tax"), request.form.get("matched", "")
    if said_so not in ("yes", "no"):
        raise NotFound()
    try:
        with transaction() as session:
            register.record_check(
                session,
                account_id=npwp_account_id,
                is_matched=said_so == "yes",
                evidence=request.form.get("evidence", ""),
                actor=current_user,
            )
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, here)
    flash(_("Pemeriksaan NPWP dicatat. Berlaku mulai pembayaran berikutnya."), "success")
    return redirect(here)


def read_slips(text: str) -> dict[str, str]:
    """Payout keys with slip numbers; Invalid names the line that cannot be read."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.replace("\0", "").splitlines(), 1):
        if not line.strip():
            continue
        parts = _SLIP.fullmatch(line)
        if parts is None:
            raise Invalid(
                "Baris {number} tidak terbaca. Tulis referensi, titik koma, lalu nomornya.",
                number=number,
            )
        if parts[1] in found:
            raise Invalid("Referensi {key} tertulis dua kali.", key=parts[1])
        found[parts[1]] = parts[2]
    return found


def _fetch(asked: ListRequest) -> Page[WithheldRow]:
    return register.withheld(db.session(), current_user, asked)


def _again(month: str, refused: Refused) -> tuple[str, int]:
    """The page with the month that was typed, and why it was refused."""
    view = ListView(REGISTER)
    form = SlipsForm(formdata=None)
    return _render(view.show(_fetch(view.request)), form, error=why(refused), month=month), 422


def _render(view: ListView, form: SlipsForm, *, error: str = "", month: str = "") -> str:
    return render_template(
        "finance/commission_tax.html",
        listing=view,
        tabs=view.tabs(),
        kinds=KINDS,
        month=month or f"{clock.this_month():%Y-%m}",
        doubts=tax.doubts_on(due.today()),
        form=form,
        error=error,
        may_check=current_user.can(Permission.COMMISSION_PAY_PREPARE),
        may_send=current_user.can(Permission.COMMISSION_PAY_SEND),
    )
