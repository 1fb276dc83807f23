"""One payment as finance sees it, and asking its provider once more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.audit import trail
from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.extension.contract import Custody, PaymentState
from agentsys.money import format_idr
from agentsys.payments import (
    case_queries,
    open_payments,
    payment_queries,
    refund_queries,
    refunds,
)
from agentsys.payments.payment_queries import PaymentDetail
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web.access import needs
from agentsys.web.finance import payment_history
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import RefundForm
from agentsys.web.lists import back_to
from agentsys.web.responses import check, why


@finance.get("/pembayaran/<int:payment_id>")
@needs(Permission.PAYMENT_READ)
def payment(payment_id: int) -> str:
    """One payment: its state, history, refunds and cases."""
    return _page(payment_id, RefundForm(formdata=None))


@finance.post("/pembayaran/<int:payment_id>/kembalikan")
@needs(Permission.REFUND_PROPOSE)
def propose_refund(payment_id: int) -> Response | tuple[str, int]:
    """Propose to give a payment, or a part of it, back through its provider."""
    found = payment_queries.payment(db.session(), current_user, payment_id)
    form = RefundForm(request.form)
    try:
        check(form)
        with transaction() as session:
            refunds.propose(
                session,
                payment_id=payment_id,
                channel=runtime().registry.channels.get(found.channel),
                amount_idr=form.amount_idr.data or 0,
                reason=form.reason.data or "",
                actor_id=current_user.id,
            )
    except Refused as refused:
        return _page(payment_id, form, error=why(refused)), 422
    flash(_("Usul pengembalian disimpan. Orang kedua menyetujuinya."), "success")
    return redirect(url_for("finance.payment", payment_id=payment_id))


def _page(payment_id: int, form: RefundForm, *, error: str = "") -> str:
    session = db.session()
    found = payment_queries.payment(session, current_user, payment_id)
    cases = case_queries.cases_of_payment(session, found.id)
    callbacks = payment_queries.callbacks_of(session, found.reference)
    case_ids = [case.id for case in cases]
    back_url, back_label = _back(case_ids, [seen.id for seen in callbacks])
    return render_template(
        "finance/payment.html",
        payment=payment_history.summary(found)
        | {
            "created_at": found.created_at,
            "next_check_at": found.next_check_at,
            "revocable_until": _revocable_until(found),
            "provider_ref": found.provider_ref,
            "reason": found.reason,
            "agent_name": found.agent_name,
            "of_deposit": found.for_deposit_id is not None,
            "bill_id": found.for_bill_id,
            "receipt_number": found.receipt_number,
            "receipt_code": found.receipt_code,
        },
        back_url=back_url,
        back_label=back_label,
        months=payment_queries.months_of(session, found.id),
        callbacks=callbacks,
        journal=payment_queries.journal_of(session, reference=found.reference, case_ids=case_ids),
        events=payment_history.events(session, found.id),
        cases=cases,
        asked=found.asked,
        askable=found.custody is Custody.PROVIDER and current_user.can(Permission.PAYMENT_ASK),
        refunds=refund_queries.refunds_of(session, current_user, found.id),
        refundable=_refundable(found),
        voidable=found.custody is Custody.AGENT
        and bool(found.receipt_number)
        and current_user.can(Permission.REVERSAL_PROPOSE),
        form=form,
        error=error,
    )


def _revocable_until(found: PaymentDetail) -> datetime | None:
    """Until when the provider may still take the money back; until then BPJS does not get it."""
    return found.final_at if found.final_at and found.final_at > clock.now() else None


def _refundable(found: PaymentDetail) -> dict[str, Any]:
    """How much can go back through the provider, or why nothing can; empty if it is no question."""
    # Money may have come for a payment in any state but the first two.
    may_hold = found.state not in (PaymentState.CREATED, PaymentState.PENDING)
    if found.custody is not Custody.PROVIDER or not may_hold:
        return {}
    channel = runtime().registry.channels.get(found.channel)
    offer = refunds.offer(db.session(), payment_id=found.id, channel=channel)
    return {
        "most_idr": offer.most_idr,
        "typed": format_idr(offer.most_idr).removeprefix("Rp"),
        "is_whole": offer.is_whole,
        "why_not": why(offer.why_not) if offer.why_not else "",
        "writable": current_user.can(Permission.REFUND_PROPOSE),
    }


@finance.post("/pembayaran/<int:payment_id>/tanya")
@needs(Permission.PAYMENT_ASK)
def ask_provider(payment_id: int) -> Response:
    """Have the provider asked for a payment's current state."""
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
        open_payments.check(session, found.reference, by=f"user:{current_user.id}")
    flash(_("Penyedia sedang ditanya. Jawabannya muncul di halaman ini."), "success")
    return redirect(url_for("finance.payment", payment_id=payment_id))


def _back(cases: list[int], callbacks: list[int]) -> tuple[str, str]:
    """The page that one came from: a case or a callback of this payment, or the callbacks."""
    case_id = request.args.get("case", 0, type=int)
    callback_id = request.args.get("callback", 0, type=int)
    if case_id in cases:
        return url_for("finance.case", case_id=case_id), _("Kasus")
    if callback_id in callbacks:
        return url_for("finance.callback", callback_id=callback_id), _("Notifikasi")
    return back_to("finance.callbacks"), _("Notifikasi gateway")
