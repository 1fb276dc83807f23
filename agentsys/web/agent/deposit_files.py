"""Photos of slips and reports that an agent sends with a deposit, at once or while it waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Invalid, NotFound, Refused
from agentsys.payments import custody, evidence
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web import scan_files
from agentsys.web.access import needs
from agentsys.web.agent.blueprint import agent
from agentsys.web.responses import said


@agent.post("/setoran/<int:deposit_id>/bukti")
@needs(Permission.DEPOSIT_DECLARE)
def add_deposit_file(deposit_id: int) -> Response:
    """Add a photo or PDF to an own deposit that waits; the same one twice is one."""
    _own(deposit_id)
    try:
        content = sent_file()
        if not content:
            raise Invalid("Pilih foto atau PDF dulu.")
        with transaction() as session:
            keep_file(session, deposit_id, content)
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, url_for("agent.cash"))
    flash(_("Bukti setoran disimpan."), "success")
    return redirect(url_for("agent.cash"))


@agent.get("/setoran/<int:deposit_id>/bukti/<int:evidence_id>")
@needs(Permission.OWN_CASH_READ)
def deposit_file(deposit_id: int, evidence_id: int) -> Response:
    """A photo or PDF of an own deposit; that is recorded."""
    _own(deposit_id)
    with transaction() as session:
        content, kind = evidence.opened(
            session,
            vault=runtime().vault,
            of={"deposit_id": deposit_id},
            file_id=evidence_id,
            actor_id=current_user.id,
        )
    return scan_files.shown(f"setoran-{deposit_id}-{evidence_id}", content, kind)


def sent_file() -> bytes:
    """What a form brought from the camera, or else the chosen file; empty if neither."""
    for name in ("photo", "photo_file"):
        content = scan_files.sent(request.files.get(name))
        if content:
            return content
    return b""


def keep_file(session: Session, deposit_id: int, content: bytes) -> None:
    """Store a file that the signed-in agent adds to a deposit that is not decided."""
    evidence.add_to_deposit(
        session,
        vault=runtime().vault,
        deposit_id=deposit_id,
        content=content,
        actor_id=current_user.id,
    )


def own_files(
    session: Session, deposit_ids: Sequence[int]
) -> Mapping[int, Sequence[dict[str, Any]]]:
    """The files of own deposits by their ids, each with its address."""
    found = evidence.files_of_deposits(session, deposit_ids)
    return {
        deposit_id: [
            {
                "row": row,
                "url": url_for("agent.deposit_file", deposit_id=deposit_id, evidence_id=row.id),
            }
            for row in rows
        ]
        for deposit_id, rows in found.items()
    }


def _own(deposit_id: int) -> None:
    """NotFound unless it is a deposit of the signed-in agent."""
    mine = scope.own_agent(db.session(), current_user)
    if not custody.is_deposit_of(db.session(), agent_id=mine.id, deposit_id=deposit_id):
        raise NotFound()
