"""Auto-debit for finance: runs, the stop switch, the list, one debit, and the outbox."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.ledger import debit_checks
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.payments.mandates import debit_queries, outbox, runs, stops
from agentsys.payments.mandates.debit_queries import DebitRow
from agentsys.payments.mandates.outbox import MessageRow
from agentsys.people.permissions import Permission
from agentsys.web import view_models
from agentsys.web.access import needs
from agentsys.web.debit_words import DECLINES, NOTICE_KINDS, why_words
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.skipped_debits import reasons
from agentsys.web.lists import ListPage, ListView, back_to
from agentsys.web.responses import why
from agentsys.web.state_words import state_word
from agentsys.web.texts import day, lazy, num, translated

DEBITS = ListPage(
    endpoint="finance.debits",
    title=lazy("Debit otomatis"),
    sorts={"due": lazy("Tanggal")},
    tabs={
        "all": lazy("Semua"),
        "coming": lazy("Akan datang"),
        "calling": lazy("Sedang didebit"),
        "collected": lazy("Terdebit"),
        "to_visit": lazy("Menunggu kunjungan"),
        "given_up": lazy("Tidak berhasil"),
        "withdrawn": lazy("Tidak jadi"),
    },
    personal=False,
    filename="debit",
    columns=(
        (lazy("Pekerja"), lambda row: row.worker_name),
        (lazy("Kanal"), lambda row: view_models.channel_label(row.channel)),
        (lazy("Jumlah"), lambda row: row.amount_idr),
        (lazy("Tanggal"), lambda row: day(row.due_on)),
        (lazy("Status"), lambda row: str(state_word("debit", row.state).text)),
        (lazy("Alasan"), lambda row: why_words(row.why)),
    ),
)
OUTBOX = ListPage(
    endpoint="finance.debit_outbox",
    title=lazy("Pesan kepada pekerja"),
    sorts={"prepared": lazy("Disiapkan")},
    tabs={
        "all": lazy("Semua"),
        "prepared": lazy("Belum dikirim"),
        "handed_over": lazy("Dikirim, belum dibaca"),
        "read": lazy("Sudah dibaca"),
        "undelivered": lazy("Tidak sampai"),
    },
    personal=False,
)
_RUNS = 14


@finance.get("/debit")
@needs(Permission.DEBIT_READ)
def debits() -> Response | str:
    """The last days' runs, what must be 0, the stop switch, and the list of debits."""
    return ListView(DEBITS).answer(_fetch, _page)


@finance.post("/debit/berhenti")
@needs(Permission.DEBIT_STOP)
def stop_debits() -> Response | tuple[str, int]:
    """Stop all debits, with a reason."""
    reason = request.form.get("reason", "")
    try:
        with transaction() as session:
            stops.stop(session, reason=reason, actor_id=current_user.id)
    except Refused as refused:
        view = ListView(DEBITS)
        view.show(_fetch(view.request))
        return _page(view, error=why(refused), typed=reason), 422
    flash(_("Semua debit dihentikan. Yang sedang berjalan tetap ditanyakan hasilnya."), "success")
    return redirect(url_for("finance.debits"))


@finance.post("/debit/lanjut")
@needs(Permission.DEBIT_STOP)
def resume_debits() -> Response:
    """Let debits be made again."""
    channel = request.form.get("channel", "")
    with transaction() as session:
        stops.resume(session, actor_id=current_user.id, channel=channel)
    flash(_("Debit berjalan lagi."), "success")
    return redirect(url_for("finance.debits"))


@finance.get("/debit/<int:debit_id>")
@needs(Permission.DEBIT_READ)
def debit(debit_id: int) -> str:
    """One debit with its tries and the messages about it."""
    session = db.session()
    found = debit_queries.debit(session, current_user, debit_id)
    return render_template(
        "finance/debit.html",
        debit=found,
        channel_label=view_models.channel_label(found.channel),
        why=why_words(found.why),
        tries=[
            {"row": row, "decline": DECLINES[row.decline] if row.decline else ""}
            for row in debit_queries.tries_of(session, debit_id)
        ],
        messages=_messages(outbox.messages_of(session, debit_id)),
        back_url=back_to("finance.debits"),
    )


@finance.get("/debit/pesan")
@needs(Permission.DEBIT_READ)
def debit_outbox() -> Response | str:
    """All messages to workers about auto-debit, and how far each got."""
    return ListView(OUTBOX).answer(_fetch_messages, _outbox)


def _fetch(asked: ListRequest) -> Page[DebitRow]:
    return debit_queries.debits(db.session(), current_user, asked)


def _fetch_messages(asked: ListRequest) -> Page[MessageRow]:
    return outbox.outbox(db.session(), current_user, asked)


def _page(view: ListView, *, error: str = "", typed: str = "") -> str:
    session = db.session()
    return render_template(
        "finance/debits.html",
        listing=view,
        tabs=_tabs(view),
        why_words=why_words,
        channel_label=view_models.channel_label,
        kpis=_kpis(session),
        faults=_faults(session),
        runs=[
            {
                "row": run,
                "classes": _classes(run.by_class),
                "skipped": reasons(run.id, run.by_why, run.skipped),
            }
            for run in runs.runs(
                session, office_ids=debit_queries.run_offices(current_user), limit=_RUNS
            )
        ],
        stops=[
            {
                "id": stop.id,
                "channel": stop.channel,
                "label": view_models.channel_label(stop.channel) if stop.channel else _("Semua"),
                "reason": translated(stop.reason),
                "at": stop.stopped_at,
                "by_job": stop.stopped_by is None,
            }
            for stop in stops.on(session)
        ],
        writable=current_user.can(Permission.DEBIT_STOP),
        error=error,
        typed=typed,
    )


def _outbox(view: ListView) -> str:
    assert view.page is not None
    return render_template(
        "finance/debit_outbox.html",
        listing=view,
        tabs=_tabs(view),
        messages=_messages(view.page.rows),
    )


def _messages(rows: Any) -> list[dict[str, Any]]:
    return [{"row": row, "kind": NOTICE_KINDS[row.kind]} for row in rows]


def _tabs(view: ListView) -> list[dict[str, Any]]:
    return [
        {"label": label, "url": view.url(tab=name), "current": name == view.tab}
        for name, label in view.about.tabs.items()
    ]


def _kpis(session: Session) -> list[dict[str, Any]]:
    now = debit_queries.figures(session, current_user)
    return [
        {"label": _("Debit otomatis berjalan"), "value": num(now.mandates)},
        {
            "label": _("Diberitahukan"),
            "value": num(now.announced),
            "sub": _("%(n)s belum dibaca", n=num(now.unread)) if now.unread else "",
            "tone": "warn" if now.unread else "",
            "url": url_for("finance.debit_outbox"),
        },
        {
            "label": _("Sedang didebit"),
            "value": num(now.calling),
            "url": url_for("finance.debits", tab="calling"),
        },
        {
            "label": _("Menunggu kunjungan agen"),
            "value": num(now.to_visit),
            "url": url_for("finance.debits", tab="to_visit"),
        },
    ]


def _faults(session: Session) -> list[dict[str, Any]]:
    """What must be 0, in the words of the audit."""
    return [
        {"text": translated(debit_checks.CHECKS[name][0]), "count": count}
        for name, count in debit_queries.faults(session).items()
    ]


def _classes(by_class: dict[str, int]) -> list[tuple[str, int]]:
    return [(why_words(name), count) for name, count in sorted(by_class.items())]
