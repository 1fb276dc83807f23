"""The desk for odd things: what happened, and what a person decides."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.payments import case_queries
from agentsys.payments.case_closing import close_case as close
from agentsys.payments.case_effects import RESOLUTIONS
from agentsys.payments.case_queries import CaseDetail
from agentsys.payments.models import Resolution
from agentsys.people.permissions import Permission
from agentsys.web import view_models
from agentsys.web.access import needs
from agentsys.web.finance import case_words, payment_history
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import CaseForm
from agentsys.web.finance.transfers import waiting_transfers
from agentsys.web.responses import PAGE, after_id, check, cut, why


@finance.get("/kasus")
@needs(Permission.CASE_READ)
def cases() -> str:
    """The open cases, oldest first; or the closed ones, newest first."""
    session = db.session()
    closed = request.args.get("f") == "selesai"
    rows, next_url = cut(
        case_queries.cases(session, current_user, closed=closed, after=after_id(), limit=PAGE + 1),
        "finance.cases",
        f="selesai" if closed else "terbuka",
    )
    now = clock.now()
    return render_template(
        "finance/cases.html",
        tabs=[
            {
                "label": _("Terbuka"),
                "count": case_queries.open_cases(session, current_user),
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
                "subject": case.subject,
                "worker_name": case.worker_name,
                "remittance_id": case.remittance_id,
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
        writable=current_user.can(Permission.CASE_CLOSE),
    )


@finance.get("/kasus/<int:case_id>")
@needs(Permission.CASE_READ)
def case(case_id: int) -> str:
    """One case: what happened, what to do, and what can be decided."""
    return _page(db.session(), case_id)


@finance.post("/kasus/<int:case_id>")
@needs(Permission.CASE_CLOSE)
def close_case(case_id: int) -> Response | tuple[str, int]:
    """Close a case as a person decided; the books follow."""
    form = CaseForm(request.form)
    case_queries.case(db.session(), current_user, case_id)
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


def _page(session: Session, case_id: int, *, form: CaseForm | None = None, error: str = "") -> str:
    found = case_queries.case(session, current_user, case_id)
    facts = case_words.facts(found)
    if found.payment_id is not None:
        facts = [
            (_("Pekerja"), found.worker_name),
            (_("Kanal"), view_models.channel_label(found.channel)),
            *facts,
        ]
    decided = found.resolution in set(Resolution)
    return render_template(
        "finance/case.html",
        case={
            "id": found.id,
            "kind": found.kind.value,
            "subject": found.subject,
            "explanation": case_words.explanation(found.kind),
            "advice": case_words.advice(found.kind),
            "amount_idr": found.amount_idr,
            "opened_at": found.opened_at,
            "closed_at": found.closed_at,
            "closed_by": found.closed_by,
            "resolution": case_words.resolution_words(Resolution(found.resolution))[0]
            if decided
            else "",
            "note": found.note,
            "payment_id": found.payment_id,
            "callback_id": found.callback_id,
            "remittance_id": found.remittance_id,
        },
        facts=facts,
        choices=_choices(found),
        chosen=form.choice.data if form else "",
        note=(form.note.data or "") if form else "",
        events=payment_history.events(session, found.payment_id) if found.payment_id else [],
        error=error,
        writable=current_user.can(Permission.CASE_CLOSE),
    )


def _choices(found: CaseDetail) -> list[dict[str, Any]]:
    choices = []
    for resolution in RESOLUTIONS[found.kind]:
        label, hint = case_words.resolution_words(resolution)
        choices.append({"value": resolution.value, "label": label, "hint": hint})
    return choices
