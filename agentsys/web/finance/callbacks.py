"""What the providers told us, what came of it, and asking them once more."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, defer
from werkzeug.wrappers import Response

from agentsys.audit import trail
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.payments import callbacks as inbox
from agentsys.payments.models import Case, Outcome, Payment, StoredCallback
from agentsys.people import scope
from agentsys.people.models import RoleName
from agentsys.web import view_models
from agentsys.web.finance import payment_history
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.callback_body import masked_body
from agentsys.web.finance.cases import of_my_office as case_of_my_office
from agentsys.web.responses import PAGE, after_id, cut, said
from agentsys.web.texts import ago, num

_TABS: dict[str, ColumnElement[bool] | None] = {
    "semua": None,
    "menunggu": StoredCallback.outcome.is_(None),
    "diperiksa": StoredCallback.outcome.in_((Outcome.DESK, Outcome.UNKNOWN)),
    "diterapkan": StoredCallback.outcome == Outcome.MOVED,
}


@finance.get("/kabar")
def callbacks() -> str:
    """The callbacks, newest first."""
    session = db.session()
    tab = request.args.get("f", "semua")
    tab = tab if tab in _TABS else "semua"
    query = request.args.get("q", "").strip()[:80]
    waiting = session.scalar(
        select(func.count()).where(StoredCallback.next_try_at.is_not(None), _of_my_office())
    )
    labels = {
        "semua": _("Semua"),
        "menunggu": _("Belum diproses"),
        "diperiksa": _("Perlu diperiksa"),
        "diterapkan": _("Diterapkan"),
    }
    rows, next_url = cut(
        _listed(session, _TABS[tab], query),
        "finance.callbacks",
        f=tab,
        **({"q": query} if query else {}),
    )
    return render_template(
        "finance/callbacks.html",
        kpis=_kpis(session, waiting or 0),
        tabs=[
            {
                "label": labels[name],
                "count": waiting if name == "menunggu" else None,
                "url": url_for("finance.callbacks", f=name),
                "current": name == tab,
            }
            for name in _TABS
        ],
        f=tab,
        q=query,
        payment_id=session.scalar(
            select(Payment.id).where(
                Payment.reference == query, scope.of_office(current_user, Payment.office_id)
            )
        ),
        callbacks=[_row(row) for row in rows],
        next_url=next_url,
    )


@finance.get("/kabar/<int:callback_id>")
def callback(callback_id: int) -> str:
    """One callback as it came, with what may be about a person hidden."""
    session = db.session()
    found: StoredCallback = scope.one(session, StoredCallback, _of_my_office(), callback_id)
    payment = session.scalar(
        select(Payment).where(
            Payment.reference == found.reference,
            scope.of_office(current_user, Payment.office_id),
        )
    )
    about = Case.callback_id == found.id
    if payment is not None:
        about = or_(about, Case.payment_id == payment.id)
    return render_template(
        "finance/callback.html",
        callback=_row(found)
        | {
            "settled_at": found.settled_at,
            "tries": found.tries,
            "next_try_at": found.next_try_at,
            "replayable": inbox.can_replay(found),
            "headers_text": "\n".join(f"{name}: {value}" for name, value in found.headers.items()),
            "body_text": masked_body(found.body),
            "case_id": session.scalar(
                select(Case.id).where(about).order_by(Case.closed_at.desc().nulls_first()).limit(1)
            ),
        },
        payment=payment_history.summary(payment) if payment else None,
        events=payment_history.events(session, payment) if payment else [],
        writable=current_user.role is not RoleName.AUDITOR,
    )


@finance.post("/kabar/<int:callback_id>/ulang")
def replay_callback(callback_id: int) -> Response:
    """Ask the provider once more about the payment that rang."""
    scope.one(db.session(), StoredCallback, _of_my_office(), callback_id)
    here = url_for("finance.callback", callback_id=callback_id)
    try:
        with transaction() as session:
            inbox.replay(session, callback_id=callback_id)
            trail.record(
                session,
                actor_id=current_user.id,
                action="callback.replayed",
                subject=f"callback:{callback_id}",
                details={},
            )
    except Refused as refused:
        return said(refused, here)
    flash(_("Penyedia ditanya lagi. Muat ulang halaman ini sebentar lagi."), "success")
    return redirect(here)


def _of_my_office() -> ColumnElement[bool]:
    """Callbacks about payments of the user's office, and those about no payment of ours."""
    ours = exists().where(Payment.reference == StoredCallback.reference)
    mine = ours.where(scope.of_office(current_user, Payment.office_id))
    return or_(~ours, mine)


def _listed(
    session: Session, condition: ColumnElement[bool] | None, query: str
) -> list[StoredCallback]:
    found = (
        select(StoredCallback)
        .options(defer(StoredCallback.body), defer(StoredCallback.headers))
        .where(_of_my_office())
        .order_by(StoredCallback.id.desc())
        .limit(PAGE + 1)
    )
    if condition is not None:
        found = found.where(condition)
    if query:
        found = found.where(StoredCallback.reference == query)
    after = after_id()
    return list(session.scalars(found.where(StoredCallback.id < after) if after else found))


def _kpis(session: Session, waiting: int) -> list[dict[str, Any]]:
    newest = session.scalar(
        select(StoredCallback.received_at).order_by(StoredCallback.id.desc()).limit(1)
    )
    cases = session.scalar(
        select(func.count()).where(Case.closed_at.is_(None), case_of_my_office())
    )
    return [
        {
            "label": _("Kabar terakhir"),
            "value": ago(newest) if newest else _("belum ada"),
            "sub": "",
            "tone": "",
        },
        {
            "label": _("Belum diproses"),
            "value": num(waiting),
            "sub": "",
            "tone": "warn" if waiting else "",
        },
        {
            "label": _("Kasus terbuka"),
            "value": num(cases or 0),
            "sub": "",
            "tone": "bad" if cases else "",
        },
    ]


def _row(found: StoredCallback) -> dict[str, Any]:
    return {
        "id": found.id,
        "channel_label": view_models.channel_label(found.channel),
        "reference": found.reference,
        "received_at": found.received_at,
        "rings": found.rings,
        "outcome": found.outcome.value if found.outcome else None,
        "note": found.note,
    }
