"""One worker: who, membership, months, payments, auto-debit, and everything that happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.changes.fields import WORK
from agentsys.changes.queries import current
from agentsys.contributions import arrears
from agentsys.db import db, transaction
from agentsys.duplicates import merge_queries
from agentsys.errors import NotFound
from agentsys.memberships import earlier_queries, ending, queries, registering, resuming
from agentsys.memberships.queries import Membership
from agentsys.payments import worker_money
from agentsys.payments.mandates import queries as mandate_queries
from agentsys.people.permissions import Permission
from agentsys.people.queries import names_of
from agentsys.web import eligibility_words, view_models
from agentsys.web.access import needs
from agentsys.web.forms import Form
from agentsys.web.payers import PAYERS
from agentsys.web.responses import blaming
from agentsys.web.texts import month, rp, sentence
from agentsys.web.workers.blueprint import workers
from agentsys.web.workers.changing import planned_view
from agentsys.web.workers.forms import EndForm, RefusedForm, RegisteredForm, ResumeForm
from agentsys.web.workers.group_words import place_of
from agentsys.web.workers.handing_over import hand_over_url
from agentsys.web.workers.pairs import hints
from agentsys.web.workers.payer import about_payer
from agentsys.web.workers.timeline import timeline
from agentsys.web.workers.words import CLOSE_REASONS, END_REASONS, HOW, explained
from agentsys.workers.columns import PLAIN
from agentsys.workers.kinds import EndReason, Programmes, RegisteredHow, Work
from agentsys.workers.queries import WorkerProfile, profile_in_scope

_FORMS: dict[str, type[Form]] = {
    "end": EndForm,
    "resume": ResumeForm,
    "registered": RegisteredForm,
    "refused": RefusedForm,
}


@workers.get("/<int:worker_id>")
@needs(Permission.WORKER_READ)
def show(worker_id: int) -> Response | str:
    """The worker's page; of a merged record that is out of reach, the page of the kept one."""
    try:
        return _page(worker_id)
    except NotFound:
        kept_id = merge_queries.kept_of(db.session(), worker_id)
        if kept_id is None:
            raise
        _found(kept_id, Permission.WORKER_READ)
        return _back(kept_id)


@workers.post("/<int:worker_id>/akhiri")
@needs(Permission.MEMBERSHIP_CHANGE)
def end(worker_id: int) -> Response | tuple[str, int]:
    """End the membership."""
    found = _found(worker_id, Permission.MEMBERSHIP_CHANGE)
    form = EndForm(prefix="end")
    if form.validate():
        with blaming(form):
            with transaction() as session:
                ended = ending.end(
                    session,
                    worker_id=found.id,
                    reason=EndReason(form.reason.data),
                    happened_on=form.happened_on.data,
                    note=form.note.data or "",
                    actor_id=current_user.id,
                )
            _tell_ended(found.name, ended)
            return _back(worker_id)
    return _page(worker_id, end=form), 422


@workers.post("/<int:worker_id>/aktifkan")
@needs(Permission.MEMBERSHIP_CHANGE)
def resume(worker_id: int) -> Response | tuple[str, int]:
    """Make the worker a member again."""
    found = _found(worker_id, Permission.MEMBERSHIP_CHANGE)
    form = ResumeForm(prefix="resume")
    warnings: list[str] = []
    if form.validate() and form.from_month.month is not None:
        warnings = _warnings(found.id, form)
        if form.errors or (warnings and not form.confirm_warnings.data):
            return _page(worker_id, resume=form, warnings=warnings), 422
        with blaming(form):
            with transaction() as session:
                resuming.resume(
                    session,
                    worker_id=found.id,
                    from_month=form.from_month.month,
                    programmes=Programmes(form.programmes.data),
                    work=Work(form.work.data),
                    actor_id=current_user.id,
                )
            flash(
                _(
                    "%(name)s menjadi peserta lagi mulai %(month)s. Tanyakan ke BPJS apakah"
                    " didaftarkan baru.",
                    name=found.name,
                    month=month(form.from_month.month),
                ),
                "success",
            )
            return _back(worker_id)
    return _page(worker_id, resume=form), 422


@workers.post("/<int:worker_id>/terdaftar")
@needs(Permission.REGISTRATION_RECORD)
def registered(worker_id: int) -> Response | tuple[str, int]:
    """Record that BPJS registered the worker."""
    found = _found(worker_id, Permission.REGISTRATION_RECORD)
    form = RegisteredForm(prefix="registered")
    if form.validate():
        with blaming(form):
            with transaction() as session:
                registering.register(
                    session,
                    worker_id=found.id,
                    kpj=form.kpj.data or "",
                    on=form.registered_on.data,
                    how=RegisteredHow(form.how.data),
                    actor_id=current_user.id,
                )
            flash(_("Nomor KPJ %(name)s dicatat.", name=found.name), "success")
            return _back(worker_id)
    return _page(worker_id, registered=form), 422


@workers.post("/<int:worker_id>/ditolak")
@needs(Permission.REGISTRATION_RECORD)
def refused(worker_id: int) -> Response | tuple[str, int]:
    """Record that BPJS refused the worker's data, or that they were corrected."""
    found = _found(worker_id, Permission.REGISTRATION_RECORD)
    form = RefusedForm(prefix="refused")
    corrected = request.form.get("corrected") == "1"
    if corrected or form.validate():
        with blaming(form):
            with transaction() as session:
                if corrected:
                    registering.send_again(session, worker_id=found.id, actor_id=current_user.id)
                else:
                    registering.refuse(
                        session,
                        worker_id=found.id,
                        reason=form.reason.data or "",
                        actor_id=current_user.id,
                    )
            flash(_("Dicatat untuk %(name)s.", name=found.name), "success")
            return _back(worker_id)
    return _page(worker_id, refused=form), 422


def _found(worker_id: int, permission: Permission) -> WorkerProfile:
    return profile_in_scope(db.session(), current_user, worker_id, to=permission)


def _back(worker_id: int) -> Response:
    return redirect(url_for("workers.show", worker_id=worker_id))


def _tell_ended(name: str, ended: ending.Ended) -> None:
    flash(_("Kepesertaan %(name)s berakhir.", name=name), "success")
    if ended.closed:
        flash(
            ngettext(
                "%(num)d tagihan (%(sum)s) ditutup.",
                "%(num)d tagihan (%(sum)s) ditutup.",
                len(ended.closed),
                sum=rp(sum(closed.amount_idr for closed in ended.closed)),
            ),
            "success",
        )
    if ended.paid_ahead:
        months = ", ".join(month(paid) for paid in ended.paid_ahead)
        flash(
            _(
                "Bulan sesudahnya yang sudah dibayar: %(months)s. Tanyakan ke BPJS apakah iurannya"
                " dikembalikan.",
                months=months,
            ),
            "error",
        )


def _warnings(worker_id: int, form: ResumeForm) -> list[str]:
    findings = resuming.findings(
        db.session(),
        worker_id=worker_id,
        programmes=Programmes(form.programmes.data),
        work=Work(form.work.data),
    )
    return eligibility_words.warnings(form, findings)


def _page(worker_id: int, *, warnings: Sequence[str] = (), **sent: Form) -> str:
    session = db.session()
    found = _found(worker_id, Permission.WORKER_READ)
    membership = queries.membership_of(session, worker_id=found.id)
    forms = {
        name: sent.get(name) or form(formdata=None, prefix=name) for name, form in _FORMS.items()
    }
    if membership.can_resume and "resume" not in sent:
        answered = current(session, worker_id=found.id).at_once[WORK]
        forms["resume"]["work"].data = answered
    return render_template(
        "workers/worker.html",
        worker=_about(found),
        membership=membership,
        explained=explained(membership),
        warning=sentence(membership.coverage.warning) if membership.coverage.warning else "",
        facts=_facts(session, membership),
        forms=forms,
        warnings=warnings,
        opened=next(iter(sent), ""),
        may_change=current_user.can(Permission.MEMBERSHIP_CHANGE),
        may_answer_data=current_user.can(Permission.DATA_REQUEST),
        may_edit=current_user.can(Permission.WORKER_CHANGE),
        may_register=current_user.can(Permission.REGISTRATION_RECORD),
        may_read_changes=current_user.can(Permission.CHANGE_READ),
        planned=planned_view(session, found.id),
        payer=about_payer(session, found),
        hand_over_url=hand_over_url(session, found.id),
        strip=worker_money.standings(session, worker_id=found.id),
        open_months=arrears.open_months(session, worker_id=found.id),
        closed_months=[
            {"row": row, "why": CLOSE_REASONS[row.why]}
            for row in queries.closed_months(session, worker_id=found.id)
        ],
        payments=[
            {"row": row, "channel_label": view_models.channel_label(row.channel)}
            for row in worker_money.payments(session, worker_id=found.id)
        ],
        mandates=[
            {"row": row, "channel_label": view_models.channel_label(row.channel)}
            for row in mandate_queries.mandates_of(session, worker_id=found.id)
        ],
        same=hints(found.id),
        kept_id=merge_queries.kept_of(session, found.id),
        earlier=earlier_queries.of_worker(session, worker_id=found.id),
        timeline=timeline(session, found.id),
        today=clock.now().date(),
        this_month=clock.this_month(),
    )


def _about(found: WorkerProfile) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "nik_masked": found.nik_masked,
        "phone": found.phone,
        "agent_name": found.agent_name,
        "office_name": found.office_name,
        "payer": PAYERS[found.funding],
        "programmes": found.programmes.value.replace("+", " + "),
        "sector": _("Transportasi") if found.sector == "transport" else _("Lainnya"),
        "plain": [(_(c.label), found.plain[c.name]) for c in PLAIN if c.on_page] + place_of(found),
        "consent_at": found.consent_at,
        "created_at": found.created_at,
    }


def _facts(session: Session, membership: Membership) -> dict[str, Any]:
    """What is known of the registration and of the end."""
    ended_by = names_of(session, [membership.ended_by]) if membership.ended_by else {}
    return {
        "how": HOW[membership.registered_how] if membership.registered_how else "",
        "reason": END_REASONS[membership.end_reason] if membership.end_reason else "",
        "ended_by": ended_by.get(membership.ended_by or 0, "")
        or (_("sistem") if membership.ended_at else ""),
    }
