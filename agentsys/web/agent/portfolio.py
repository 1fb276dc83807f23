"""The agent's list of workers, and the page of one worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.contributions import arrears, collected
from agentsys.db import db, transaction
from agentsys.duplicates import queries as pairs
from agentsys.errors import Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.memberships import lapsing
from agentsys.payments import links, page_codes, portfolio, worker_money
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web import view_models
from agentsys.web.access import needs
from agentsys.web.agent import auto_debit
from agentsys.web.agent.blueprint import agent
from agentsys.web.agent.cash import cash_card
from agentsys.web.agent.collecting import own_worker, tended_worker
from agentsys.web.agent.leaves import leave_about
from agentsys.web.agent.news import news_of
from agentsys.web.agent.worker_about import about
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import said
from agentsys.web.texts import lazy
from agentsys.web.workers.changing import planned_view
from agentsys.web.workers.group_words import ECOSYSTEMS, by_kind
from agentsys.web.workers.timeline import timeline
from agentsys.workers import group_queries, registry
from agentsys.workers.columns import PLAIN
from agentsys.workers.queries import WorkerProfile


def _plain(name: str, entry: portfolio.Entry) -> str:
    return entry.plain[name]


TODAY = ListPage(
    endpoint="agent.today",
    title=lazy("Pekerja"),
    tabs={
        "todo": lazy("Perlu ditagih"),
        "arrears": lazy("Menunggak"),
        "first": lazy("Bayar pertama"),
        "due": lazy("Bulan ini belum dibayar"),
        "paid": lazy("Sudah dibayar"),
        "sponsored": lazy("Dibayar sponsor"),
        "all": lazy("Semua"),
    },
    sorts={
        "oldest": lazy("Tunggakan tertua"),
        "name": lazy("Nama"),
        "due": lazy("Jumlah tagihan"),
        "newest": lazy("Terdaftar"),
    },
    letter=True,
    ecosystems=ECOSYSTEMS,
    groups=True,
    filename="pekerja",
    columns=(
        (lazy("Nama"), lambda entry: entry.name),
        *((lazy(c.label), partial(_plain, c.name)) for c in PLAIN if c.in_list),
        (lazy("Empat angka terakhir NIK"), lambda entry: entry.last_four),
        (lazy("Tagihan"), lambda entry: entry.due_idr),
        (lazy("Bulan menunggak"), lambda entry: entry.arrears_months),
        (
            lazy("Lunas sampai"),
            lambda entry: f"{entry.paid_until:%Y-%m}" if entry.paid_until else "",
        ),
    ),
)


@agent.route("/hari-ini", methods=["GET", "POST"])
@needs(Permission.PORTFOLIO_READ, searches=True)
def today() -> str | Response:
    """The agent's workers, oldest arrears first; only a name may be in the URL."""
    view = ListView(TODAY)
    session = db.session()
    mine = scope.own_agent(session, current_user)
    view.groups = by_kind(group_queries.choices_of_office(session, mine.office_id))
    # A search by name looks among all workers, also those who have paid.
    usual = "all" if view.request.query else "todo"
    chosen = view.value("tab") if view.value("tab") in TODAY.tabs else usual

    vault = runtime().vault

    def fetch(asked: ListRequest) -> Page[portfolio.Entry]:
        asked = replace(asked, tab=chosen)
        return portfolio.portfolio(session, agent_id=mine.id, vault=vault, asked=asked)

    if (other := view.redirect_or_file(fetch)) is not None:
        return other
    page, counts = portfolio.portfolio_and_counts(
        session, agent_id=mine.id, vault=vault, asked=replace(view.request, tab=chosen)
    )
    month = clock.this_month()
    sums = collected.of_month(session, agent_ids=[mine.id], month=month)[mine.id]
    return render_template(
        "agent/today.html",
        listing=view.show(page.holding(lapsing.marked(session, page.rows))),
        month=month,
        collected_idr=sums.collected_idr,
        target_idr=sums.billed_idr,
        cash=cash_card(session, mine),
        news=[] if view.request.query else news_of(session, mine, counts["ending"]),
        state=chosen,
        chips=chips_of(view, counts, chosen),
        covered=is_covered,
    )


def chips_of(view: ListView, counts: Mapping[str, int], chosen: str) -> list[dict[str, Any]]:
    """The filters of a portfolio, each with its number of workers."""
    return [
        {
            "name": name,
            "label": label,
            "count": counts[name],
            "url": view.url(tab=name),
            "current": name == chosen,
        }
        for name, label in TODAY.tabs.items()
        if counts[name] or name in ("todo", "all", chosen)
    ]


@agent.get("/pekerja/<int:worker_id>")
@needs(Permission.PORTFOLIO_READ)
def worker(worker_id: int) -> str:
    """One worker: months, payments, own data."""
    return _worker_page(tended_worker(db.session(), worker_id))


@agent.post("/pekerja/<int:worker_id>/nik")
@needs(Permission.NIK_REVEAL)
def reveal_nik(worker_id: int) -> str:
    """The worker's page with the full NIK; this is recorded."""
    found = own_worker(db.session(), worker_id)
    with transaction() as session:
        nik = registry.reveal_nik(
            session,
            vault=runtime().vault,
            worker_id=found.id,
            actor_id=current_user.id,
            reason="halaman pekerja",
        )
    return _worker_page(own_worker(db.session(), worker_id), nik=nik)


@agent.post("/pekerja/<int:worker_id>/tautan")
@needs(Permission.PAYMENT_COLLECT)
def pay_link(worker_id: int) -> Response:
    """Create a pay link for the worker."""
    found = tended_worker(db.session(), worker_id)
    try:
        with transaction() as session:
            links.make_link(session, worker_id=found.id, actor_id=current_user.id)
    except Refused as refused:
        return said(refused, url_for("agent.worker", worker_id=worker_id))
    flash(_("Tautan bayar dibuat. Salin, lalu kirim ke HP pekerja sendiri."), "success")
    return redirect(url_for("agent.worker", worker_id=worker_id))


@agent.post("/pekerja/<int:worker_id>/tautan/tarik")
@needs(Permission.PAYMENT_COLLECT)
def withdraw_links(worker_id: int) -> Response:
    """Withdraw the worker's pay links, such as one that was sent to a wrong number."""
    found = tended_worker(db.session(), worker_id)
    with transaction() as session:
        links.withdraw_links(session, worker_id=found.id, actor_id=current_user.id)
    flash(_("Tautan bayar ditarik. Tidak ada yang dapat membayar dengannya lagi."), "success")
    return redirect(url_for("agent.worker", worker_id=worker_id))


@agent.post("/pekerja/<int:worker_id>/debit/kode")
@needs(Permission.MANDATE_INVITE)
def page_code(worker_id: int) -> str | Response:
    """The agent's page about a worker, with a new code that opens the worker's own page."""
    found = own_worker(db.session(), worker_id)
    try:
        with transaction() as session:
            code = page_codes.make_code(
                session, worker_id=found.id, actor_id=current_user.id, vault=runtime().vault
            )
    except Refused as refused:
        return said(refused, url_for("agent.worker", worker_id=worker_id))
    return _worker_page(own_worker(db.session(), worker_id), code=code)


def is_covered(entry: portfolio.Entry) -> bool:
    """Whether BPJS confirmed this month, or a later one."""
    return entry.paid_until is not None and entry.paid_until >= clock.this_month()


def _worker_page(found: WorkerProfile, *, nik: str = "", code: str = "") -> str:
    session = db.session()
    open_ = arrears.open_months(session, worker_id=found.id)
    strip = worker_money.standings(session, worker_id=found.id)
    leave = leave_about(session, found.id)
    return render_template(
        "agent/worker.html",
        worker=about(session, found, open_, strip[-1]) | {"nik": nik},
        leave=leave,
        auto_debit=None if leave else auto_debit.card(session, found, code=code),
        strip=strip,
        open_months=[
            {
                "month": c.month,
                "amount_idr": c.amount_idr,
                "state": c.state.value,
                "discount": _("diskon PP 50/2025") if "50/2025" in c.tariff else "",
                "payer": c.funding.short,
            }
            for c in reversed(open_)
        ],
        payments=[
            {"row": row, "channel_label": view_models.channel_label(row.channel)}
            for row in worker_money.payments(session, worker_id=found.id)
        ],
        planned=planned_view(session, found.id),
        timeline=timeline(session, found.id),
        maybe_twice=pairs.best_score(session, worker_id=found.id) > 0,
    )
