"""Runs all cells of one fault together, against the simulator with the real client."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests as http
from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.demo.midtrans_simulator import Simulator
from agentsys.extension.contract import Callback, CallbackRejected, PaymentChannel
from agentsys.payments import callback_store, callbacks, requests, sweep
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Payment, StoredCallback
from agentsys.people.models import Agent
from agentsys.plugins._midtrans.channel import order_of
from agentsys.runtime import runtime
from tests.factories import make_agent, make_contribution, make_worker
from tests.payments.matrix.cells import PATHS, Cell, Fault

ROUNDS = 4  # of asking about what was not answered
ALL_AT_ONCE = 10_000


def make_bills(session: Session, sim: Simulator, channels: Mapping[str, PaymentChannel]) -> None:
    """One bill for each cell, pending at the gateway; DANA is chosen on its page."""
    agent = make_agent(session)
    for cell in Cell.all():
        cell.reference = _bill(session, agent, channels[cell.channel])
        if channels[cell.channel].by_attempt:
            choose(sim, cell)
        cell.number = sim.gateway.find(cell.reference).transaction_id
    # OVO has 65 seconds, which a busy machine may need before it comes to a payment.
    for transaction in sim.gateway.transactions():
        transaction.expires_at += 86_400
        record = ("transaction", transaction.transaction_id, transaction.record())
        sim.gateway.context.store.save([record])
    session.commit()


def choose(sim: Simulator, cell: Cell) -> None:
    """The payer chooses the channel on the gateway's newest page for the order."""
    page = [page for page in sim.gateway.snap.all() if page.order_id == cell.reference][-1]
    url = f"{sim.url}/snap/v4/redirection/{page.token}/{cell.channel}"
    http.post(url, timeout=10, allow_redirects=False)


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
    spoilt: int = 0  # bodies that came once in a form that must be refused
    refused: int = 0
    numbers: dict[str, str] = field(default_factory=dict)  # of second attempts

    def play(self) -> None:
        """Let everything happen at the gateway, and hear of it."""
        self._hear(self._notices())  # that the payments are pending
        self._spoil()
        for number in range(max(len(path.steps) for path in PATHS.values())):
            last = set()
            for cell in Cell.all():
                steps = PATHS[cell.path].steps
                if number < len(steps):
                    self._step(cell, steps[number])
                if number == len(steps) - 1:
                    last.add(cell.reference)
            self._travel(self._notices(), last)
        self._hear(self.kept)
        self._sweep()

    def _step(self, cell: Cell, step: str) -> None:
        if step == "again":
            self._charge_again(cell)
            return
        name, _, amount = step.partition("_")
        wish = {"amount_idr": int(amount)} if amount else {}
        number = self.numbers.get(cell.reference, cell.number)
        done = self.sim.do(name, number, **wish)
        assert done == "done", (cell, step, done, self.sim.gateway.find(number))

    def _charge_again(self, cell: Cell) -> None:
        """Charge the order once more, which the gateway allows once it has expired."""
        channel = self.channels[cell.channel]
        payment = self.session.scalars(
            select(Payment).where(Payment.reference == cell.reference)
        ).one()
        request = requests.request_for(payment)
        if channel.by_attempt:
            channel.start(request)
            choose(self.sim, cell)
        else:
            # Without a key, for the gateway gives its first answer again for five minutes.
            charge = order_of(request) | channel.wishes(request)
            answer = http.post(
                f"{self.sim.url}/v2/charge", json=charge, auth=(self.sim.server_key, ""), timeout=10
            )
            assert answer.json()["status_code"] == "201", (cell, answer.text)
        second = self.sim.gateway.find(cell.reference)
        assert second.transaction_id != cell.number
        second.expires_at += 86_400
        self.numbers[cell.reference] = second.transaction_id

    def _spoil(self) -> None:
        self.sim.knobs(late_settlement=True, **self.fault.knobs)
        for transaction in self.sim.gateway.transactions():
            transaction.fee_idr = self.fault.fee_idr
        for cell in Cell.all() if self.fault.answer else ():
            by_number = self.channels[cell.channel].by_attempt
            asked = cell.number if by_number else cell.reference
            wish = {"operation": "status", "times": 1, "hang_s": 1.0, "drip_s": 0.05}
            self.sim.fault(self.fault.answer, order_id=asked, **wish)

    def _notices(self) -> list[str]:
        """The bodies of notices that the gateway wrote since the last call."""
        bodies = [notice["body"] for notice in self.sim.notifications()]
        new, self.read = bodies[self.read :], len(bodies)
        return new

    def _travel(self, bodies: list[str], last: Collection[str]) -> None:
        """Let the notices come, or not, as the fault says; `last` have no further step."""
        kind = self.fault.notices
        if kind == "drop":
            return
        if kind == "last_dropped":
            bodies = [body for body in bodies if json.loads(body)["order_id"] not in last]
        if kind == "reorder":  # the last news comes first
            self.kept = bodies + self.kept
            return
        if kind == "delay":  # all news come when everything is over
            self.kept += bodies
            return
        if kind == "replay":  # all news come once more when everything is over
            self.kept += [body + " " for body in bodies]
        self.spoilt += len(bodies) if self.fault.refuses else 0
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
                self.refused += 1
                continue
            attempt = endpoint.attempt_of(callback)
            callback_store.store(
                self.session,
                channel=endpoint.name,
                callback=callback,
                reference=reference,
                attempt=attempt,
            )
        # Of one payment, callbacks about one attempt are looked at in a round.
        for _round in range(ROUNDS):
            self.session.execute(
                update(StoredCallback)
                .where(StoredCallback.outcome.is_(None))
                .values(next_try_at=clock.now())
            )
            self.session.commit()
            if not callbacks.process_waiting(self.channels, limit=ALL_AT_ONCE):
                break

    def _sweep(self) -> None:
        """Ask about what is to be asked about still, as the sweep does once it is due."""
        due = case((Payment.final_at.is_not(None), clock.now()))
        self.session.execute(
            update(Payment)
            .where(Payment.next_check_at.is_not(None))
            .values(next_check_at=clock.now(), final_at=due)
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
