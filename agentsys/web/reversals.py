"""Voiding cash receipts: the agent or finance proposes, a second person decides."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.payments import reversal_moves, reversal_queries, reversal_rules, reversals
from agentsys.payments.reversal_models import ReversalState, ReversalWhy
from agentsys.payments.reversal_queries import ReversalRow
from agentsys.people.permissions import Permission, Reach
from agentsys.runtime import runtime
from agentsys.web.access import blueprint_for, needs
from agentsys.web.forms import Form
from agentsys.web.lists import ListPage, ListView, back_to
from agentsys.web.responses import blaming, said, why
from agentsys.web.reversal_words import WHY
from agentsys.web.second_persons import waits
from agentsys.web.state_words import state_word
from agentsys.web.texts import day_and_time, lazy

REVERSALS = ListPage(
    endpoint="reversals.index",
    title=lazy("Pembatalan kuitansi"),
    search=lazy("Nomor kuitansi atau nama pekerja"),
    sorts={
        "proposed": lazy("Diusulkan"),
        "worker": lazy("Pekerja"),
        "agent": lazy("Agen"),
        "amount": lazy("Jumlah"),
    },
    tabs={
        "waiting": lazy("Menunggu"),
        "approved": lazy("Dibatalkan"),
        "refused": lazy("Ditolak atau ditarik"),
        "all": lazy("Semua"),
    },
    personal=False,
    agent=True,
    dates=True,
    sums=True,
    filename="pembatalan-kuitansi",
    columns=(
        (lazy("Kuitansi"), lambda row: row.receipt_number),
        (lazy("Kuitansi pembatalan"), lambda row: row.number or ""),
        (lazy("Pekerja"), lambda row: row.worker_name),
        (lazy("Agen"), lambda row: row.agent_name),
        (lazy("Jumlah"), lambda row: row.amount_idr),
        (lazy("Sebab"), lambda row: str(WHY[row.why])),
        (lazy("Alasan"), lambda row: row.reason),
        (lazy("Dipakai untuk"), lambda row: row.to_name or ""),
        (lazy("Bulan"), lambda row: " ".join(f"{month:%Y-%m}" for month in row.to_months)),
        (lazy("Kuitansi pengganti"), lambda row: row.new_number or ""),
        (lazy("Status"), lambda row: str(state_word("reversal", row.state).text)),
        (lazy("Diusulkan"), lambda row: day_and_time(row.proposed_at)),
        (lazy("Oleh"), lambda row: row.proposer),
        (lazy("Diputuskan oleh"), lambda row: row.decider or ""),
    ),
)


class ReversalForm(Form):
    """Why a receipt is to be voided."""

    why = SelectField(
        lazy("Sebab"),
        choices=[SelectChoice(each.value, WHY[each]) for each in ReversalWhy],
        validators=[InputRequired()],
    )
    reason = StringField(
        lazy("Alasan"),
        validators=[InputRequired(), Length(max=reversals.LONGEST_REASON)],
        description=lazy("Apa yang salah, dan bagaimana yang benar. Dibaca orang kedua."),
    )
    # The page writes these choices itself; the service looks at them.
    to_worker = IntegerField(lazy("Uangnya"), validators=[Optional()])


blueprint = blueprint_for(
    "reversals", __name__, permission=Permission.REVERSAL_READ, url_prefix="/pembatalan"
)


@blueprint.get("/")
def index() -> Response | str:
    """The reversals that wait for a second person, the oldest first; and all others."""
    return ListView(REVERSALS).answer(_fetch, _render)


@blueprint.get("/pembayaran/<int:payment_id>")
@needs(Permission.REVERSAL_PROPOSE)
def new(payment_id: int) -> str:
    """What voiding the receipt of a cash payment means, and the form that proposes it."""
    return _page(payment_id, ReversalForm(formdata=None))


@blueprint.post("/pembayaran/<int:payment_id>")
@needs(Permission.REVERSAL_PROPOSE)
def propose(payment_id: int) -> Response | tuple[str, int]:
    """Propose to void the receipt of a cash payment."""
    reversal_queries.payable(db.session(), current_user, payment_id)
    form = ReversalForm()
    if form.validate():
        with blaming(form):
            with transaction() as session:
                reversals.propose(
                    session,
                    payment_id=payment_id,
                    why=ReversalWhy(form.why.data),
                    reason=form.reason.data or "",
                    actor_id=current_user.id,
                    to_worker_id=form.to_worker.data,
                )
            flash(_("Usul pembatalan disimpan. Orang kedua memutuskannya."), "success")
            return redirect(url_for("reversals.new", payment_id=payment_id))
    return _page(payment_id, form), 422


@blueprint.post("/<int:reversal_id>")
@needs(Permission.REVERSAL_APPROVE)
def decide(reversal_id: int) -> Response:
    """Approve a reversal as a second person, which voids the receipt, or refuse it."""
    here = back_to("reversals.index")
    action = request.form.get("action", "")
    if action not in set(reversals.ReversalAction):
        raise NotFound()
    try:
        with transaction() as session:
            decided = reversals.decide_reversal(
                session,
                reversal_id=reversal_id,
                action=reversals.ReversalAction(action),
                actor_id=current_user.id,
            )
            number = decided.number if decided.state is ReversalState.APPROVED else None
    except Refused as refused:
        return said(refused, here)
    if number:
        flash(_("Kuitansi dibatalkan dengan kuitansi pembatalan %(no)s.", no=number), "success")
    else:
        flash(_("Usul pembatalan ditolak; kuitansinya tetap berlaku."), "success")
    return redirect(here)


@blueprint.post("/<int:reversal_id>/tarik")
@needs(Permission.REVERSAL_PROPOSE)
def withdraw(reversal_id: int) -> Response:
    """Withdraw the own proposal; the receipt stays valid."""
    office = Reach.OFFICE in current_user.reach(Permission.REVERSAL_PROPOSE)
    here = back_to("reversals.index") if office else ""
    try:
        with transaction() as session:
            withdrawn = reversals.decide_reversal(
                session,
                reversal_id=reversal_id,
                action=reversals.ReversalAction.WITHDRAW,
                actor_id=current_user.id,
            )
            here = here or url_for("reversals.new", payment_id=withdrawn.payment_id)
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, here or url_for("agent.cash"))
    flash(_("Usul pembatalan ditarik; kuitansinya tetap berlaku."), "success")
    return redirect(here)


def may_approve(row: ReversalRow) -> bool:
    """Whether the signed-in user may approve this reversal."""
    first = (row.proposed_by, row.agent_user_id, row.taken_by)
    return current_user.can(Permission.REVERSAL_APPROVE) and current_user.id not in first


def may_refuse() -> bool:
    """Whether the signed-in user may refuse a reversal of somebody else."""
    return bool(current_user.can(Permission.REVERSAL_APPROVE))


def _withdrawable(row: ReversalRow) -> bool:
    own = row.state is ReversalState.PROPOSED and row.is_own_of(current_user)
    return own and bool(current_user.can(Permission.REVERSAL_PROPOSE))


def _page(payment_id: int, form: ReversalForm) -> str:
    session = db.session()
    payment = reversal_queries.payable(session, current_user, payment_id)
    refused = reversals.why_not(session, payment_id=payment_id, actor=current_user)
    in_field = not current_user.can(Permission.PAYMENT_READ)
    searched = request.args.get("cari", "")
    own, found = _targets(session, payment_id, searched) if refused is None else (None, [])
    return render_template(
        "reversals/new.html",
        payment=payment,
        form=form,
        own=own,
        found=found,
        searched=searched,
        withdrawable=lambda row: (
            row.state is ReversalState.PROPOSED and row.is_own_of(current_user)
        ),
        why_not=why(refused) if refused else "",
        hours=reversal_rules.hours() if in_field else 0,
        past=reversal_queries.reversals_of(session, current_user, payment_id),
        words=WHY,
        page_layout="phone" if in_field else "desktop",
        back_url=_back_url(payment, in_field=in_field),
    )


def _targets(
    session: Session, payment_id: int, searched: str
) -> tuple[reversal_moves.Target, Sequence[reversal_moves.Target]]:
    """What the cash may be for instead: later months of this worker, and workers who were found."""
    return reversal_moves.own_target(session, payment_id), reversal_moves.targets(
        session, current_user, payment_id, searched, runtime().vault
    )


def _back_url(payment: reversal_queries.Payable, *, in_field: bool) -> str:
    if not in_field:
        return url_for("finance.payment", payment_id=payment.id)
    if payment.receipt_number:
        return url_for("agent.receipt", receipt_no=payment.receipt_number)
    return url_for("agent.payment", payment_id=payment.id)


def _fetch(asked: ListRequest) -> Page[ReversalRow]:
    return reversal_queries.reversals(db.session(), current_user, asked)


def _render(view: ListView) -> str:
    assert view.page is not None
    not_yet = waits(row.proposed_by for row in view.page.rows if may_approve(row))
    return render_template(
        "reversals/index.html",
        not_yet=not_yet,
        listing=view,
        tabs=view.tabs(),
        may_approve=may_approve,
        may_refuse=may_refuse(),
        withdrawable=lambda row: (
            row.is_own_of(current_user) and current_user.can(Permission.REVERSAL_PROPOSE)
        ),
        may_open=current_user.can(Permission.PAYMENT_READ),
        words=WHY,
        rates=reversal_queries.rates(db.session(), current_user),
        days=reversal_queries.RATE_DAYS,
    )
