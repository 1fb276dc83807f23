"""The page of one bill: sending it, its lines, and the transfers that pay it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys.agreements.kinds import AgreementState, BillState
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.extension.contract import PaymentState
from agentsys.people.permissions import Permission
from agentsys.sponsors import (
    bill_payments,
    bill_queries,
    credit,
    lateness,
    overlaps,
    queries,
    transfer_queries,
)
from agentsys.sponsors import bills as service
from agentsys.sponsors.bill_queries import BillRow
from agentsys.sponsors.transfer_queries import TransferRow
from agentsys.statements.models import ThingKind
from agentsys.web.access import needs
from agentsys.web.bank_evidence import shown_by_bank
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import blaming, said
from agentsys.web.second_persons import waits
from agentsys.web.sponsors import virtual_account_views
from agentsys.web.sponsors.blueprint import sponsors
from agentsys.web.sponsors.forms import RefuseForm, TransferForm
from agentsys.web.texts import day, lazy, num, rp

LINES = ListPage(
    endpoint="sponsors.bill",
    title=lazy("Pekerja dalam tagihan"),
    search=lazy("Nama pekerja atau kelurahan"),
    tabs={"all": lazy("Semua"), "paid": lazy("Sudah dibayar"), "unpaid": lazy("Belum dibayar")},
    sorts={
        "order": lazy("Urutan pembayaran"),
        "name": lazy("Nama"),
        "kelurahan": lazy("Kelurahan"),
        "amount": lazy("Iuran"),
    },
    personal=False,
)


@sponsors.get("/tagihan/<int:bill_id>")
@needs(Permission.SPONSOR_READ)
def bill(bill_id: int) -> Response | str:
    """A bill: its state, its lines in the order of payment, and its transfers."""
    return _page(bill_id)


@sponsors.post("/tagihan/<int:bill_id>/kirim")
@needs(Permission.BILL_SEND)
def send_bill(bill_id: int) -> Response:
    """Send a bill: its people and sum are fixed, and it gets its due date."""
    found = bill_queries.bill_in_scope(db.session(), current_user, bill_id)
    try:
        with transaction() as session:
            due_on = service.send(session, bill_id=found.id, actor_id=current_user.id).due_on
    except Refused as refused:
        return said(refused, here(found.id))
    assert due_on is not None
    flash(
        _(
            "Tagihan ditandai terkirim, jatuh tempo %(day)s. Unduh berkasnya dan kirim kepada"
            " sponsor.",
            day=day(due_on),
        ),
        "success",
    )
    return redirect(here(found.id))


@sponsors.post("/tagihan/<int:bill_id>/transfer")
@needs(Permission.SPONSOR_PAYMENT_RECORD)
def record_transfer(bill_id: int) -> Response | str | tuple[Response | str, int]:
    """Record a transfer for a bill; sending the same form again changes nothing."""
    found = bill_queries.bill_in_scope(db.session(), current_user, bill_id)
    form = TransferForm(request.form)
    if form.validate() and form.received_on.data is not None:
        with blaming(form):
            with transaction() as session:
                bill_payments.record(
                    session,
                    key=form.key.data or "",
                    bill_id=found.id,
                    amount_idr=form.amount.data or 0,
                    bank_reference=form.reference.data or "",
                    received_on=form.received_on.data,
                    actor_id=current_user.id,
                )
            flash(_("Transfer dicatat. Orang kedua mengonfirmasinya."), "success")
            return redirect(here(found.id))
    return _page(found.id, transfer=form), 422


@sponsors.post("/tagihan/<int:bill_id>/transfer/pastikan")
@needs(Permission.SPONSOR_PAYMENT_CONFIRM)
def confirm_transfer(bill_id: int) -> Response:
    """Confirm a recorded transfer as a second person: it pays the bill's lines."""
    transfer = _transfer(bill_id)
    try:
        with transaction() as session:
            paid = bill_payments.confirm(session, payment_id=transfer.id, actor_id=current_user.id)
    except Refused as refused:
        return said(refused, here(bill_id))
    told = ngettext(
        "%(n)s pekerja dibayar, %(sum)s.",
        "%(n)s pekerja dibayar, %(sum)s.",
        paid.people,
        n=num(paid.people),
        sum=rp(paid.amount_idr),
    )
    if paid.left_idr:
        told += " " + _("Sisa %(left)s disimpan untuk tagihan berikutnya.", left=rp(paid.left_idr))
    flash(told, "success")
    return redirect(here(bill_id))


@sponsors.post("/tagihan/<int:bill_id>/sisa")
@needs(Permission.SPONSOR_PAYMENT_RECORD)
def use_credit(bill_id: int) -> Response:
    """Pay the whole bill with what its agreement has left of earlier payments."""
    found = bill_queries.bill_in_scope(db.session(), current_user, bill_id)
    try:
        with transaction() as session:
            paid = credit.pay_whole(session, bill_id=found.id, actor_id=current_user.id)
    except Refused as refused:
        return said(refused, here(found.id))
    flash(
        _(
            "Tagihan lunas dengan sisa transfer sebelumnya. Masih tersisa %(left)s.",
            left=rp(paid.left_idr),
        ),
        "success",
    )
    return redirect(here(found.id))


@sponsors.post("/tagihan/<int:bill_id>/transfer/tolak")
@needs(Permission.SPONSOR_PAYMENT_CONFIRM)
def refuse_transfer(bill_id: int) -> Response | str | tuple[Response | str, int]:
    """Refuse a recorded transfer that the bank does not show."""
    transfer = _transfer(bill_id)
    form = RefuseForm(request.form)
    if form.validate():
        with blaming(form):
            with transaction() as session:
                bill_payments.refuse(
                    session,
                    payment_id=transfer.id,
                    reason=form.note.data or "",
                    actor_id=current_user.id,
                )
            flash(_("Transfer ditolak. Tidak ada yang dibayar."), "success")
            return redirect(here(bill_id))
    return _page(bill_id, refuse=form), 422


def here(bill_id: int) -> str:
    """The address of a bill's page."""
    return url_for("sponsors.bill", bill_id=bill_id)


def _transfer(bill_id: int) -> TransferRow:
    """The transfer of this bill that the form names; NotFound if there is none."""
    session = db.session()
    found = bill_queries.bill_in_scope(session, current_user, bill_id)
    named = request.form.get("transfer_id", 0, type=int)
    return transfer_queries.transfer_of(session, found.id, named)


def _page(
    bill_id: int,
    *,
    transfer: TransferForm | None = None,
    refuse: RefuseForm | None = None,
) -> Response | str:
    session = db.session()
    found = bill_queries.bill_in_scope(session, current_user, bill_id)

    def render(view: ListView) -> str:
        return render_template(
            "sponsors/bill.html",
            bill=found,
            listing=view,
            tabs=view.tabs(),
            transfer=transfer or _blank(found),
            refuse=refuse or RefuseForm(formdata=None),
            **_around(session, found),
        )

    return ListView(LINES, bill_id=found.id).answer(
        lambda asked: bill_queries.lines(session, found, asked), render
    )


def _blank(found: BillRow) -> TransferForm:
    form = TransferForm(formdata=None)
    form.key.data = uuid.uuid4().hex
    form.amount.data = found.left_idr
    return form


def _around(session: Session, found: BillRow) -> dict[str, Any]:
    """What stands around the lines of a bill."""
    agreement = queries.agreement_in_scope(session, current_user, found.agreement_id)
    is_open = found.state is BillState.OPEN
    unpaid = found.state in (BillState.SENT, BillState.PART_PAID)
    transfers = transfer_queries.transfers(session, found.id)
    makers = [row.made_by for row in transfers if row.state is PaymentState.CREATED]
    confirms = current_user.can(Permission.SPONSOR_PAYMENT_CONFIRM)
    clash = is_open and agreement.state is AgreementState.IN_FORCE
    left = transfer_queries.credit(session, found)
    may_record = unpaid and current_user.can(Permission.SPONSOR_PAYMENT_RECORD)
    return {
        "agreement": agreement,
        "credit": left,
        "credit_covers": may_record and 0 < found.left_idr <= left.usable_idr,
        "transfers": transfers,
        "seen": shown_by_bank(session, ThingKind.SPONSOR_PAYMENT, [row.id for row in transfers]),
        "not_yet": waits(makers) if confirms else {},
        "me_id": current_user.id,
        "may_send": is_open and current_user.can(Permission.BILL_SEND),
        "may_record": may_record,
        "may_confirm": confirms,
        "overlaps": overlaps.counts(session, agreement.id, agreement.programmes) if clash else None,
        "late": lateness.of_agreement(session, found.agreement_id, today=bill_queries.today())
        if unpaid
        else None,
        **virtual_account_views.around(session, found, credit_idr=left.usable_idr),
    }
