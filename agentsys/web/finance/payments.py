"""One payment as finance sees it, and asking its provider once more."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.audit import trail
from agentsys.db import db, transaction
from agentsys.errors import NotFound
from agentsys.extension.contract import Custody
from agentsys.payments import case_queries, payment_queries, requests
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web.access import needs
from agentsys.web.finance import payment_history
from agentsys.web.finance.blueprint import finance


@finance.get("/pembayaran/<int:payment_id>")
@needs(Permission.PAYMENT_READ)
def payment(payment_id: int) -> str:
    """One payment: how it stands, how it got there, and its cases."""
    session = db.session()
    found = payment_queries.payment(session, current_user, payment_id)
    return render_template(
        "finance/payment.html",
        payment=payment_history.summary(found)
        | {
            "created_at": found.created_at,
            "next_check_at": found.next_check_at,
            "provider_ref": found.provider_ref,
            "reason": found.reason,
        },
        events=payment_history.events(session, found.id),
        cases=case_queries.cases_of_payment(session, found.id),
        askable=found.custody is Custody.PROVIDER and current_user.can(Permission.PAYMENT_ASK),
    )


@finance.post("/pembayaran/<int:payment_id>/tanya")
@needs(Permission.PAYMENT_ASK)
def ask_provider(payment_id: int) -> Response:
    """Ask the provider how a payment stands now, whatever we believe."""
    found = payment_queries.payment(db.session(), current_user, payment_id)
    channel = runtime().registry.channels.get(found.channel)
    if channel is None or channel.custody is not Custody.PROVIDER:
        raise NotFound("Tidak ada penyedia yang dapat ditanya tentang pembayaran ini.")
    with transaction() as session:
        trail.record(
            session,
            actor_id=current_user.id,
            action="payment.asked",
            subject=f"payment:{payment_id}",
            details={},
        )
    requests.recheck(channel, found.reference, by=f"user:{current_user.id}")
    flash(_("Penyedia sudah ditanya; begini keadaannya sekarang."), "success")
    return redirect(url_for("finance.payment", payment_id=payment_id))
