"""A migrated database for each test process, and fixtures that undo what tests write."""

from __future__ import annotations

import io
import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import hypothesis
import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from flask_migrate import upgrade
from itsdangerous import BadSignature
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.orm import Session
from structlog.stdlib import ProcessorFormatter

from agentsys import create_app
from agentsys.config import fresh_keys, load
from agentsys.contributions import holidays, tariff
from agentsys.crypto import Vault
from agentsys.db import db
from agentsys.demo import city
from agentsys.postgres import EmbeddedPostgres
from agentsys.postgres.stopping import exit_when_told_to_stop
from agentsys.runtime import KEY
from tests.factories import (
    PASSWORD,
)
from tests.servers import database_of, server_home
from tests.undoing import check_books, undone

KEYS = fresh_keys()

# A busy machine makes examples slow, which says nothing about the code.
hypothesis.settings.register_profile(
    "agentsys",
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.function_scoped_fixture,
    ],
)
hypothesis.settings.load_profile("agentsys")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Make `xdist_group` work: xdist 3.8 writes it where pytest 9.2 does not look (xdist#1386)."""
    if getattr(config.option, "loadgroup", False):
        for item in items:
            for mark in item.iter_markers("xdist_group"):
                item._id = item.id.parse(f"{item.nodeid}@{mark.args[0]}")


def pytest_configure(config: pytest.Config) -> None:
    """Stop the database of the run, and what else it started, when the run is told to stop."""
    # Like Ctrl-C: pytest begins no other test and still names those that failed.
    exit_when_told_to_stop(lambda number: KeyboardInterrupt(signal.Signals(number).name))
    # Commands and problems speak the user's language; the tests read the Indonesian texts.
    os.environ |= {"LC_ALL": "id_ID.UTF-8"}


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the database if processes of this run were ended before they could."""
    factory = getattr(config, "_tmp_path_factory", None)
    if hasattr(config, "workerinput") or factory is None or factory._basetemp is None:
        return
    EmbeddedPostgres(factory.getbasetemp() / "postgres", durable=False).stop_abandoned()


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an empty database that only this test process uses."""
    name = f"agentsys_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    external = os.environ.get("AGENTSYS_TEST_DATABASE_URL", "")
    if external:
        with database_of(external, name) as url:
            yield url
        return
    server = EmbeddedPostgres(server_home(tmp_path_factory), durable=False)
    server.start()
    server.create_database(name)
    yield server.url(name)
    server.drop_database(name)
    server.discard()


@pytest.fixture
def empty(database_url: str) -> Iterator[str]:
    """The address of another database on the same server, with nothing in it."""
    with database_of(database_url, f"agentsys_empty_{uuid4().hex[:8]}") as url:
        yield url


@pytest.fixture(scope="session")
def make_app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A function that builds an app on the test database, with extra plugins or settings."""
    # Templates are compiled once for all apps and all processes of a run.
    compiled = server_home(tmp_path_factory).with_name("compiled-templates")
    compiled.mkdir(exist_ok=True)

    def build(**options: Any) -> Flask:
        changed = options.pop("settings", {})
        settings = load(
            **(
                {
                    "database_url": database_url,
                    "instance": tmp_path_factory.getbasetemp() / "instance",
                    "log_level": "WARNING",
                }
                | KEYS
                | changed
            )
        )
        config = {"TESTING": True, "SECURITY_PASSWORD_HASH": "plaintext"}
        options.setdefault("plugin_settings", {})
        app = create_app(settings, flask_config=config | options.pop("flask_config", {}), **options)
        app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled))
        return app

    return build


@pytest.fixture(scope="session")
def app(make_app: Any) -> Iterator[Flask]:
    """The app on this process's migrated database."""
    app = make_app()
    with app.app_context():
        upgrade()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def session(app: Flask, request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session whose work is undone after the test, commits included; the books must balance."""
    tariff.use(None, "")  # what an earlier test released was undone with it
    holidays.forget()
    with app.app_context(), db.engine.connect() as connection:
        connection.begin()
        with undone(connection) as session:
            yield session
            session.rollback()
            if request.node.get_closest_marker("made_up_books") is None:
                check_books(session)


@pytest.fixture
def committed(app: Flask) -> Iterator[Flask]:
    """The app with real commits, for races; every table is emptied afterwards."""
    try:
        yield app
        with app.app_context():
            check_books(db.session())
    finally:
        with app.app_context():
            city.reset(db.session(), allowed=True)
            db.session.commit()


@pytest.fixture
def logged(app: Flask) -> Iterator[Callable[[], str]]:
    """A function that returns what was logged since the test began."""
    [handler] = [
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler.formatter, ProcessorFormatter)
    ]
    assert isinstance(handler, logging.StreamHandler)
    lines = io.StringIO()
    before = handler.setStream(lines)
    yield lines.getvalue
    handler.setStream(before)


@pytest.fixture
def vault(app: Flask) -> Vault:
    """The app's vault."""
    found: Vault = app.extensions[KEY].vault
    return found


class Visitor(FlaskClient):
    """A client whose requests see the test's data, each in a separate app context."""

    _token = ""
    _token_of: object = None

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send one request; the test's session is committed before and refreshed after."""
        db.session.commit()
        # A context of its own, or Flask-Login's user of one request would be seen by the next.
        with self.application.app_context():
            answer = super().open(*args, **kwargs)
        db.session.expire_all()
        return answer

    def sign_in(self, user: Any, password: str = PASSWORD) -> Any:
        """Sign in through the page, as a person would."""
        return self.post(
            "/masuk",
            data={
                "email": user.phone or user.email,
                "password": password,
                "csrf_token": self.token(),
            },
        )

    def token(self) -> str:
        """A CSRF token of this client's session, from a page; kept as long as the session is."""
        secret = self._secret()
        if secret is None or secret != self._token_of:
            self._token = self._token_of_a_page()
            self._token_of = self._secret()
        return self._token

    def _secret(self) -> object:
        """What the tokens of the session in this client's cookie are made of, if it has any."""
        app = self.application
        cookie = self.get_cookie(app.config["SESSION_COOKIE_NAME"])
        signing = SecureCookieSessionInterface().get_signing_serializer(app)
        if cookie is None or signing is None:
            return None
        # Flask begins another session too when the cookie is older than that.
        oldest_s = int(app.permanent_session_lifetime.total_seconds())
        with suppress(BadSignature):
            return signing.loads(cookie.value, max_age=oldest_s).get("csrf_token")
        return None

    def _token_of_a_page(self) -> str:
        page = self.get("/masuk").get_data(as_text=True)
        mark = 'name="csrf_token"'
        if mark not in page:
            page = self.get("/akun/sandi").get_data(as_text=True)
        return page.split(mark)[1].split('value="')[1].split('"')[0]

    def submit(self, path: str, *, follow_redirects: bool = False, **data: Any) -> Any:
        """POST a form with a fresh CSRF token."""
        form = {"csrf_token": self.token()} | data
        return self.post(path, data=form, follow_redirects=follow_redirects)


@pytest.fixture
def client(app: Flask, session: Session) -> Visitor:
    """A visitor without a login."""
    app.test_client_class = Visitor
    found = app.test_client()
    assert isinstance(found, Visitor)
    return found


@pytest.fixture
def visit(app: Flask, session: Session) -> Any:
    """A function that signs a user in and returns the visitor."""
    app.test_client_class = Visitor

    def enter(user: Any) -> Visitor:
        visitor = app.test_client()
        assert isinstance(visitor, Visitor)
        answer = visitor.sign_in(user)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return visitor

    return enter


@pytest.fixture(scope="session")
def here() -> Path:
    """The folder of the repository."""
    return Path(__file__).parent.parent


@pytest.fixture
def fresh(make_app: Any, empty: str) -> Iterator[Flask]:
    """An app on an empty database beside the test database."""
    app = make_app(settings={"database_url": empty})
    yield app
    with app.app_context():
        db.engine.dispose()
