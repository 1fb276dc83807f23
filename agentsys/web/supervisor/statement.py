"""The page of one statement: its lines, signals and history."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.commissions import anomalies, approval, statements
from agentsys.commissions.approving import stages
from agentsys.commissions.models import StatementState
from agentsys.commissions.statements import StatementRow
from agentsys.db import db, transaction
from agentsys.errors import Invalid, Refused
from agentsys.months import add_months
from agentsys.payments import custody
from agentsys.payouts import changed_accounts
from agentsys.payouts.changed_accounts import AccountChange
from agentsys.people import agent_list, delegates
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.agent.commission import LINES, events_of, lines_view, rule_sums
from agentsys.web.lists import ListView
from agentsys.web.responses import why
from agentsys.web.second_persons import wait_for
from agentsys.web.stage_words import STAGE_BY
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.texts import day, lazy, month, rp, sentence
from agentsys.work import next_one
from agentsys.work.next_one import NextOne

# The signals that are about some of the lines.
FLAGS = {
    "last_day": lazy("Hari terakhir"),
    "shared_phone": lazy("Nomor HP sama"),
    "sponsored": lazy("Dibayar sponsor"),
    "unanswered": lazy("Belum dijawab BPJS"),
}


@supervisor.get("/komisi/<int:statement_id>")
@needs(Permission.COMMISSION_READ)
def statement(statement_id: int) -> Response | str:
    """One statement: every line with its reason, the signals, and the decision."""
    return _page(db.session(), statement_id)


@supervisor.post("/komisi/<int:statement_id>")
@needs(Permission.COMMISSION_DECIDE)
def decide_statement(statement_id: int) -> Response | tuple[Response | str, int]:
    """Approve or return one statement, exactly as it was shown."""
    reason = request.form.get("reason", "")
    found = statements.statement(db.session(), current_user, statement_id)
    told = {"name": found.agent_name, "month": month(found.month)}
    try:
        action, version = read_action(request.form), read_version(request.form.get("version", ""))
        with transaction() as session:
            decided = approval.decide(
                session,
                statement_id=statement_id,
                action=action,
                actor=current_user,
                seen_hash=version,
                reason=reason,
            )
            waits = decided.state is StatementState.SUBMITTED
    except Refused as refused:
        return _page(db.session(), statement_id, error=why(refused), reason=reason), 422
    if waits:
        flash(_("Persetujuan Anda dicatat. Laporan ini menunggu persetujuan lain."), "success")
    elif action is approval.Action.APPROVE:
        flash(_("Komisi %(name)s bulan %(month)s disetujui.", **told), "success")
    else:
        flash(_("Komisi %(name)s bulan %(month)s dikembalikan.", **told), "success")
    return redirect(url_for("supervisor.commissions"))


def read_action(form: MultiDict[str, str]) -> approval.Action:
    """The chosen action."""
    if form.get("action") not in set(approval.Action):
        raise Invalid("Pilih tindakan.")
    return approval.Action(form["action"])


def read_version(text: str) -> bytes:
    """The version (hash) of the statement that was shown."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise Invalid("Isian pengajuan rusak. Muat ulang halaman, lalu pilih lagi.") from error


def _page(
    session: Session, statement_id: int, *, error: str = "", reason: str = ""
) -> Response | str:
    found = statements.statement(session, current_user, statement_id)
    flags = anomalies.signals(session, statement_ids=[found.id]).get(found.id, [])
    names = [anomalies.name_of(flag) for flag in flags]
    tabs = {"": _("Semua")} | {name: str(FLAGS[name]) for name in names if name in FLAGS}
    view = lines_view(found, about=replace(LINES, tabs=tabs))
    if not isinstance(view, ListView):
        return view
    before = statements.total_of(
        session, agent_id=found.agent_id, month=add_months(found.month, -1)
    )
    held = custody.cash_exposure(session, [found.agent_id])[found.agent_id].held_idr
    later = stages.waiting_later(session, [found.id]).get(found.id)
    first = (found.computed_by, found.agent_user_id, *(later.voices if later else ()))
    change = changed_accounts.changes_of(session, [found.agent_id]).get(found.agent_id)
    row = row_of(found, flags, wait_for(*first), later, change)
    row["ended_on"] = agent_list.ended_on(session, agent_id=found.agent_id)
    row["flags"] = [
        {
            "text": sentence(flag),
            "tone": "warn",
            "url": view.url(tab=name) + "#rincian" if name in FLAGS else "",
        }
        for flag, name in zip(flags, names, strict=True)
    ]
    return render_template(
        "supervisor/statement.html",
        statement=row,
        next_one=_next_one(session, found, later),
        evidence=[
            (
                _("Komisi bulan sebelumnya"),
                rp(before) if before is not None else _("tidak ada"),
            ),
            (_("Titipan tunai di tangan sekarang"), rp(held)),
            (_("Dihitung"), day(found.computed_at)),
        ],
        events=events_of(session, found),
        error=error,
        reason=reason,
        listing=view,
        rules=rule_sums(view, found),
        flag_tabs=view.tabs() if len(tabs) > 1 else [],
    )


def row_of(
    found: StatementRow,
    flags: list[Any],
    not_yet: str,
    later: stages.Later | None,
    change: AccountChange | None,
) -> dict[str, Any]:
    """A statement as shown in the approval list and on its own page.

    `not_yet` says why the user may not yet be a second person here; `later` is its stage after
    the first; `change` is another bank account than at the last payout.
    """
    if found.state is not StatementState.SUBMITTED:
        later = None
    decidable = _decidable(found) if later is None else _decidable_later(found, later)
    return {
        "id": found.id,
        "agent_name": found.agent_name,
        "area": found.agent_area,
        "month": found.month,
        "base_idr": found.base_idr,
        "contributions": found.contributions,
        "agent_idr": found.agent_idr,
        "office_idr": found.office_idr,
        "total_idr": found.total_idr,
        "state": found.state.value,
        "flag": {"text": sentence(flags[0]), "tone": "warn"} if flags else None,
        "reason": found.reason,
        "own": current_user.id in (found.computed_by, found.agent_user_id),
        "decidable": decidable and not not_yet,
        "not_yet": not_yet if decidable else "",
        "on_behalf_of": _on_behalf_of(found) if later is None else "",
        "stage": _stage_words(later),
        "account": change if found.state is StatementState.SUBMITTED else None,
        "running": found.month == clock.this_month(),
        "version": found.lines_hash.hex(),
    }


def away_today() -> dict[int, delegates.Absence]:
    """For whom the user decides today as a delegate, by the id of who is away."""
    if "away_today" not in g:
        found = delegates.decides_for(db.session(), delegate_id=current_user.id)
        g.away_today = {one.user_id: one for one in found}
    away: dict[int, delegates.Absence] = g.away_today
    return away


def _decidable(found: StatementRow) -> bool:
    """Whether the user may decide: the agent's supervisor, or who stands in for that person.

    Nobody of the chain earns or computed it: who decides, for whom, and who named the delegate.
    """
    chain = {current_user.id}
    if found.supervisor_id != current_user.id:
        away = away_today().get(found.supervisor_id or 0)
        if away is None:
            return False
        chain |= {away.user_id, away.named_by}
    return current_user.can(Permission.COMMISSION_APPROVE) and not chain & {
        found.computed_by,
        found.agent_user_id,
    }


def _next_one(session: Session, found: StatementRow, later: stages.Later | None) -> NextOne | None:
    """Who sees it too if it waits longer; None if it does not wait."""
    if found.state is not StatementState.SUBMITTED:
        return None
    return next_one.of_statement(
        session,
        statement_id=found.id,
        office_id=found.office_id,
        by=later.by if later else None,
        since=later.since if later else found.computed_at,
    )


def _decidable_later(found: StatementRow, later: stages.Later) -> bool:
    """Whether the user may give the next approval: nobody who earns, computed or approved it."""
    taken = {found.computed_by, found.agent_user_id, *later.voices}
    return (
        current_user.can(stages.PERMISSIONS[later.by])
        and current_user.office_id in (None, found.office_id)
        and current_user.id not in taken
    )


def _stage_words(later: stages.Later | None) -> str:
    if later is None:
        return ""
    return _(
        "Persetujuan %(number)s dari %(count)s: %(by)s",
        number=later.number,
        count=later.of,
        by=STAGE_BY[later.by],
    )


def _on_behalf_of(found: StatementRow) -> str:
    away = away_today().get(found.supervisor_id or 0)
    return away.user if away is not None else ""
