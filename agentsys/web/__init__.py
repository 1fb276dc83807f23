"""The pages; each view calls services and queries, and renders a template."""

from __future__ import annotations

import re
import secrets
import time

import jinja2
import structlog
from flask import Flask, Request, Response, abort, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from prometheus_client import Histogram
from structlog.contextvars import bind_contextvars

from agentsys.config import Settings
from agentsys.runtime import KEY
from agentsys.web import access, errors, navigation, page_limit, security, texts
from agentsys.web.admin import admin
from agentsys.web.admin_agents import agents
from agentsys.web.admin_escalation import escalations
from agentsys.web.admin_office_accounts import office_accounts
from agentsys.web.admin_offices import offices
from agentsys.web.admin_roles import user_roles
from agentsys.web.admin_users import user_data
from agentsys.web.agent import agent
from agentsys.web.agent_accounts import agent_accounts
from agentsys.web.bpjs_answers import bpu
from agentsys.web.callbacks import callbacks
from agentsys.web.finance import finance
from agentsys.web.first_setup import setup
from agentsys.web.health import health
from agentsys.web.holidays import holiday_pages
from agentsys.web.home import account_blueprint, web
from agentsys.web.lists import back_to
from agentsys.web.own import own
from agentsys.web.public import public
from agentsys.web.reports import reports
from agentsys.web.retention import retention
from agentsys.web.reversals import blueprint as reversals
from agentsys.web.rsgi import REFUSED
from agentsys.web.search import search
from agentsys.web.sponsors import sponsors
from agentsys.web.state_words import state_word
from agentsys.web.supervisor import supervisor
from agentsys.web.tariffs import tariffs
from agentsys.web.trail import trail
from agentsys.web.work import work
from agentsys.web.workers import workers

log = structlog.get_logger("agentsys.web")
took = Histogram("agentsys_request_seconds", "Time to answer", ["endpoint", "status"])
BLUEPRINTS = (
    web,
    setup,
    account_blueprint,
    health,
    callbacks,
    public,
    own,
    agent,
    work,
    supervisor,
    workers,
    finance,
    sponsors,
    bpu,
    admin,
    user_roles,
    user_data,
    offices,
    office_accounts,
    agents,
    agent_accounts,
    retention,
    reversals,
    escalations,
    tariffs,
    holiday_pages,
    trail,
    search,
    reports,
)

QUIET = {"static", "health.alive", "health.ready", "callbacks.receive"}
MACHINES = {health.name, callbacks.name}  # called by programs: no user, no form, no page


def init_app(app: Flask) -> None:
    """Register all pages, and the functions that run for every request and answer."""
    settings: Settings = app.extensions[KEY].settings
    app.session_interface = Sessions()
    app.jinja_loader = jinja2.PackageLoader("agentsys.templates", "")
    texts.init_app(app)
    security.init_app(app, settings)
    errors.init_app(app)
    navigation.init_app(app)
    app.jinja_env.globals.update(state_word=state_word, back_to=back_to)
    page_limit.init_app()
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    access.refuse_undeclared(app)
    _frame_requests(app)


class Sessions(SecureCookieSessionInterface):
    """Flask's signed cookies; a request without one costs no cryptography."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session in the cookie, or a new one."""
        if "HTTP_COOKIE" in request.environ:
            return super().open_session(app, request)
        return self.session_class()


def _frame_requests(app: Flask) -> None:
    """Give every request an id, and measure and log it; programs skip what only pages need.

    The functions registered before are only for pages: user, CSRF, nonce, content policy.
    """
    before = app.before_request_funcs.pop(None, [])
    after = app.after_request_funcs.pop(None, [])

    def begin() -> ResponseReturnValue | None:
        _number_and_time()
        if refused := request.environ.get(REFUSED):
            abort(refused)
        if request.blueprint in MACHINES:
            return None
        answers = (app.ensure_sync(prepare)() for prepare in before)
        return next((answer for answer in answers if answer is not None), None)

    def end(response: Response) -> Response:
        if request.blueprint in MACHINES:
            response = security.headers_for_machines(response)
        else:
            for finish in reversed(after):
                response = app.ensure_sync(finish)(response)
        _measure_and_log(response)
        return response

    app.before_request(begin)
    app.after_request(end)


def _number_and_time() -> None:
    given = request.headers.get("X-Request-Id", "")
    known = given and re.fullmatch(r"[0-9A-Za-z-]{8,64}", given)
    g.request_id = given if known else secrets.token_hex(6)
    g.began = time.perf_counter()
    bind_contextvars(request_id=g.request_id)


def _measure_and_log(response: Response) -> None:
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    endpoint = request.endpoint or "none"
    took.labels(endpoint, response.status_code).observe(seconds)
    response.headers["X-Request-Id"] = g.get("request_id", "")
    if endpoint not in QUIET:
        log.info(
            "answered",
            endpoint=endpoint,
            method=request.method,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
        )
