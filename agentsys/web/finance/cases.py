"""The desk for odd things: what happened, and what a person decides."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.payments.case_closing import close_case as close
from agentsys.payments.case_effects import RESOLUTIONS
from agentsys.payments.models import Case, CaseKind, Payment, Resolution
from agentsys.people import scope
from agentsys.people.models import RoleName, User
from agentsys.remittances.models import Remittance
from agentsys.web import view_models
from agentsys.web.finance import case_words, payment_history
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import CaseForm
from agentsys.web.finance.transfers import waiting_transfers
from agentsys.web.responses import PAGE, after_id, check, cut, why

# Before the number of a batch in the subject of a case.
_BATCH = "remittance:"


@finance.get("/kasus")
def cases() -> str:
    """The open cases, oldest first; or the closed ones, newest first."""
    session = db.session()
    closed = request.args.get("f") == "selesai"
    rows, next_url = cut(
        _listed(session, closed=closed), "finance.cases", f="selesai" if closed else "terbuka"
    )
    waiting = session.scalar(select(func.count()).where(Case.closed_at.is_(None), of_my_office()))
    now = clock.now()
    return render_template(
        "finance/cases.html",
        tabs=[
            {
                "label": _("Terbuka"),
                "count": waiting or 0,
                "url": url_for("finance.cases"),
                "current": not closed,
            },
            {
                "label": _("Selesai"),
                "count": None,
                "url": url_for("finance.cases", f="selesai"),
                "current": closed,
            },
        ],
        cases=[
            {
                "id": case.id,
                "kind": case.kind.value,
                "subject": case.payment.reference if case.payment else case.subject,
                "worker_name": case.payment.worker.name if case.payment else "",
                "remittance_id": _batch_id(case),
                "amount_idr": case.amount_idr,
                "opened_at": case.opened_at,
                "closed_at": case.closed_at,
                "age_days": (now - case.opened_at).days,
            }
            for case in rows
        ],
        closed=closed,
        waiting=[] if closed else waiting_transfers(session),
        next_url=next_url,
        writable=current_user.role is not RoleName.AUDITOR,
    )


@finance.get("/kasus/<int:case_id>")
def case(case_id: int) -> str:
    """One case: what happened, what to do, and what can be decided."""
    return _page(db.session(), case_id)


@finance.post("/kasus/<int:case_id>")
def close_case(case_id: int) -> Response | tuple[str, int]:
    """Close a case as a person decided; the books follow."""
    form = CaseForm(request.form)
    scope.one(db.session(), Case, of_my_office(), case_id)
    try:
        check(form)
        with transaction() as session:
            close(
                session,
                case_id=case_id,
                actor_id=current_user.id,
                note=form.note.data or "",
                resolution=Resolution(form.choice.data),
            )
    except Refused as refused:
        return _page(db.session(), case_id, form=form, error=why(refused)), 422
    flash(_("Kasus ditutup."), "success")
    return redirect(url_for("finance.cases"))


def of_my_office() -> ColumnElement[bool]:
    """Cases about payments and batches of the user's office, and those about nothing of ours."""
    mine = exists().where(
        Payment.id == Case.payment_id, scope.of_office(current_user, Payment.office_id)
    )
    of_batch = Case.kind == CaseKind.PAID_THOUGH_CANCELLED
    my_batch = exists().where(
        func.concat(_BATCH, Remittance.id) == Case.subject,
        scope.of_office(current_user, Remittance.office_id),
    )
    return or_(Case.payment_id.is_(None) & ~of_batch, mine, of_batch & my_batch)


def _batch_id(case: Case) -> int | None:
    """The batch that a case without a payment is about, if it is about one."""
    of_batch = case.kind is CaseKind.PAID_THOUGH_CANCELLED
    return int(case.subject.removeprefix(_BATCH)) if of_batch else None


def _listed(session: Session, *, closed: bool) -> list[Case]:
    query = (
        select(Case)
        .options(joinedload(Case.payment).joinedload(Payment.worker))
        .where(of_my_office(), Case.closed_at.is_not(None) if closed else Case.closed_at.is_(None))
        .order_by(Case.id.desc() if closed else Case.id)
        .limit(PAGE + 1)
    )
    after = after_id()
    if after:
        query = query.where(Case.id < after if closed else Case.id > after)
    return list(session.scalars(query))


def _page(session: Session, case_id: int, *, form: CaseForm | None = None, error: str = "") -> str:
    found: Case = scope.one(session, Case, of_my_office(), case_id)
    closer = session.get(User, found.closed_by) if found.closed_by else None
    payment = found.payment
    facts = case_words.facts(found)
    if payment is not None:
        facts = [
            (_("Pekerja"), payment.worker.name),
            (_("Kanal"), view_models.channel_label(payment.channel)),
            *facts,
        ]
    decided = found.resolution in set(Resolution)
    return render_template(
        "finance/case.html",
        case={
            "id": found.id,
            "kind": found.kind.value,
            "subject": payment.reference if payment else found.subject,
            "explanation": case_words.explanation(found.kind),
            "advice": case_words.advice(found.kind),
            "amount_idr": found.amount_idr,
            "opened_at": found.opened_at,
            "closed_at": found.closed_at,
            "closed_by": closer.name if closer else "",
            "resolution": case_words.resolution_words(Resolution(found.resolution))[0]
            if decided
            else "",
            "note": found.note,
            "payment_id": found.payment_id,
            "callback_id": found.callback_id,
            "remittance_id": _batch_id(found),
        },
        facts=facts,
        choices=_choices(found),
        chosen=form.choice.data if form else "",
        note=(form.note.data or "") if form else "",
        events=payment_history.events(session, payment) if payment else [],
        error=error,
        writable=current_user.role is not RoleName.AUDITOR,
    )


def _choices(found: Case) -> list[dict[str, Any]]:
    choices = []
    for resolution in RESOLUTIONS[found.kind]:
        label, hint = case_words.resolution_words(resolution)
        choices.append({"value": resolution.value, "label": label, "hint": hint})
    return choices
