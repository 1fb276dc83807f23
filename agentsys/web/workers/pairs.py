"""Workers who may be one person: the list, and the page with both side by side."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.duplicates import deciding, queries
from agentsys.duplicates.models import PairAction, PairState
from agentsys.duplicates.queries import PairRow
from agentsys.duplicates.rules import Reason
from agentsys.errors import NotFound, Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import why
from agentsys.web.state_words import state_word
from agentsys.web.texts import lazy
from agentsys.web.workers.blueprint import workers
from agentsys.web.workers.merges import merge_of
from agentsys.web.workers.pair_sides import facts
from agentsys.web.workers.pair_words import REASONS, explained, reasons_in_words


def _name(row: PairRow, place: int) -> str:
    side = row.sides[place]
    return side.office_name if side.hidden else side.name


PAIRS = ListPage(
    endpoint="workers.pairs",
    title=lazy("Orang yang sama?"),
    search=lazy("Nama pekerja"),
    tabs={
        "open": lazy("Belum diperiksa"),
        "different": lazy("Dua orang"),
        "merged": lazy("Digabung"),
        "all": lazy("Semua"),
    },
    states={each.value: text for each, text in REASONS.items() if each is not Reason.OTHER_SEX},
    states_label=lazy("Alasan"),
    sorts={"score": lazy("Kemungkinan"), "found": lazy("Ditemukan")},
    filename="orang-yang-sama",
    columns=(
        (lazy("Pekerja"), lambda row: _name(row, 0)),
        (lazy("Pekerja lain"), lambda row: _name(row, 1)),
        (lazy("Nilai"), lambda row: row.score),
        (lazy("Alasan"), lambda row: ", ".join(reasons_in_words(row.reasons))),
        (lazy("Status"), lambda row: str(state_word("pair", row.state).text)),
        (lazy("Catatan"), lambda row: row.note),
    ),
)


@workers.route("/orang-sama/", methods=["GET", "POST"])
@needs(Permission.DUPLICATE_READ, searches=True)
def pairs() -> Response | str:
    """The pairs in reach, the surest first."""
    return ListView(PAIRS).answer(_fetch, _list_page)


@workers.get("/orang-sama/<int:pair_id>")
@needs(Permission.DUPLICATE_READ)
def pair(pair_id: int) -> str:
    """Both workers side by side, and why they may be one person."""
    return _page(pair_id)


@workers.post("/orang-sama/<int:pair_id>")
@needs(Permission.DUPLICATE_DECIDE)
def decide_pair(pair_id: int) -> Response | tuple[str, int]:
    """Say that they are two persons, or take that back."""
    found = queries.pair_in_scope(db.session(), current_user, pair_id)
    action = request.form.get("action", "")
    if action not in set(PairAction):
        raise NotFound()
    try:
        _decide(found.id, PairAction(action))
    except Refused as refused:
        return _page(pair_id, error=why(refused)), 422
    if action == PairAction.DIFFERENT:
        flash(_("Dicatat: dua orang berbeda. Tidak ditanyakan lagi."), "success")
        return redirect(url_for("workers.pairs"))
    flash(_("Pasangan ini diperiksa lagi."), "success")
    return redirect(url_for("workers.pair", pair_id=pair_id))


def _decide(pair_id: int, action: PairAction) -> None:
    with transaction() as session:
        if action is PairAction.DIFFERENT:
            deciding.call_different(
                session,
                pair_id=pair_id,
                reason=request.form.get("note", ""),
                actor_id=current_user.id,
            )
        else:
            deciding.look_again(session, pair_id=pair_id, actor_id=current_user.id)


def _fetch(asked: ListRequest) -> Page[PairRow]:
    return queries.pairs(db.session(), current_user, asked)


def _list_page(view: ListView) -> str:
    assert view.page is not None
    return render_template(
        "workers/pairs.html",
        listing=view,
        tabs=view.tabs(),
        rows=[
            {"row": row, "reasons": ", ".join(reasons_in_words(row.reasons))}
            for row in view.page.rows
        ],
    )


def _page(pair_id: int, *, error: str = "") -> str:
    session = db.session()
    found = queries.pair_in_scope(session, current_user, pair_id)
    return render_template(
        "workers/pair.html",
        pair=found,
        reasons=explained(found.reasons),
        facts=facts(session, found),
        error=error,
        note=request.form.get("note", ""),
        may_decide=current_user.can(Permission.DUPLICATE_DECIDE) and not found.across,
        is_open=found.state is PairState.OPEN,
        merge=merge_of(found),
    )


def hints(worker_id: int) -> list[dict[str, Any]]:
    """The open pairs of a worker, for the worker's page."""
    if not current_user.can(Permission.DUPLICATE_READ):
        return []
    found = queries.of_worker(db.session(), current_user, worker_id=worker_id)
    return [
        {
            "id": row.id,
            "score": row.score,
            "other": next(side for side in row.sides if side.worker_id != worker_id),
            "reasons": ", ".join(reasons_in_words(row.reasons)),
        }
        for row in found
    ]
