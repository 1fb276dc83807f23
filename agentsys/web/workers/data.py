"""Changing a worker's data from the office."""

from __future__ import annotations

from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.workers import changing
from agentsys.web.workers.blueprint import workers
from agentsys.workers.queries import WorkerProfile, profile_in_scope

PAGES = changing.Pages(
    layout="desktop",
    worker="workers.show",
    data="workers.data",
    propose="workers.propose_change",
    withdraw="workers.withdraw_change",
)


@workers.get("/<int:worker_id>/data")
@needs(Permission.WORKER_CHANGE)
def data(worker_id: int) -> str:
    """The forms to change the worker's data."""
    return changing.page(_found(worker_id), PAGES)


@workers.post("/<int:worker_id>/data")
@needs(Permission.WORKER_CHANGE)
def change_data(worker_id: int) -> Response | tuple[str, int]:
    """Change plain data at once."""
    return changing.change_at_once(_found(worker_id), PAGES)


@workers.post("/<int:worker_id>/usul")
@needs(Permission.WORKER_CHANGE)
def propose_change(worker_id: int) -> Response | str | tuple[str, int]:
    """Show the effect of a change, or propose it."""
    return changing.propose(_found(worker_id), PAGES)


@workers.post("/<int:worker_id>/usul/tarik")
@needs(Permission.WORKER_CHANGE)
def withdraw_change(worker_id: int) -> Response:
    """Take a proposal back."""
    return changing.withdraw(_found(worker_id), PAGES)


def _found(worker_id: int) -> WorkerProfile:
    return profile_in_scope(db.session(), current_user, worker_id, to=Permission.WORKER_CHANGE)
