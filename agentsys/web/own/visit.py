"""Whose page is opened, and how far: by the link alone, or by a code as well."""

from __future__ import annotations

from datetime import datetime

from flask import redirect, url_for
from flask import session as browser
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.errors import Conflict
from agentsys.payments import links, page_codes
from agentsys.payments.link_models import LinkKind

_OPENED = "own_page"  # the link that a code opened in this browser, and until when
_ASKED = "own_mandates"  # the mandates that this browser asked for


def worker_of(database: Session, token: str) -> int:
    """The worker whose page the link opens; NotFound says how to get a new link."""
    return links.find_link(database, token, kind=LinkKind.OWN).worker_id


def is_staff() -> bool:
    """Whether somebody is signed in here, so that this is not the worker's own phone."""
    return bool(current_user.is_authenticated)


def refuse_staff() -> None:
    """Refuse whoever is signed in here: agents and the office decide nothing for a worker."""
    if is_staff():
        raise Conflict(
            "Halaman ini milik pekerja. Buka tautannya di HP pekerja sendiri; agen dan kantor tidak"
            " dapat menyetujui atau mengubah apa pun di sini."
        )


def has_code(token: str) -> bool:
    """Whether a right code was typed in this browser, not long ago."""
    opened = browser.get(_OPENED, {})
    if opened.get("token") != token or is_staff():
        return False
    return clock.now() < datetime.fromisoformat(opened["until"])


def opened_by_code(token: str) -> None:
    """A right code was typed: the page stays open in this browser for a while."""
    until = clock.now() + page_codes.OPEN_FOR
    browser[_OPENED] = {"token": token, "until": until.isoformat()}


def close() -> None:
    """Forget the code in this browser."""
    browser.pop(_OPENED, None)


def asked_here(reference: str) -> None:
    """This browser asked for a mandate, and may be shown the provider's page."""
    browser[_ASKED] = [*browser.get(_ASKED, [])[-4:], reference]


def may_consent(reference: str) -> bool:
    """Whether this browser asked for the mandate."""
    return reference in browser.get(_ASKED, [])


def to_page(token: str) -> Response:
    """Back to the page itself."""
    return redirect(url_for("own.page", token=token))
