"""The page of one line: what it may be, and a person's decision. It works by keyboard alone."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Invalid, NotFound, Refused
from agentsys.fee_rates import read_rates
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.statements import deciding, issue_queries, issues, proposals, queries
from agentsys.statements.models import ThingKind
from agentsys.statements.queries import LineRow
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.statement_words import ISSUES, KINDS, record_url, signed
from agentsys.web.responses import why


@finance.get("/mutasi/baris/<int:bank_line_id>")
@needs(Permission.BANK_STATEMENT_READ)
def statement_line(bank_line_id: int) -> str:
    """A line, what it was matched with, or the records that fit it with the reasons."""
    return _page(queries.line(db.session(), current_user, bank_line_id))


@finance.post("/mutasi/baris/<int:bank_line_id>")
@needs(Permission.BANK_STATEMENT_MATCH)
def decide_line(bank_line_id: int) -> Response | tuple[str, int]:
    """Match the line with the chosen record, undo its match, or close what is open about it."""
    session = db.session()
    found = queries.line(session, current_user, bank_line_id)
    try:
        told = _decide(found)
    except Refused as refused:
        return _page(found, error=why(refused)), 422
    flash(told, "success")
    following = queries.next_open(db.session(), found.account_id, after=found.id)
    if following and request.form.get("action") != "unmatch":
        return redirect(url_for("finance.statement_line", bank_line_id=following))
    if request.form.get("action") == "unmatch":
        return redirect(url_for("finance.statement_line", bank_line_id=found.id))
    return redirect(url_for("finance.statement_lines", bank_account_id=found.account_id))


@finance.get("/mutasi/selisih/<int:bank_issue_id>")
@needs(Permission.BANK_STATEMENT_READ)
def bank_issue(bank_issue_id: int) -> str:
    """What is open: the page of its line, or the record that no line shows."""
    session = db.session()
    found = issue_queries.issue(session, current_user, bank_issue_id)
    if found.line_id is not None:
        return _page(queries.line(session, current_user, found.line_id))
    return _issue_page(bank_issue_id)


@finance.post("/mutasi/selisih/<int:bank_issue_id>")
@needs(Permission.BANK_STATEMENT_MATCH)
def close_bank_issue(bank_issue_id: int) -> Response | tuple[str, int]:
    """Close an issue with a note."""
    found = issue_queries.issue(db.session(), current_user, bank_issue_id)
    try:
        with transaction() as session:
            issues.close(
                session,
                issue_id=found.id,
                note=request.form.get("note", ""),
                actor_id=current_user.id,
            )
    except Refused as refused:
        return _issue_page(bank_issue_id, error=why(refused)), 422
    flash(_("Selisih diselesaikan dengan catatan."), "success")
    return redirect(url_for("finance.statement_lines", bank_account_id=found.account_id))


def _decide(found: LineRow) -> str:
    action = request.form.get("action", "")
    with transaction() as session:
        if action == "match":
            kind, _colon, thing_id = request.form.get("thing", "").partition(":")
            if kind not in {each.value for each in ThingKind} or not thing_id.isdecimal():
                raise Invalid("Pilih salah satu catatan.")
            if len(thing_id) > 18:
                raise NotFound()
            deciding.match(
                session,
                line_id=found.id,
                kind=ThingKind(kind),
                thing_id=int(thing_id),
                actor_id=current_user.id,
                rates=read_rates(runtime().settings.gateway_fees),
            )
            return _("Baris dicocokkan. Tidak ada yang dikonfirmasi.")
        if action == "unmatch" and found.match_id is not None:
            deciding.unmatch(
                session,
                match_id=found.match_id,
                reason=request.form.get("reason", ""),
                actor_id=current_user.id,
            )
            return _("Pencocokan dibatalkan.")
        if action == "close" and found.issue_id is not None:
            issues.close(
                session,
                issue_id=found.issue_id,
                note=request.form.get("note", ""),
                actor_id=current_user.id,
            )
            return _("Baris diselesaikan dengan catatan.")
    raise Invalid("Baris ini sudah berubah. Muat ulang halaman.")


def _page(found: LineRow, *, error: str = "") -> str:
    session = db.session()
    writable = current_user.can(Permission.BANK_STATEMENT_MATCH)
    return render_template(
        "finance/statement_line.html",
        line=found,
        account=queries.account(session, current_user, found.account_id),
        candidates=[] if found.match_id else proposals.candidates(session, found.id),
        history=issue_queries.history(session, found.id),
        following=queries.next_open(session, found.account_id, after=found.id),
        kinds=KINDS,
        issues=ISSUES,
        signed=signed,
        record_url=record_url,
        writable=writable,
        can_correct=current_user.can(Permission.BOOKS_READ),
        sent=request.form,
        error=error,
    )


def _issue_page(bank_issue_id: int, *, error: str = "") -> str:
    found = issue_queries.issue(db.session(), current_user, bank_issue_id)
    return render_template(
        "finance/bank_issue.html",
        issue=found,
        kinds=KINDS,
        issues=ISSUES,
        record_url=record_url,
        writable=current_user.can(Permission.BANK_STATEMENT_MATCH) and found.closed_at is None,
        note=request.form.get("note", ""),
        error=error,
    )
