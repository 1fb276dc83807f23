"""Paying commissions: to whom something is owed, and the batches."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.payouts import batches, files, owed_queries, queries
from agentsys.payouts.due import Hindrance
from agentsys.payouts.owed_queries import OwedRow
from agentsys.payouts.queries import BatchRow
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.forms import Form
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import check, why
from agentsys.web.state_words import state_word
from agentsys.web.texts import day_and_time, lazy

HINDRANCES = {
    Hindrance.NO_ACCOUNT: lazy("belum ada rekening"),
    Hindrance.ACCOUNT_CHANGES: lazy("rekening sedang diganti"),
    Hindrance.BELOW_MINIMUM: lazy("terlalu kecil, dibawa ke pembayaran berikutnya"),
    Hindrance.UNDER_WAY: lazy("ada di pembayaran yang belum selesai"),
}
BATCHES = ListPage(
    endpoint="finance.payouts",
    title=lazy("Bayar komisi"),
    sorts={"prepared": lazy("Disiapkan")},
    tabs={"open": lazy("Berjalan"), "ended": lazy("Berakhir"), "all": lazy("Semua")},
    personal=False,
    dates=True,
    filename="pembayaran-komisi",
    columns=(
        (lazy("Nomor"), lambda row: row.id),
        (lazy("Kantor"), lambda row: row.office),
        (lazy("Status"), lambda row: str(state_word("payout_batch", row.state).text)),
        (lazy("Agen"), lambda row: row.lines),
        (lazy("Ditransfer"), lambda row: row.net_idr),
        (lazy("Pajak"), lambda row: row.tax_idr),
        (lazy("Disiapkan"), lambda row: day_and_time(row.prepared_at)),
        (lazy("Oleh"), lambda row: row.preparer),
    ),
)
OWED = ListPage(
    endpoint="finance.commission_owed",
    title=lazy("Komisi yang belum dibayar"),
    search=lazy("Nama atau kode agen"),
    sorts={"name": lazy("Nama"), "owed": lazy("Jumlah")},
    personal=False,
    sums=True,
    filename="komisi-belum-dibayar",
    columns=(
        (lazy("Kode"), lambda row: row.code),
        (lazy("Agen"), lambda row: row.name),
        (lazy("Belum dibayar"), lambda row: row.owed_idr),
        (lazy("Komisi bruto"), lambda row: row.due.gross_idr),
        (lazy("PPh"), lambda row: row.due.tax_idr),
        (lazy("Potongan"), lambda row: row.due.deduction_idr),
        (lazy("Ditransfer"), lambda row: row.due.net_idr),
        (
            lazy("Halangan"),
            lambda row: str(HINDRANCES[row.due.hindrance]) if row.due.hindrance else "",
        ),
    ),
)


class PrepareForm(Form):
    """The office whose agents are paid, and the form of the bank's file."""

    office_id = SelectField(lazy("Kantor"), coerce=int)
    layout = SelectField(
        lazy("Bentuk berkas bank"),
        choices=[SelectChoice(name, text) for name, text in files.labels().items()],
        description=lazy("Draf belum pernah dicoba di bank: periksa berkasnya sebelum mengunggah."),
    )


@finance.get("/bayar-komisi")
@needs(Permission.COMMISSION_PAY_READ)
def payouts() -> Response | str:
    """The batches, and a form to prepare one."""
    return ListView(BATCHES).answer(_fetch, lambda view: _render(view, _form()))


@finance.post("/bayar-komisi")
@needs(Permission.COMMISSION_PAY_PREPARE)
def prepare_payouts() -> Response | tuple[str, int]:
    """Prepare a batch for all agents of an office to whom something can be paid now."""
    form = _form(filled=True)
    try:
        check(form)
        with transaction() as session:
            batch = batches.prepare(
                session,
                office_id=form.office_id.data,
                layout=files.layout_of(form.layout.data or "").name,
                actor_id=current_user.id,
            )
            batch_id = batch.id
    except NotFound:
        raise
    except Refused as refused:
        view = ListView(BATCHES)
        return _render(view.show(_fetch(view.request)), form, error=why(refused)), 422
    flash(_("Pembayaran disiapkan. Orang kedua menyetujuinya."), "success")
    return redirect(url_for("finance.payout", payout_batch_id=batch_id))


@finance.get("/bayar-komisi/belum-dibayar")
@needs(Permission.COMMISSION_PAY_READ)
def commission_owed() -> Response | str:
    """The agents to whom commission is owed, and what stands in the way."""
    return ListView(OWED).answer(
        _owed,
        lambda view: render_template(
            "finance/commission_owed.html", listing=view, hindrances=HINDRANCES
        ),
    )


def _form(*, filled: bool = False) -> PrepareForm:
    form = PrepareForm() if filled else PrepareForm(formdata=None)
    offices = queries.offices_of(db.session(), current_user)
    form.office_id.choices = [SelectChoice(number, name) for number, name in offices]
    return form


def _fetch(asked: ListRequest) -> Page[BatchRow]:
    return queries.batches(db.session(), current_user, asked)


def _owed(asked: ListRequest) -> Page[OwedRow]:
    return owed_queries.owed(db.session(), current_user, asked)


def _render(view: ListView, form: PrepareForm, *, error: str = "") -> str:
    return render_template(
        "finance/payouts.html",
        listing=view,
        tabs=view.tabs(),
        owed_idr=owed_queries.owed_sum(db.session(), current_user),
        form=form,
        error=error,
        may_prepare=current_user.can(Permission.COMMISSION_PAY_PREPARE),
    )
