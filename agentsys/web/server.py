"""The web server; chosen by measurement, see docs/decisions."""

from __future__ import annotations

import waitress
from flask import Flask

from agentsys.config import Settings


def serve(app: Flask, settings: Settings) -> None:
    """Serve the app until the process is told to stop."""
    waitress.serve(
        app,
        host=settings.host,
        port=settings.port,
        threads=settings.web_threads,
        connection_limit=1_000,
        channel_timeout=60,
        max_request_body_size=(settings.upload_mb + 1) * 1024 * 1024,
        ident="agentsys",
        clear_untrusted_proxy_headers=settings.trusted_proxies == 0,
    )
