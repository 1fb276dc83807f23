"""One uploaded statement: what it brought, why it was refused, or what its columns hold."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys import jobs, statement_jobs
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.people.permissions import Permission
from agentsys.statements import queries, uploading
from agentsys.statements.amounts import STYLES
from agentsys.statements.lines import said_sen
from agentsys.statements.models import FileState
from agentsys.statements.queries import FileRow
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.statement_words import HOLDS, STATES, layout_title
from agentsys.web.responses import why


@finance.get("/mutasi/berkas/<int:bank_file_id>")
@needs(Permission.BANK_STATEMENT_READ)
def statement_file(bank_file_id: int) -> str:
    """What a statement brought; while it is read the page loads again by itself."""
    return _page(queries.file(db.session(), current_user, bank_file_id))


@finance.post("/mutasi/berkas/<int:bank_file_id>")
@needs(Permission.BANK_STATEMENT_UPLOAD)
def say_columns(bank_file_id: int) -> Response | tuple[str, int]:
    """Say what the columns hold; remembered for the account's files with such headings."""
    found = queries.file(db.session(), current_user, bank_file_id)
    holds = [request.form.get(f"kolom-{n}", "")[:20] for n in range(len(found.headings))]
    days, point = request.form.get("days", "")[:20], request.form.get("point", "")[:1]
    try:
        with transaction() as session:
            uploading.say_columns(
                session,
                file_id=found.id,
                holds=holds,
                days=days,
                point=point,
                actor_id=current_user.id,
            )
            once = f"import_statement:{found.id}"
            jobs.defer(session, statement_jobs.import_statement, once=once, file_id=found.id)
    except Refused as refused:
        return _page(found, holds=holds, days=days, point=point, error=why(refused)), 422
    flash(_("Kolom dicatat. Berkas sedang dibaca."), "success")
    return redirect(url_for("finance.statement_file", bank_file_id=bank_file_id))


def _page(
    found: FileRow,
    *,
    holds: list[str] | None = None,
    days: str = "dd/mm/yyyy",
    point: str = ".",
    error: str = "",
) -> str:
    return render_template(
        "finance/statement_file.html",
        file=found,
        states=STATES,
        layout=layout_title(found.layout),
        said_sen=said_sen,
        asks=found.state is FileState.MAPPING,
        writable=current_user.can(Permission.BANK_STATEMENT_UPLOAD),
        choices=HOLDS,
        chosen=holds or [""] * len(found.headings),
        styles=STYLES,
        days=days,
        point=point,
        error=error,
    )
