"""Storing provider callbacks, each once, while the provider waits for the answer."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import psycopg
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.extension.contract import Callback
from agentsys.payments.sanitise import plain

TASK = "process_callbacks"

# Performance matters here: one prepared statement stores, counts repeats and queues the job.
# A repeat is processed again if the earlier one had no effect: the provider may know more now.
_STORE = """
    WITH stored AS (
        INSERT INTO callbacks
            (channel, digest, reference, attempt, headers, body, received_at, deliveries,
             next_try_at)
        VALUES
            (%(channel)s, %(digest)s, %(reference)s, %(attempt)s, %(headers)s, %(body)s, %(now)s, 1,
             %(now)s)
        ON CONFLICT (channel, digest) DO UPDATE SET
            deliveries = callbacks.deliveries + 1,
            outcome = nullif(callbacks.outcome, 'nothing_new'),
            processed_at = CASE callbacks.outcome
                WHEN 'nothing_new' THEN NULL ELSE callbacks.processed_at END,
            tries = CASE callbacks.outcome
                WHEN 'nothing_new' THEN 0 ELSE callbacks.tries END,
            next_try_at = CASE callbacks.outcome
                WHEN 'nothing_new' THEN excluded.next_try_at ELSE callbacks.next_try_at END
        RETURNING id, next_try_at
    )
    SELECT id, CASE WHEN next_try_at = %(now)s THEN agentsys_wake(%(task)s)::text END FROM stored
"""


def store(
    session: Session, *, channel: str, callback: Callback, reference: str, attempt: str = ""
) -> int:
    """Store an authenticated callback and queue its processing; return the row's id.

    A repeated callback increments `deliveries`; it is processed again if it had no effect before.
    """
    values = _values(channel, callback, reference, attempt)
    stored: int = session.connection().exec_driver_sql(_STORE, values).scalar_one()
    return stored


def store_on(
    connection: psycopg.Connection[Any],
    *,
    channel: str,
    callback: Callback,
    reference: str,
    attempt: str = "",
) -> int:
    """Like `store`, on a plain connection: the callback endpoint avoids the cost of a session."""
    values = _values(channel, callback, reference, attempt)
    row = connection.execute(_STORE, values, prepare=True).fetchone()
    assert row is not None
    stored: int = row[0]
    return stored


def _values(channel: str, callback: Callback, reference: str, attempt: str) -> dict[str, Any]:
    headers, said = dict(callback.headers), callback.body
    if callback.method != "POST" or callback.path or callback.query:
        headers["request"] = f"{callback.method} {callback.path}?{callback.query}"
        said += b"\0" + headers["request"].encode()
    return {
        "channel": channel,
        "digest": hashlib.sha256(reference.encode() + b"\0" + said).digest(),
        "reference": reference.replace("\0", "")[:80],
        "attempt": plain(attempt, 80),
        "headers": json.dumps({k: v.replace("\0", "") for k, v in headers.items()}),
        "body": callback.body,
        "now": clock.now(),
        "task": TASK,
    }
