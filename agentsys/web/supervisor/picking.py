"""Ticking the workers of a hand-over one by one, by a search, or by kelurahan."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import NotFound
from agentsys.handovers import choosing, picking
from agentsys.listing.request import asked_in, read_request
from agentsys.people import agent_list
from agentsys.people.permissions import Permission
from agentsys.people.profiles import AgentProfile
from agentsys.web.access import needs
from agentsys.web.lists import ListPage, ListView
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.supervisor.handover_forms import NO_PLACE
from agentsys.web.texts import lazy, num, zone_name

PICK = ListPage(
    endpoint="supervisor.pick_workers",
    title=lazy("Pilih pekerja"),
    search=lazy("Nama atau kelurahan"),
    sorts={"name": lazy("Nama"), "kelurahan": lazy("Kelurahan")},
    states={"ticked": lazy("Sudah dipilih"), "not_ticked": lazy("Belum dipilih")},
    states_label=lazy("Pilihan"),
    personal=False,
)
_LARGEST_ID = 2**63 - 1
_PLACE = "place:"  # before a kelurahan, in the value of its button


@supervisor.get("/tim/<int:agent_id>/serah-terima/pilih")
@needs(Permission.HANDOVER_MAKE)
def pick_workers(agent_id: int) -> Response | str:
    """The agent's workers with ticks, which are kept over pages and searches."""
    giving = _giving(agent_id)
    session = db.session()
    mine = {"user_id": current_user.id, "agent_id": giving.id}

    def render(view: ListView) -> str:
        return render_template(
            "supervisor/pick_workers.html",
            agent=giving,
            listing=view,
            ticked=picking.count(session, **mine),
            places=[
                {"value": _PLACE + (place or NO_PLACE), "name": place, "workers": workers}
                for place, workers in choosing.places(session, agent_id=giving.id)
            ],
        )

    return ListView(PICK, agent_id=agent_id).answer(
        lambda asked: picking.candidates(session, **mine, asked=asked), render
    )


@supervisor.post("/tim/<int:agent_id>/serah-terima/pilih/simpan")
@needs(Permission.HANDOVER_MAKE)
def keep_picks(agent_id: int) -> Response:
    """Keep the ticks of the page, then tick more, remove all, or go to another page."""
    giving = _giving(agent_id)
    action = request.form.get("action", "save")
    asked = asked_in(request.form)
    mine = {"user_id": current_user.id, "agent_id": giving.id}
    with transaction() as session:
        picking.put(session, **mine, shown=_ids("shown"), ticked=_ids("pick"))
        if action == "found":
            found = read_request(asked, zone=zone_name())
            picking.tick_found(session, **mine, asked=found)
        elif action == "none":
            picking.clear(session, **mine)
        elif action.startswith(_PLACE):
            place = action.removeprefix(_PLACE)
            kelurahan = "" if place == NO_PLACE else place
            picking.tick_place(session, **mine, kelurahan=kelurahan)
        elif action not in ("save", "next", "previous", "done"):
            raise NotFound()
        ticked = picking.count(session, **mine)
    if action == "done":
        return redirect(url_for("supervisor.new_handover", agent_id=agent_id, pilihan=1))
    if action in ("next", "previous"):
        asked["page"] = request.form.get(f"to-{action}", "")
    else:
        flash(_("%(n)s pekerja dipilih.", n=num(ticked)), "success")
    kept: dict[str, Any] = {name: value for name, value in asked.items() if value}
    kept.pop("as", None)
    return redirect(url_for(PICK.endpoint, agent_id=agent_id, _anchor="daftar", **kept))


def _giving(agent_id: int) -> AgentProfile:
    return agent_list.agent_in_scope(
        db.session(), current_user, agent_id, to=Permission.HANDOVER_MAKE
    )


def _ids(name: str) -> list[int]:
    """The sent ids that can be ids of workers."""
    found = request.form.getlist(name, type=int)
    return [each for each in found if 0 < each <= _LARGEST_ID]
