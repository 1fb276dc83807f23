"""Error pages that say what to do, and log lines that say what happened."""

from __future__ import annotations

import structlog
from flask import (
    Flask,
    Response,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_security import current_user
from flask_wtf.csrf import CSRFError
from psycopg.errors import DiskFull
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from structlog.contextvars import get_contextvars
from werkzeug.exceptions import HTTPException

from agentsys import errors
from agentsys.web.access import ANYBODY, guard_of
from agentsys.web.addresses import own_page
from agentsys.web.texts import sentence

log = structlog.get_logger("agentsys.web")

STATUS: dict[type[errors.Refused], int] = {
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.Conflict: 409,
    errors.Unavailable: 503,
    errors.Malformed: 400,
    errors.Invalid: 422,
    errors.Refused: 422,
}
PAGES = {400, 401, 403, 404, 405, 413, 429, 500, 503}
_MOST_FIELDS = 1_000  # fields of a form that is shown again to be confirmed
_UNSENT = {"security", "account", "setup"}  # passwords are not shown again
_OUT_OF_RANGE = "22003"  # a number in the URL that is out of range for an id
# PostgreSQL's ways of saying "not now": connection trouble, disk full, locks and cancelled waits.
_NOT_NOW = ("08", "53", "57", "55P03", "40001", "40P01")


def init_app(app: Flask) -> None:
    """Register a handler for every kind of error."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(errors.Refused, _refused)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(PoolTimeout, _busy)
    app.register_error_handler(Exception, _bug)


def status_of(refused: errors.Refused) -> int:
    """The HTTP status for a refusal: that of its nearest known kind."""
    return next(STATUS[kind] for kind in type(refused).__mro__ if kind in STATUS)


def _page(code: int) -> tuple[str, int]:
    shown = code if code in PAGES else (400 if code < 500 else 500)
    if code >= 500:
        # Loading the signed-in user needs the database, which may be what is unavailable.
        g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]
    return render_template(f"errors/{shown}.html", reference=_reference()), code


def _http(error: HTTPException) -> Response | tuple[str, int]:
    code = error.code or 500
    cause = getattr(error, "original_exception", None)
    if isinstance(cause, DBAPIError | PoolTimeout):  # while rendering another error's page
        return current_app.handle_user_exception(cause)  # type: ignore[return-value]
    if code == 401 and request.method == "GET":
        return redirect(url_for("security.login", next=request.full_path.rstrip("?")))  # type: ignore[return-value]
    if code == 401 and request.method == "POST" and not current_user.is_authenticated:
        return _unsent(code)
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    body, code = _page(code)
    answer = Response(body, code)
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            answer.headers[name] = value
    return answer


def _refused(error: errors.Refused) -> Response | tuple[str, int]:
    log.info("refused", kind=type(error).__name__, path=request.path, facts=error.facts)
    code = status_of(error)
    if code in (404, 403, 503):
        return _page(code)
    from_a_page = request.method == "POST" and request.referrer and code != 400
    if from_a_page and current_user.is_authenticated:
        flash(sentence(error.message), "error")
        return redirect(_back())  # type: ignore[return-value]
    return render_template(
        "errors/_error.html",
        code=code,
        title=_("Belum bisa dilakukan"),
        text=sentence(error.message),
        reference=_reference(),
    ), code


def _back() -> str:
    """The page with the form, if it is ours."""
    prefix = request.host_url
    referrer = request.referrer or ""
    return own_page("/" + referrer.removeprefix(prefix)) if referrer.startswith(prefix) else "/"


def _stale_form(error: CSRFError) -> tuple[str, int]:
    """Show an expired form again with its input; the user confirms to send it.

    The session cookie is not sent with forms of other sites, so the input is from our page.
    """
    return _unsent(400)


def _unsent(code: int) -> tuple[str, int]:
    """The page about a form that came too late: the user was signed out, or the form is old."""
    known = request.endpoint is not None and request.blueprint not in _UNSENT and not request.files
    # Our forms have far fewer fields; a megabyte of names would take seconds to render.
    known = known and sum(len(values) for _name, values in request.form.lists()) <= _MOST_FIELDS
    fields: list[tuple[str, str]] = []
    text = _("Belum ada yang terkirim. Kembali, muat ulang halamannya, lalu kirim lagi.")
    action = {}
    if known and current_user.is_authenticated:
        fields = [pair for pair in request.form.items(multi=True) if pair[0] != "csrf_token"]
        text = _(
            "Belum ada yang terkirim, dan isian Anda masih ada. Anda masuk sebagai %(name)s.",
            name=current_user.name,
        )
    elif known and guard_of(current_app, str(request.endpoint)) is not ANYBODY:
        text = _(
            "Anda sudah keluar, dan belum ada yang terkirim. Masuk di tab baru, lalu muat ulang"
            " halaman ini: isian Anda ikut terkirim lagi."
        )
        action = {"action_url": url_for("security.login"), "action_label": _("Masuk di tab baru")}
    return render_template(
        "errors/_error.html",
        code=code,
        title=_("Halaman ini sudah terlalu lama terbuka"),
        text=text,
        resend=fields,
        new_tab=bool(action),
        reference=_reference(),
        **action,
    ), code


def _database(error: DBAPIError) -> Response | tuple[str, int]:
    state = getattr(error.orig, "sqlstate", None) or ""
    away = isinstance(error, OperationalError) and not state
    if state == _OUT_OF_RANGE:
        return _page(404)
    if away or state.startswith(_NOT_NOW) or isinstance(error.orig, DiskFull):
        return _busy(error)
    return _bug(error)


def _busy(error: Exception) -> Response:
    log.error("database not available", error=type(error).__name__, path=request.path)
    body, code = _page(503)
    return Response(body, code, headers={"Retry-After": "10"})


def _bug(error: Exception) -> tuple[str, int]:
    log.exception("bug", path=request.path)
    return _page(500)


def _reference() -> str:
    return str(get_contextvars().get("request_id", ""))
