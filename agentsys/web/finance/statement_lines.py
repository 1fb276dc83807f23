"""The lines of one account: those that wait, those that were matched, and what is announced."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.fee_rates import read_rates
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.statements import accounts, fees, issue_queries, matching, queries
from agentsys.statements.lines import said_sen
from agentsys.statements.queries import LineRow
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.statement_words import ISSUES, KINDS, record_url, signed
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import PAGE
from agentsys.web.texts import day, lazy, num

LINES = ListPage(
    endpoint="finance.statement_lines",
    title=lazy("Baris mutasi"),
    search=lazy("Keterangan atau nomor referensi"),
    sorts={"booked": lazy("Tanggal"), "amount": lazy("Jumlah")},
    tabs={
        queries.OPEN: lazy("Menunggu"),
        queries.MATCHED: lazy("Sudah cocok"),
        queries.ALL: lazy("Semua"),
    },
    personal=False,
    dates=True,
    sums=True,
    filename="mutasi",
    columns=(
        (lazy("Tanggal"), lambda row: day(row.booked_on)),
        (lazy("Keterangan"), lambda row: row.text),
        (lazy("Nomor referensi"), lambda row: row.reference),
        (lazy("Jumlah"), lambda row: row.amount_idr),
        (lazy("Cocok dengan"), lambda row: str(KINDS[row.kind]) if row.kind else ""),
        (lazy("Menunggu karena"), lambda row: str(ISSUES[row.issue]) if row.issue else ""),
    ),
)


@finance.get("/mutasi/<int:bank_account_id>")
@needs(Permission.BANK_STATEMENT_READ)
def statement_lines(bank_account_id: int) -> Response | str:
    """The lines of an account, in tabs."""
    session = db.session()
    found = queries.account(session, current_user, bank_account_id)

    def fetch(asked: ListRequest) -> Page[LineRow]:
        return queries.lines(session, found, asked)

    def render(view: ListView) -> str:
        return render_template(
            "finance/statement_lines.html",
            account=found,
            listing=view,
            tabs=view.tabs({queries.OPEN: found.issues}),
            pending=queries.pending(session, found.id),
            missing=issue_queries.missing(session, found.id, limit=PAGE),
            kinds=KINDS,
            issues=ISSUES,
            signed=signed,
            said_sen=said_sen,
            record_url=record_url,
            writable=current_user.can(Permission.BANK_STATEMENT_MATCH),
        )

    return ListView(LINES, bank_account_id=found.id).answer(fetch, render)


@finance.post("/mutasi/<int:bank_account_id>/cocokkan")
@needs(Permission.BANK_STATEMENT_MATCH)
def match_again(bank_account_id: int) -> Response:
    """Match the lines that wait with what was recorded since."""
    queries.account(db.session(), current_user, bank_account_id)
    with transaction() as session:
        account, _actor = accounts.account_for(
            session, bank_account_id, current_user.id, Permission.BANK_STATEMENT_MATCH
        )
        after = fees.newest_match(session)
        found = matching.match_again(session, account=account)
        fees.book(
            session,
            account=account,
            after=after,
            actor_id=current_user.id,
            rates=read_rates(runtime().settings.gateway_fees),
        )
    text = (
        ngettext("%(n)s baris cocok.", "%(n)s baris cocok.", found, n=num(found))
        if found
        else _("Tidak ada baris lain yang cocok dengan pasti.")
    )
    flash(text, "success" if found else "info")
    return redirect(url_for("finance.statement_lines", bank_account_id=bank_account_id))
