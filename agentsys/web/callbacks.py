"""The endpoint for provider callbacks: each is stored and acknowledged, and processed later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog
from flask import Response, abort, request
from prometheus_client import Counter

from agentsys.db import one_statement, transaction
from agentsys.extension.contract import Callback, CallbackRejected, MandateChannel
from agentsys.extension.faults import CALLBACK_METHODS
from agentsys.payments import callback_store
from agentsys.payments.mandates import linking
from agentsys.runtime import runtime
from agentsys.web.access import ANYBODY, blueprint_for
from agentsys.web.security import csrf

log = structlog.get_logger("agentsys.callbacks")
MAX_BYTES = 64 * 1024
_METHODS = sorted(CALLBACK_METHODS)
_KEPT_HEADERS = {"content-type", "user-agent", "content-length"}

_unsigned = Counter(
    "agentsys_unsigned_callbacks",
    "Callbacks that no provider signs, since this process began, by whether we know the subject",
    ["known"],
)

callbacks = blueprint_for("callbacks", __name__, permission=ANYBODY, url_prefix="/callbacks")


@callbacks.route("/<path:channel>", methods=_METHODS, strict_slashes=False)
@csrf.exempt
def receive(channel: str) -> Response:
    """Authenticate a callback, store it once, queue its job, and answer; 403 if not authentic.

    The address names a channel, or a provider, all of whose channels it serves; a path may follow.
    """
    address, _slash, path = channel.partition("/")
    found = runtime().registry.at_address(address)
    if found is None:
        abort(404)
    if request.method not in found.callback_methods:
        abort(405)
    if (request.content_length or 0) > MAX_BYTES:
        abort(413)
    headers = _headers(request.environ)
    callback = Callback(
        headers=headers,
        body=request.get_data(cache=False),
        method=request.method,
        path=f"/{path}" if path else "",
        query=request.query_string.decode("latin-1"),
    )
    try:
        reference = found.whose(callback)
    except CallbackRejected as rejected:
        known = _about_mandate(address, callback)
        if known is not None or found.is_unsigned(callback):
            _unsigned.labels("yes" if known else "no").inc()
            return Response("ok\n", mimetype="text/plain")
        log.warning("callback rejected", channel=found.name, why=str(rejected))
        return Response("rejected\n", 403, mimetype="text/plain")
    kept = {name: value for name, value in headers.items() if name in _KEPT_HEADERS}
    with one_statement() as connection:
        callback_store.store_on(
            connection,
            channel=found.name,
            callback=replace(callback, headers=kept),
            reference=reference,
            attempt=found.attempt_of(callback),
        )
    answer = found.answer(callback)
    return Response(answer.body, content_type=answer.content_type)


def _about_mandate(address: str, callback: Callback) -> bool | None:
    """Have the mandate asked about that a notice names; whether we know it, None if it names none.

    Such a notice is not signed, so it proves nothing and is not kept: only the answer counts.
    """
    for name, channel in runtime().registry.channels.items():
        if not isinstance(channel, MandateChannel) or address not in (name, channel.provider):
            continue
        if handle := channel.whose_mandate(callback):
            with transaction() as session:
                known = linking.ask_about(session, handle=handle, channel=name)
            log.info("notice about a mandate", channel=name, known=known)
            return known
    return None


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    """The request's headers with lower-case names."""
    # Werkzeug's headers object takes ten times as long, and this route must be fast.
    given = {
        key.removeprefix("HTTP_").replace("_", "-").lower(): value
        for key, value in environ.items()
        if key.startswith("HTTP_")
    }
    for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(key):
            given[key.replace("_", "-").lower()] = environ[key]
    return given
