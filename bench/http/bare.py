"""A minimal Flask app for comparison: one route that stores the row and answers."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime

from flask import Flask, Response, request
from psycopg_pool import ConnectionPool

PATH = "/bare/<channel>"
STORE = """
    INSERT INTO callbacks
        (channel, digest, reference, headers, body, received_at, deliveries, next_try_at)
    VALUES (%s, %s, '', '{}', %s, %s, 1, %s)
"""


def create_bare(url: str, pool_size: int) -> Flask:
    """A durable app without extensions, signatures, recognition of repeats, or jobs."""
    app = Flask(__name__, static_folder=None)
    pool = ConnectionPool(
        url.replace("postgresql+psycopg://", "postgresql://"),
        min_size=pool_size,
        max_size=pool_size,
        kwargs={"autocommit": True, "options": "-c timezone=UTC -c statement_timeout=15s"},
        open=False,
    )
    os.register_at_fork(after_in_child=pool.open)

    @app.post(PATH)
    def receive(channel: str) -> Response:
        body = request.get_data(cache=False)
        now = datetime.now(UTC)
        pool.open()
        with pool.connection() as connection:
            connection.execute(
                STORE, (channel, hashlib.sha256(body).digest(), body, now, now), prepare=True
            )
        return Response("ok\n", mimetype="text/plain")

    @app.get("/healthz")
    def alive() -> Response:
        return Response("ok\n", mimetype="text/plain")

    return app
