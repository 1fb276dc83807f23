"""Collecting: the form, the pending payment, the receipt."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from agentsys.contributions.advance import monthly_price
from agentsys.db import db, transaction
from agentsys.errors import Invalid, NotFound, Refused
from agentsys.extension.contract import Custody, PaymentChannel
from agentsys.memberships import lapsing
from agentsys.payments import cash, ceiling, open_payments, payment_lookup
from agentsys.payments.payment_lookup import PaymentView
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web import channel_views, paying_months, payment_views, view_models
from agentsys.web.access import needs
from agentsys.web.agent.blueprint import agent
from agentsys.web.responses import onward, said
from agentsys.web.state_words import state_word
from agentsys.web.texts import rp, sentence
from agentsys.workers import queries
from agentsys.workers.queries import WorkerProfile


class LapsesTonight(Refused):
    """The months are too old to be paid."""

    text = (
        "Iuran pekerja ini menunggak lebih dari 3 bulan dan kepesertaannya ditutup malam ini, jadi"
        " tidak ditagih lagi."
    )


@agent.route("/tagih/<int:worker_id>", methods=["GET", "POST"])
@needs(Permission.PAYMENT_COLLECT)
def collect(worker_id: int) -> Response | str | tuple[str, int]:
    """The form that collects from a worker; sending the same key again collects only once."""
    worker = tended_worker(db.session(), worker_id)
    if lapsing.lapses_tonight(db.session(), worker_id=worker.id):
        return said(LapsesTonight(), url_for("agent.worker", worker_id=worker_id))
    if request.method == "GET":
        return _sheet(db.session(), worker, key=uuid.uuid4().hex, sent=request.args)
    form = request.form
    try:
        taken = _take(worker, form)
    except NotFound:
        raise
    except Refused as refused:
        # Keep the key, so that resubmitting this page cannot create a second payment.
        page = _sheet(
            db.session(),
            tended_worker(db.session(), worker_id),
            key=form.get("key", ""),
            error=sentence(refused.message),
            sent=form,
        )
        return page, 422
    payment = own_payment(db.session(), taken)
    if payment.custody is Custody.AGENT and payment.receipt_number:
        flash(
            _(
                "%(sum)s diterima. Kuitansi %(no)s.",
                sum=rp(payment.amount_idr),
                no=payment.receipt_number,
            ),
            "success",
        )
        return onward(url_for("agent.receipt", receipt_no=payment.receipt_number))
    return onward(url_for("agent.payment", payment_id=payment.id))


@agent.get("/pembayaran/<int:payment_id>")
@needs(Permission.PORTFOLIO_READ)
def payment(payment_id: int) -> str:
    """A payment, and its code or link for the payer while it is pending."""
    session = db.session()
    found = own_payment(session, payment_id)
    page = payment_views.payment_state(session, found)
    page["events"] = view_models.events(
        [
            {"at": change.at, "text": word.text, "who": "", "icon": word.icon}
            for change in payment_lookup.changes_of(session, payment_id=found.id)
            for word in [state_word("payment", change.state)]
        ]
    )
    return render_template("agent/payment.html", payment=page)


@agent.get("/pembayaran/<int:payment_id>/keadaan")
@needs(Permission.PORTFOLIO_READ)
def payment_status(payment_id: int) -> str:
    """The fragment that the payment's page polls."""
    session = db.session()
    found = own_payment(session, payment_id)
    return render_template(
        "agent/_payment_state.html", payment=payment_views.payment_state(session, found)
    )


@agent.post("/pembayaran/<int:payment_id>/periksa")
@needs(Permission.PAYMENT_COLLECT)
def check_payment(payment_id: int) -> Response:
    """Have the provider asked now, and for the code to pay with if that never came."""
    found = own_payment(db.session(), payment_id)
    _channel_of(found)
    with transaction() as session:
        open_payments.ask_provider(session, found.reference, by=_me())
    return redirect(url_for("agent.payment", payment_id=payment_id))


@agent.post("/pembayaran/<int:payment_id>/batal")
@needs(Permission.PAYMENT_COLLECT)
def cancel_payment(payment_id: int) -> Response:
    """Cancel a pending payment; if it was paid meanwhile, the money is booked."""
    found = own_payment(db.session(), payment_id)
    _channel_of(found)
    with transaction() as session:
        open_payments.withdraw(session, found.reference, by=_me())
    return redirect(url_for("agent.payment", payment_id=payment_id))


def own_worker(session: Session, worker_id: int) -> WorkerProfile:
    """A worker of the signed-in agent; NotFound for anybody else's."""
    return queries.profile_in_scope(session, current_user, worker_id, to=Permission.PORTFOLIO_READ)


def tended_worker(session: Session, worker_id: int) -> WorkerProfile:
    """A worker of the signed-in agent, or of an agent on leave whose substitute this agent is."""
    return queries.profile_in_scope(
        session, current_user, worker_id, to=Permission.PORTFOLIO_READ, stands_in=True
    )


def own_payment(session: Session, payment_id: int) -> PaymentView:
    """A payment of the signed-in agent; NotFound for others."""
    return payment_lookup.payment_in_scope(
        session, current_user, payment_id, to=Permission.PORTFOLIO_READ
    )


def _me() -> str:
    return f"user:{current_user.id}"


def _take(worker: WorkerProfile, form: MultiDict[str, str]) -> int:
    """Collect; gives the payment's id."""
    channel = _channel(form.get("channel", ""))
    wanted = paying_months.wanted(form)
    mine = scope.own_agent(db.session(), current_user)
    values: dict[str, Any] = {
        "key": form.get("key", ""),
        "channel": channel,
        "worker_id": worker.id,
        "months": wanted,
        "actor_id": current_user.id,
        "agent_id": mine.id,
        "shown_idr": paying_months.shown_idr(form),
    }
    if channel.custody is Custody.AGENT:
        with transaction() as session:
            paying_months.bill_ahead(session, worker_id=worker.id, months=wanted)
            return cash.collect(session, **values).id
    values["inputs"] = channel_views.read_inputs(channel, form)
    with transaction() as session:
        paying_months.bill_ahead(session, worker_id=worker.id, months=wanted)
        return open_payments.bill(session, **values).id


def _channel(name: str) -> PaymentChannel:
    channel = runtime().registry.channels.get(name)
    if channel is None:
        raise Invalid("Pilih cara bayar.")
    return channel


def _channel_of(payment: PaymentView) -> PaymentChannel:
    channel = runtime().registry.channels.get(payment.channel)
    if channel is None:
        raise Refused("Cara bayar ini sedang tidak aktif. Tanyakan ke kantor sebelum menagih lagi.")
    return channel


def _sheet(
    session: Session,
    worker: WorkerProfile,
    *,
    key: str,
    error: str = "",
    sent: MultiDict[str, str] | None = None,
) -> str:
    sent = sent or MultiDict()
    months = paying_months.choices(paying_months.offered(session, worker_id=worker.id), sent)
    total = sum(m["amount_idr"] for m in months if m["checked"])
    mine = scope.own_agent(session, current_user)
    blocked = ""
    try:
        ceiling.check_ceiling(session, mine, total)
    except (ceiling.CashCeilingReached, ceiling.CashTooOld) as refused:
        blocked = sentence(refused.message)
    channels = channel_views.channel_choices(
        session, with_cash=True, cash_blocked=blocked, total_idr=total, sent=sent
    )
    channel = channel_views.chosen_channel(channels, sent.get("channel", ""))
    fragment = request.headers.get("X-Fragment")
    return render_template(
        "agent/_collect_form.html" if fragment else "agent/collect.html",
        worker={
            "id": worker.id,
            "name": worker.name,
            "job": worker.plain["job"],
            "programmes": worker.programmes.value.replace("+", " + "),
            "monthly_idr": monthly_price(session, worker_id=worker.id),
            "payer": worker.funding.short,
        },
        months=months,
        quick=paying_months.QUICK,
        waiting=_waiting(session, worker),
        channels=channel_views.in_groups(channels, channel),
        channel=channel,
        key=key,
        total_idr=total,
        tenders=view_models.TENDERS,
        tender_offers=view_models.tender_offers(total),
        tender=sent.get("tender", ""),
        tendered=sent.get("tender_other", ""),
        error=error,
    )


def _waiting(session: Session, worker: WorkerProfile) -> dict[str, Any] | None:
    found = payment_lookup.waiting_payment(session, worker_id=worker.id)
    if found is None:
        return None
    return {
        "id": found.id,
        "amount_idr": found.amount_idr,
        "channel_label": view_models.channel_label(found.channel),
        "expires_at": found.expires_at,
        "channel_runs": found.channel in runtime().registry.channels,
    }
