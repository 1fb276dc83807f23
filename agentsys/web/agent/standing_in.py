"""The workers of an agent on leave, for the substitute."""

from __future__ import annotations

from dataclasses import replace

from flask import render_template
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.db import db
from agentsys.errors import NotFound
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.memberships import lapsing
from agentsys.payments import portfolio
from agentsys.people import scope, substitutes
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web.access import needs
from agentsys.web.agent.blueprint import agent
from agentsys.web.agent.portfolio import TODAY, chips_of, is_covered
from agentsys.web.lists import ListView
from agentsys.web.texts import lazy
from agentsys.web.workers.group_words import by_kind
from agentsys.workers import group_queries

WORKERS = replace(TODAY, endpoint="agent.standing_in", title=lazy("Pekerja agen yang cuti"))


@agent.route("/menggantikan/<int:agent_id>", methods=["GET", "POST"])
@needs(Permission.PORTFOLIO_READ, searches=True)
def standing_in(agent_id: int) -> str | Response:
    """The workers of an agent on leave; NotFound but on the days of the leave."""
    session, vault = db.session(), runtime().vault
    mine = scope.own_agent(session, current_user)
    leaves = substitutes.stood_in_for(session, substitute_id=mine.id)
    leave = next((each for each in leaves if each.agent_id == agent_id), None)
    if leave is None:
        raise NotFound()
    view = ListView(WORKERS, agent_id=agent_id)
    view.groups = by_kind(group_queries.choices_of_office(session, mine.office_id))
    usual = "all" if view.request.query else "todo"
    chosen = view.value("tab") if view.value("tab") in TODAY.tabs else usual

    def fetch(asked: ListRequest) -> Page[portfolio.Entry]:
        asked = replace(asked, tab=chosen)
        return portfolio.portfolio(session, agent_id=agent_id, vault=vault, asked=asked)

    if (other := view.redirect_or_file(fetch)) is not None:
        return other
    page, counts = portfolio.portfolio_and_counts(
        session, agent_id=agent_id, vault=vault, asked=replace(view.request, tab=chosen)
    )
    return render_template(
        "agent/standing_in.html",
        leave=leave,
        substitute_earns=substitutes.earns_itself(substitutes.today()),
        listing=view.show(page.holding(lapsing.marked(session, page.rows))),
        month=clock.this_month(),
        state=chosen,
        chips=chips_of(view, counts, chosen),
        covered=is_covered,
    )
