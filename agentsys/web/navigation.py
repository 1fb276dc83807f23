"""The menu of each role."""

from __future__ import annotations

from typing import Any

from flask import Flask, request
from flask_babel import gettext as _
from flask_babel import pgettext
from flask_security import current_user

from agentsys.people.models import RoleName
from agentsys.web.waiting import waiting_in


def init_app(app: Flask) -> None:
    """Give every template the menu and the name of whoever is signed in."""
    app.context_processor(_context)


def _context() -> dict[str, Any]:
    if not current_user or not current_user.is_authenticated:
        return {"nav": [], "me": None}
    here = request.endpoint or ""
    items = [
        {
            "endpoint": endpoint,
            "label": label,
            "icon": picture,
            "current": endpoint == here or endpoint == _PARENTS.get(here),
        }
        for endpoint, label, picture in _menu(current_user.role)
    ]
    office = current_user.office
    place = office.name if office is not None else _("Semua kantor")
    return {
        "nav": items,
        "waiting_in": waiting_in,
        "me": {"name": current_user.name, "place": place},
    }


def _menu(role: RoleName) -> list[tuple[str, str, str]]:
    answers = ("bpu.index", _("Jawaban BPJS"), "user-round-check")
    finance = [
        ("finance.deposits", _("Setoran agen"), "hand-coins"),
        ("finance.remittances", _("Setoran ke BPJS"), "send"),
        ("finance.gateway_payouts", _("Pencairan gateway"), "landmark"),
        ("finance.callbacks", _("Kabar gateway"), "bell"),
        ("finance.cases", _("Perlu diperiksa"), "search-check"),
        ("finance.billing", _("Penagihan"), "calendar-check"),
        answers,
        ("finance.commissions", _("Hitung komisi"), "calculator"),
        ("finance.books", _("Buku besar"), "scale"),
    ]
    team = [
        ("supervisor.inbox", _("Ringkasan"), "inbox"),
        ("supervisor.commissions", _("Komisi"), "badge-check"),
        ("supervisor.team", _("Tim"), "users"),
        ("supervisor.rosters", _("Daftar pekerja"), "file-spreadsheet"),
    ]
    match role:
        case RoleName.AGENT:
            return [
                ("agent.today", _("Hari ini"), "users"),
                ("agent.cash", _("Setoran"), "banknote"),
                ("agent.commission", _("Komisi"), "chart-column-increasing"),
                ("agent.enrol", _("Daftarkan"), "user-plus"),
            ]
        case RoleName.SUPERVISOR:
            return [*team, answers]
        case RoleName.FINANCE:
            return finance
        case RoleName.ADMIN:
            return [
                ("admin.users", _("Pengguna"), "users"),
                ("agents.index", pgettext("jumlah", "Agen"), "id-card"),
                *team[2:],
                *finance,
            ]
        case RoleName.AUDITOR:
            return [*team[1:3], *finance]


_PARENTS = {
    "agent.worker": "agent.today",
    "agent.collect": "agent.today",
    "agent.payment": "agent.today",
    "agent.receipt": "agent.today",
    "agent.statement": "agent.commission",
    "agent.deposit": "agent.cash",
    "supervisor.statement": "supervisor.commissions",
    "supervisor.decide": "supervisor.commissions",
    "supervisor.decide_statement": "supervisor.commissions",
    "supervisor.roster": "supervisor.rosters",
    "admin.change_user": "admin.users",
    "agents.change": "agents.index",
    "bpu.paste": "bpu.index",
    "finance.callback": "finance.callbacks",
    "finance.close_case": "finance.cases",
    "finance.confirm_remittance": "finance.remittances",
    "finance.decide_deposit": "finance.deposits",
    "finance.record_own_funds": "finance.gateway_payouts",
    "finance.book_unexplained": "finance.gateway_payouts",
    "finance.explain_unexplained": "finance.gateway_payouts",
    "finance.return_unexplained": "finance.gateway_payouts",
    "finance.ask_to_cancel": "finance.remittances",
    "finance.record_payout": "finance.gateway_payouts",
    "finance.set_code": "finance.remittances",
    "finance.hold_contribution": "finance.remittances",
    "finance.holds": "finance.remittances",
    "finance.case": "finance.cases",
    "finance.payment": "finance.callbacks",
    "finance.propose_transfer": "finance.books",
    "finance.transfers": "finance.books",
    "finance.remittance": "finance.remittances",
}
