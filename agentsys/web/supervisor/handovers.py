"""Handing workers over: the list, a draft with its preview, carrying it out, undoing it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.commissions import month_counter
from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.handovers import choosing, moving, picking, planning, preview, queries, undoing
from agentsys.handovers.models import HandoverState
from agentsys.handovers.planning import Division
from agentsys.handovers.queries import HandoverRow
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people import agent_list
from agentsys.people.permissions import Permission
from agentsys.people.profiles import AgentProfile
from agentsys.web.access import needs
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import blaming, said
from agentsys.web.second_persons import wait_for
from agentsys.web.state_words import state_word
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.supervisor.handover_forms import HandoverForm, UndoForm, refuse_unknown
from agentsys.web.texts import lazy, month
from agentsys.workers.queries import profile_in_scope

CHOOSABLE = 200  # most agents with a tick each; others are named by their codes
HANDOVERS = ListPage(
    endpoint="supervisor.handovers",
    title=lazy("Serah terima pekerja"),
    search=lazy("Agen lama atau alasan"),
    sorts={"newest": lazy("Terbaru"), "month": lazy("Mulai bulan"), "workers": lazy("Pekerja")},
    states={state.value: state_word("handover", state).text for state in HandoverState},
    dates=True,
    personal=False,
    filename="serah-terima",
    columns=(
        (lazy("Agen lama"), lambda row: row.from_name),
        (lazy("Kantor penerima"), lambda row: row.to_office_name),
        (lazy("Mulai bulan"), lambda row: row.from_month.isoformat()[:7]),
        (lazy("Pekerja"), lambda row: row.workers),
        (lazy("Alasan"), lambda row: row.reason),
        (lazy("Dibuat oleh"), lambda row: row.made_by_name),
        (lazy("Keadaan"), lambda row: str(state_word("handover", row.state).text)),
    ),
)
WORKERS = ListPage(
    endpoint="supervisor.handover",
    title=lazy("Pekerja"),
    search=lazy("Nama pekerja"),
    sorts={"name": lazy("Nama"), "agent": lazy("Agen baru"), "kelurahan": lazy("Kelurahan")},
    personal=False,
)


@supervisor.get("/serah-terima")
@needs(Permission.HANDOVER_READ)
def handovers() -> Response | str:
    """The hand-overs from and to the user's agents."""
    return ListView(HANDOVERS).answer(
        _fetch, lambda view: render_template("supervisor/handovers.html", listing=view)
    )


@supervisor.route("/tim/<int:agent_id>/serah-terima", methods=["GET", "POST"])
@needs(Permission.HANDOVER_MAKE)
def new_handover(agent_id: int) -> Response | tuple[str, int]:
    """A form that stores a draft, whose page is the preview."""
    session = db.session()
    giving = agent_list.agent_in_scope(session, current_user, agent_id, to=Permission.HANDOVER_MAKE)
    worker = _one_worker(session, giving)
    ticked = _ticked(session, giving)
    form = _form(session, giving)
    if form.validate_on_submit():
        with blaming(form):
            made = _draft(form, giving, worker["id"] if worker else None, ticked=ticked is not None)
            return redirect(url_for("supervisor.handover", handover_id=made))
    page = render_template(
        "supervisor/new_handover.html",
        agent=giving,
        worker=worker,
        ticked=ticked,
        form=form,
        this_month=f"{clock.this_month():%Y-%m}",
    )
    return page, 422 if form.errors else 200


@supervisor.get("/serah-terima/<int:handover_id>")
@needs(Permission.HANDOVER_READ)
def handover(handover_id: int) -> Response | str:
    """The preview of a draft, or what became of it."""
    return _page(handover_id, UndoForm(formdata=None))


@supervisor.post("/serah-terima/<int:handover_id>/jalankan")
@needs(Permission.HANDOVER_MAKE)
def carry_out_handover(handover_id: int) -> Response:
    """Carry out a draft."""
    found = _own(handover_id)
    try:
        with transaction() as session:
            done = moving.carry_out(session, handover_id=found.id, actor_id=current_user.id)
            state, count = done.state, done.workers
    except Refused as refused:
        return said(refused, _url(handover_id))
    if state is HandoverState.PLANNED:
        flash(_("Serah terima dijalankan pada bulan %(m)s.", m=month(found.from_month)), "success")
    else:
        flash(
            ngettext("%(num)d pekerja sudah pindah.", "%(num)d pekerja sudah pindah.", count),
            "success",
        )
    return redirect(_url(handover_id))


@supervisor.post("/serah-terima/<int:handover_id>/tarik")
@needs(Permission.HANDOVER_MAKE)
def withdraw_handover(handover_id: int) -> Response:
    """Take a hand-over back that was not carried out yet."""
    found = _own(handover_id)
    try:
        with transaction() as session:
            planning.withdraw(session, handover_id=found.id, actor_id=current_user.id)
    except Refused as refused:
        return said(refused, _url(handover_id))
    flash(_("Serah terima ditarik. Tidak ada yang berubah."), "success")
    return redirect(url_for("supervisor.handovers"))


@supervisor.post("/serah-terima/<int:handover_id>/batalkan")
@needs(Permission.HANDOVER_MAKE)
def undo_handover(handover_id: int) -> Response | str | tuple[Response | str, int]:
    """Undo a hand-over."""
    found = _own(handover_id)
    form = UndoForm()
    if form.validate():
        with blaming(form):
            with transaction() as session:
                undoing.undo(
                    session,
                    handover_id=found.id,
                    reason=form.reason.data or "",
                    actor_id=current_user.id,
                )
            flash(_("Serah terima dibatalkan. Semua kembali seperti semula."), "success")
            return redirect(_url(handover_id))
    return _page(handover_id, form), 422


def _one_worker(session: Session, giving: AgentProfile) -> dict[str, Any] | None:
    """The one worker whom the URL names, if any."""
    worker_id = request.args.get("pekerja", type=int)
    if worker_id is None:
        return None
    found = profile_in_scope(session, current_user, worker_id, to=Permission.HANDOVER_MAKE)
    if not choosing.is_with(session, worker_id=found.id, agent_id=giving.id):
        raise NotFound()
    return {"id": found.id, "name": found.name}


def _ticked(session: Session, giving: AgentProfile) -> int | None:
    """How many workers the user has ticked, if the URL says that these move."""
    if request.args.get("pilihan") != "1":
        return None
    return picking.count(session, user_id=current_user.id, agent_id=giving.id)


def _form(session: Session, giving: AgentProfile) -> HandoverForm:
    receivers = choosing.receivers(
        session, office_id=giving.office_id, but=giving.id, limit=CHOOSABLE
    )
    form = HandoverForm(request.form if request.method == "POST" else None)
    if request.method == "GET":
        form.from_month.data = f"{clock.this_month():%Y-%m}"
    return form.offer(receivers, choosing.places(session, agent_id=giving.id))


def _draft(form: HandoverForm, giving: AgentProfile, worker_id: int | None, *, ticked: bool) -> int:
    assert form.from_month.month is not None
    with transaction() as session:
        by_code = choosing.agents_by_code(session, form.typed_codes())
        refuse_unknown(form.typed_codes(), list(by_code))
        made = planning.draft(
            session,
            from_agent_id=giving.id,
            chosen=form.chosen(worker_id, current_user.id if ticked else None),
            to_agent_ids=[*map(int, form.to_agents.data or ()), *by_code.values()],
            division=Division(form.division.data),
            from_month=form.from_month.month,
            reason=form.reason.data or "",
            actor_id=current_user.id,
        )
        return made.id


def _own(handover_id: int) -> HandoverRow:
    """A hand-over from an agent for whom the user may make one."""
    session = db.session()
    found = queries.handover_in_scope(session, current_user, handover_id)
    if not queries.may_make(session, current_user, handover_id):
        raise NotFound()
    return found


def _url(handover_id: int) -> str:
    return url_for("supervisor.handover", handover_id=handover_id)


def _fetch(asked: ListRequest) -> Page[HandoverRow]:
    return queries.handovers(db.session(), current_user, asked)


def _page(handover_id: int, undo: UndoForm) -> Response | str:
    session = db.session()
    found = queries.handover_in_scope(session, current_user, handover_id)
    shown = preview.preview(session, handover_id=found.id, from_agent_id=found.from_agent_id)
    counter = month_counter.setting_in(found.from_month)

    def render(view: ListView) -> str:
        return render_template(
            "supervisor/handover.html",
            handover=found,
            shown=shown,
            listing=view,
            undo=undo,
            counter={
                "starts_again": counter.starts_again,
                "doubtful": counter.is_doubtful,
                "instrument": counter.instrument,
            },
            may_accept=queries.may_accept(current_user, found),
            not_yet=wait_for(found.made_by),
            for_one=moving.is_for_one(found),
            may_make=current_user.can(Permission.HANDOVER_MAKE)
            and queries.may_make(session, current_user, found.id),
        )

    return ListView(WORKERS, handover_id=handover_id).answer(
        lambda asked: queries.workers_of(session, found.id, asked), render
    )
