"""One payment as finance sees it, and asking its provider once more."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy import ColumnElement, select
from werkzeug.wrappers import Response

from agentsys.audit import trail
from agentsys.db import db, transaction
from agentsys.errors import NotFound
from agentsys.extension.contract import Custody
from agentsys.payments import requests
from agentsys.payments.models import Case, Payment
from agentsys.people import scope
from agentsys.people.models import RoleName
from agentsys.runtime import runtime
from agentsys.web.finance import payment_history
from agentsys.web.finance.blueprint import finance


@finance.get("/pembayaran/<int:payment_id>")
def payment(payment_id: int) -> str:
    """One payment: how it stands, how it got there, and its cases."""
    session = db.session()
    found: Payment = scope.one(session, Payment, _of_my_office(), payment_id)
    cases = session.scalars(select(Case).where(Case.payment_id == found.id).order_by(Case.id))
    return render_template(
        "finance/payment.html",
        payment=payment_history.summary(found)
        | {
            "created_at": found.created_at,
            "next_check_at": found.next_check_at,
            "provider_ref": found.provider_ref,
            "reason": found.reason,
        },
        events=payment_history.events(session, found),
        cases=[
            {"id": case.id, "kind": case.kind.value, "closed_at": case.closed_at} for case in cases
        ],
        askable=found.custody is Custody.PROVIDER and current_user.role is not RoleName.AUDITOR,
    )


@finance.post("/pembayaran/<int:payment_id>/tanya")
def ask_provider(payment_id: int) -> Response:
    """Ask the provider how a payment stands now, whatever we believe."""
    found: Payment = scope.one(db.session(), Payment, _of_my_office(), payment_id)
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


def _of_my_office() -> ColumnElement[bool]:
    return scope.of_office(current_user, Payment.office_id)
