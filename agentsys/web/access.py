"""Who may enter: each blueprint declares it, and one that does not stops the app from starting."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import Blueprint, Flask, abort, redirect, request, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.people.models import RoleName

ANYBODY: frozenset[RoleName] = frozenset()
EVERY_ROLE = frozenset(RoleName)
READERS_ONLY = frozenset({RoleName.AUDITOR})
OWN_PASSWORD = "account.password"  # noqa: S105  # the page that even a reader may post to
_SAFE = {"GET", "HEAD", "OPTIONS"}
_OTHERS_DOORS = {"security"}  # Flask-Security guards its own


def blueprint_for(
    name: str, import_name: str, *, roles: Collection[RoleName], **options: Any
) -> Blueprint:
    """A blueprint that only these roles may enter; ANYBODY means without signing in."""
    blueprint = Blueprint(name, import_name, **options)
    blueprint.roles = frozenset(roles)  # type: ignore[attr-defined]
    if roles:
        blueprint.before_request(lambda: _check(frozenset(roles)))
    return blueprint


def roles_of(app: Flask, endpoint: str) -> frozenset[RoleName]:
    """The roles that may enter an endpoint of ours; empty when it is open to anybody."""
    blueprint = app.blueprints[endpoint.rpartition(".")[0]]
    declared: frozenset[RoleName] = blueprint.roles  # type: ignore[attr-defined]
    return declared


def refuse_undeclared(app: Flask) -> None:
    """Stop the start when a blueprint does not say who may enter."""
    silent = [
        name
        for name, blueprint in app.blueprints.items()
        if name not in _OTHERS_DOORS and not hasattr(blueprint, "roles")
    ]
    if silent:
        raise RuntimeError(f"blueprints that do not declare who may enter: {', '.join(silent)}")


def _check(roles: frozenset[RoleName]) -> Response | None:
    if not current_user.is_authenticated:
        abort(401)
    if request.endpoint == OWN_PASSWORD:
        return None
    if current_user.must_change_password:
        return redirect(url_for(OWN_PASSWORD))
    if current_user.role not in roles:
        abort(403)
    if current_user.role in READERS_ONLY and request.method not in _SAFE:
        abort(403)
    return None
