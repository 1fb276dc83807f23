"""Bank accounts of agents: the list, and one agent's, which a second person approves."""

from __future__ import annotations

from typing import Any

from flask import Response as FileResponse
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from flask_wtf.file import FileField
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.papers import account_queries, accounts
from agentsys.papers.account_models import AgentAccountState
from agentsys.papers.account_queries import AccountRow
from agentsys.papers.clocks import today
from agentsys.people import agent_list
from agentsys.people.agent_rules import Rule, setting
from agentsys.people.permissions import Permission
from agentsys.people.profiles import AgentProfile
from agentsys.runtime import runtime
from agentsys.scans.kinds import MIMETYPES, ScanKind
from agentsys.web import scan_files, sheets
from agentsys.web.access import blueprint_for, needs
from agentsys.web.forms import Form
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import blaming, said
from agentsys.web.second_persons import wait_for
from agentsys.web.texts import lazy

WAITS = {"proposed": lazy("Menunggu orang kedua"), "cooling": lazy("Masa tunggu"), "": ""}
ACCOUNTS = ListPage(
    endpoint="agent_accounts.index",
    title=lazy("Rekening agen"),
    search=lazy("Nama atau kode agen"),
    tabs={
        "": lazy("Semua"),
        "waiting": lazy("Sedang diganti"),
        "none": lazy("Belum ada rekening"),
    },
    sorts={"name": lazy("Nama"), "code": lazy("Kode")},
    personal=False,
    filename="rekening-agen",
    columns=(
        (lazy("Nama"), lambda row: row.name),
        (lazy("Kode"), lambda row: row.code),
        (lazy("Bank"), lambda row: row.bank),
        (lazy("Nomor rekening"), lambda row: row.number),
        (lazy("Nama pemilik rekening"), lambda row: row.holder),
        (lazy("NPWP"), lambda row: row.npwp),
        (
            lazy("Berlaku mulai"),
            lambda row: row.in_force_on.isoformat() if row.in_force_on else "",
        ),
        (lazy("Sedang diganti"), lambda row: str(WAITS[row.waits])),
    ),
)


class AccountForm(Form):
    """A bank account and an NPWP, with a scan that proves them."""

    bank = StringField(lazy("Bank"), validators=[InputRequired(), Length(max=60)])
    number = StringField(lazy("Nomor rekening"), validators=[InputRequired(), Length(max=40)])
    holder = StringField(
        lazy("Nama pemilik rekening"),
        validators=[InputRequired(), Length(max=120)],
        description=lazy("Persis seperti di buku tabungan."),
    )
    npwp = StringField(
        lazy("NPWP"),
        validators=[Length(max=40)],
        description=lazy("15 atau 16 angka; NIK boleh dipakai sebagai NPWP. Boleh dikosongkan."),
    )
    scan = FileField(
        lazy("Foto buku tabungan"),
        description=scan_files.HINT,
    )


agent_accounts = blueprint_for(
    "agent_accounts",
    __name__,
    permission=Permission.AGENT_ACCOUNT_READ,
    url_prefix="/rekening-agen",
)


@agent_accounts.get("/")
def index() -> Response | str:
    """The agents in reach with their accounts; a tab has those that are being changed."""
    return ListView(ACCOUNTS).answer(_fetch, _list)


@agent_accounts.get("/<int:agent_id>")
def show(agent_id: int) -> str:
    """An agent's account, the change that is under way, and earlier ones."""
    return _page(_agent(agent_id, Permission.AGENT_ACCOUNT_READ), AccountForm(formdata=None))


@agent_accounts.post("/<int:agent_id>")
@needs(Permission.AGENT_ACCOUNT_GIVE)
def propose(agent_id: int) -> Response | tuple[str, int]:
    """Propose an account for an agent."""
    found = _agent(agent_id, Permission.AGENT_ACCOUNT_GIVE)
    form = AccountForm()
    if form.validate():
        with blaming(form):
            save(form, agent_id)
            flash(_("Usul rekening disimpan. Orang lain menyetujuinya."), "success")
            return redirect(url_for("agent_accounts.show", agent_id=agent_id))
    return _page(found, form), 422


@agent_accounts.post("/<int:agent_id>/putuskan")
@needs(Permission.AGENT_ACCOUNT_APPROVE)
def decide(agent_id: int) -> Response:
    """Approve the waiting account as a second person, or refuse it."""
    _agent(agent_id, Permission.AGENT_ACCOUNT_APPROVE)
    here = url_for("agent_accounts.show", agent_id=agent_id)
    approve = request.form.get("action") == "approve"
    try:
        with transaction() as session:
            accounts.decide(
                session,
                agent_id=agent_id,
                account_id=request.form.get("seen", 0, type=int),
                approve=approve,
                actor_id=current_user.id,
            )
    except Refused as refused:
        return said(refused, here)
    told = _("Rekening disetujui. Agen diberi tahu selama masa tunggu.")
    flash(told if approve else _("Usul rekening ditolak."), "success")
    return redirect(here)


@agent_accounts.post("/<int:agent_id>/tarik")
@needs(Permission.AGENT_ACCOUNT_GIVE)
def withdraw(agent_id: int) -> Response:
    """Take back what the user proposed."""
    _agent(agent_id, Permission.AGENT_ACCOUNT_GIVE)
    here = url_for("agent_accounts.show", agent_id=agent_id)
    return take_back(agent_id, here)


@agent_accounts.post("/<int:agent_id>/<int:account_id>/pindaian")
@needs(Permission.AGENT_ACCOUNT_APPROVE)
def scan(agent_id: int, account_id: int) -> FileResponse:
    """The scan as a download; that is recorded."""
    found = _agent(agent_id, Permission.AGENT_ACCOUNT_APPROVE)
    with transaction() as session:
        content, kind = accounts.scan_of(
            session,
            vault=runtime().vault,
            agent_id=agent_id,
            account_id=account_id,
            actor_id=current_user.id,
        )
    name = f"rekening-{found.code}-{account_id}.{kind}"
    return sheets.attachment(name, content, MIMETYPES[ScanKind(kind)])


def save(form: Any, agent_id: int) -> None:
    """Propose what a valid form has."""
    content = scan_files.sent(form.scan.data)
    with transaction() as session:
        accounts.propose(
            session,
            vault=runtime().vault,
            agent_id=agent_id,
            bank=form.bank.data or "",
            holder=form.holder.data or "",
            number=form.number.data or "",
            npwp_text=form.npwp.data or "",
            scan=content,
            actor_id=current_user.id,
        )


def take_back(agent_id: int, here: str) -> Response:
    """Take back the waiting account that the user proposed."""
    try:
        with transaction() as session:
            accounts.withdraw(
                session,
                agent_id=agent_id,
                account_id=request.form.get("seen", 0, type=int),
                actor_id=current_user.id,
            )
    except Refused as refused:
        return said(refused, here)
    flash(_("Usul rekening ditarik."), "success")
    return redirect(here)


def shown(agent: AgentProfile, *, whole: bool) -> dict[str, Any]:
    """What both pages show about an agent's accounts; `whole`: the numbers that wait unmasked."""
    session = db.session()
    changing = account_queries.under_way(
        session, agent_id=agent.id, vault=runtime().vault if whole else None
    )
    return {
        "agent": agent,
        "current": account_queries.current(session, agent_id=agent.id),
        "changing": changing,
        "proposed": changing is not None and changing.state is AgentAccountState.PROPOSED,
        "own": changing is not None and changing.proposed_by == current_user.id,
        "other_name": changing is not None
        and not account_queries.same_name(changing.holder, agent.name),
        "history": account_queries.history(session, agent_id=agent.id),
        "days": setting(Rule.BANK_COOLING_DAYS, today()).value,
    }


def _agent(agent_id: int, permission: Permission) -> AgentProfile:
    return agent_list.agent_in_scope(db.session(), current_user, agent_id, to=permission)


def _fetch(asked: ListRequest) -> Page[AccountRow]:
    return account_queries.account_list(db.session(), current_user, asked)


def _list(view: ListView) -> str:
    return render_template(
        "supervisor/agent_accounts.html", listing=view, tabs=view.tabs(), waits=WAITS
    )


def _page(found: AgentProfile, form: AccountForm) -> str:
    may_decide = current_user.can(Permission.AGENT_ACCOUNT_APPROVE)
    known = shown(found, whole=may_decide)
    changing = known["changing"]
    is_agent = found.user_id == current_user.id
    return render_template(
        "supervisor/agent_account.html",
        **known,
        form=form,
        is_agent=is_agent,
        may_decide=may_decide,
        may_give=current_user.can(Permission.AGENT_ACCOUNT_GIVE),
        not_yet=wait_for(changing.proposed_by, found.user_id)
        if changing and may_decide and not is_agent
        else "",
    )
