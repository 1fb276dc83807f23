"""Money owed to and by workers: one person proposes a transfer, another books it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.money import format_idr
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.statements.models import ThingKind
from agentsys.transfers import queries, repayments
from agentsys.transfers.models import Direction, TransferState
from agentsys.transfers.queries import WorkerBalance
from agentsys.web.access import needs
from agentsys.web.bank_evidence import shown_by_bank
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import TransferForm
from agentsys.web.lists import ListPage, ListView, back_to
from agentsys.web.responses import PAGE, check, said, why
from agentsys.web.second_persons import waits
from agentsys.web.texts import lazy

MOST = 4 * PAGE  # waiting transfers on the page, oldest first


BALANCES = ListPage(
    endpoint="finance.transfers",
    title=lazy("Hak dan utang pekerja"),
    search=lazy("Nama pekerja"),
    sorts={"worker": lazy("Pekerja"), "amount": lazy("Jumlah")},
    states={"owed": lazy("Hak pekerja"), "claim": lazy("Utang pekerja")},
    states_label=lazy("Jenis"),
    personal=False,
    agent=True,
    sums=True,
    filename="hak-dan-utang-pekerja",
    columns=(
        (lazy("Pekerja"), lambda row: row.worker_name),
        ("NIK", lambda row: row.nik_masked),
        (lazy("Akun"), lambda row: row.account),
        (lazy("Hak pekerja"), lambda row: max(-row.balance_idr, 0)),
        (lazy("Utang pekerja"), lambda row: max(row.balance_idr, 0)),
    ),
)


@finance.get("/hak-pekerja")
@needs(Permission.TRANSFER_READ)
def transfers() -> Response | str:
    """Workers whose accounts are not at zero, and transfers that wait for a second person."""
    form = TransferForm(formdata=None)
    return ListView(BALANCES).answer(_fetch, lambda view: _render(view, form))


@finance.post("/hak-pekerja")
@needs(Permission.TRANSFER_PROPOSE)
def propose_transfer() -> Response | tuple[str, int]:
    """Propose a transfer to or from a worker."""
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
        view = ListView(BALANCES)
        return _render(view.show(_fetch(view.request)), form, error=why(refused)), 422
    flash(_("Usul transfer disimpan. Orang kedua membukukannya."), "success")
    return redirect(back_to("finance.transfers"))


@finance.post("/transfer")
@needs(Permission.TRANSFER_BOOK)
def decide_transfer() -> Response:
    """Book a transfer as a second person, or refuse it."""
    action = request.form.get("action", "")
    if action not in set(repayments.TransferAction):
        raise NotFound()
    back = url_for("finance.transfers")
    try:
        with transaction() as session:
            decided = repayments.decide_transfer(
                session,
                transfer_id=request.form.get("transfer_id", 0, type=int),
                action=repayments.TransferAction(action),
                actor_id=current_user.id,
                shared_bank=runtime().settings.shared_bank_account,
            )
            if decided.agreement_id is not None:
                back = url_for("sponsors.agreement", agreement_id=decided.agreement_id)
            elif decided.unexplained_id is not None:
                back = url_for("finance.gateway_payouts")
            elif decided.agent_id is not None:
                back = url_for("finance.shortages")
            booked = decided.state is TransferState.BOOKED
    except Refused as refused:
        return said(refused, url_for("finance.transfers"))
    flash(_("Transfer dibukukan.") if booked else _("Usul transfer ditolak."), "success")
    return redirect(back)


def waiting_transfers(
    session: Session,
    *,
    unexplained_only: bool = False,
    agreement_id: int | None = None,
    of_agents: bool = False,
) -> list[dict[str, Any]]:
    """The transfers of the user's offices that wait for a second person, oldest first."""
    rows = queries.waiting_transfers(
        session,
        current_user,
        unexplained_only=unexplained_only,
        agreement_id=agreement_id,
        of_agents=of_agents,
        limit=MOST,
    )
    not_yet = waits(transfer.proposed_by for transfer in rows)
    seen = shown_by_bank(session, ThingKind.TRANSFER, [transfer.id for transfer in rows])
    return [
        {
            "id": transfer.id,
            "worker_name": transfer.with_name or _("Uang tak dikenal"),
            "out": transfer.direction is Direction.OUT,
            "amount_idr": transfer.amount_idr,
            "bank_ref": transfer.bank_ref,
            "note": transfer.note,
            "proposed_at": transfer.proposed_at,
            "proposed_by": transfer.proposer,
            "own": current_user.id in (transfer.proposed_by, transfer.agent_user_id),
            "not_yet": not_yet.get(transfer.proposed_by, ""),
            "seen": seen.get(transfer.id),
        }
        for transfer in rows
    ]


def _fetch(asked: ListRequest) -> Page[WorkerBalance]:
    return queries.worker_balances(db.session(), current_user, asked)


def _render(view: ListView, form: TransferForm, *, error: str = "") -> str:
    return render_template(
        "finance/transfers.html",
        waiting=waiting_transfers(db.session()),
        listing=view,
        typed=lambda row: format_idr(abs(row.balance_idr)).removeprefix("Rp"),
        form=form,
        error=error,
        writable=current_user.can(Permission.TRANSFER_PROPOSE),
    )
