"""Addresses that a load balancer and an operator ask: alive, ready, figures."""

from __future__ import annotations

import hmac

from flask import Response, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from agentsys.db import db, has_schema
from agentsys.runtime import runtime
from agentsys.web.access import ANYBODY, blueprint_for
from agentsys.web.addresses import from_this_machine

health = blueprint_for("health", __name__, roles=ANYBODY)


@health.get("/healthz")
def alive() -> Response:
    """200 while the process answers; asks nothing of the database."""
    return Response("ok\n", mimetype="text/plain")


@health.get("/readyz")
def ready() -> Response:
    """200 when the database answers and has a schema; 503, which says what lacks, otherwise."""
    try:
        found = has_schema(db.session())
    except SQLAlchemyError:
        db.session.rollback()
        return Response("database not available\n", 503, mimetype="text/plain")
    if not found:
        return Response("schema missing: run agentsys db upgrade\n", 503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")


@health.get("/metrics")
def metrics() -> Response:
    """Prometheus figures of this process: for who has the token; without one, for this machine."""
    token = runtime().settings.metrics_token.get_secret_value()
    if not token and not from_this_machine():
        return Response("only from this machine, or set a token\n", 403, mimetype="text/plain")
    given = request.headers.get("Authorization", "")
    if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        answer = Response("token missing or wrong\n", 401, mimetype="text/plain")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
