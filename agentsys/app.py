"""The application factory: it only connects the parts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

from agentsys import clock, config, logs, web
from agentsys.config import Settings
from agentsys.db import AUTOCOMMIT, autocommit_options, db, end_session, engine_options
from agentsys.extension.registry import Registry
from agentsys.postgres import EmbeddedPostgres
from agentsys.runtime import KEY, Runtime

HERE = Path(__file__).parent


def create_app(
    settings: Settings | None = None,
    *,
    plugins: Mapping[str, object] | None = None,
    plugin_settings: Mapping[str, str] | None = None,
    flask_config: Mapping[str, object] | None = None,
) -> Flask:
    """Create the app; starts or joins the embedded database if no other is configured."""
    settings = settings or config.load()
    logs.configure(settings)
    clock.follow(settings.virtual_time())
    values = config.for_plugins() if plugin_settings is None else plugin_settings
    registry = Registry(values, settings.plugin_names)
    for name, plugin in (plugins or {}).items():
        registry.register(plugin, name, values)

    embedded = None
    url = settings.database_url
    if not url:
        embedded = EmbeddedPostgres(settings.instance.absolute() / "postgres")
        url = embedded.start()

    app = Flask("agentsys", instance_path=str(settings.instance.absolute()))
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SQLALCHEMY_DATABASE_URI=url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.pool_size),
        SQLALCHEMY_BINDS={AUTOCOMMIT: autocommit_options(settings.pool_size) | {"url": url}},
        MAX_CONTENT_LENGTH=(settings.upload_mb + 1) * 1024 * 1024,  # a file, and its form
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
    )
    app.config.update(flask_config or {})
    app.extensions[KEY] = Runtime(settings, settings.vault(), registry, embedded)
    db.init_app(app)
    app.teardown_appcontext(end_session)  # before Flask-SQLAlchemy's own
    Migrate(app, db, directory=str(HERE / "migrations"))
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    web.init_app(app)
    return app
