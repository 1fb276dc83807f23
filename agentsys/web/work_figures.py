"""The figures above the inbox, each with a link."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import collected
from agentsys.payments import deposit_queries
from agentsys.people.permissions import Permission
from agentsys.web.texts import ago, month_short, num, rp
from agentsys.work.counts import Count
from agentsys.work.kind import Group


def figures(session: Session, found: Sequence[Count]) -> list[dict[str, Any]]:
    """The figures above the inbox: how much work is open, and what money has not arrived yet."""
    late = sum(count.late for count in found)
    cases = [count for count in found if count.kind.group is Group.CASES]
    number = sum(count.number for count in cases)
    shown = [
        {
            "label": _("Menunggu Anda"),
            "value": num(sum(count.number for count in found)),
            "sub": ngettext("%(n)s lewat tenggat", "%(n)s lewat tenggat", late, n=num(late)),
            "tone": "bad" if late else "",
            "url": url_for("work.inbox", tab="lewat" if late else None),
        }
    ]
    if cases:
        oldest = min(count.oldest for count in cases)
        shown.append(
            {
                "label": _("Uang belum jelas"),
                "value": rp(sum(count.amount_idr for count in cases)),
                "sub": ngettext("%(n)s kasus", "%(n)s kasus", number, n=num(number))
                + " · "
                + _("tertua %(ago)s", ago=ago(oldest)),
                "tone": "",
                "url": url_for("work.inbox", tab=Group.CASES.value),
            }
        )
    held = deposit_queries.undeposited_cash(session, current_user)
    over = sum(count.number for count in found if count.kind.key == "cash.over_ceiling")
    where = "finance.deposits" if current_user.can(Permission.DEPOSIT_READ) else "supervisor.team"
    shown.append(
        {
            "label": _("Di tangan agen"),
            "value": rp(held),
            "sub": ngettext("%(num)d agen mencapai batas", "%(num)d agen mencapai batas", over)
            if over
            else _("belum diajukan"),
            "tone": "bad" if over else "",
            "url": url_for(where),
        }
    )
    return [*shown, _collected(session)]


def _collected(session: Session) -> dict[str, Any]:
    """How much of this month's contributions was collected."""
    this_month = clock.this_month()
    sums = collected.total_of_month(session, current_user, month=this_month)
    percent = round(100 * sums.collected_idr / sums.billed_idr) if sums.billed_idr else 0
    where = "supervisor.team" if current_user.can(Permission.TEAM_READ) else "finance.billing"
    return {
        "label": _("Terkumpul, %(month)s", month=month_short(this_month)),
        "value": f"{percent}%",
        "sub": _(
            "%(paid)s dari %(billed)s", paid=rp(sums.collected_idr), billed=rp(sums.billed_idr)
        ),
        "tone": "",
        "url": url_for(where),
    }
