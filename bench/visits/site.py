"""An app on a network, and timed visits of its pages."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from agentsys.db import db
from bench.visits.objects import Visitor, choices_of, is_for, is_page, prepare, values_of


@dataclass
class Visited:
    """The measurements of visits of one page."""

    milliseconds: list[float] = field(default_factory=list)
    statements: int = 0
    slowest: str = ""
    kb: int = 0
    status: int = 0

    @property
    def median(self) -> float:
        """The median."""
        return median(self.milliseconds)

    @property
    def p99(self) -> float:
        """The 99th percentile; the slowest of fewer than a hundred."""
        ordered = sorted(self.milliseconds)
        return ordered[math.ceil(0.99 * len(ordered)) - 1]


class Site:
    """The pages of an app, visited one after another by a signed-in user."""

    def __init__(self, app: Flask) -> None:
        """Count the statements of this app's engine."""
        self.app = app
        app.config["WTF_CSRF_ENABLED"] = False
        self._statements: list[tuple[float, str]] = []
        with app.app_context():
            prepare()
            event.listen(db.engine, "before_cursor_execute", self._before)
            event.listen(db.engine, "after_cursor_execute", self._after)

    @contextmanager
    def client(self, visitor: Visitor) -> Iterator[FlaskClient]:
        """A browser in which the visitor is signed in."""
        client = self.app.test_client()
        if visitor.user_id is not None:
            with self.app.app_context(), db.engine.connect() as connection:
                known = {"id": visitor.user_id}
                phone = connection.scalar(text("SELECT phone FROM users WHERE id = :id"), known)
            client.post("/masuk", data={"email": phone, "password": "demo-agentsys"})
        yield client

    def addresses(self, visitor: Visitor) -> Iterator[tuple[str, str]]:
        """The page's name, equal in both networks, and its URL for this visitor."""
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda rule: rule.rule):
            if not is_page(rule) or not is_for(rule, visitor):
                continue
            with self.app.app_context():
                values = values_of(rule, visitor)
            if None in values.values():
                continue  # the visitor has no such thing
            _, path = rule.build(values, append_unknown=False) or ("", "")
            for choice in choices_of(rule):
                question = f"?{choice}" if choice else ""
                yield rule.rule + question, path + question

    def visit(self, client: FlaskClient, address: str, into: Visited) -> None:
        """Request a page once; return its time, number of statements and size."""
        self._statements.clear()
        began = time.perf_counter()
        answer = client.get(address)
        content = answer.data
        into.milliseconds.append((time.perf_counter() - began) * 1000)
        into.status, into.kb = answer.status_code, len(content) >> 10
        into.statements = len(self._statements)
        into.slowest = " ".join(max(self._statements, default=(0, ""))[1].split())

    def _before(self, connection, *_: object) -> None:  # type: ignore[no-untyped-def]
        connection.info["began"] = time.perf_counter()

    def _after(self, connection, _cursor, statement: str, *_: object) -> None:  # type: ignore[no-untyped-def]
        took = time.perf_counter() - connection.info["began"]
        self._statements.append((took, statement))
