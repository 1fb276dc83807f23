"""An agent's papers and steps, and the days that are left to each agent."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user
from flask_wtf.file import FileField
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.papers import appointing, queries, recording
from agentsys.papers.clocks import today
from agentsys.papers.models import PaperKind
from agentsys.papers.queries import ClockRow, PaperRow
from agentsys.people import agent_list
from agentsys.people.agent_rules import Rule, setting
from agentsys.people.models import AgentStatus
from agentsys.people.permissions import Permission
from agentsys.people.profiles import AgentProfile
from agentsys.people.queries import names_of
from agentsys.people.steps import AgentStep
from agentsys.runtime import runtime
from agentsys.scans.kinds import MIMETYPES, ScanKind
from agentsys.web import scan_files, sheets
from agentsys.web.access import needs
from agentsys.web.forms import Form
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import blaming, said
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.texts import lazy

PAPERS = {
    PaperKind.CERTIFICATE: lazy("Sertifikat pelatihan"),
    PaperKind.CARD: lazy("Tanda pengenal"),
    PaperKind.LETTER: lazy("Surat tugas"),
    PaperKind.PKS: lazy("Perjanjian kerja sama (PKS)"),
}
STEPS = {
    AgentStep.APPLIED: lazy("Mendaftar sebagai agen"),
    AgentStep.TRAINED: lazy("Ikut pelatihan"),
    AgentStep.EXAMINED: lazy("Lulus ujian"),
    AgentStep.APPOINTED: lazy("Diangkat"),
    AgentStep.SUSPENDED: lazy("Ditangguhkan"),
    AgentStep.ENDED: lazy("Berhenti"),
}
CLOCKS = ListPage(
    endpoint="supervisor.clocks",
    title=lazy("Tenggat agen"),
    search=lazy("Nama atau kode agen"),
    tabs={"": lazy("Semua"), "papers": lazy("Surat hampir berakhir")},
    sorts={
        "active": lazy("Terakhir aktif"),
        "paper": lazy("Surat berakhir"),
        "name": lazy("Nama"),
    },
    personal=False,
    filename="tenggat-agen",
    columns=(
        (lazy("Nama"), lambda row: row.name),
        (lazy("Kode"), lambda row: row.code),
        (lazy("Terakhir aktif"), lambda row: row.active_on.isoformat() if row.is_counted else ""),
        (lazy("Tenggat"), lambda row: row.last_day.isoformat() if row.is_counted else ""),
        (lazy("Sisa hari"), lambda row: row.days_left if row.is_counted else ""),
        (
            lazy("Surat berakhir"),
            lambda row: row.paper_until.isoformat() if row.paper_until else "",
        ),
    ),
)


class PaperForm(Form):
    """A paper with its days and scan."""

    kind = SelectField(
        lazy("Surat"),
        choices=[SelectChoice(kind.value, words) for kind, words in PAPERS.items()],
    )
    number = StringField(lazy("Nomor"), validators=[InputRequired(), Length(max=60)])
    from_on = DateField(lazy("Berlaku mulai"), validators=[InputRequired()])
    until_on = DateField(lazy("Berlaku sampai"), validators=[Optional()])
    scan = FileField(
        lazy("Pindaian"),
        description=scan_files.HINT,
    )


class StepForm(Form):
    """A step that an agent took."""

    step = SelectField(
        lazy("Langkah"),
        choices=[SelectChoice(step.value, STEPS[step]) for step in recording.BY_HAND],
    )
    on_day = DateField(lazy("Tanggal"), validators=[InputRequired()])
    note = StringField(lazy("Catatan"), validators=[Length(max=200)])


@supervisor.route("/tenggat", methods=["GET"])
@needs(Permission.AGENT_PAPER_READ)
def clocks() -> Response | str:
    """The agents by the days that are left to them."""
    return ListView(CLOCKS).answer(_fetch, _clocks_page)


@supervisor.get("/tim/<int:agent_id>/surat")
@needs(Permission.AGENT_PAPER_READ)
def papers(agent_id: int) -> str:
    """The papers and steps of an agent."""
    return _page(_agent(agent_id, Permission.AGENT_PAPER_READ))


@supervisor.post("/tim/<int:agent_id>/surat")
@needs(Permission.AGENT_PAPER_RECORD)
def record_paper(agent_id: int) -> Response | tuple[str, int]:
    """Store a paper."""
    found = _agent(agent_id, Permission.AGENT_PAPER_RECORD)
    form = PaperForm(prefix="paper")
    if form.validate():
        scan = scan_files.sent(form.scan.data)
        with blaming(form):
            with transaction() as session:
                recording.record_paper(
                    session,
                    vault=runtime().vault,
                    agent_id=found.id,
                    kind=PaperKind(form.kind.data),
                    number=form.number.data or "",
                    from_on=form.from_on.data,
                    until_on=form.until_on.data,
                    scan=scan,
                    actor_id=current_user.id,
                )
            flash(_("Surat %(name)s dicatat.", name=found.name), "success")
            return redirect(url_for("supervisor.papers", agent_id=agent_id))
    return _page(found, paper=form), 422


@supervisor.post("/tim/<int:agent_id>/langkah")
@needs(Permission.AGENT_PAPER_RECORD)
def record_step(agent_id: int) -> Response | tuple[str, int]:
    """Store a step."""
    found = _agent(agent_id, Permission.AGENT_PAPER_RECORD)
    form = StepForm(prefix="step")
    if form.validate():
        with blaming(form):
            with transaction() as session:
                recording.record_step(
                    session,
                    agent_id=found.id,
                    step=AgentStep(form.step.data),
                    on_day=form.on_day.data,
                    note=form.note.data or "",
                    actor_id=current_user.id,
                )
            flash(_("Dicatat untuk %(name)s.", name=found.name), "success")
            return redirect(url_for("supervisor.papers", agent_id=agent_id))
    return _page(found, step=form), 422


@supervisor.post("/tim/<int:agent_id>/angkat")
@needs(Permission.AGENT_MANAGE)
def appoint(agent_id: int) -> Response:
    """Appoint a candidate once the exam and the papers are recorded."""
    found = _agent(agent_id, Permission.AGENT_MANAGE)
    here = url_for("supervisor.papers", agent_id=agent_id)
    try:
        with transaction() as session:
            appointing.appoint(session, agent_id=found.id, actor_id=current_user.id)
    except Refused as refused:
        return said(refused, here)
    flash(_("%(name)s diangkat sebagai agen.", name=found.name), "success")
    return redirect(here)


@supervisor.post("/tim/<int:agent_id>/surat/<int:paper_id>/pindaian")
@needs(Permission.AGENT_PAPER_RECORD)
def scan(agent_id: int, paper_id: int) -> Response:
    """The scan of a paper as a download; that is recorded."""
    found = _agent(agent_id, Permission.AGENT_PAPER_RECORD)
    with transaction() as session:
        content, kind = recording.scan_of(
            session,
            vault=runtime().vault,
            agent_id=found.id,
            paper_id=paper_id,
            actor_id=current_user.id,
        )
    name = f"surat-{found.code}-{paper_id}.{kind}"
    return sheets.attachment(name, content, MIMETYPES[ScanKind(kind)])


def _agent(agent_id: int, permission: Permission) -> AgentProfile:
    return agent_list.agent_in_scope(db.session(), current_user, agent_id, to=permission)


def _fetch(asked: ListRequest) -> Page[ClockRow]:
    return queries.clocks(db.session(), current_user, asked)


def _clocks_page(view: ListView) -> str:
    inactive = setting(Rule.INACTIVE_MONTHS, today())
    return render_template(
        "supervisor/clocks.html",
        listing=view,
        tabs=view.tabs(),
        papers=PAPERS,
        small=queries.offices_too_small(db.session(), current_user),
        rule={"months": inactive.value, "certain": inactive.is_certain},
    )


def _page(found: AgentProfile, **sent: Form) -> str:
    session = db.session()
    return render_template(
        "supervisor/papers.html",
        agent=found,
        papers=_rows(session, queries.papers_of(session, agent_id=found.id)),
        steps=_steps(session, found.id),
        candidate=found.status is AgentStatus.CANDIDATE,
        needs=_needs(session, found),
        may_see_account=current_user.can(Permission.AGENT_ACCOUNT_READ),
        may_appoint=current_user.can(Permission.AGENT_MANAGE),
        paper_form=sent.get("paper") or PaperForm(formdata=None, prefix="paper"),
        step_form=sent.get("step") or StepForm(formdata=None, prefix="step"),
        may_record=current_user.can(Permission.AGENT_PAPER_RECORD),
        warn_days=setting(Rule.PAPER_WARN_DAYS, today()).value,
        today=today(),
    )


def _needs(session: Session, found: AgentProfile) -> list[dict[str, Any]]:
    """What a candidate's appointment asks for, each with where it is recorded."""
    if found.status is not AgentStatus.CANDIDATE:
        return []
    return [
        {
            "words": PAPERS[need.paper] if need.paper else STEPS[AgentStep.EXAMINED],
            "met": need.is_met,
            "certain": need.is_certain,
            "where": "#catat-surat" if need.paper else "#catat-langkah",
        }
        for need in appointing.needs(session, agent_id=found.id)
    ]


def _rows(session: Session, papers: Any) -> list[dict[str, Any]]:
    names = names_of(session, {paper.recorded_by for paper in papers})
    return [_row(paper, names) for paper in papers]


def _row(paper: PaperRow, names: dict[int, str]) -> dict[str, Any]:
    return {
        "row": paper,
        "kind": PAPERS[paper.kind],
        "days_left": paper.days_left,
        "by": names.get(paper.recorded_by, ""),
    }


def _steps(session: Session, agent_id: int) -> list[dict[str, Any]]:
    found = queries.steps_of(session, agent_id=agent_id)
    names = names_of(session, {step.recorded_by for step in found})
    return [
        {
            "row": step,
            "words": STEPS[step.step],
            "by": names.get(step.recorded_by or 0, ""),
        }
        for step in found
    ]
