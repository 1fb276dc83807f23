"""Pages of received callbacks, their outcomes, and processing one again."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys.audit import trail
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.payments import callback_queries, case_queries, payment_queries
from agentsys.payments import callbacks as inbox
from agentsys.payments.callback_queries import CallbackRow
from agentsys.people.permissions import Permission
from agentsys.web import view_models
from agentsys.web.access import needs
from agentsys.web.finance import payment_history
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.callback_body import masked_body
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import said
from agentsys.web.state_words import state_word
from agentsys.web.texts import ago, day_and_time, lazy, num

CALLBACKS = ListPage(
    endpoint="finance.callbacks",
    title=lazy("Notifikasi gateway"),
    search=lazy("Nomor pembayaran, dari awal"),
    sorts={"received": lazy("Diterima")},
    tabs={
        "all": lazy("Semua"),
        "waiting": lazy("Belum diproses"),
        "to_check": lazy("Perlu diperiksa"),
        "applied": lazy("Diterapkan"),
    },
    personal=False,
    dates=True,
    filename="kabar",
    columns=(
        (lazy("Pembayaran"), lambda row: row.reference),
        (lazy("Kanal"), lambda row: view_models.channel_label(row.channel)),
        (lazy("Diterima"), lambda row: day_and_time(row.received_at)),
        (lazy("Berapa kali"), lambda row: row.times),
        (lazy("Hasil"), lambda row: str(state_word("callback", row.outcome).text)),
        (lazy("Catatan"), lambda row: row.note),
    ),
)


@finance.get("/kabar")
@needs(Permission.CALLBACK_READ)
def callbacks() -> Response | str:
    """The callbacks, the newest first."""
    return ListView(CALLBACKS).answer(_fetch, _list)


@finance.get("/kabar/<int:callback_id>")
@needs(Permission.CALLBACK_READ)
def callback(callback_id: int) -> str:
    """One callback as it was received, without personal data."""
    session = db.session()
    found = callback_queries.callback(session, current_user, callback_id)
    payment = payment_queries.payment_by_reference(session, current_user, found.reference)
    return render_template(
        "finance/callback.html",
        callback=_row(found)
        | {
            "processed_at": found.processed_at,
            "tries": found.tries,
            "next_try_at": found.next_try_at,
            "replayable": inbox.can_replay(found.next_try_at),
            "headers_text": "\n".join(f"{name}: {value}" for name, value in found.headers.items()),
            "body_text": masked_body(found.body),
            "case_id": case_queries.case_of_callback(
                session, callback_id=found.id, payment_id=payment.id if payment else None
            ),
        },
        payment=payment_history.summary(payment) if payment else None,
        events=payment_history.events(session, payment.id) if payment else [],
        writable=current_user.can(Permission.CALLBACK_PROCESS),
    )


@finance.post("/kabar/<int:callback_id>/ulang")
@needs(Permission.CALLBACK_PROCESS)
def replay_callback(callback_id: int) -> Response:
    """Ask the provider again about the payment of a callback."""
    callback_queries.callback(db.session(), current_user, callback_id)
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


def _fetch(asked: ListRequest) -> Page[CallbackRow]:
    return callback_queries.callbacks(db.session(), current_user, asked)


def _list(view: ListView) -> str:
    session, query = db.session(), view.request.query
    waiting = callback_queries.waiting_callbacks(session, current_user)
    named = payment_queries.payment_by_reference(session, current_user, query) if query else None
    return render_template(
        "finance/callbacks.html",
        kpis=_kpis(session, waiting),
        listing=view,
        tabs=view.tabs({"waiting": waiting}),
        payment_id=named.id if named else None,
        channel_label=view_models.channel_label,
    )


def _kpis(session: Session, waiting: int) -> list[dict[str, Any]]:
    newest = callback_queries.newest_callback_at(session)
    cases = case_queries.open_cases(session, current_user)
    return [
        {
            "label": _("Notifikasi terakhir"),
            "value": ago(newest) if newest else _("belum ada"),
            "sub": "",
            "tone": "",
        },
        {
            "label": _("Belum diproses"),
            "value": num(waiting),
            "sub": "",
            "tone": "warn" if waiting else "",
            "url": url_for("finance.callbacks", tab="waiting"),
        },
        {
            "label": _("Kasus terbuka"),
            "value": num(cases),
            "sub": "",
            "tone": "bad" if cases else "",
            "url": url_for("finance.cases") if current_user.can(Permission.CASE_READ) else "",
        },
    ]


def _row(found: CallbackRow) -> dict[str, Any]:
    return {
        "id": found.id,
        "channel_label": view_models.channel_label(found.channel),
        "reference": found.reference,
        "received_at": found.received_at,
        "deliveries": found.times,
        "outcome": found.outcome.value if found.outcome else None,
        "note": found.note,
    }
