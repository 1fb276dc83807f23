"""`python -m bench.http.serve ours|slow|bare SERVER`: a web server, until it is told to stop."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import text

from agentsys import config, create_app
from agentsys.config import Settings
from agentsys.db import db
from agentsys.web import server
from bench.http.bare import create_bare


def main(which: str, name: str) -> None:
    """Serve our app or the bare one on the server of this name; `chosen` is the product's own.

    `slow` is our app with an additional page, whose database query takes the longest allowed time.
    """
    settings = config.load()
    if which == "bare":
        app = create_bare(settings.database_url, settings.pool_size)
    else:
        app = create_app(settings)
    if which == "slow":
        app.add_url_rule("/slow-for-the-bench", "slow", _slow)
    SERVERS[name](app, settings)


def _slow() -> str:
    db.session.execute(text("SELECT pg_sleep(60)"))
    return ""


def _waitress(app: Flask, settings: Settings) -> None:
    import waitress

    waitress.serve(
        app,
        host=settings.host,
        port=settings.port,
        threads=settings.web_threads,
        connection_limit=1_000,
        channel_timeout=60,
    )


def _granian(workers: int) -> Callable[[Flask, Settings], None]:
    def serve(app: Flask, settings: Settings) -> None:
        from granian.constants import Interfaces
        from granian.server import Server

        Server(
            "bench.http.serve:app",
            address=settings.host,
            port=settings.port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=settings.web_threads,
            log_enabled=False,
        ).serve(target_loader=lambda: app, wrap_loader=False)

    return serve


def _gunicorn(app: Flask, settings: Settings) -> None:
    base: Any = importlib.import_module("gunicorn.app.base").BaseApplication

    class Application(base):
        def load_config(self) -> None:
            values = {
                "bind": f"{settings.host}:{settings.port}",
                "worker_class": "gthread",
                "workers": 1,
                "threads": settings.web_threads,
            }
            for key, value in values.items():
                self.cfg.set(key, value)

        def load(self) -> Flask:
            return app

    Application().run()


SERVERS: dict[str, Callable[[Flask, Settings], None]] = {
    "chosen": server.serve,
    "waitress": _waitress,
    "granian": _granian(1),
    "granian2": _granian(2),
    "gunicorn": _gunicorn,
}

if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
