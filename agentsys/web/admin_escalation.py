"""After how many days overdue work is escalated: admins of all offices may change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Invalid, Refused
from agentsys.people.permissions import Permission, roles_with
from agentsys.web.access import blueprint_for
from agentsys.web.admin_forms import role_words
from agentsys.web.responses import why
from agentsys.web.texts import translated
from agentsys.web.work import GROUPS
from agentsys.work import escalation
from agentsys.work.kind import Kind
from agentsys.work.kinds import KINDS

escalations = blueprint_for(
    "escalation", __name__, permission=Permission.ESCALATION_SET, url_prefix="/admin/tenggat"
)


@escalations.get("/")
def index() -> str:
    """Each kind of work: when it is overdue, and when it is escalated."""
    return _page(escalation.days(db.session()))


@escalations.post("/")
def save() -> Response | tuple[str, int]:
    """Store the changed days, from today on."""
    typed = {kind: request.form.get(f"days-{kind}", "") for kind in _keys()}
    try:
        with transaction() as session:
            changed = escalation.set_days(
                session,
                {kind: _number(text) for kind, text in typed.items() if text},
                actor=current_user,
            )
    except Refused as refused:
        return _page(typed, error=why(refused)), 422
    count = len(changed)
    flash(
        ngettext(
            "%(num)d batas diubah, berlaku mulai hari ini.",
            "%(num)d batas diubah, berlaku mulai hari ini.",
            count,
        )
        if count
        else _("Tidak ada yang berubah."),
        "success" if count else "info",
    )
    return redirect(url_for("escalation.index"))


def _keys() -> list[str]:
    return [escalation.EVERY_KIND, *(kind.key for kind in KINDS)]


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise Invalid("Isi jumlah hari dari 0 sampai 60.")
    return int(text)


def _page(days: Mapping[str, object], *, error: str = "") -> str:
    return render_template(
        "admin/escalation.html",
        usual={"key": escalation.EVERY_KIND, "days": days[escalation.EVERY_KIND]},
        groups=[
            (label, [_row(kind, days[kind.key]) for kind in KINDS if kind.group is group])
            for group, label in GROUPS.items()
        ],
        most=escalation.MOST_DAYS,
        writable=current_user.sees_all_offices,
        error=error,
    )


def _row(kind: Kind, days: object) -> dict[str, Any]:
    return {
        "key": kind.key,
        "title": translated(kind.title),
        "late_days": kind.days,
        "decided_by": role_words(roles_with(kind.decided_by)),
        "higher": role_words(roles_with(kind.escalates_to)),
        "days": days,
    }
