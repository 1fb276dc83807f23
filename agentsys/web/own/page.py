"""The worker's own page, what it polls, and the code that opens more of it."""

from __future__ import annotations

from flask import flash, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import NotFound
from agentsys.payments import links, page_codes
from agentsys.payments.debit_models import NoticeState
from agentsys.payments.mandates import notices, own_page
from agentsys.payments.page_codes import Answer
from agentsys.runtime import runtime
from agentsys.web.own import visit
from agentsys.web.own.blueprint import own
from agentsys.web.own.contents import contents


@own.get("/<token>")
def page(token: str) -> str | tuple[str, int]:
    """What is agreed, what is debited next, and how to stop it."""
    database = db.session()
    try:
        worker_id = visit.worker_of(database, token)
    except NotFound:
        owner = links.owner_of_expired(database, token)
        return render_template("public/dead_link.html", owner=owner, own=True), 404
    return render_template("own/page.html", **contents(database, token, worker_id))


@own.get("/<token>/keadaan")
def status(token: str) -> str:
    """The HTML fragment that the page polls while it waits for a provider."""
    database = db.session()
    worker_id = visit.worker_of(database, token)
    return render_template("own/_state.html", **contents(database, token, worker_id))


@own.get("/<token>/kembali")
def returned(token: str) -> Response:
    """Where the provider's page sends the payer afterwards: only its answer to us counts."""
    _ask_provider(token)
    return visit.to_page(token)


@own.post("/<token>/periksa")
def look_again(token: str) -> Response:
    """Have the provider asked once more."""
    _ask_provider(token)
    return visit.to_page(token)


@own.post("/<token>/kabar/<int:notice_id>")
def read_notice(token: str, notice_id: int) -> Response:
    """The worker read what will be debited: the notice counts from now on."""
    visit.refuse_staff()
    with transaction() as database:
        worker_id = visit.worker_of(database, token)
        if not own_page.is_notice_of(database, notice_id=notice_id, worker_id=worker_id):
            raise NotFound()
        notices.count(database, notice_id=notice_id, state=NoticeState.CONFIRMED)
    flash(_("Terima kasih. Pemberitahuan sudah Anda baca."), "success")
    return visit.to_page(token)


@own.post("/<token>/kode")
def enter_code(token: str) -> Response | tuple[str, int]:
    """Open the rest of the page by a code."""
    visit.refuse_staff()
    typed = request.form.get("code", "")
    code = "".join(filter(str.isdecimal, typed))[: page_codes.DIGITS]
    with transaction() as database:
        worker_id = visit.worker_of(database, token)
        answer = page_codes.try_code(
            database, worker_id=worker_id, code=code, vault=runtime().vault
        )
        if answer is Answer.RIGHT:
            notices.open_all(database, worker_id=worker_id)
    if answer is Answer.RIGHT:
        visit.opened_by_code(token)
        return visit.to_page(token)
    error = {
        Answer.WRONG: _("Kode salah. Periksa lagi enam angkanya."),
        Answer.NONE_OPEN: _("Kode ini tidak berlaku lagi. Minta kode baru kepada agen Anda."),
    }[answer]
    database = db.session()
    found = contents(database, token, worker_id, code_error=error, typed=typed)
    return render_template("own/page.html", **found), 422


@own.post("/<token>/kunci")
def lock(token: str) -> Response:
    """Close what a code opened in this browser."""
    visit.close()
    return visit.to_page(token)


def _ask_provider(token: str) -> None:
    with transaction() as database:
        own_page.ask_provider_soon(database, worker_id=visit.worker_of(database, token))
