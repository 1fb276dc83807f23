"""One version of a sponsor's list: what it changes, and deciding about it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys.agreements import rules
from agentsys.agreements.kinds import VersionState
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.people.permissions import Permission
from agentsys.sponsors import bill_queries, queries, version_queries, versions
from agentsys.sponsors.version_queries import VersionRow
from agentsys.web.access import needs
from agentsys.web.responses import blaming, said
from agentsys.web.second_persons import wait_for
from agentsys.web.sponsors.agreement import here as agreement_url
from agentsys.web.sponsors.blueprint import sponsors
from agentsys.web.sponsors.forms import RefuseForm
from agentsys.web.texts import lazy

KINDS = {
    "added": lazy("Baru dalam daftar"),
    "left": lazy("Tidak ada lagi dalam daftar"),
    "changed": lazy("Datanya berubah"),
}


@sponsors.get("/daftar/<int:version_id>")
@needs(Permission.SPONSOR_READ)
def version(version_id: int) -> str:
    """A version of a list: whom it adds, lets go and changes."""
    return _page(version_id, RefuseForm(formdata=None))


@sponsors.post("/daftar/<int:version_id>/terapkan")
@needs(Permission.SPONSOR_RECORD)
def apply_version(version_id: int) -> Response:
    """Apply a version, or let it wait for a second person if too many would leave."""
    found = version_queries.version_in_scope(db.session(), current_user, version_id)
    try:
        with transaction() as session:
            state = versions.apply(session, version_id=found.id, actor_id=current_user.id).state
    except Refused as refused:
        return said(refused, url_for("sponsors.version", version_id=found.id))
    if state is VersionState.WAITING:
        flash(_("Terlalu banyak yang keluar. Orang kedua memutuskan daftar ini."), "info")
        return redirect(url_for("sponsors.version", version_id=found.id))
    flash(_("Daftar diterapkan."), "success")
    return redirect(agreement_url(found.agreement_id))


@sponsors.post("/daftar/<int:version_id>/tolak")
@needs(Permission.SPONSOR_RECORD)
def refuse_version(version_id: int) -> Response | tuple[str, int]:
    """Refuse a version; the list of the agreement stays as it is."""
    found = version_queries.version_in_scope(db.session(), current_user, version_id)
    form = RefuseForm(request.form)
    if form.validate():
        with blaming(form):
            with transaction() as session:
                versions.refuse(
                    session,
                    version_id=found.id,
                    note=form.note.data or "",
                    actor_id=current_user.id,
                )
            flash(_("Daftar ditolak. Tidak ada yang berubah."), "success")
            return redirect(agreement_url(found.agreement_id))
    return _page(found.id, form), 422


def _page(version_id: int, refuse: RefuseForm) -> str:
    session = db.session()
    found = version_queries.version_in_scope(session, current_user, version_id)
    under_way = found.state in (VersionState.DRAFT, VersionState.WAITING)
    waits = found.state is VersionState.WAITING
    recorder = current_user.can(Permission.SPONSOR_RECORD)
    mine = found.made_by == current_user.id
    return render_template(
        "sponsors/version.html",
        version=found,
        agreement=queries.agreement_in_scope(session, current_user, found.agreement_id),
        refuse=refuse,
        may_apply=under_way and recorder and not (waits and mine),
        may_refuse=under_way and recorder,
        not_yet=wait_for(found.made_by) if waits and not mine else "",
        not_members=version_queries.not_members(session, found.id),
        file_id=version_queries.file_of(session, found.id)
        if current_user.can(Permission.ROSTER_READ)
        else None,
        most_percent=rules.setting(rules.Rule.LEAVERS_PERCENT, bill_queries.today()).value,
        **_compared(session, found, under_way),
    )


def _compared(session: Session, found: VersionRow, under_way: bool) -> dict[str, Any]:
    """Counts and examples of a version that is not decided yet; the stored counts of others."""
    if not under_way:
        before = found.left + found.changed + found.same
        share = 100 * found.left / before if before else 0.0
        return {"counts": found, "left_percent": share, "examples": []}
    difference = version_queries.difference(session, found, examples_of=tuple(KINDS))
    return {
        "counts": difference.counts,
        "left_percent": difference.counts.left_percent if found.whole else 0.0,
        "examples": [
            (KINDS[what], names)
            for what, names in difference.examples.items()
            if names and (what != "left" or found.whole)
        ],
    }
