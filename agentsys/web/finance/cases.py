"""The case list and the page of one case, where a person decides how to resolve it."""

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
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.payments import case_queries
from agentsys.payments.case_closing import close_case as close
from agentsys.payments.case_effects import RESOLUTIONS
from agentsys.payments.case_queries import CaseDetail, CaseRow
from agentsys.payments.models import Resolution
from agentsys.people.permissions import Permission
from agentsys.web import view_models
from agentsys.web.access import needs
from agentsys.web.finance import bill_case_words, case_words, payment_history
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import CaseForm
from agentsys.web.finance.transfers import waiting_transfers
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import check, why
from agentsys.web.state_words import WORDS, state_word
from agentsys.web.texts import day_and_time, lazy

CASES = ListPage(
    endpoint="finance.cases",
    title=lazy("Kasus"),
    search=lazy("Nomor pembayaran atau nama pekerja"),
    sorts={
        "opened": lazy("Dibuka"),
        "amount": lazy("Jumlah"),
        "kind": lazy("Jenis"),
        "worker": lazy("Pekerja"),
    },
    tabs={"open": lazy("Terbuka"), "closed": lazy("Selesai")},
    states={kind: word.text for kind, word in WORDS["case"].items()},
    states_label=lazy("Jenis"),
    personal=False,
    agent=True,
    dates=True,
    sums=True,
    filename="kasus",
    columns=(
        (lazy("Jenis"), lambda row: str(state_word("case", row.kind).text)),
        (lazy("Tentang"), lambda row: row.subject),
        (lazy("Pekerja"), lambda row: row.worker_name),
        (lazy("Jumlah"), lambda row: "" if row.amount_idr is None else row.amount_idr),
        (lazy("Dibuka"), lambda row: day_and_time(row.opened_at)),
        (lazy("Ditutup"), lambda row: day_and_time(row.closed_at) if row.closed_at else ""),
    ),
)


@finance.get("/kasus")
@needs(Permission.CASE_READ)
def cases() -> Response | str:
    """The open cases, the oldest first; or the closed ones, the newest first."""
    return ListView(CASES).answer(_fetch, _list)


@finance.get("/kasus/<int:case_id>")
@needs(Permission.CASE_READ)
def case(case_id: int) -> str:
    """One case: what happened, what to do, and the possible decisions."""
    return _page(db.session(), case_id)


@finance.post("/kasus/<int:case_id>")
@needs(Permission.CASE_CLOSE)
def close_case(case_id: int) -> Response | tuple[str, int]:
    """Close a case with a decision, and update the journal."""
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
    following = case_queries.next_open_case(db.session(), current_user, after=case_id)
    if following is None:
        return redirect(url_for("finance.cases"))
    flash(_("Ini kasus berikutnya."), "info")
    return redirect(url_for("finance.case", case_id=following))


def _fetch(asked: ListRequest) -> Page[CaseRow]:
    return case_queries.cases(db.session(), current_user, asked)


def _list(view: ListView) -> str:
    session, now = db.session(), clock.now()
    closed = view.request.tab == "closed"
    return render_template(
        "finance/cases.html",
        listing=view,
        tabs=view.tabs({"open": case_queries.open_cases(session, current_user)}),
        closed=closed,
        age_days=lambda row: ((row.closed_at or now) - row.opened_at).days,
        waiting=[] if closed else waiting_transfers(session),
        writable=current_user.can(Permission.CASE_CLOSE),
    )


def _page(session: Session, case_id: int, *, form: CaseForm | None = None, error: str = "") -> str:
    found = case_queries.case(session, current_user, case_id)
    facts = case_words.facts(found)
    if found.payment_id is not None:
        facts = [
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
            "explanation": (found.bill_id and bill_case_words.explanation(found.kind))
            or case_words.explanation(found.kind, found.facts),
            "advice": (found.bill_id and bill_case_words.advice(found.kind))
            or case_words.advice(found.kind),
            "amount_idr": found.amount_idr,
            "opened_at": found.opened_at,
            "closed_at": found.closed_at,
            "closed_by": found.closed_by,
            "resolution": _words(found, Resolution(found.resolution))[0] if decided else "",
            "note": found.note,
            "payment_id": found.payment_id,
            "bill_id": found.bill_id,
            "bill_payer": found.bill_payer,
            "worker_name": found.worker_name,
            "worker_phone": found.worker_phone,
            "agent_name": found.agent_name,
            "agent_phone": found.agent_phone,
            "age_days": ((found.closed_at or clock.now()) - found.opened_at).days,
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
        label, hint = _words(found, resolution)
        choices.append({"value": resolution.value, "label": label, "hint": hint})
    return choices


def _words(found: CaseDetail, resolution: Resolution) -> tuple[str, str]:
    """A decision's name and effect, for what the case is about."""
    of_bill = bill_case_words.resolution_words(resolution) if found.bill_id else None
    return of_bill or case_words.resolution_words(resolution, of_deposit=found.of_deposit)
