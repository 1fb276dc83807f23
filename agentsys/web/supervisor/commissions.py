"""Commission approval: anomalies first; stale statements and one's own cannot be approved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.commissions import anomalies, approval, statement_list
from agentsys.commissions.approving import stages
from agentsys.commissions.statements import StatementRow
from agentsys.db import db, transaction
from agentsys.errors import Invalid, Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.months import add_months
from agentsys.payouts import changed_accounts
from agentsys.people.permissions import Permission
from agentsys.web import view_models
from agentsys.web.access import needs
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import why
from agentsys.web.second_persons import waits
from agentsys.web.state_words import state_word
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.supervisor.statement import read_action, read_version, row_of
from agentsys.web.texts import lazy, month_short, num, rp, sentence

SCANNED = 500  # statements that one page scans for anomalies
MOST = 500
APPROVALS = ListPage(
    endpoint="supervisor.commissions",
    title=lazy("Komisi"),
    search=lazy("Nama atau kode agen"),
    tabs={
        "waiting": lazy("Menunggu"),
        "flagged": lazy("Perlu perhatian"),
        "approved": lazy("Disetujui"),
        "returned": lazy("Dikembalikan"),
    },
    sorts={
        "urgent": lazy("Bulan tertua, jumlah terbesar"),
        "month": lazy("Bulan"),
        "sum": lazy("Komisi"),
        "agent": lazy("Agen"),
    },
    dates=True,
    sums=True,
    personal=False,
    filename="komisi",
    columns=(
        (lazy("Agen"), lambda found: found.agent_name),
        (lazy("Bulan"), lambda found: f"{found.month:%Y-%m}"),
        (lazy("Dasar"), lambda found: found.base_idr),
        (lazy("Iuran"), lambda found: found.contributions),
        (lazy("Komisi agen"), lambda found: found.agent_idr),
        (lazy("Bagian kantor"), lambda found: found.office_idr),
        (lazy("Jumlah"), lambda found: found.total_idr),
        (lazy("Status"), lambda found: str(state_word("statement", found.state).text)),
    ),
)


@supervisor.get("/komisi", endpoint="commissions")
@needs(Permission.COMMISSION_READ)
def approval_list() -> Response | str:
    """Statements by state, in pages; waiting statements with anomalies come first."""
    view = ListView(APPROVALS)
    if (other := view.redirect_or_file(_fetch)) is not None:
        return other
    return _page(db.session())


@supervisor.post("/komisi/putuskan")
@needs(Permission.COMMISSION_DECIDE)
def decide() -> Response | str | tuple[str, int]:
    """Approve or return the ticked statements, exactly as they were shown.

    Refused statements stay ticked and keep the typed reason, unless they have changed.
    """
    try:
        decisions, unseen = _decide(request.form)
    except Refused as refused:
        return _page(db.session(), sent=request.form, errors=[why(refused)]), 422
    done = sum(not decision.refused for decision in decisions)
    if done and request.form["action"] == approval.Action.APPROVE:
        flash(
            ngettext("%(num)d pengajuan disetujui.", "%(num)d pengajuan disetujui.", done),
            "success",
        )
    elif done:
        flash(
            ngettext("%(num)d pengajuan dikembalikan.", "%(num)d pengajuan dikembalikan.", done),
            "success",
        )
    reasons = {sentence(decision.refused): None for decision in decisions if decision.refused}
    errors = list(reasons)
    if unseen:
        errors.append(_("Sebagian pengajuan tidak ditemukan, atau bukan bagian Anda."))
    if errors:
        return _page(db.session(), sent=request.form, errors=errors), 200 if done else 422
    return redirect(ListView(APPROVALS).here)


def _decide(form: MultiDict[str, str]) -> tuple[list[approval.Decision], int]:
    """The result of each statement, and how many are not the supervisor's."""
    action = read_action(form)
    seen = dict(_seen(text) for text in form.getlist("ids"))
    if not seen:
        raise Invalid("Pilih pengajuan lebih dulu.")
    if len(seen) > MOST:
        raise Invalid("Terlalu banyak sekaligus. Pilih paling banyak 500 pengajuan.")
    with transaction() as session:
        allowed = statement_list.visible_ids(session, current_user, list(seen))
        decisions = approval.decide_many(
            session,
            seen=[(number, shown) for number, shown in seen.items() if number in allowed],
            action=action,
            actor=current_user,
            reason=form.get("reason", ""),
        )
    return decisions, len(seen.keys() - allowed)


def _page(
    session: Session, *, sent: MultiDict[str, str] | None = None, errors: Sequence[str] = ()
) -> str:
    sent = sent or MultiDict()
    view = ListView(APPROVALS)
    tab = view.tab
    asked = replace(view.request, size=SCANNED) if tab == "flagged" else view.request
    page = _fetch(asked)
    ids = [found.id for found in page.rows]
    signals = anomalies.signals(session, statement_ids=ids)
    later = stages.waiting_later(session, ids)
    changes = changed_accounts.changes_of(session, {found.agent_id for found in page.rows})
    if tab == "flagged":
        page = page.holding(found for found in page.rows if signals.get(found.id))
    not_yet = waits({each for found in page.rows for each in _first_of(found)})
    rows = [
        row_of(
            found,
            signals.get(found.id, []),
            next((not_yet[each] for each in _first_of(found) if each in not_yet), ""),
            later.get(found.id),
            changes.get(found.agent_id),
        )
        for found in page.rows
    ]
    if page.sort == "urgent":
        rows.sort(key=lambda row: (row["account"] is None, row["flag"] is None))
    waiting = statement_list.waiting(session, current_user)
    approved = statement_list.approved_by_month(session, current_user)
    chart, chart_unit = view_models.chart(approved)
    return render_template(
        "supervisor/commissions.html",
        listing=view.show(page),
        kpis=_kpis(waiting, signals if tab == "waiting" else {}, approved),
        tabs=view.tabs({"waiting": waiting.count}),
        month=clock.this_month(),
        paper_month=add_months(clock.this_month(), -1),
        decidable=tab in ("waiting", "flagged") and current_user.can(Permission.COMMISSION_DECIDE),
        rows=rows,
        chart=chart,
        chart_unit=chart_unit,
        decide_url=view.url_of("supervisor.decide"),
        ticked=set(sent.getlist("ids")),
        reason=sent.get("reason", ""),
        errors=errors,
    )


def _first_of(found: StatementRow) -> tuple[int | None, int | None]:
    """Whose second person decides the statement."""
    return found.computed_by, found.agent_user_id


def _fetch(asked: ListRequest) -> Page[StatementRow]:
    return changed_accounts.approval_list(db.session(), current_user, asked)


def _seen(text: str) -> tuple[int, bytes]:
    number, _colon, version = text.partition(":")
    # An id that is not numeric gets 0 and no version, so it matches nothing.
    return int(number) if re.fullmatch(r"[0-9]{1,18}", number) else 0, read_version(version)


def _kpis(
    waiting: statement_list.Waiting,
    signals: dict[int, list[Any]],
    approved: Sequence[tuple[date, int]],
) -> list[dict[str, Any]]:
    newest, approved_idr = approved[-1] if approved else (clock.this_month(), 0)
    flagged = sum(bool(reasons) for reasons in signals.values())
    days = (clock.now() - waiting.oldest_at).days if waiting.oldest_at else 0
    return [
        {
            "label": _("Menunggu persetujuan"),
            "value": rp(waiting.total_idr),
            "sub": ngettext("%(num)d pengajuan", "%(num)d pengajuan", waiting.count),
            "tone": "",
            "url": url_for("supervisor.commissions"),
        },
        {
            "label": _("Disetujui, %(month)s", month=month_short(newest)),
            "value": rp(approved_idr),
            "sub": "",
            "tone": "",
            "url": ListView(APPROVALS).url(tab="approved", **{"from": f"{newest}"}),
        },
        {
            "label": _("Perlu perhatian"),
            "value": num(flagged),
            "sub": _("di halaman ini, paling atas"),
            "tone": "warn" if flagged else "",
            "url": url_for("supervisor.commissions", tab="flagged"),
        },
        {
            "label": _("Umur tertua"),
            "value": ngettext("%(num)d hari", "%(num)d hari", days),
            "sub": _("sejak dihitung"),
            "tone": "",
            "url": url_for("supervisor.commissions", sort="computed"),
        },
    ]
