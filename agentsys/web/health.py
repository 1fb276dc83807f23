"""Endpoints for load balancers and operators: liveness, readiness, metrics."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from math import nan

from flask import Response, request
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from agentsys.db import db, has_schema
from agentsys.job_queries import WorkState, work_state
from agentsys.payments import circuit, foreign_callbacks
from agentsys.payments.mandates import queries as debit_queries
from agentsys.payments.provider_models import ChannelHealth
from agentsys.runtime import runtime
from agentsys.web.access import ANYBODY, blueprint_for
from agentsys.web.addresses import from_this_machine

_database = Gauge("agentsys_database_up", "Whether the database answers")
_oldest = Gauge("agentsys_oldest_callback_seconds", "Age of the oldest callback that waits")
_overdue = Gauge("agentsys_callback_overdue_seconds", "Since when a callback is due and not taken")
_heartbeat = Gauge("agentsys_worker_heartbeat_seconds", "Age of a worker's newest sign of life")
_foreign = Gauge("agentsys_foreign_callbacks", "Callbacks about orders of other systems")
_channel = Gauge("agentsys_channel_up", "Whether payments are started through it", ["channel"])
_asked = Gauge("agentsys_provider_requests", "Questions that wait for an answer", ["channel"])

_debits = Gauge("agentsys_debits", "Debits of the last day", ["end"])
_debits_stopped = Gauge("agentsys_debits_stopped", "Whether debits are stopped")
_without_notice = Gauge("agentsys_debits_without_notice", "Of the last day; must be 0")
_debited_twice = Gauge("agentsys_debits_paid_twice", "Of the last day; must be 0")

health = blueprint_for("health", __name__, permission=ANYBODY)


@health.get("/healthz")
def alive() -> Response:
    """Liveness: 200 while the process responds; does not use the database."""
    return Response("ok\n", mimetype="text/plain")


@health.get("/readyz")
def ready() -> Response:
    """Readiness: 200 if the database answers, has a schema, and a worker runs; else 503 and why."""
    try:
        found = has_schema(db.session())
        trouble = work_state(db.session()).trouble if found else ""
    except SQLAlchemyError:
        db.session.rollback()
        return Response("database not available\n", 503, mimetype="text/plain")
    if not found:
        return Response("schema missing: run agentsys db upgrade\n", 503, mimetype="text/plain")
    if trouble:
        return Response(f"{trouble}\n", 503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")


@health.get("/metrics")
def metrics() -> Response:
    """Prometheus metrics, for requests with the token, or, without a token, of this machine."""
    token = runtime().settings.metrics_token.get_secret_value()
    if not token and not from_this_machine():
        return Response("only from this machine, or set a token\n", 403, mimetype="text/plain")
    given = request.headers.get("Authorization", "")
    if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        answer = Response("token missing or wrong\n", 401, mimetype="text/plain")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    _measure_work()
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _measure_work() -> None:
    """Set the figures that come from the database; NaN if it does not answer."""
    try:
        state = work_state(db.session())
    except SQLAlchemyError:
        db.session.rollback()
        state = None
    _database.set(state is not None)
    _oldest.set(_figure(state, lambda known: known.oldest_callback_s or 0))
    _overdue.set(_figure(state, lambda known: max(known.overdue_s or 0, 0)))
    _heartbeat.set(_figure(state, lambda known: known.heartbeat_s))
    for gauge in (_channel, _asked, _debits):
        gauge.clear()
    for figure in (_foreign, _debits_stopped, _without_notice, _debited_twice):
        figure.set(nan)
    if state is not None:
        _measure_channels(db.session())
        _measure_debits(db.session())


def _measure_channels(session: Session) -> None:
    """Set the figures about providers."""
    _foreign.set(foreign_callbacks.count(session))
    for reading in circuit.states(session):
        _channel.labels(reading.channel).set(reading.health is ChannelHealth.WORKING)
    for channel, count in circuit.waiting(session).items():
        _asked.labels(channel).set(count)


def _measure_debits(session: Session) -> None:
    """Set the figures about debits."""
    found = debit_queries.figures(session)
    ends = {"charged": found.charged, "refused": found.refused, "unknown": found.unknown}
    for end, count in ends.items():
        _debits.labels(end).set(count)
    _debits_stopped.set(found.stopped)
    _without_notice.set(found.without_notice)
    _debited_twice.set(found.paid_twice)


def _figure(state: WorkState | None, figure: Callable[[WorkState], float | None]) -> float:
    value = figure(state) if state is not None else None
    return nan if value is None else value
