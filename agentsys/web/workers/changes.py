"""Proposed changes of workers: the list, and the decision of a second person."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.changes import deciding, planned, queries
from agentsys.changes.fields import MONEY
from agentsys.changes.models import ChangeAction, ChangeState
from agentsys.changes.proposing import EffectChanged
from agentsys.changes.queries import ChangeRow
from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web.access import needs
from agentsys.web.responses import PAGE, why
from agentsys.web.second_persons import wait_for
from agentsys.web.texts import month
from agentsys.web.workers.blueprint import workers
from agentsys.web.workers.changing import effect_view, shown

MOST = 4 * PAGE  # waiting changes on the page, oldest first


@workers.get("/perubahan/")
@needs(Permission.CHANGE_READ)
def changes() -> str:
    """The changes that wait for a second person, and those decided last."""
    session = db.session()
    return render_template(
        "workers/changes.html",
        waiting=[shown(row) for row in queries.waiting(session, current_user, limit=MOST)],
        planned=[shown(row) for row in queries.planned(session, current_user, limit=MOST)],
        decided=[shown(row) for row in queries.decided(session, current_user, limit=PAGE)],
        most=MOST,
    )


@workers.get("/perubahan/<int:change_id>")
@needs(Permission.CHANGE_READ)
def change(change_id: int) -> str:
    """One change, with what approving it would do now."""
    return _page(change_id)


@workers.post("/perubahan/<int:change_id>")
@needs(Permission.CHANGE_APPROVE)
def decide_change(change_id: int) -> Response | tuple[str, int]:
    """Approve a change as a second person, refuse it, or cancel what is planned."""
    found = queries.one(db.session(), current_user, change_id)
    action = request.form.get("action", "")
    if action not in set(ChangeAction):
        raise NotFound()
    try:
        _decide(found.id, ChangeAction(action))
    except EffectChanged as refused:
        return _page(change_id, error=why(refused)), 409
    except Refused as refused:
        return _page(change_id, error=why(refused)), 422
    if action == ChangeAction.APPROVE:
        _tell_approved(found)
    elif action == ChangeAction.CANCEL:
        flash(_("Rencana perubahan %(name)s dibatalkan.", name=found.worker_name), "success")
    else:
        flash(_("Usul perubahan %(name)s ditolak.", name=found.worker_name), "success")
    return redirect(url_for("workers.changes"))


def _tell_approved(found: ChangeRow) -> None:
    now = queries.one(db.session(), current_user, found.id)
    if now.state is ChangeState.PLANNED:
        flash(
            _(
                "Disetujui. Iuran %(name)s yang baru berlaku sendiri mulai %(month)s.",
                name=found.worker_name,
                month=month(found.from_month),
            ),
            "success",
        )
    else:
        flash(_("Perubahan data %(name)s berlaku.", name=found.worker_name), "success")


def _decide(change_id: int, action: ChangeAction) -> None:
    with transaction() as session:
        if action is ChangeAction.APPROVE:
            deciding.approve(
                session,
                vault=runtime().vault,
                change_id=change_id,
                seen=request.form.get("seen", ""),
                actor_id=current_user.id,
            )
        elif action is ChangeAction.CANCEL:
            planned.cancel(
                session,
                change_id=change_id,
                note=request.form.get("note", ""),
                actor_id=current_user.id,
            )
        else:
            deciding.refuse(
                session,
                change_id=change_id,
                note=request.form.get("note", ""),
                actor_id=current_user.id,
            )


def _page(change_id: int, *, error: str = "") -> str:
    found = queries.one(db.session(), current_user, change_id)
    effect, problem = None, ""
    if found.state is ChangeState.PROPOSED:
        try:
            effect = effect_view(deciding.effect_of_change(db.session(), change_id))
        except Refused as refused:
            problem = why(refused)
    return render_template(
        "workers/change.html",
        change=shown(found),
        effect=effect,
        problem=problem,
        error=error,
        not_yet=wait_for(found.proposed_by),
        note=request.form.get("note", ""),
        moves_price=bool(set(found.after) & set(MONEY)),
        may_cancel=current_user.can(Permission.CHANGE_APPROVE),
        may_decide=current_user.can(Permission.CHANGE_APPROVE)
        and found.proposed_by != current_user.id,
    )
