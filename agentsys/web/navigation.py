"""The menu of whoever is signed in, and where he or she begins."""

from __future__ import annotations

from typing import Any

from flask import Flask, request
from flask_babel import gettext as _
from flask_security import current_user

from agentsys.people.permissions import Permission
from agentsys.web.pages import GROUPS, entry_of, visible
from agentsys.web.waiting import waiting_in

# The first that the user has says where he or she begins.
_STARTS = (
    (Permission.USER_MANAGE, "admin.users"),
    (Permission.COMMISSION_APPROVE, "supervisor.inbox"),
    (Permission.DEPOSIT_CONFIRM, "finance.deposits"),
    (Permission.BOOKS_READ, "finance.books"),
    (Permission.PORTFOLIO_READ, "agent.today"),
)


def init_app(app: Flask) -> None:
    """Give every template the menu and the name of whoever is signed in."""
    app.context_processor(_context)


def first_page() -> str:
    """The endpoint where the signed-in user begins; one's own account, if there is no other."""
    mine = (endpoint for permission, endpoint in _STARTS if current_user.can(permission))
    return next(mine, "account.account")


def _context() -> dict[str, Any]:
    if not current_user or not current_user.is_authenticated:
        return {"nav": [], "me": None}
    here = entry_of(request.endpoint or "")
    items = [
        {
            "endpoint": page.endpoint,
            "label": page.label,
            "icon": page.icon,
            "current": page is here,
            "field": group.name == "field",
        }
        for group in GROUPS
        for page in visible(group)
    ]
    office = current_user.office
    place = office.name if office is not None else _("Semua kantor")
    return {
        "nav": items,
        "waiting_in": waiting_in,
        "me": {
            "name": current_user.name,
            "place": place,
            "layout": "phone" if current_user.only_in_the_field else "desk",
        },
    }
