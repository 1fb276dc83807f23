"""Changing a worker's data: one page for the office and for the worker's agent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.changes import plain, proposing, queries
from agentsys.changes.effects import Effect
from agentsys.changes.models import ChangeState
from agentsys.changes.queries import ChangeRow
from agentsys.contributions import advance
from agentsys.db import db, transaction
from agentsys.duplicates.deciding import note_same_nik
from agentsys.errors import Refused
from agentsys.runtime import runtime
from agentsys.web.responses import blaming, said
from agentsys.web.workers.change_forms import (
    AtOnceForm,
    ProposalForm,
    at_once_form,
    proposal_form,
)
from agentsys.web.workers.change_words import changed_fields
from agentsys.workers import group_queries
from agentsys.workers.group_queries import GroupChoice
from agentsys.workers.queries import WorkerProfile


@dataclass(frozen=True, kw_only=True)
class Pages:
    """The endpoints of one of the two places that have this page."""

    layout: str
    worker: str
    data: str
    propose: str
    withdraw: str

    def back(self, worker_id: int) -> Response:
        """Go to the worker's page."""
        return redirect(url_for(self.worker, worker_id=worker_id))


def page(
    found: WorkerProfile,
    pages: Pages,
    *,
    plain_form: AtOnceForm | None = None,
    proposal: ProposalForm | None = None,
    wanted: proposing.Wanted | None = None,
) -> str:
    """The page with both forms; with the effect of a proposal that was asked for."""
    session = db.session()
    current = queries.current(session, worker_id=found.id)
    waiting = queries.of_worker(session, worker_id=found.id)
    return render_template(
        "workers/data.html",
        layout=pages.layout,
        pages=pages,
        worker={"id": found.id, "name": found.name, "nik_masked": found.nik_masked},
        at_once=(plain_form or at_once_form(current)).offer(_groups(session, found)),
        proposal=proposal or proposal_form(current),
        runs=current.runs,
        wanted=wanted
        and {
            "fields": changed_fields(wanted.before, wanted.after),
            "effect": effect_view(wanted.effect),
        },
        waiting=waiting and shown(waiting),
        planned=planned_view(session, found.id),
        kk_masked=queries.kk_masked(session, runtime().vault, worker_id=found.id),
        this_month=clock.this_month(),
        today=clock.now().date(),
    )


def planned_view(session: Session, worker_id: int) -> dict[str, Any] | None:
    """The worker's change of a later month, with the price from then on; None without one."""
    row = queries.of_worker(session, worker_id=worker_id, state=ChangeState.PLANNED)
    if row is None or not queries.is_held(session, worker_id=worker_id):
        return None
    price_idr = advance.price_of(session, worker_id=worker_id, month=row.from_month)
    return shown(row) | {"price_idr": price_idr}


def shown(row: ChangeRow) -> dict[str, Any]:
    """A proposed change as its page shows it."""
    return {
        "row": row,
        "fields": changed_fields(row.before, row.after),
        "own": row.proposed_by == current_user.id,
    }


def effect_view(effect: Effect) -> dict[str, Any]:
    """What a change does, for templates."""
    return {
        "version": effect.version,
        "before_idr": effect.before_idr,
        "after_idr": effect.after_idr,
        "open": [month for month in effect.months if not month.paid],
        "paid": [month for month in effect.months if month.paid],
    }


def change_at_once(found: WorkerProfile, pages: Pages) -> Response | tuple[str, int]:
    """Change the plain data as the form says."""
    form = AtOnceForm(prefix="data").offer(_groups(db.session(), found))
    if form.validate():
        with blaming(form):
            with transaction() as session:
                plain.change(
                    session,
                    vault=runtime().vault,
                    worker_id=found.id,
                    values=form.values(),
                    version=form.version.data or "",
                    reason=form.reason.data or "",
                    actor_id=current_user.id,
                )
            flash(_("Data %(name)s diubah.", name=found.name), "success")
            return pages.back(found.id)
    return page(found, pages, plain_form=form), 422


def propose(found: WorkerProfile, pages: Pages) -> Response | str | tuple[str, int]:
    """Show what a change would do; once that was seen, propose it."""
    now = queries.current(db.session(), worker_id=found.id).proposed["funding"]
    form = ProposalForm(prefix="usul").offer_payers(now)
    wanted = None
    if form.validate() and form.from_month.month is not None:
        with blaming(form):
            wanted = _consider(found.id, form)
            if request.form.get("step") == "send" and form.seen.data:
                with transaction() as session:
                    _propose(session, found.id, form)
                flash(_("Usul perubahan dikirim. Orang kedua memutuskannya."), "success")
                return pages.back(found.id)
            return _with_effect(found, pages, form, wanted)
    return page(found, pages, proposal=form), 422


def withdraw(found: WorkerProfile, pages: Pages) -> Response:
    """Take a proposal of one's own back."""
    try:
        with transaction() as session:
            waiting = queries.of_worker(session, worker_id=found.id)
            proposing.withdraw(
                session, change_id=waiting.id if waiting else 0, actor_id=current_user.id
            )
    except Refused as refused:
        return said(refused, url_for(pages.data, worker_id=found.id))
    flash(_("Usul perubahan ditarik."), "success")
    return pages.back(found.id)


def _groups(session: Session, found: WorkerProfile) -> Sequence[GroupChoice]:
    """The open groups of the worker's office, and the worker's own."""
    return group_queries.choices(session, office_id=found.office_id, kept=found.group_id)


def _consider(worker_id: int, form: ProposalForm) -> proposing.Wanted:
    assert form.from_month.month is not None
    try:
        return proposing.consider(
            db.session(),
            vault=runtime().vault,
            worker_id=worker_id,
            values=form.values(),
            from_month=form.from_month.month,
        )
    except proposing.NikOfAnother as refused:
        with transaction() as session:
            note_same_nik(session, worker_id=worker_id, other_id=refused.other_id)
        raise


def _propose(session: Session, worker_id: int, form: ProposalForm) -> None:
    assert form.from_month.month is not None
    proposing.propose(
        session,
        vault=runtime().vault,
        worker_id=worker_id,
        values=form.values(),
        from_month=form.from_month.month,
        seen=form.seen.data or "",
        reason=form.reason.data or "",
        actor_id=current_user.id,
    )


def _with_effect(
    found: WorkerProfile, pages: Pages, form: ProposalForm, wanted: proposing.Wanted
) -> str:
    form.seen.data = wanted.effect.version
    return page(found, pages, proposal=form, wanted=wanted)
