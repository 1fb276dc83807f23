"""Merging two records of one person: the preview, the proposal, and the decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.duplicates import merge_queries, merging, queries, undoing
from agentsys.duplicates.merge_models import MergeAction, MergeState
from agentsys.duplicates.merge_queries import MergeRow
from agentsys.duplicates.models import PairState
from agentsys.duplicates.queries import PairRow
from agentsys.errors import NotFound, Refused
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.responses import why
from agentsys.web.second_persons import wait_for
from agentsys.web.texts import lazy, sentence, translated
from agentsys.web.workers.blueprint import workers

# What a merge does, in the order of the page; the months follow.
PARTS: Mapping[str, Any] = {
    "closes": lazy("Tagihan catatan yang digabung ditutup, tidak perlu dibayar"),
    "closes_of_kept": lazy("Tagihan catatan yang tetap ditutup: bulannya sudah LUNAS"),
    "counts": lazy("Bulan yang sudah LUNAS ikut dihitung di catatan yang tetap"),
    "twice": lazy(
        "Bulan yang dibayar di kedua catatan: dihitung sekali, uangnya diperiksa keuangan"
    ),
}
_DECIDED = lazy("Pasangan ini sudah diputuskan. Buka halamannya untuk memeriksanya lagi.")
_DONE = {
    MergeAction.APPROVE: lazy("Kedua catatan digabung."),
    MergeAction.REFUSE: lazy("Usul menggabung ditolak."),
    MergeAction.WITHDRAW: lazy("Usul menggabung ditarik."),
    MergeAction.UNDO: lazy("Gabungan dibatalkan: kedua catatan kembali seperti semula."),
}


@workers.get("/orang-sama/<int:pair_id>/gabung")
@needs(Permission.DUPLICATE_DECIDE)
def merge_preview(pair_id: int) -> str:
    """What merging the two would do, with the one that is kept chosen in the address."""
    return _preview(pair_id, request.args.get("tetap", ""))


@workers.post("/orang-sama/<int:pair_id>/gabung")
@needs(Permission.DUPLICATE_DECIDE)
def propose_merge(pair_id: int) -> Response | tuple[str, int]:
    """Propose the merge that was shown."""
    kept = request.form.get("tetap", "")
    found, kept_id, merged_id = _chosen(pair_id, kept)
    if found.state is not PairState.OPEN:
        return _preview(pair_id, kept, error=str(_DECIDED)), 422
    try:
        with transaction() as session:
            made = merging.propose_merge(
                session,
                kept_id=kept_id,
                merged_id=merged_id,
                seen=request.form.get("seen", ""),
                reason=request.form.get("note", ""),
                actor_id=current_user.id,
            ).id
    except merging.MergeChanged as refused:
        return _preview(pair_id, kept, error=why(refused)), 409
    except Refused as refused:
        return _preview(pair_id, kept, error=why(refused)), 422
    flash(_("Usul menggabung dikirim. Orang kedua memutuskannya."), "success")
    return redirect(url_for("workers.merge", merge_id=made))


@workers.get("/gabung/<int:merge_id>")
@needs(Permission.DUPLICATE_READ)
def merge(merge_id: int) -> str:
    """One merge, with what approving it would do now, or what it did."""
    return _page(merge_id)


@workers.post("/gabung/<int:merge_id>")
@needs(Permission.DUPLICATE_DECIDE)
def decide_merge(merge_id: int) -> Response | tuple[str, int]:
    """Approve or refuse it as a second person, take it back, or undo it."""
    merge_queries.merge_in_scope(db.session(), current_user, merge_id)
    action = request.form.get("action", "")
    if action not in set(MergeAction):
        raise NotFound()
    try:
        _decide(merge_id, MergeAction(action))
    except merging.MergeChanged as refused:
        return _page(merge_id, error=why(refused)), 409
    except Refused as refused:
        return _page(merge_id, error=why(refused)), 422
    flash(str(_DONE[MergeAction(action)]), "success")
    return redirect(url_for("workers.merge", merge_id=merge_id))


def _decide(merge_id: int, action: MergeAction) -> None:
    note, actor_id = request.form.get("note", ""), current_user.id
    with transaction() as session:
        if action is MergeAction.APPROVE:
            seen = request.form.get("seen", "")
            merging.approve_merge(session, merge_id=merge_id, seen=seen, actor_id=actor_id)
        elif action is MergeAction.REFUSE:
            merging.refuse_merge(session, merge_id=merge_id, note=note, actor_id=actor_id)
        elif action is MergeAction.WITHDRAW:
            merging.withdraw_merge(session, merge_id=merge_id, actor_id=actor_id)
        else:
            undoing.undo_merge(session, merge_id=merge_id, reason=note, actor_id=actor_id)


def _chosen(pair_id: int, kept: str) -> tuple[PairRow, int, int]:
    """The pair, the id of the worker that is kept (the older if none is named), and the other's."""
    found = queries.pair_in_scope(db.session(), current_user, pair_id)
    ids = [side.worker_id for side in found.sides]
    kept = kept or str(ids[0])
    if found.across or kept not in map(str, ids):
        raise NotFound()
    kept_id = int(kept)
    return found, kept_id, next(each for each in ids if each != kept_id)


def _preview(pair_id: int, kept: str, *, error: str = "") -> str:
    found, kept_id, merged_id = _chosen(pair_id, kept)
    effect = merging.preview(db.session(), kept_id=kept_id, merged_id=merged_id)
    by_id = {side.worker_id: side for side in found.sides}
    return render_template(
        "workers/merge_preview.html",
        pair=found,
        kept=by_id[kept_id],
        merged=by_id[merged_id],
        parts=parts_of(effect.listed()),
        problems=[str(_DECIDED)] * (found.state is not PairState.OPEN)
        + [sentence(problem) for problem in effect.problems],
        version=effect.version,
        error=error,
        note=request.form.get("note", ""),
    )


def _page(merge_id: int, *, error: str = "") -> str:
    session = db.session()
    found = merge_queries.merge_in_scope(session, current_user, merge_id)
    waits = found.state is MergeState.PROPOSED
    shown, problems, version = found.effect, [], ""
    if waits:
        effect = merging.preview(session, kept_id=found.kept_id, merged_id=found.merged_id)
        shown, version = effect.listed(), effect.version
        problems = [sentence(problem) for problem in effect.problems]
    return render_template(
        "workers/merge.html",
        merge=found,
        parts=parts_of(shown),
        problems=problems,
        version=version,
        error=error,
        note=request.form.get("note", ""),
        own=found.proposed_by == current_user.id,
        not_yet=wait_for(found.proposed_by) if waits else "",
        may_decide=current_user.can(Permission.MERGE_APPROVE),
        undo_problem=translated(merge_queries.undo_problem(session, merge_id)),
    )


def parts_of(effect: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """What a merge does, as labels with months and their sum; nothing empty."""
    return [
        {
            "label": label,
            "warn": name == "twice",
            "months": [date.fromisoformat(each["month"]) for each in effect[name]],
            "sum_idr": sum(each["amount_idr"] for each in effect[name]),
        }
        for name, label in PARTS.items()
        if effect.get(name)
    ]


def merge_of(pair: PairRow) -> MergeRow | None:
    """The newest merge of a pair's two workers."""
    first, second = (side.worker_id for side in pair.sides)
    return merge_queries.latest_of(db.session(), current_user, first_id=first, second_id=second)
