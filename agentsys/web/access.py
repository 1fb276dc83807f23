"""Access control: every view declares its permission, or the app refuses to start.

A blueprint may declare one for all its views; `needs` of a single view replaces it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

from flask import Blueprint, Flask, abort, current_app, redirect, request, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.people.permissions import Permission

OWN_PASSWORD = "account.password"  # noqa: S105  # all that a password from an admin opens
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_THEIR_OWN = {"security"}  # Flask-Security guards its own pages

View = TypeVar("View", bound=Callable[..., Any])


class Entry(Enum):
    """Pages that need no permission."""

    ANYBODY = auto()  # without signing in
    SIGNED_IN = auto()


ANYBODY, SIGNED_IN = Entry.ANYBODY, Entry.SIGNED_IN
Guard = Permission | Entry


@dataclass(frozen=True)
class Needs:
    """The permission that a view requires; `writes` if changes require a different one."""

    reads: Guard
    writes: Guard | None
    searches: bool

    def of(self, method: str) -> Guard:
        """The permission for a method of HTTP."""
        return self.reads if method in _SAFE or self.writes is None else self.writes


def blueprint_for(
    name: str, import_name: str, *, permission: Guard | None = None, **options: Any
) -> Blueprint:
    """A blueprint with access control; the permission is for views that declare none."""
    blueprint = Blueprint(name, import_name, **options)
    declared = None if permission is None else Needs(permission, None, searches=False)
    blueprint.needs = declared  # type: ignore[attr-defined]
    blueprint.before_request(_check)
    return blueprint


def needs(
    permission: Guard, *, to_write: Permission | None = None, searches: bool = False
) -> Callable[[View], View]:
    """Declare a view's permission, and a second one for its POST if that needs another.

    `searches`: its POST only searches, for digits that must not be in a URL.
    """

    def declare(view: View) -> View:
        view.needs = Needs(permission, to_write, searches)  # type: ignore[attr-defined]
        return view

    return declare


def guard_of(app: Flask, endpoint: str, method: str = "GET") -> Guard:
    """The access requirement of an endpoint."""
    found = _needs_of(app, endpoint)
    if found is None:
        raise LookupError(endpoint)
    return found.of(method)


def refuse_undeclared(app: Flask) -> None:
    """Raise an error if a view declares no permission, or writes with a permission to read."""
    silent, loose = set(), set()
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" or rule.endpoint.partition(".")[0] in _THEIR_OWN:
            continue
        found = _needs_of(app, rule.endpoint)
        if found is None:
            silent.add(rule.endpoint)
            continue
        for method in (rule.methods or set()) - _SAFE:
            guard = found.of(method)
            if isinstance(guard, Permission) and guard.reads and not found.searches:
                loose.add(rule.endpoint)
    if silent:
        raise RuntimeError(f"views that do not declare who may enter: {', '.join(sorted(silent))}")
    if loose:
        raise RuntimeError(f"views that write with a right to read: {', '.join(sorted(loose))}")


def _needs_of(app: Flask, endpoint: str) -> Needs | None:
    own = getattr(app.view_functions.get(endpoint), "needs", None)
    blueprint = app.blueprints.get(endpoint.rpartition(".")[0])
    found: Needs | None = own or getattr(blueprint, "needs", None)
    return found


def _check() -> Response | None:
    guard = guard_of(current_app, request.endpoint or "", request.method)
    if guard is ANYBODY:
        return None
    if not current_user.is_authenticated:
        abort(401)
    if request.endpoint == OWN_PASSWORD:
        return None
    if current_user.must_change_password:
        return redirect(url_for(OWN_PASSWORD))
    if isinstance(guard, Permission) and not current_user.can(guard):
        abort(403)
    return None
