"""What we owe workers and they owe us: one person proposes the transfer, another books it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy import BigInteger, ColumnElement, cast, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.ledger import accounts
from agentsys.ledger.models import Posting
from agentsys.money import format_idr
from agentsys.people import scope
from agentsys.people.models import RoleName, User
from agentsys.transfers import repayments
from agentsys.transfers.models import Direction, Transfer, TransferState
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import TransferForm
from agentsys.web.responses import PAGE, check, said, why
from agentsys.workers.models import Worker

MOST = 4 * PAGE  # transfers that wait on one page, the oldest


@finance.get("/hak-pekerja")
def transfers() -> str:
    """The workers whose accounts are not at zero, and the transfers that wait for somebody."""
    return _page(db.session(), TransferForm(formdata=None))


@finance.post("/hak-pekerja")
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
            )
            with_worker = decided.worker_id is not None
            booked = decided.state is TransferState.BOOKED
    except Refused as refused:
        return said(refused, url_for("finance.transfers"))
    flash(_("Transfer dibukukan.") if booked else _("Usul transfer ditolak."), "success")
    return redirect(url_for("finance.transfers" if with_worker else "finance.gateway_payouts"))


def transfers_of_my_office() -> ColumnElement[bool]:
    """Transfers with workers of the user's offices, and those with nobody of ours."""
    return or_(Transfer.office_id.is_(None), scope.of_office(current_user, Transfer.office_id))


def waiting_transfers(session: Session, *only: ColumnElement[bool]) -> list[dict[str, Any]]:
    """The transfers of the user's offices that wait for a second person, oldest first."""
    proposer = aliased(User)
    rows = session.execute(
        select(Transfer, Worker.name, proposer.name)
        .outerjoin(Worker, Worker.id == Transfer.worker_id)
        .join(proposer, proposer.id == Transfer.proposed_by)
        .where(
            Transfer.state == TransferState.PROPOSED,
            transfers_of_my_office(),
            *only,
        )
        .order_by(Transfer.id)
        .limit(MOST)
    )
    return [
        {
            "id": transfer.id,
            "worker_name": name or _("Uang tak dikenal"),
            "out": transfer.direction is Direction.OUT,
            "amount_idr": transfer.amount_idr,
            "bank_ref": transfer.bank_ref,
            "note": transfer.note,
            "proposed_at": transfer.proposed_at,
            "proposed_by": by,
            "own": transfer.proposed_by == current_user.id,
        }
        for transfer, name, by in rows
    ]


def _page(session: Session, form: TransferForm, *, error: str = "") -> str:
    rows = _balances(session)
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
                "worker_name": row.name,
                "nik_masked": row.nik_masked,
                "owed": row.balance < 0,
                "amount_idr": abs(int(row.balance)),
                "amount_typed": format_idr(abs(int(row.balance))).removeprefix("Rp"),
            }
            for row in rows
        ],
        next_url=next_url,
        form=form,
        error=error,
        writable=current_user.role is not RoleName.AUDITOR,
    )


def _balances(session: Session) -> list[Any]:
    """Accounts of workers that are not at zero, by worker; one page and one row more."""
    found = (
        select(
            Posting.account,
            cast(func.split_part(Posting.account, ":", 3), BigInteger).label("worker_id"),
            func.sum(Posting.amount_idr).label("balance"),
        )
        .where(
            or_(
                Posting.account.startswith(accounts.OWED_WORKER),
                Posting.account.startswith(accounts.CLAIM_WORKER),
            )
        )
        .group_by(Posting.account)
        .having(func.sum(Posting.amount_idr) != 0)
        .subquery()
    )
    query = (
        select(found.c.account, found.c.balance, Worker.name, Worker.nik_masked)
        .join(Worker, Worker.id == found.c.worker_id)
        .where(scope.of_office(current_user, Worker.office_id))
        .order_by(found.c.worker_id, found.c.account)
        .limit(PAGE + 1)
    )
    after = request.args.get("after", "")
    if after:
        worker = after.rpartition(":")[2]
        if not (worker.isascii() and worker.isdigit() and len(worker) <= 18):
            raise NotFound()
        query = query.where(tuple_(found.c.worker_id, found.c.account) > (int(worker), after))
    return list(session.execute(query))
