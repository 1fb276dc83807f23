"""Cookies and the server's sessions: finding a request's user, starting and ending sessions."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import structlog
from flask import Flask, Response, after_this_request, current_app, g, request, session
from flask_login import encode_cookie, user_logged_out
from flask_security import user_authenticated
from flask_security.utils import set_request_attr
from sqlalchemy.exc import DBAPIError

from agentsys import clock
from agentsys.db import db, one_statement, transaction
from agentsys.people import sessions
from agentsys.people.permissions import RoleHolder
from agentsys.runtime import runtime

log = structlog.get_logger("agentsys.web")

_SESSION, _REMEMBER = "s.", "r."  # what a token in a cookie is for
_ID = "_user_id"  # Flask-Login's key in the cookie session
_BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}
_LONGEST_AGENT = 400


def init_app(app: Flask) -> None:
    """Connect Flask-Login with the table of sessions."""
    app.login_manager.user_loader(_user_of)  # type: ignore[attr-defined]
    user_authenticated.connect(_begin, app)
    user_logged_out.connect(_end, app)
    app.after_request(_mark_seen)


def this_session() -> int:
    """The id of this request's session; 0 without one."""
    found: sessions.SignedIn | None = g.get("signed_in")
    return found.id if found is not None else 0


def idle_time() -> timedelta:
    """The idle time after which users other than agents are signed out."""
    return timedelta(minutes=runtime().settings.idle_minutes)


def _user_of(cookie: str) -> RoleHolder | None:
    """The user of a token, or None; a remembered phone gets a new session token."""
    kind, token = cookie[: len(_SESSION)], cookie[len(_SESSION) :]
    if kind == _REMEMBER:
        with transaction() as database:
            token = sessions.resume(database, remember_token=token)
        session[_ID] = _SESSION + token
    if kind not in (_SESSION, _REMEMBER) or not token:
        return None
    found = sessions.find(db.session(), token=token, idle_time=idle_time())
    if found is None:
        return None
    g.signed_in = found
    set_request_attr("fs_authn_via", "session")
    return found.user


def _begin(_: Flask, *, user: RoleHolder, **__: object) -> None:
    """Start a session after a right password, and put its token in the cookie."""
    remember = session.pop("_remember", "") == "set"
    with transaction() as database:
        tokens = sessions.begin(
            database,
            user_id=user.id,
            client=client_in_words(request.user_agent.string),
            remember=remember,
        )
    session[_ID] = _SESSION + tokens.session
    if remember:
        after_this_request(partial(_set_remember_cookie, tokens.remember))


def _end(_: Flask, **__: object) -> None:
    if (ended := this_session()) != 0:
        with transaction() as database:
            sessions.end(database, session_id=ended)
        del g.signed_in


def _set_remember_cookie(token: str, response: Response) -> Response:
    config = current_app.config
    response.set_cookie(
        config["REMEMBER_COOKIE_NAME"],
        encode_cookie(_REMEMBER + token),
        max_age=sessions.REMEMBERED_FOR,
        secure=config["REMEMBER_COOKIE_SECURE"],
        httponly=True,
        samesite=config["REMEMBER_COOKIE_SAMESITE"],
    )
    return response


def _mark_seen(response: Response) -> Response:
    """Record at most once a minute that a session is in use; errors here are ignored."""
    found: sessions.SignedIn | None = g.get("signed_in")
    if found is not None and clock.now() - found.last_seen_at >= sessions.SEEN_EVERY:
        try:
            with one_statement() as connection:
                sessions.mark_seen(connection, session_id=found.id)
        except DBAPIError as error:
            log.warning("session not marked as seen", error=type(error).__name__)
    return response


def client_in_words(user_agent: str) -> str:
    """Browser and system, such as `Chrome, Android`, so that users recognise their devices."""
    known = user_agent[:_LONGEST_AGENT]
    words = [
        next((word for mark, word in marks.items() if mark in known), "")
        for marks in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(filter(None, words))
