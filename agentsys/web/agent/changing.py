"""Changing the data of an own worker."""

from __future__ import annotations

from werkzeug.wrappers import Response

from agentsys.db import db
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.agent.blueprint import agent
from agentsys.web.agent.collecting import own_worker
from agentsys.web.workers import changing

PAGES = changing.Pages(
    layout="phone",
    worker="agent.worker",
    data="agent.worker_data",
    propose="agent.propose_change",
    withdraw="agent.withdraw_change",
)


@agent.get("/pekerja/<int:worker_id>/data")
@needs(Permission.OWN_WORKER_CHANGE)
def worker_data(worker_id: int) -> str:
    """The forms to change the worker's data."""
    return changing.page(own_worker(db.session(), worker_id), PAGES)


@agent.post("/pekerja/<int:worker_id>/data")
@needs(Permission.OWN_WORKER_CHANGE)
def change_data(worker_id: int) -> Response | tuple[str, int]:
    """Change plain data at once."""
    return changing.change_at_once(own_worker(db.session(), worker_id), PAGES)


@agent.post("/pekerja/<int:worker_id>/usul")
@needs(Permission.OWN_WORKER_CHANGE)
def propose_change(worker_id: int) -> Response | str | tuple[str, int]:
    """Show the effect of a change, or propose it."""
    return changing.propose(own_worker(db.session(), worker_id), PAGES)


@agent.post("/pekerja/<int:worker_id>/usul/tarik")
@needs(Permission.OWN_WORKER_CHANGE)
def withdraw_change(worker_id: int) -> Response:
    """Take a proposal back."""
    return changing.withdraw(own_worker(db.session(), worker_id), PAGES)
