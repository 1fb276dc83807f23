"""Months that were paid elsewhere: one worker's, the list for a second person, and pasted lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.contributions.earlier_models import EarlierKind
from agentsys.db import db, transaction
from agentsys.errors import Invalid, NotFound, Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.memberships import earlier as service
from agentsys.memberships import earlier_pasting, earlier_queries
from agentsys.memberships.earlier import Decided, EarlierAction
from agentsys.memberships.earlier_pasting import Outcome
from agentsys.memberships.earlier_queries import EarlierRow
from agentsys.months import add_months
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.sheets.tables import MOST_BYTES
from agentsys.web.access import needs
from agentsys.web.lists import ListPage, ListView, back_to
from agentsys.web.responses import blaming, said, why
from agentsys.web.state_words import state_word
from agentsys.web.texts import day_and_time, lazy, month, sentence
from agentsys.web.workers.blueprint import workers
from agentsys.web.workers.earlier_forms import KINDS, EarlierForm, PasteForm
from agentsys.workers.queries import profile_in_scope

PERIODS = ListPage(
    endpoint="workers.earlier",
    title=lazy("Bulan yang dibayar di tempat lain"),
    search=lazy("Nama pekerja"),
    tabs={
        "waiting": lazy("Menunggu orang kedua"),
        "counted": lazy("Dihitung"),
        "all": lazy("Semua"),
    },
    sorts={"proposed": lazy("Dicatat"), "worker": lazy("Pekerja")},
    agent=True,
    filename="bulan-terdahulu",
    columns=(
        (lazy("Pekerja"), lambda row: row.worker_name),
        (lazy("Agen"), lambda row: row.agent_name),
        (lazy("Dari bulan"), lambda row: f"{row.from_month:%Y-%m}"),
        (lazy("Sampai bulan"), lambda row: f"{row.last_month:%Y-%m}"),
        (lazy("Jenis"), lambda row: str(KINDS[row.kind])),
        (lazy("Bukti"), lambda row: row.evidence),
        (lazy("Status"), lambda row: str(state_word("earlier", row.state).text)),
        (lazy("Dicatat oleh"), lambda row: row.proposer),
        (lazy("Dicatat"), lambda row: day_and_time(row.proposed_at)),
    ),
)


@workers.route("/bulan-terdahulu", methods=["GET", "POST"])
@needs(Permission.WORKER_READ, searches=True)
def earlier() -> Response | str:
    """The records that wait for a second person, and all others; a form to paste a list."""
    return ListView(PERIODS).answer(_fetch, _page)


@workers.post("/bulan-terdahulu/tempel")
@needs(Permission.EARLIER_RECORD)
def paste_earlier() -> Response | str | tuple[str, int]:
    """Record a pasted or uploaded list; lines that were not recorded are told with the reason."""
    form = PasteForm()
    if not form.validate():
        return _page(_view(), form=form), 422
    upload = form.file.data
    content = upload.read(MOST_BYTES + 1) if upload else b""
    try:
        if len(content) > MOST_BYTES:
            raise Invalid("Berkas terlalu besar (paling banyak 2 MB).", about="file")
        with transaction() as session:
            outcomes = earlier_pasting.propose_pasted(
                session,
                content or form.table.data or "",
                kind=EarlierKind(form.kind.data),
                vault=runtime().vault,
                actor=current_user,
            )
    except Refused as refused:
        form.form_errors.append(why(refused))
        return _page(_view(), form=form), 422
    problems = earlier_pasting.refused(outcomes)
    flash(
        ngettext(
            "%(num)d baris dicatat, menunggu orang kedua.",
            "%(num)d baris dicatat, menunggu orang kedua.",
            len(outcomes) - len(problems),
        ),
        "success",
    )
    return _page(_view(), form=form, problems=problems) if problems else _to_list()


@workers.post("/bulan-terdahulu/<int:period_id>")
@needs(Permission.EARLIER_APPROVE)
def decide_earlier(period_id: int) -> Response:
    """Agree to a record or to taking it back, or refuse."""
    action = request.form.get("action", "")
    if action not in (EarlierAction.APPROVE, EarlierAction.REFUSE):
        raise NotFound()
    return _decide(period_id, EarlierAction(action))


@workers.post("/bulan-terdahulu/<int:period_id>/tarik")
@needs(Permission.EARLIER_RECORD)
def retract_earlier(period_id: int) -> Response:
    """Ask to take a record back."""
    return _decide(period_id, EarlierAction.ASK_BACK)


@workers.route("/<int:worker_id>/bulan-terdahulu", methods=["GET", "POST"])
@needs(Permission.WORKER_READ, to_write=Permission.EARLIER_RECORD)
def earlier_of(worker_id: int) -> Response | str | tuple[str, int]:
    """The months of one worker that were paid elsewhere, and a form to record more."""
    found = profile_in_scope(db.session(), current_user, worker_id, to=Permission.WORKER_READ)
    form = EarlierForm()
    status = 200
    if request.method == "POST":
        first, last = form.from_month, form.last_month
        if form.validate() and first.month and last.month:
            with blaming(form):
                with transaction() as session:
                    service.propose(
                        session,
                        worker_id=found.id,
                        from_month=first.month,
                        until_month=add_months(last.month, 1),
                        kind=EarlierKind(form.kind.data),
                        evidence=form.evidence.data or "",
                        actor=current_user,
                    )
                flash(_("Dicatat. Dihitung setelah orang kedua setuju."), "success")
                return redirect(url_for("workers.earlier_of", worker_id=worker_id))
        status = 422
    page = render_template(
        "workers/earlier_of.html",
        worker={"id": found.id, "name": found.name},
        form=form,
        rows=earlier_queries.of_worker(db.session(), worker_id=found.id),
        kinds=KINDS,
        may_record=current_user.can(Permission.EARLIER_RECORD),
        this_month=clock.this_month(),
    )
    return page, status


def _decide(period_id: int, action: EarlierAction) -> Response:
    row = earlier_queries.period_in_scope(db.session(), current_user, period_id)
    here = back_to("workers.earlier")
    if action is EarlierAction.ASK_BACK:
        here = url_for("workers.earlier_of", worker_id=row.worker_id)
    try:
        with transaction() as session:
            done = service.decide_period(
                session,
                period_id=period_id,
                action=action,
                actor=current_user,
                reason=request.form.get("reason", ""),
            )
    except Refused as refused:
        return said(refused, here)
    flash(_("%(name)s: %(state)s.", name=row.worker_name, state=_state(done)), "success")
    if done.closed:
        months = ", ".join(month(closed.month) for closed in done.closed)
        flash(_("Tagihan yang ditutup: %(months)s.", months=months), "success")
    if done.withdrawn:
        flash(
            ngettext(
                "%(num)d pembayaran yang sedang menunggu dibatalkan.",
                "%(num)d pembayaran yang sedang menunggu dibatalkan.",
                done.withdrawn,
            ),
            "success",
        )
    return redirect(here)


def _state(done: Decided) -> str:
    return str(state_word("earlier", done.state).text)


def _fetch(asked: ListRequest) -> Page[EarlierRow]:
    return earlier_queries.periods(db.session(), current_user, asked)


def _view() -> ListView:
    view = ListView(PERIODS)
    return view.show(_fetch(view.request))


def _to_list() -> Response:
    return redirect(url_for("workers.earlier"))


def _may_decide(row: EarlierRow) -> bool:
    return current_user.can(Permission.EARLIER_APPROVE) and row.may_be_decided_by(current_user.id)


def _page(
    view: ListView, *, form: PasteForm | None = None, problems: Sequence[Outcome] = ()
) -> str:
    return render_template(
        "workers/earlier.html",
        listing=view,
        tabs=view.tabs(),
        kinds=KINDS,
        may_decide=_may_decide,
        form=(form or PasteForm(formdata=None))
        if current_user.can(Permission.EARLIER_RECORD)
        else None,
        problems=[_problem(outcome) for outcome in problems],
        most_bytes=MOST_BYTES,
    )


def _problem(outcome: Outcome) -> dict[str, Any]:
    return {"number": outcome.number, "sentence": sentence(outcome.sentence)}
