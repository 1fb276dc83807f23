"""Structured log lines that carry a request id, and no identity or phone number or secret."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from agentsys.config import Settings

# What could be a NIK, KK, card or phone number; references of ours are shorter or lettered.
_PERSONAL = re.compile(r"(?<![0-9A-Za-z])(?:(?:\+?62|0)8[0-9]{7,12}|[0-9]{15,16})(?![0-9])")
# The last part of a personal link: whoever has it opens the page.
_LINK = re.compile(r"(/(?:saya|bayar)/)[^/\s?#'\"]+")
_SECRET = re.compile(r"password|secret|token|server_key|authorization|cookie", re.I)


def configure(settings: Settings) -> None:
    """Send every log line, ours and the libraries', through one set of processors."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_personal,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for chatty in ("procrastinate", "urllib3", "werkzeug", "agentsys.db._Pool"):
        logging.getLogger(chatty).setLevel("WARNING")


def hide_personal(_: Any, __: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """The event with numbers of people, personal links and values of secrets blanked out."""
    return {key: "•••" if _SECRET.search(key) else _clean(value) for key, value in event.items()}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _LINK.sub(r"\1•••", _PERSONAL.sub("•••", value))
    if isinstance(value, dict):
        return hide_personal(None, "", value)
    if isinstance(value, list | tuple):
        return type(value)(_clean(item) for item in value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**14:
        return "•••"
    return value
