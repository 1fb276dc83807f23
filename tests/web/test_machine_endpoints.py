"""Endpoints for programs: metrics, access to them, and security headers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import db
from agentsys.extension.contract import Callback
from agentsys.payments import callback_store

TOKEN = "sebuah-token-yang-cukup-panjang-sekali"
HSTS = "Strict-Transport-Security"


@pytest.fixture
def program(make_app: Any, app: Flask) -> Any:
    """A function that gives a client of an app with these settings."""
    made: list[Flask] = []

    def build(**settings: Any) -> FlaskClient:
        made.append(make_app(settings=settings))
        return made[-1].test_client()

    yield build
    for other in made:
        with other.app_context():
            db.engine.dispose()


def figures(client: FlaskClient, address: str = "203.0.113.7", **headers: str) -> int:
    found = client.get("/metrics", environ_base={"REMOTE_ADDR": address}, headers=headers)
    assert (b"agentsys_request_seconds" in found.data) == (found.status_code == 200)
    return found.status_code


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "[::1]", "::ffff:127.0.0.1"])
def test_figures_are_given_to_this_machine(program: Any, address: str) -> None:
    assert figures(program(), address) == 200


@pytest.mark.parametrize(
    "address", ["203.0.113.7", "10.0.0.1", "2001:db8::1", "", "127.0.0.1.jahat"]
)
def test_figures_are_given_to_no_other_machine(program: Any, address: str) -> None:
    assert figures(program(), address) == 403


@pytest.mark.parametrize("proxies", [0, 1, 2])
@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-Ip"])
def test_a_proxy_on_this_machine_does_not_get_them_for_others(
    program: Any, proxies: int, header: str
) -> None:
    client = program(trusted_proxies=proxies)

    assert figures(client, "127.0.0.1", **{header: "203.0.113.7"}) == 403
    assert figures(client, "127.0.0.1", **{header: "127.0.0.1"}) == 403


def test_where_there_is_a_token_it_is_what_counts(program: Any) -> None:
    client = program(metrics_token=TOKEN)

    assert figures(client, Authorization=f"Bearer {TOKEN}") == 200
    assert figures(client, Authorization=f"Bearer {TOKEN[:-1]}") == 401
    assert figures(client, Authorization=TOKEN) == 401
    assert figures(client, Authorization="Bearer é") == 401
    assert figures(client, "127.0.0.1") == 401


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/healthz"), ("GET", "/metrics"), ("POST", "/callbacks/tidak-ada")]
)
def test_an_answer_to_a_program_carries_the_headers_that_protect(
    client: Any, method: str, path: str
) -> None:
    headers = client.open(path, method=method).headers

    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/healthz", "/masuk", "/static/app.css"])
def test_browsers_stay_on_https_where_cookies_do(program: Any, path: str) -> None:
    public = program(public_url="https://agen.contoh.id")

    assert HSTS in public.get(path).headers
    assert HSTS not in program().get(path, base_url="https://localhost").headers


WORKER = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '{} s')"


def waiting(session: Session, *, since: timedelta) -> None:
    """A due callback that no worker processes."""
    callback = Callback(headers={}, body=b"{}")
    with time_machine.travel(clock.now() - since):
        callback_store.store(session, channel="gopay", callback=callback, reference="AG-1")


def test_a_system_whose_worker_lives_is_ready(session: Session, client: Any) -> None:
    session.execute(text(WORKER.format(900)))
    session.execute(text(WORKER.format(3)))
    waiting(session, since=timedelta(seconds=20))

    assert client.get("/readyz").text == "ready\n"


def test_a_system_whose_worker_fell_silent_is_not_ready(session: Session, client: Any) -> None:
    session.execute(text(WORKER.format(40)))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.text.startswith("no sign of a worker for 4")


def test_a_system_whose_callbacks_nobody_takes_is_not_ready(session: Session, client: Any) -> None:
    waiting(session, since=timedelta(seconds=90))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.text.startswith("callbacks are waiting for a worker for ")


def test_the_figures_tell_how_long_work_waits(session: Session, client: Any) -> None:
    session.execute(text(WORKER.format(40)))
    waiting(session, since=timedelta(seconds=90))

    figures = dict(
        line.split() for line in client.get("/metrics").text.splitlines() if line[0] != "#"
    )

    assert figures["agentsys_database_up"] == "1.0"
    assert 89 < float(figures["agentsys_oldest_callback_seconds"]) < 150
    assert 89 < float(figures["agentsys_callback_overdue_seconds"]) < 150
    assert 39 < float(figures["agentsys_worker_heartbeat_seconds"]) < 100
