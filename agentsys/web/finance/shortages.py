"""What agents handed in too little or too much: paid by transfer, or from commission."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.money import format_idr
from agentsys.payments import deductions, shortage_queries
from agentsys.payments.shortage_queries import ShortageRow
from agentsys.people.permissions import Permission
from agentsys.transfers import repayments
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import AgentTransferForm
from agentsys.web.finance.transfers import waiting_transfers
from agentsys.web.lists import ListPage, ListView, back_to
from agentsys.web.responses import check, said, why
from agentsys.web.second_persons import waits
from agentsys.web.state_words import state_word
from agentsys.web.texts import lazy

SHORTAGES = ListPage(
    endpoint="finance.shortages",
    title=lazy("Selisih setoran agen"),
    search=lazy("Nama agen"),
    sorts={"amount": lazy("Jumlah"), "agent": lazy("Agen")},
    states={"short": lazy("Kurang"), "more": lazy("Lebih")},
    states_label=lazy("Jenis"),
    personal=False,
    agent=True,
    sums=True,
    filename="selisih-setoran-agen",
    columns=(
        (lazy("Agen"), lambda row: row.agent_name),
        (lazy("Wilayah"), lambda row: row.area),
        (lazy("Kurang"), lambda row: max(row.balance_idr, 0)),
        (lazy("Lebih"), lambda row: max(-row.balance_idr, 0)),
        (lazy("Dipotong dari komisi"), lambda row: row.deduction_idr or 0),
        (lazy("Kesepakatan"), lambda row: row.deduction_note or ""),
        (
            lazy("Status"),
            lambda row: (
                str(state_word("deduction", row.deduction_state).text)
                if row.deduction_state
                else ""
            ),
        ),
    ),
)


@finance.get("/selisih-agen")
@needs(Permission.DEPOSIT_READ)
def shortages() -> Response | str:
    """Agents who handed in too little or too much, and what is agreed about it."""
    form = AgentTransferForm(formdata=None)
    return ListView(SHORTAGES).answer(_fetch, lambda view: _render(view, form))


@finance.post("/selisih-agen")
@needs(Permission.TRANSFER_PROPOSE)
def transfer_with_agent() -> Response | tuple[str, int]:
    """Record a transfer by which an agent paid a shortage, or that gives a surplus back."""
    form = AgentTransferForm(request.form)
    try:
        check(form)
        with transaction() as session:
            repayments.propose_with_agent(
                session,
                agent_id=form.agent_id.data or 0,
                amount_idr=form.amount_idr.data or 0,
                bank_ref=form.bank_ref.data or "",
                note=form.note.data or "",
                actor_id=current_user.id,
            )
    except NotFound:
        raise
    except Refused as refused:
        view = ListView(SHORTAGES)
        return _render(view.show(_fetch(view.request)), form, error=why(refused)), 422
    flash(_("Transfer dicatat. Orang kedua membukukannya."), "success")
    return redirect(back_to("finance.shortages"))


@finance.post("/selisih-agen/potongan/<int:deduction_id>")
@needs(Permission.DEPOSIT_CONFIRM)
def decide_deduction(deduction_id: int) -> Response:
    """Agree to deduct a shortage from commission, refuse it, or end what was agreed."""
    here = back_to("finance.shortages")
    action = request.form.get("action", "")
    if action not in {"agree", "refuse", "end"}:
        raise NotFound()
    try:
        with transaction() as session:
            decided = deductions.decide_deduction(
                session,
                deduction_id=deduction_id,
                action=deductions.DeductionAction(action),
                actor=current_user,
                reason=request.form.get("reason", ""),
            )
            word = state_word("deduction", decided.state).text
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, here)
    flash(_("Potongan komisi: %(state)s.", state=word), "success")
    return redirect(here)


def _fetch(asked: ListRequest) -> Page[ShortageRow]:
    return shortage_queries.shortages(db.session(), current_user, asked)


def _render(view: ListView, form: AgentTransferForm, *, error: str = "") -> str:
    assert view.page is not None
    rows: list[ShortageRow] = list(view.page.rows)
    return render_template(
        "finance/shortages.html",
        waiting=waiting_transfers(db.session(), of_agents=True),
        listing=view,
        typed=lambda row: format_idr(abs(row.balance_idr)).removeprefix("Rp"),
        form=form,
        error=error,
        writable=current_user.can(Permission.TRANSFER_PROPOSE),
        decidable=current_user.can(Permission.DEPOSIT_CONFIRM),
        is_own=lambda row: row.agent_user_id == current_user.id,
        not_yet=waits(row.agent_user_id for row in rows),
        back_url=url_for("finance.deposits"),
    )
