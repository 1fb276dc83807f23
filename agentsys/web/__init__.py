"""Pages: thin views over the services."""

from __future__ import annotations

import re
import time
import uuid

import jinja2
import structlog
from flask import Flask, Request, Response, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from prometheus_client import Histogram
from structlog.contextvars import bind_contextvars, clear_contextvars

from agentsys.config import Settings
from agentsys.runtime import KEY
from agentsys.web import access, errors, navigation, security, texts
from agentsys.web.admin import admin
from agentsys.web.agent import agent
from agentsys.web.callbacks import callbacks
from agentsys.web.finance import finance
from agentsys.web.health import health
from agentsys.web.home import account_room, web
from agentsys.web.public import public
from agentsys.web.supervisor import supervisor

log = structlog.get_logger("agentsys.web")
took = Histogram("agentsys_request_seconds", "Time to answer", ["endpoint", "status"])
ROOMS = (web, account_room, health, callbacks, public, agent, supervisor, finance, admin)

MACHINES = {health.name, callbacks.name}  # called by programs: no user, no form, no page


def init_app(app: Flask) -> None:
    """Register every page, and what each request and answer goes through."""
    settings: Settings = app.extensions[KEY].settings
    app.session_interface = Sessions()
    app.jinja_loader = jinja2.PackageLoader("agentsys.templates", "")
    texts.init_app(app)
    security.init_app(app, settings)
    errors.init_app(app)
    navigation.init_app(app)
    for blueprint in ROOMS:
        app.register_blueprint(blueprint)
    access.refuse_undeclared(app)
    _spare_machines(app)
    app.after_request(_end)


class Sessions(SecureCookieSessionInterface):
    """Flask's signed cookies; a request without one costs no cryptography."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session in the cookie, or a new one."""
        if self.get_cookie_name(app) in request.cookies:
            return super().open_session(app, request)
        return self.session_class()


def _spare_machines(app: Flask) -> None:
    """Let what only pages need (a user, CSRF, a nonce, a policy) pass by the rooms of machines."""
    before = app.before_request_funcs.pop(None, [])
    after = app.after_request_funcs.pop(None, [])

    def prepare_page() -> ResponseReturnValue | None:
        if request.blueprint in MACHINES:
            return None
        answers = (app.ensure_sync(prepare)() for prepare in before)
        return next((answer for answer in answers if answer is not None), None)

    def finish_page(response: Response) -> Response:
        if request.blueprint in MACHINES:
            response.headers["X-Content-Type-Options"] = "nosniff"
            response.headers["Cache-Control"] = "no-store"
            return response
        for finish in reversed(after):
            response = app.ensure_sync(finish)(response)
        return response

    app.before_request(_begin)
    app.before_request(prepare_page)
    app.after_request(finish_page)


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if re.fullmatch(r"[0-9A-Za-z-]{8,64}", given) else uuid.uuid4().hex[:12]
    g.began = time.perf_counter()
    clear_contextvars()
    bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    endpoint = request.endpoint or "none"
    took.labels(endpoint, response.status_code).observe(seconds)
    response.headers["X-Request-Id"] = g.get("request_id", "")
    if endpoint not in ("static", "health.alive", "health.ready", "callbacks.receive"):
        log.info(
            "answered",
            endpoint=endpoint,
            method=request.method,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
        )
    return response
