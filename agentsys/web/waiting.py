"""The number of open items for the signed-in user, for the menu."""

from __future__ import annotations

from collections.abc import Sequence

from flask import g
from flask_security import current_user

from agentsys.db import db
from agentsys.work import counts
from agentsys.work.counts import Count
from agentsys.work.kind import Kind

INBOX = "work.inbox"


def counted() -> Sequence[Count]:
    """The number of items for the user, all of them by kind; counted once per request."""
    if "waiting" not in g:
        # The user itself: its permissions are looked at often, which is slow through a proxy.
        g.waiting = counts.counts(db.session(), current_user._get_current_object())
    found: Sequence[Count] = g.waiting
    return found


def note_counted(found: Sequence[Count]) -> None:
    """Use these counts, which a page has read for itself, for the menu as well."""
    g.waiting = found


def waiting_in(endpoint: str) -> int:
    """The number of items behind one entry of the menu; the inbox has all of them.

    From a hundred on the number is not exact: the menu shows no more.
    """
    return sum(
        number for kind, number in _numbers().items() if endpoint in (INBOX, list_of(kind.endpoint))
    )


def _numbers() -> dict[Kind, int]:
    if "numbers" not in g:
        # The inbox has counted everything already.
        g.numbers = (
            {count.kind: count.number for count in g.waiting}
            if "waiting" in g
            else counts.numbers(db.session(), current_user._get_current_object())
        )
    found: dict[Kind, int] = g.numbers
    return found


def list_of(endpoint: str) -> str:
    """The entry of the menu that leads to a page."""
    return _LISTS.get(endpoint, endpoint)


# Pages that are not in the menu, and the page of the menu that leads to them.
_LISTS = {
    "finance.case": "finance.cases",
    "finance.transfers": "finance.cases",
    "finance.remittance": "finance.remittances",
    "finance.holds": "finance.remittances",
    "supervisor.statement": "supervisor.commissions",
    "supervisor.roster": "supervisor.rosters",
    "sponsors.agreement": "sponsors.index",
    "sponsors.bill": "sponsors.index",
    "sponsors.version": "sponsors.index",
    "agent.sponsor_ended": "agent.today",
}
