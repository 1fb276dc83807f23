"""Pages of agents: their supervisor, status and cash ceiling."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from agentsys.commissions import statement_list
from agentsys.db import db, transaction
from agentsys.errors import Invalid
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people import agent_list
from agentsys.people.agents import change_agent
from agentsys.people.models import AgentStatus
from agentsys.people.permissions import Permission
from agentsys.people.profiles import AgentProfile
from agentsys.web.access import blueprint_for
from agentsys.web.admin_forms import STATUS_LABELS, AgentForm, chosen_id
from agentsys.web.lists import ListPage, ListView, back_to
from agentsys.web.state_words import state_word
from agentsys.web.texts import lazy, sentence

AGENTS = ListPage(
    endpoint="agents.index",
    title=lazy("Agen"),
    search=lazy("Nama, kode, atau wilayah agen"),
    tabs={"": lazy("Semua"), "alone": lazy("Tanpa penyelia")},
    sorts={
        "name": lazy("Nama"),
        "code": lazy("Kode"),
        "leader": lazy("Penyelia"),
        "ceiling": lazy("Batas titipan tunai"),
    },
    states={status.value: state_word("agent", status).text for status in AgentStatus},
    dates=True,
    sums=True,
    personal=False,
    filename="agen",
    columns=(
        (lazy("Nama"), lambda row: row.name),
        (lazy("Kode"), lambda row: row.code),
        (lazy("Wilayah"), lambda row: row.area),
        (lazy("Kantor"), lambda row: row.office_name),
        (lazy("Penyelia"), lambda row: row.supervisor_name),
        (lazy("Status"), lambda row: str(state_word("agent", row.status).text)),
        (lazy("Batas titipan tunai"), lambda row: row.ceiling_idr),
    ),
)

agents = blueprint_for(
    "agents", __name__, permission=Permission.AGENT_MANAGE, url_prefix="/admin/agen"
)


@agents.get("/")
def index() -> Response | str:
    """The agents in the admin's scope; a tab has those without a supervisor."""
    view = ListView(AGENTS)
    if (other := view.redirect_or_file(_fetch)) is not None:
        return other
    session = db.session()
    page = _fetch(view.request)
    waiting = statement_list.waiting_by_agent(session, [row.id for row in page.rows])
    return render_template(
        "admin/agents.html",
        listing=view.show(page),
        tabs=view.tabs({"alone": agent_list.count_alone(session, current_user)}),
        waiting=waiting,
        stuck=statement_list.waiting_for_nobody(session, current_user),
    )


@agents.route("/<int:agent_id>", methods=["GET", "POST"])
def change(agent_id: int) -> Response | tuple[str, int]:
    """A form to change one agent."""
    found = agent_list.agent_in_scope(
        db.session(), current_user, agent_id, to=Permission.AGENT_MANAGE
    )
    form = AgentForm(
        request.form if request.method == "POST" else None,
        data={
            "supervisor": str(found.supervisor_id or ""),
            "status": found.status.value,
            "ceiling": found.cash_ceiling_idr,
        },
    )
    form.supervisor.choices = _leaders(db.session(), found)
    form.status.choices = _statuses(found.status)
    if request.method == "POST" and form.validate():
        try:
            with transaction() as session:
                change_agent(
                    session,
                    agent_id=agent_id,
                    supervisor_id=chosen_id(form.supervisor.data),
                    status=AgentStatus(form.status.data),
                    cash_ceiling_idr=form.ceiling.data or 0,
                    actor_id=current_user.id,
                )
        except Invalid as refused:
            form.form_errors.append(sentence(refused.message))
        else:
            flash(_("Data agen %(name)s disimpan.", name=found.name), "success")
            return redirect(back_to("agents.index"))
    return render_template("admin/agent.html", agent=found, form=form), (
        422 if form.errors else 200
    )


def _fetch(asked: ListRequest) -> Page[agent_list.AgentRow]:
    return agent_list.agent_list(db.session(), current_user, asked)


def _statuses(now: AgentStatus) -> list[SelectChoice]:
    """The statuses that an agent may have next; a candidate is appointed on another page."""
    if now is AgentStatus.CANDIDATE:
        able = [AgentStatus.CANDIDATE, AgentStatus.LEFT]
    elif now is AgentStatus.LEFT:
        able = list(AgentStatus)
    else:
        able = [each for each in AgentStatus if each is not AgentStatus.CANDIDATE]
    return [SelectChoice(each.value, STATUS_LABELS[each]) for each in able]


def _leaders(session: Session, found: AgentProfile) -> list[SelectChoice]:
    return [SelectChoice("", _("Belum ditunjuk"))] + [
        SelectChoice(
            str(leader.id),
            leader.name if leader.active else _("%(name)s (akun ditutup)", name=leader.name),
        )
        for leader in agent_list.leaders_for(session, found)
    ]
