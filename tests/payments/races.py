"""Many at once, with real commits."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.db import transaction
from agentsys.runtime import KEY
from tests.payments.world import World


def committed_world(app: Flask, build: Callable[[World], object] = lambda world: None) -> World:
    """A world that every thread sees; `build` may add to it before the commit."""
    vault: Vault = app.extensions[KEY].vault
    with app.app_context(), transaction() as session:
        world = World.build(session, vault)
        build(world)
        session.commit()
        session.refresh(world.agent)
        session.refresh(world.worker)
        session.refresh(world.finance)
        session.expunge_all()
    return world


def at_once(app: Flask, work: Callable[[Session], object], times: int) -> Counter[str]:
    """How often the work ended how, when as many threads as given do it together.

    An ending is the value that the work returned, or the name of what it raised.
    """
    together = threading.Barrier(times)

    def one(_: int) -> str:
        with app.app_context():
            together.wait(20)
            try:
                with transaction() as session:
                    return str(work(session))
            except Exception as error:
                return type(error).__name__

    with ThreadPoolExecutor(times) as pool:
        return Counter(pool.map(one, range(times)))
