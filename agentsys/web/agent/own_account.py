"""The agent's own bank account and NPWP: what is in force, what is being changed, and by whom."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.papers import account_queries, accounts
from agentsys.papers.account_models import AgentAccountState
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.people.profiles import AgentProfile
from agentsys.web.access import needs
from agentsys.web.agent.blueprint import agent
from agentsys.web.agent_accounts import AccountForm, save, shown, take_back
from agentsys.web.responses import blaming, said
from agentsys.web.texts import day


@agent.get("/akun/rekening")
@needs(Permission.OWN_ACCOUNT_READ)
def own_account() -> str:
    """The agent's account, and a form to propose another."""
    return _page(AccountForm(formdata=None))


@agent.post("/akun/rekening")
@needs(Permission.OWN_ACCOUNT_CHANGE)
def propose_account() -> Response | tuple[str, int]:
    """Propose another account; it is in force after somebody approved it and the waiting time."""
    mine = scope.own_agent(db.session(), current_user)
    form = AccountForm()
    if form.validate():
        with blaming(form):
            save(form, mine.id)
            flash(_("Usul rekening disimpan. Kantor memeriksanya dulu."), "success")
            return redirect(url_for("agent.own_account"))
    return _page(form), 422


@agent.post("/akun/rekening/tarik")
@needs(Permission.OWN_ACCOUNT_CHANGE)
def withdraw_account() -> Response:
    """Take back what the agent proposed."""
    mine = scope.own_agent(db.session(), current_user)
    return take_back(mine.id, url_for("agent.own_account"))


@agent.post("/akun/rekening/bukan-saya")
@needs(Permission.OWN_ACCOUNT_CHANGE)
def stop_account() -> Response:
    """Stop a change that the agent does not want."""
    mine = scope.own_agent(db.session(), current_user)
    here = url_for("agent.own_account")
    try:
        with transaction() as session:
            accounts.stop(
                session,
                agent_id=mine.id,
                account_id=request.form.get("seen", 0, type=int),
                actor_id=current_user.id,
            )
    except Refused as refused:
        return said(refused, here)
    flash(_("Perubahan rekening dihentikan. Rekening lama tetap berlaku."), "success")
    return redirect(here)


def account_news(session: Session, mine: AgentProfile) -> list[dict[str, Any]]:
    """The news item about a change of the agent's account that is under way, and by whom."""
    found = account_queries.under_way(session, agent_id=mine.id)
    if found is None:
        return []
    if found.state is AgentAccountState.PROPOSED:
        about = _("Menunggu persetujuan orang kedua. Bukan Anda? Hentikan di sini.")
    else:
        assert found.in_force_on is not None  # the database says so
        about = _(
            "Berlaku mulai %(day)s. Bukan Anda? Hentikan sebelum hari itu.",
            day=day(found.in_force_on),
        )
    by_me = found.proposed_by == mine.user_id
    title = (
        _("Anda sedang mengganti rekening Anda")
        if by_me
        else _("Rekening Anda sedang diganti oleh %(name)s", name=found.proposer)
    )
    url = url_for("agent.own_account")
    return [
        {
            "icon": "landmark",
            "title": title,
            "about": about,
            "since": found.proposed_at,
            "url": url,
        }
    ]


def _page(form: AccountForm) -> str:
    mine = scope.own_agent(db.session(), current_user)
    return render_template("agent/account.html", **shown(mine, whole=False), form=form)
