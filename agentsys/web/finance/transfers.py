"""What we owe workers and they owe us: one person proposes the transfer, another books it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.money import format_idr
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.transfers import queries, repayments
from agentsys.transfers.models import Direction, TransferState
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import TransferForm
from agentsys.web.responses import PAGE, check, said, why

MOST = 4 * PAGE  # transfers that wait on one page, the oldest


@finance.get("/hak-pekerja")
@needs(Permission.TRANSFER_READ)
def transfers() -> str:
    """The workers whose accounts are not at zero, and the transfers that wait for somebody."""
    return _page(db.session(), TransferForm(formdata=None))


@finance.post("/hak-pekerja")
@needs(Permission.TRANSFER_PROPOSE)
def propose_transfer() -> Response | tuple[str, int]:
    """Propose that a worker was paid what we owe, or paid us."""
    form = TransferForm(request.form)
    try:
        check(form)
        with transaction() as session:
            repayments.propose(
                session,
                account=form.account.data or "",
                amount_idr=form.amount_idr.data or 0,
                bank_ref=form.bank_ref.data or "",
                note=form.note.data or "",
                actor_id=current_user.id,
            )
    except Refused as refused:
        return _page(db.session(), form, error=why(refused)), 422
    flash(_("Usul transfer disimpan. Orang kedua membukukannya."), "success")
    return redirect(url_for("finance.transfers"))


@finance.post("/transfer")
@needs(Permission.TRANSFER_BOOK)
def decide_transfer() -> Response:
    """Book a transfer as a second person, or refuse it."""
    action = request.form.get("action", "")
    if action not in set(repayments.TransferAction):
        raise NotFound()
    with_worker = True
    try:
        with transaction() as session:
            decided = repayments.decide_transfer(
                session,
                transfer_id=request.form.get("transfer_id", 0, type=int),
                action=repayments.TransferAction(action),
                actor_id=current_user.id,
                shared_bank=runtime().settings.shared_bank_account,
            )
            with_worker = decided.worker_id is not None
            booked = decided.state is TransferState.BOOKED
    except Refused as refused:
        return said(refused, url_for("finance.transfers"))
    flash(_("Transfer dibukukan.") if booked else _("Usul transfer ditolak."), "success")
    return redirect(url_for("finance.transfers" if with_worker else "finance.gateway_payouts"))


def waiting_transfers(session: Session, *, unexplained_only: bool = False) -> list[dict[str, Any]]:
    """The transfers of the user's offices that wait for a second person, oldest first."""
    rows = queries.waiting_transfers(
        session, current_user, unexplained_only=unexplained_only, limit=MOST
    )
    return [
        {
            "id": transfer.id,
            "worker_name": transfer.worker_name or _("Uang tak dikenal"),
            "out": transfer.direction is Direction.OUT,
            "amount_idr": transfer.amount_idr,
            "bank_ref": transfer.bank_ref,
            "note": transfer.note,
            "proposed_at": transfer.proposed_at,
            "proposed_by": transfer.proposer,
            "own": transfer.proposed_by == current_user.id,
        }
        for transfer in rows
    ]


def _page(session: Session, form: TransferForm, *, error: str = "") -> str:
    rows = queries.worker_balances(
        session, current_user, after=request.args.get("after", ""), limit=PAGE + 1
    )
    next_url = ""
    if len(rows) > PAGE:
        rows = rows[:PAGE]
        next_url = url_for("finance.transfers", after=rows[-1].account)
    return render_template(
        "finance/transfers.html",
        waiting=waiting_transfers(session),
        balances=[
            {
                "account": row.account,
                "worker_name": row.worker_name,
                "nik_masked": row.nik_masked,
                "owed": row.balance_idr < 0,
                "amount_idr": abs(row.balance_idr),
                "amount_typed": format_idr(abs(row.balance_idr)).removeprefix("Rp"),
            }
            for row in rows
        ],
        next_url=next_url,
        form=form,
        error=error,
        writable=current_user.can(Permission.TRANSFER_PROPOSE),
    )
