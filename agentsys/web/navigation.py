"""The menu of the signed-in user, and the user's first page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, request
from flask_babel import gettext as _
from flask_security import current_user

from agentsys.db import db
from agentsys.people.permissions import Permission
from agentsys.people.queries import has_offices
from agentsys.web.pages import FIELD, GROUPS, WORK, entry_of, visible
from agentsys.web.waiting import waiting_in

FOLDS = "menu"  # the cookie with the opened menu groups; a folded group has the prefix "-"
# The first permission that the user has decides the first page.
_STARTS = (
    (Permission.WORK_TAKE, "work.inbox"),
    (Permission.BOOKS_READ, "finance.books"),
    (Permission.PORTFOLIO_READ, "agent.today"),
    (Permission.OWN_CASH_READ, "agent.cash"),
)


def init_app(app: Flask) -> None:
    """Give every template the menu and the name of the signed-in user."""
    app.context_processor(_context)


def first_page() -> str:
    """The endpoint of the signed-in user's first page; the account page if there is no other.

    On an empty system an admin's first page is the one that adds an office.
    """
    if current_user.can(Permission.OFFICE_MANAGE) and not has_offices(db.session()):
        return "offices.index"
    mine = (endpoint for permission, endpoint in _STARTS if current_user.can(permission))
    return next(mine, "account.account")


@dataclass(frozen=True)
class Entry:
    """A link of the menu."""

    endpoint: str
    label: Any
    icon: str
    current: bool

    @property
    def waits(self) -> int:
        """How many items wait there for the signed-in user."""
        return waiting_in(self.endpoint)


@dataclass(frozen=True)
class Section:
    """A group of links, folded together or not; `field`: the tabs of a phone."""

    name: str
    label: Any
    icon: str
    entries: list[Entry]
    folds: bool
    open: bool
    field: bool

    @property
    def waits(self) -> int:
        """How many items wait behind all of them, shown when the group is folded."""
        return sum(entry.waits for entry in self.entries)

    @property
    def current(self) -> bool:
        """Whether the current page is among them."""
        return any(entry.current for entry in self.entries)


def _context() -> dict[str, Any]:
    if not current_user or not current_user.is_authenticated:
        return {"nav": [], "me": None}
    office = current_user.office
    return {
        "nav": _sections(),
        "menu_total": menu_total,
        "me": {
            "name": current_user.name,
            "place": office.name if office is not None else _("Semua kantor"),
            "everywhere": office is None,
            "layout": "phone" if current_user.only_in_the_field else "desktop",
        },
    }


def menu_total(sections: list[Section]) -> int:
    """How many items wait behind a folded menu; the work queue's count includes all others."""
    found = [section.waits for section in sections if section.name == WORK.name]
    return found[0] if found else sum(section.waits for section in sections)


def _sections() -> list[Section]:
    here = entry_of(request.endpoint or "")
    chosen = request.cookies.get(FOLDS, "").split(".")
    found = []
    for group in GROUPS:
        entries = [
            Entry(page.endpoint, page.label, page.icon, page is here) for page in visible(group)
        ]
        if not entries:
            continue
        folds = group.folds and len(entries) > 1
        current = any(entry.current for entry in entries)
        is_open = group.name in chosen or (current and f"-{group.name}" not in chosen)
        field = group is FIELD
        found.append(Section(group.name, group.label, group.icon, entries, folds, is_open, field))
    return found
