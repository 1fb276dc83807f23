"""Runs all cells of one fault together, against the simulator with the real client."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests as http
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.demo.midtrans_simulator import Simulator
from agentsys.extension.contract import Callback, CallbackRejected, PaymentChannel, PaymentState
from agentsys.payments import books, callback_store, callbacks, requests, sweep
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Case, Payment, StoredCallback
from agentsys.people.models import Agent
from agentsys.runtime import runtime
from tests.factories import make_agent, make_contribution, make_worker
from tests.payments.matrix.cells import PATHS, Cell, End, Fault

ROUNDS = 4  # of asking about what was not answered
ALL_AT_ONCE = 10_000


def make_bills(session: Session, sim: Simulator, channels: Mapping[str, PaymentChannel]) -> None:
    """One bill for each cell, pending at the gateway; DANA is chosen on its page."""
    agent = make_agent(session)
    for cell in Cell.all():
        cell.reference = _bill(session, agent, channels[cell.channel])
        if channels[cell.channel].by_attempt:
            (page,) = [p for p in sim.gateway.snap.all() if p.order_id == cell.reference]
            url = f"{sim.url}/snap/v4/redirection/{page.token}/{cell.channel}"
            http.post(url, timeout=10, allow_redirects=False)
        cell.number = sim.gateway.find(cell.reference).transaction_id
    # OVO has 65 seconds, which a busy machine may need before it comes to a payment.
    for transaction in sim.gateway.transactions():
        transaction.expires_at += 86_400
        record = ("transaction", transaction.transaction_id, transaction.record())
        sim.gateway.context.store.save([record])
    session.commit()


def _bill(session: Session, agent: Agent, channel: PaymentChannel) -> str:
    worker = make_worker(session, runtime().vault, agent=agent)
    payment = requests.ask(
        session,
        key=secrets.token_hex(8),
        channel=channel,
        worker_id=worker.id,
        months=[make_contribution(session, worker).month],
        actor_id=None,
        agent_id=None,
        inputs=channel.read_form({"phone": "081234567890"}),
    )
    report = channel.start(requests.request_for(payment))
    apply_report(session, report=report, by="start")
    return payment.reference


@dataclass
class Run:
    """All payments under one fault, and the gateway that has them."""

    session: Session
    sim: Simulator
    channels: Mapping[str, PaymentChannel]
    fault: Fault
    read: int = 0  # notices that were looked at
    kept: list[str] = field(default_factory=list)  # bodies that come later, or again

    def play(self) -> None:
        """Let everything happen at the gateway, and hear of it."""
        self._hear(self._notices())  # that the payments are pending
        self._spoil()
        for number in range(max(len(path.steps) for path in PATHS.values())):
            for cell in Cell.all():
                steps = PATHS[cell.path].steps
                if number < len(steps):
                    self._step(cell, steps[number])
            self._travel(self._notices())
        self._hear(self.kept)
        self._sweep()

    def ends(self) -> Iterator[tuple[Cell, End]]:
        """How each payment ended."""
        self.session.expire_all()
        for cell in Cell.all():
            payment = self.session.scalars(
                select(Payment).where(Payment.reference == cell.reference)
            ).one()
            cases = self.session.scalars(
                select(Case.kind).where(Case.payment_id == payment.id, Case.closed_at.is_(None))
            )
            held = books.held(self.session, payment)
            yield cell, End(state=payment.state, held_idr=held, cases=frozenset(cases))

    def _spoil(self) -> None:
        self.sim.knobs(late_settlement=True, **self.fault.knobs)
        for transaction in self.sim.gateway.transactions():
            transaction.fee_idr = self.fault.fee_idr
        for cell in Cell.all() if self.fault.answer else ():
            by_number = self.channels[cell.channel].by_attempt
            asked = cell.number if by_number else cell.reference
            wish = {"operation": "status", "times": 1, "hang_s": 1.0, "drip_s": 0.05}
            self.sim.fault(self.fault.answer, order_id=asked, **wish)

    def _step(self, cell: Cell, step: str) -> None:
        amount_idr = int(step.partition("_")[2] or 0)
        wish = {"amount_idr": amount_idr} if amount_idr else {}
        done = self.sim.do(step.partition("_")[0], cell.number, **wish)
        assert done == "done", (cell, step, done, self.sim.gateway.find(cell.number))

    def _notices(self) -> list[str]:
        """The bodies of notices that the gateway wrote since the last call."""
        bodies = [notice["body"] for notice in self.sim.notifications()]
        new, self.read = bodies[self.read :], len(bodies)
        return new

    def _travel(self, bodies: list[str]) -> None:
        """Let the notices come, or not, as the fault says."""
        kind = self.fault.notices
        if kind == "drop":
            return
        if kind == "reorder":  # the last news comes first
            self.kept = bodies + self.kept
            return
        if kind == "delay":  # all news come when everything is over
            self.kept += bodies
            return
        if kind == "replay":  # all news come once more when everything is over
            self.kept += [body + " " for body in bodies]
        spoil = SPOILT.get(kind, lambda body: [body])
        self._hear([one for body in bodies for one in spoil(body)])

    def _hear(self, bodies: Sequence[str]) -> None:
        """Take callbacks as the provider's endpoint does, and process them."""
        endpoint = next(iter(self.channels.values()))
        for body in bodies:
            callback = Callback(headers={}, body=body.encode())
            try:
                reference = endpoint.whose(callback)
            except CallbackRejected:
                continue
            attempt = endpoint.attempt_of(callback)
            callback_store.store(
                self.session,
                channel=endpoint.name,
                callback=callback,
                reference=reference,
                attempt=attempt,
            )
        for _round in range(ROUNDS):
            self.session.execute(
                update(StoredCallback)
                .where(StoredCallback.outcome.is_(None))
                .values(next_try_at=clock.now())
            )
            self.session.commit()
            if None not in callbacks.process_waiting(self.channels, limit=ALL_AT_ONCE):
                break

    def _sweep(self) -> None:
        """Ask about what is open still, as the sweep does once it is due."""
        self.session.execute(
            update(Payment)
            .where(Payment.state.in_([PaymentState.CREATED, PaymentState.PENDING]))
            .values(next_check_at=clock.now())
        )
        self.session.commit()
        sweep.recheck_silent(self.channels, limit=ALL_AT_ONCE)


def _changed(body: str, **changes: Any) -> str:
    return json.dumps(json.loads(body) | changes)


SPOILT: Mapping[str, Callable[[str], list[str]]] = {
    "duplicate": lambda body: [body, body + " "],
    "forged": lambda body: [_changed(body, signature_key="0" * 128), body],
    "truncated": lambda body: [body[: len(body) // 2], body],
    "unknown_fields": lambda body: [_changed(body, surprise={"nested": [1, None]})],
    "relabelled": lambda body: [_changed(body, transaction_status="settlement")],
}
