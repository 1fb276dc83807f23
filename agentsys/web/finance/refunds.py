"""Money that goes back through its provider: one person proposes, another approves."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.payments import refund_queries
from agentsys.payments import refunds as service
from agentsys.payments.refund_models import RefundState
from agentsys.payments.refund_queries import RefundRow
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.lists import ListPage, ListView, back_to
from agentsys.web.responses import said
from agentsys.web.second_persons import waits
from agentsys.web.state_words import state_word
from agentsys.web.texts import day_and_time, lazy
from agentsys.web.view_models import channel_label

REFUNDS = ListPage(
    endpoint="finance.refunds",
    title=lazy("Pengembalian lewat penyedia"),
    search=lazy("Nomor pembayaran atau nama pekerja"),
    sorts={"proposed": lazy("Diusulkan"), "worker": lazy("Pekerja"), "amount": lazy("Jumlah")},
    tabs={
        "waiting": lazy("Menunggu"),
        "asked": lazy("Ditanyakan"),
        "given": lazy("Dikembalikan"),
        "not_given": lazy("Batal"),
        "all": lazy("Semua"),
    },
    personal=False,
    agent=True,
    dates=True,
    sums=True,
    filename="pengembalian",
    columns=(
        (lazy("Pembayaran"), lambda row: row.reference),
        (lazy("Pekerja"), lambda row: row.worker_name),
        (lazy("Kanal"), lambda row: channel_label(row.channel)),
        (lazy("Jumlah"), lambda row: row.amount_idr),
        (lazy("Alasan"), lambda row: row.reason),
        (lazy("Status"), lambda row: str(state_word("refund", row.state).text)),
        (lazy("Diusulkan"), lambda row: day_and_time(row.proposed_at)),
        (lazy("Oleh"), lambda row: row.proposer),
        (lazy("Diputuskan oleh"), lambda row: row.decider or ""),
    ),
)


@finance.get("/pengembalian")
@needs(Permission.REFUND_READ)
def refunds() -> Response | str:
    """The refunds that wait for a second person, the oldest first; and all others."""
    return ListView(REFUNDS).answer(_fetch, _render)


@finance.post("/pengembalian/<int:refund_id>")
@needs(Permission.REFUND_APPROVE)
def decide_refund(refund_id: int) -> Response:
    """Approve a refund as a second person, or refuse it."""
    here = back_to("finance.refunds")
    action = request.form.get("action", "")
    if action not in set(service.RefundAction):
        raise NotFound()
    found = refund_queries.refund(db.session(), current_user, refund_id)
    try:
        with transaction() as session:
            decided = service.decide_refund(
                session,
                refund_id=refund_id,
                channel=runtime().registry.channels.get(found.channel),
                action=service.RefundAction(action),
                actor_id=current_user.id,
            )
            approved = decided.state is RefundState.APPROVED
    except Refused as refused:
        return said(refused, here)
    text = _("Pengembalian disetujui; penyedia sedang ditanya.")
    flash(text if approved else _("Usul pengembalian ditolak."), "success")
    return redirect(here)


def may_decide(row: RefundRow) -> bool:
    """Whether the signed-in user may approve this refund."""
    return current_user.can(Permission.REFUND_APPROVE) and current_user.id not in (
        row.proposed_by,
        row.agent_user_id,
    )


def may_withdraw(row: RefundRow) -> bool:
    """Whether the signed-in user may refuse this refund, or take back the own proposal."""
    decides = current_user.can(Permission.REFUND_APPROVE)
    return decides and current_user.id != row.agent_user_id


def _fetch(asked: ListRequest) -> Page[RefundRow]:
    return refund_queries.refunds(db.session(), current_user, asked)


def _render(view: ListView) -> str:
    assert view.page is not None
    not_yet = waits(row.proposed_by for row in view.page.rows if may_decide(row))
    return render_template(
        "finance/refunds.html",
        not_yet=not_yet,
        listing=view,
        tabs=view.tabs(),
        may_decide=may_decide,
        may_withdraw=may_withdraw,
        label=channel_label,
    )
