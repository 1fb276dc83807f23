"""Running work in several threads, with real commits."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.db import transaction
from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.runtime import KEY
from tests.payments.world import PRICE, World


def committed_world(app: Flask, build: Callable[[World], object] = lambda world: None) -> World:
    """Committed data that every thread sees; `build` may add more."""
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
    """Run the work in that many threads at once; return how often each outcome occurred.

    An outcome is the returned value, or the name of the exception.
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


P = PaymentState


def settled(reference: str, amount_idr: int = PRICE) -> PaymentReport:
    """The provider's report that the payment is settled."""
    return PaymentReport(reference=reference, state=P.SETTLED, amount_idr=amount_idr)
