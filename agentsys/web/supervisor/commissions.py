"""The approval desk: anomalies first, evidence one click away, never stale and never one's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.commissions import anomalies, approval, statements
from agentsys.commissions.models import Statement, StatementState
from agentsys.db import db, transaction
from agentsys.errors import Invalid, Refused
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.responses import after_id, why
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.supervisor.statement import mine, read_action, read_version, row_of
from agentsys.web.texts import month_short, num, rp, sentence

TABS = {
    "waiting": StatementState.SUBMITTED,
    "approved": StatementState.APPROVED,
    "returned": StatementState.RETURNED,
}
PAGE = 100
SCANNED = 500  # statements among which one page looks for those to look at
MOST = 500


@supervisor.get("/komisi", endpoint="commissions")
@needs(Permission.COMMISSION_READ)
def desk() -> str:
    """Statements by state, in pages; of those that wait, what to look at first is on top."""
    return _page(db.session())


@supervisor.post("/komisi/putuskan")
@needs(Permission.COMMISSION_APPROVE)
def decide() -> Response | str | tuple[str, int]:
    """Approve or return what was ticked, exactly as it was shown.

    What is refused comes back ticked and with the reason that was typed, unless it has changed.
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
    return redirect(url_for("supervisor.commissions", tab=_tab(), after=after_id()))


def _decide(form: MultiDict[str, str]) -> tuple[list[approval.Decision], int]:
    """What became of each statement, and how many are not the supervisor's."""
    action = read_action(form)
    seen = dict(_seen(text) for text in form.getlist("ids"))
    if not seen:
        raise Invalid("Pilih pengajuan lebih dulu.")
    if len(seen) > MOST:
        raise Invalid("Terlalu banyak sekaligus. Pilih paling banyak 500 pengajuan.")
    with transaction() as session:
        allowed = set(session.scalars(select(Statement.id).where(mine(), Statement.id.in_(seen))))
        decisions = approval.decide_many(
            session,
            seen=[(number, shown) for number, shown in seen.items() if number in allowed],
            action=action,
            actor=session.get_one(User, current_user.id),
            reason=form.get("reason", ""),
        )
    return decisions, len(seen.keys() - allowed)


def _page(
    session: Session, *, sent: MultiDict[str, str] | None = None, errors: Sequence[str] = ()
) -> str:
    sent = sent or MultiDict()
    tab = _tab()
    page = SCANNED if tab == "flagged" else PAGE
    found = of_tab(session, tab, after=after_id() or 0, limit=page + 1)
    more, found = len(found) > page, found[:page]
    next_url = url_for("supervisor.commissions", tab=tab, after=found[-1].id) if more else ""
    signals = anomalies.signals(session, statement_ids=[s.id for s in found])
    if tab == "flagged":
        found = [s for s in found if signals.get(s.id)]
    rows = [row_of(s, signals.get(s.id, [])) for s in found]
    rows.sort(key=lambda row: row["flag"] is None)
    waiting = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Statement.total_idr), 0),
            func.min(Statement.computed_at),
        ).where(mine(), Statement.state == StatementState.SUBMITTED)
    ).one()
    return render_template(
        "supervisor/commissions.html",
        kpis=_kpis(session, waiting, signals if tab == "waiting" else {}),
        tabs=[
            {
                "label": label,
                "count": int(waiting[0]) if name == "waiting" else None,
                "url": url_for("supervisor.commissions", tab=name),
                "current": name == tab,
            }
            for name, label in tab_labels().items()
        ],
        month=clock.this_month(),
        decidable=tab in ("waiting", "flagged") and current_user.can(Permission.COMMISSION_APPROVE),
        rows=rows,
        chart=_approved_by_month(session),
        chart_unit=_("Rp juta"),
        next_url=next_url,
        decide_url=url_for("supervisor.decide", tab=tab, after=after_id()),
        ticked=set(sent.getlist("ids")),
        reason=sent.get("reason", ""),
        errors=errors,
    )


def _tab() -> str:
    tab = request.args.get("tab", "")
    return tab if tab in tab_labels() else "waiting"


def tab_labels() -> dict[str, str]:
    """The desk's tabs and how they are called."""
    return {
        "waiting": _("Menunggu"),
        "flagged": _("Perlu perhatian"),
        "approved": _("Disetujui"),
        "returned": _("Dikembalikan"),
    }


def of_tab(
    session: Session, tab: str, *, after: int = 0, limit: int | None = None
) -> list[Statement]:
    """The statements of one tab that come after one, as many as the limit says."""
    state = TABS.get(tab, StatementState.SUBMITTED)
    return statements.in_state(session, condition=mine(), state=state, after=after, limit=limit)


def _seen(text: str) -> tuple[int, bytes]:
    number, _colon, version = text.partition(":")
    # Nobody has sent the version of what is no number, so it is not one either.
    return int(number) if re.fullmatch(r"[0-9]{1,18}", number) else 0, read_version(version)


def _kpis(session: Session, waiting: Any, signals: dict[int, list[Any]]) -> list[dict[str, Any]]:
    count, total, oldest = waiting
    this_month = session.scalar(
        select(func.coalesce(func.sum(Statement.total_idr), 0)).where(
            mine(),
            Statement.state == StatementState.APPROVED,
            Statement.month == clock.this_month(),
        )
    )
    flagged = sum(bool(reasons) for reasons in signals.values())
    days = (clock.now() - oldest).days if oldest else 0
    return [
        {
            "label": _("Menunggu persetujuan"),
            "value": rp(int(total)),
            "sub": ngettext("%(num)d pengajuan", "%(num)d pengajuan", int(count)),
            "tone": "",
        },
        {
            "label": _("Disetujui untuk bulan ini"),
            "value": rp(int(this_month or 0)),
            "sub": "",
            "tone": "",
        },
        {
            "label": _("Perlu perhatian"),
            "value": num(flagged),
            "sub": _("di halaman ini, paling atas"),
            "tone": "warn" if flagged else "",
        },
        {
            "label": _("Umur tertua"),
            "value": ngettext("%(num)d hari", "%(num)d hari", days),
            "sub": _("sejak dihitung"),
            "tone": "",
        },
    ]


def _approved_by_month(session: Session) -> list[tuple[str, float]]:
    rows = session.execute(
        select(Statement.month, func.sum(Statement.total_idr))
        .where(mine(), Statement.state == StatementState.APPROVED)
        .group_by(Statement.month)
        .order_by(Statement.month.desc())
        .limit(6)
    ).all()
    return [
        (month_short(month)[:3], round(float(total) / 1_000_000, 1))
        for month, total in reversed(rows)
    ]
