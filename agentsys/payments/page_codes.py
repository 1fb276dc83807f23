"""Codes that open more of a worker's own page than its link alone.

A code goes to the worker's phone. Until messages can be sent, an agent sends it as a prepared text
and so can read it: nothing that only the worker may decide depends on a code.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.errors import Conflict
from agentsys.payments.link_models import PageCode

DIGITS = 6
VALID_FOR = timedelta(minutes=15)
OPEN_FOR = timedelta(minutes=30)  # for so long a right code opens the page
MOST_TRIES = 5  # of one code
MOST_CODES = 5  # of one worker in an hour
_HOUR = timedelta(hours=1)


class Answer(StrEnum):
    """What a typed code was."""

    RIGHT = "right"
    WRONG = "wrong"
    NONE_OPEN = "none_open"  # none was made, or it is too old, used, or was typed wrong too often


def make_code(session: Session, *, worker_id: int, actor_id: int | None, vault: Vault) -> str:
    """A new code for a worker's page; those before do not open it any more.

    It is returned once and stored as a hash. Conflict after too many in an hour.
    """
    moment = clock.now()
    recent = session.scalar(
        select(func.count())
        .select_from(PageCode)
        .where(PageCode.worker_id == worker_id, PageCode.made_at > moment - _HOUR)
    )
    if (recent or 0) >= MOST_CODES:
        raise Conflict("Sudah lima kode dalam sejam. Tunggu sebentar, lalu siapkan lagi.")
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    session.add(
        PageCode(
            worker_id=worker_id,
            code_hash=_hash(vault, worker_id, code),
            made_by=actor_id,
            made_at=moment,
            expires_at=moment + VALID_FOR,
        )
    )
    trail.record(
        session,
        actor_id=actor_id,
        action="page_code.made",
        subject=f"worker:{worker_id}",
        details={},
    )
    session.flush()
    return code


def try_code(session: Session, *, worker_id: int, code: str, vault: Vault) -> Answer:
    """Compare a typed code with the worker's newest; a right one cannot be used again.

    The caller commits whatever the answer is, since wrong tries are counted.
    """
    newest = session.scalar(
        select(PageCode)
        .where(PageCode.worker_id == worker_id)
        .order_by(PageCode.made_at.desc(), PageCode.id.desc())
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if newest is None or newest.used_at is not None or newest.expires_at <= clock.now():
        return Answer.NONE_OPEN
    if newest.tries >= MOST_TRIES:
        return Answer.NONE_OPEN
    if hmac.compare_digest(newest.code_hash, _hash(vault, worker_id, code)):
        newest.used_at = clock.now()
        session.flush()
        return Answer.RIGHT
    newest.tries += 1
    session.flush()
    return Answer.WRONG if newest.tries < MOST_TRIES else Answer.NONE_OPEN


def _hash(vault: Vault, worker_id: int, code: str) -> bytes:
    return vault.index(f"page code {worker_id}: {code}")
