"""The agent's commission statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import g, render_template
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.commissions import estimates, rule_check, statement_lines, statements
from agentsys.commissions.rates import reading
from agentsys.commissions.statement_lines import RuleSum
from agentsys.commissions.statements import ExplainedLine, StatementRow
from agentsys.contributions import collected
from agentsys.db import db
from agentsys.extension.contract import Beneficiary
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.months import add_months
from agentsys.payouts import agent_queries
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web import statement_papers
from agentsys.web.access import needs
from agentsys.web.agent.blueprint import agent
from agentsys.web.lists import ListPage, ListView
from agentsys.web.texts import lazy, month_short, sentence

PAYOUTS = 12  # the newest ones that are shown
LINES = ListPage(
    endpoint="supervisor.statement",
    title=lazy("Rincian komisi"),
    search=lazy("Nama pekerja"),
    personal=False,
    states_label=lazy("Aturan"),
    sorts={"rule": lazy("Aturan"), "worker": lazy("Pekerja"), "sum": lazy("Komisi")},
    sums=True,
    filename="rincian-komisi",
    columns=(
        (lazy("Pekerja"), lambda line: line.worker_name),
        (lazy("Kelurahan dan akhir NIK"), lambda line: line.worker_place),
        (lazy("Bulan iuran"), lambda line: f"{line.month:%Y-%m}" if line.month else ""),
        (lazy("Aturan"), lambda line: line.version),
        (lazy("Alasan"), lambda line: sentence(line.reason)),
        (lazy("Komisi"), lambda line: line.amount_idr),
    ),
)
OWN_LINES = replace(LINES, endpoint="agent.statement")


@agent.get("/komisi")
@needs(Permission.OWN_COMMISSION_READ)
def commission() -> str:
    """The statements, newest first, and an estimate for this month so far."""
    session = db.session()
    mine = scope.own_agent(session, current_user)
    found = statements.newest(session, current_user, to=Permission.OWN_COMMISSION_READ)
    month, rules = clock.this_month(), runtime().registry.commission_lines
    waiting = collected.count_unconfirmed(session, agent_id=mine.id)
    so_far = estimates.estimate(session, agent=mine, month=month, rules=rules)
    return render_template(
        "agent/commission.html",
        month=month,
        running={
            "gross_idr": so_far.gross_idr,
            "confirmed_count": so_far.confirmed,
            "waiting_count": waiting,
        },
        counted_at=so_far.at,
        needed=rule_check.new_workers_needed(
            rules, month, reading.decided(session, office_id=mine.office_id, month=month)
        ),
        newcomers=so_far.newcomers,
        chart=[(month_short(s.month)[:3], round(s.agent_idr / 1_000)) for s in reversed(found[:6])],
        statements=[_card(s) for s in found],
        payouts=agent_queries.payouts_of(session, agent_id=mine.id, limit=PAYOUTS),
    )


@agent.get("/komisi/<int:statement_id>")
@needs(Permission.OWN_COMMISSION_READ)
def statement(statement_id: int) -> Response | str:
    """One statement: every rupiah and its reason."""
    session = db.session()
    found = statements.statement(
        session, current_user, statement_id, to=Permission.OWN_COMMISSION_READ
    )
    view = lines_view(found, about=OWN_LINES, beneficiary=Beneficiary.AGENT)
    if not isinstance(view, ListView):
        return view
    return render_template(
        "agent/statement.html",
        statement=_card(found),
        before=statements.agent_sum(
            session, agent_id=found.agent_id, month=add_months(found.month, -1)
        ),
        events=events_of(session, found),
        listing=view,
        rules=rule_sums(view, found, beneficiary=Beneficiary.AGENT),
        flag_tabs=[],
    )


@agent.get("/komisi/<int:statement_id>/laporan.pdf")
@needs(Permission.OWN_COMMISSION_READ)
def statement_paper(statement_id: int) -> Response:
    """The own statement as a PDF."""
    found = statements.statement(
        db.session(), current_user, statement_id, to=Permission.OWN_COMMISSION_READ
    )
    return statement_papers.statement_pdf(found, beneficiary=Beneficiary.AGENT)


@agent.get("/komisi/<int:statement_id>/laporan.xlsx")
@needs(Permission.OWN_COMMISSION_READ)
def statement_sheet(statement_id: int) -> Response:
    """The own statement as a workbook."""
    found = statements.statement(
        db.session(), current_user, statement_id, to=Permission.OWN_COMMISSION_READ
    )
    return statement_papers.statement_sheet(found, beneficiary=Beneficiary.AGENT)


def lines_view(
    found: StatementRow, *, about: ListPage, beneficiary: Beneficiary | None = None
) -> Response | ListView:
    """The requested page of the statement's lines, or a response to return instead (redirect)."""
    session = db.session()
    states = {rule.rule: rule.version for rule in _sums_by_rule(found, beneficiary)}
    view = ListView(replace(about, states=states), statement_id=found.id)

    def fetch(asked: ListRequest) -> Page[ExplainedLine]:
        return statement_lines.lines(session, found, asked, rules=states, beneficiary=beneficiary)

    other = view.redirect_or_file(fetch)
    return other if other is not None else view.show(fetch(view.request))


def rule_sums(
    view: ListView, found: StatementRow, *, beneficiary: Beneficiary | None = None
) -> list[dict[str, Any]]:
    """The sum of each rule, with a link to its lines."""
    return [
        {
            "version": rule.version,
            "lines": rule.lines,
            "amount_idr": rule.amount_idr,
            "url": view.url(state=rule.rule) + "#rincian",
        }
        for rule in _sums_by_rule(found, beneficiary)
    ]


def _sums_by_rule(found: StatementRow, beneficiary: Beneficiary | None) -> Sequence[RuleSum]:
    """What each rule comes to; read once a request, for the filter and for the sums."""
    read: dict[Any, Sequence[RuleSum]] = g.setdefault("sums_by_rule", {})
    key = (found.id, beneficiary)
    if key not in read:
        read[key] = statement_lines.sums_by_rule(
            db.session(), statement_id=found.id, beneficiary=beneficiary
        )
    return read[key]


def events_of(session: Session, found: StatementRow) -> list[dict[str, Any]]:
    """The history of a statement, newest first."""
    words = {
        "commission.approved": _("Disetujui"),
        "commission.stage_approved": _("Disetujui sebagian, menunggu persetujuan lain"),
        "commission.returned": _("Dikembalikan"),
    }
    decided = [
        {
            "at": decision.at,
            "text": words.get(decision.action, decision.action),
            "who": _who(decision),
            "icon": "circle-check",
        }
        for decision in statements.decisions_on(session, statement_id=found.id)
    ]
    return [
        *decided,
        {"at": found.computed_at, "text": _("Dihitung"), "who": "", "icon": "calculator"},
    ]


def _who(decision: statements.DecisionOn) -> str:
    if not decision.for_whom:
        return decision.who
    return _("%(name)s atas nama %(away)s", name=decision.who, away=decision.for_whom)


def _card(found: StatementRow) -> dict[str, Any]:
    return {
        "id": found.id,
        "month": found.month,
        "state": found.state.value,
        "gross_idr": found.agent_idr,
        "note": found.reason,
        "is_estimate": found.is_estimate,
        "received_idr": found.received_idr,
    }
