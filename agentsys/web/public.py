"""Pages without signing in: the pay link, and the check of a receipt."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from flask import redirect, render_template, request, url_for
from flask import session as browser
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.contributions import arrears, changes, coverage, due, holidays
from agentsys.contributions.advance import ComingMonth
from agentsys.contributions.arrears import OpenMonth
from agentsys.db import db, transaction
from agentsys.errors import Invalid, NotFound, Refused
from agentsys.extension.contract import Custody
from agentsys.payments import links, open_payments, payment_lookup, receipts
from agentsys.payments.payment_lookup import PaymentView
from agentsys.runtime import runtime
from agentsys.web import channel_views, paying_months, payment_views, view_models
from agentsys.web.access import ANYBODY, blueprint_for
from agentsys.web.responses import onward
from agentsys.web.texts import sentence
from agentsys.workers import queries

# Warnings about later months must not keep new or covered workers from paying.
_WARNED = (coverage.Cover.GRACE, coverage.Cover.ENDED)
_CHOSEN = ("months", "bulan", "channel")

public = blueprint_for("public", __name__, permission=ANYBODY)


@public.route("/bayar/<token>", methods=["GET", "POST"])
def pay(token: str) -> Response | str | tuple[str, int]:
    """A worker's open months, and the pending payment."""
    database = db.session()
    try:
        link = links.find_link(database, token)
    except NotFound:
        owner = links.owner_of_expired(database, token)
        return render_template("public/dead_link.html", owner=owner), 404
    if request.method == "GET":
        # A page that leads here may choose for the payer.
        chosen = MultiDict((name, v) for name in _CHOSEN for v in request.args.getlist(name))
        return _page(database, token, link.worker_id, key=uuid.uuid4().hex, sent=chosen)
    form = request.form
    key = form.get("key", "")
    try:
        reference = _ask(token, link.worker_id, form, key)
    except NotFound:
        raise
    except Refused as refused:
        error = sentence(refused.message)
        return _page(db.session(), token, link.worker_id, key=key, error=error, sent=form), 422
    # A browser shows only the payment that it started itself.
    browser["paying"] = {"token": token, "reference": reference}
    return onward(url_for("public.pay", token=token))


@public.get("/bayar/<token>/keadaan")
def pay_status(token: str) -> str:
    """The HTML fragment that the page polls."""
    database = db.session()
    link = links.find_link(database, token)
    payment = _under_way(database, token, link.worker_id)
    if payment is None:
        raise NotFound()
    return render_template(
        "public/_pay_state.html",
        token=token,
        payment=payment_views.payment_state(database, payment),
    )


@public.post("/bayar/<token>/ulangi")
def pay_again(token: str) -> Response:
    """Have the provider asked once more for the payment of this browser."""
    with transaction() as database:
        link = links.find_link(database, token)
        if payment := _under_way(database, token, link.worker_id):
            open_payments.ask_provider(database, payment.reference, by="link")
    return redirect(url_for("public.pay", token=token))


@public.post("/bayar/<token>/batal")
def withdraw(token: str) -> Response:
    """Cancel the payment of this browser, to pay in another way."""
    with transaction() as database:
        link = links.find_link(database, token)
        if payment := _under_way(database, token, link.worker_id):
            open_payments.withdraw(database, payment.reference, by="link")
    return redirect(url_for("public.pay", token=token))


@public.get("/k/<token>")
def receipt(token: str) -> str | tuple[str, int]:
    """Whether a receipt is genuine, and the progress of its money."""
    database = db.session()
    try:
        found = view_models.receipt_page(database, token)
    except NotFound:
        return render_template("public/receipt.html", receipt=None), 404
    return render_template("public/receipt.html", receipt=found)


def _ask(token: str, worker_id: int, form: MultiDict[str, str], key: str) -> str:
    channel = runtime().registry.channels.get(form.get("channel", ""))
    if channel is None or channel.custody is Custody.AGENT:
        raise Invalid("Pilih cara bayar.")
    wanted = paying_months.wanted(form)
    inputs = channel_views.read_inputs(channel, form)
    with transaction() as database:
        open_payments.check_link_limit(database, worker_id=worker_id)
        paying_months.bill_ahead(database, worker_id=worker_id, months=wanted)
        payment = open_payments.bill(
            database,
            key=key,
            channel=channel,
            worker_id=worker_id,
            months=wanted,
            actor_id=None,
            agent_id=None,
            return_url=runtime().settings.base_url + url_for("public.pay", token=token),
            inputs=inputs,
            shown_idr=paying_months.shown_idr(form),
        )
        return payment.reference


def _under_way(database: Session, token: str, worker_id: int) -> PaymentView | None:
    paying = browser.get("paying", {})
    if paying.get("token") != token:
        return None
    reference = paying.get("reference", "")
    return payment_lookup.payment_by_reference(database, reference, worker_id=worker_id)


def _due_on(database: Session, offered: Sequence[OpenMonth | ComingMonth]) -> date | None:
    """Until when this month is to be paid; None if it is not among the open ones."""
    this_month = clock.this_month()
    if not any(isinstance(each, OpenMonth) and each.month == this_month for each in offered):
        return None
    holidays.refresh(database)
    return due.due_on(this_month)


def _page(
    database: Session,
    token: str,
    worker_id: int,
    *,
    key: str,
    error: str = "",
    sent: MultiDict[str, str] | None = None,
) -> str:
    sent = sent or MultiDict()
    worker = queries.profile(database, worker_id)
    payment = _under_way(database, token, worker_id)
    if payment is not None and payment.state.value in ("expired", "failed", "refunded"):
        payment = None
    offered = paying_months.offered(database, worker_id=worker_id)
    change = changes.change_of(database, worker_id=worker_id)
    months = paying_months.choices(offered, sent)
    total_idr = sum(m["amount_idr"] for m in months if m["checked"])
    channels = channel_views.channel_choices(
        database, with_cash=False, total_idr=total_idr, sent=sent
    )
    channel = channel_views.chosen_channel(channels, sent.get("channel", ""))
    cover = coverage.coverage_of(database, worker_id=worker_id)
    return render_template(
        "public/pay.html",
        token=token,
        worker={
            "name": receipts.short_name(worker.name),
            "agent_name": worker.agent_name or _("kantor"),
            "office_name": worker.office_name,
            "payer": worker.funding.short,
            "paid_until": cover.paid_until if cover.is_covered else None,
            "warning": sentence(cover.warning) if cover.state in _WARNED and cover.warning else "",
        },
        months=months,
        quick=paying_months.QUICK,
        due_on=_due_on(database, offered),
        only_ahead=not any(isinstance(month, OpenMonth) for month in offered),
        chosen=any(name in sent for name in _CHOSEN),
        change=change if change and change.rises else None,
        paid=arrears.is_paid(database, worker_id=worker_id),
        channels=channel_views.in_groups(channels, channel),
        channel=channel,
        key=key,
        total_idr=total_idr,
        error=error,
        payment=payment_views.payment_state(database, payment) if payment else None,
    )
