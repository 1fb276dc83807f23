"""The simulator inside a test, on a free loopback port, with methods to control it."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

from agentsys.demo.midtrans_simulator.context import SERVER_KEY, Keys
from agentsys.demo.midtrans_simulator.engine.store import Store
from agentsys.demo.midtrans_simulator.faults.knobs import OPERATIONS
from agentsys.demo.midtrans_simulator.gateway.gateway import Gateway
from agentsys.demo.midtrans_simulator.scenarios.actions import act
from agentsys.demo.midtrans_simulator.scenarios.player import Player
from agentsys.demo.midtrans_simulator.scenarios.script import (
    steps_of,
    steps_of_file,
    steps_of_text,
)
from agentsys.demo.midtrans_simulator.scenarios.travel import advance, advance_until_quiet
from agentsys.demo.midtrans_simulator.service import create_simulator, server_of


class Simulator:
    """A running simulator; notifications wait for `deliver_all` unless sent automatically."""

    def __init__(
        self,
        *,
        server_key: str = SERVER_KEY,
        notify_url: str = "",
        auto_deliver: bool = False,
        state: Path | str | None = None,
        port: int = 0,
    ) -> None:
        """Prepare it; the `with` block starts it."""
        self.server_key = server_key
        self._store = Store(state)
        self._closing = Event()
        self._auto_deliver = auto_deliver
        self.gateway = Gateway(server_key=server_key, notify_url=notify_url, store=self._store)
        self.keys: Keys = self.gateway.keys
        self.player = Player(self.gateway)
        app = create_simulator(self.gateway, closing=self._closing, player=self.player)
        self._server = server_of(app, host="127.0.0.1", port=port)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        # A short interval, because stopping takes one interval.
        self._thread = Thread(
            target=self._server.serve_forever, args=(0.02,), name="simulator", daemon=True
        )

    def __enter__(self) -> Self:
        """Start the server."""
        self._thread.start()
        if self._auto_deliver:
            self.gateway.notifier.start(self.gateway.run_due)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server; close the port and the file."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)
        self.gateway.notifier.stop()
        self._store.close()

    def pay(self, order_id: str) -> None:
        """The customer pays."""
        self.gateway.pay(order_id)

    def deny(self, order_id: str) -> None:
        """The customer, or the wallet, refuses the payment."""
        self.gateway.move(order_id, "deny")

    def notify(self, order_id: str, *, status: str = "") -> None:
        """Notify once more, as the payment stands or as it once stood."""
        self.gateway.notify_again(order_id, status=status)

    def notify_test(self) -> str:
        """Press the dashboard's test button; return the invented order id."""
        return self.gateway.notify_test()

    def advance(self, seconds: float) -> None:
        """Advance the clock; what falls due meanwhile happens in order, at its own time."""
        advance(self.gateway, seconds)

    def advance_until_quiet(self, *, within_s: float = 86_400) -> dict[str, Any]:
        """Go from one due moment to the next, delivering all, until nothing is left to do."""
        return advance_until_quiet(self.gateway, within_s=within_s)

    def fault(self, fault: str, **wish: Any) -> None:
        """Spoil answers: of one operation, path or order, some times or until `clear_faults`."""
        self.gateway.faults.add({"fault": fault, **wish}, OPERATIONS)

    def clear_faults(self) -> None:
        """Answer rightly again."""
        self.gateway.faults.clear()

    def script(self, *steps: dict[str, Any] | Path | str) -> None:
        """Follow steps, each an object as in a file, or a whole file, or a text in TOML."""
        for step in steps:
            if isinstance(step, Path):
                self.player.play(steps_of_file(step))
            else:
                self.player.play(steps_of_text(step) if isinstance(step, str) else steps_of([step]))

    def do(self, action: str, subject: str = "", **wish: Any) -> str:
        """What came of an action, such as `do("refund", "A-1", amount_idr=500)`."""
        return act(self.gateway, action, subject, wish)

    def knobs(self, **changes: Any) -> None:
        """Set knobs, to cause faults or to end them."""
        self.gateway.knobs.turn(changes)

    def transactions(self) -> list[dict[str, Any]]:
        """All transactions, oldest first."""
        return [t.facts() for t in self.gateway.transactions()]

    def notifications(self) -> list[dict[str, Any]]:
        """All notifications, oldest first, with their delivery state."""
        return self.gateway.notifier.notices()

    def deliver_all(self, *, parallel: int = 1) -> list[str]:
        """Send all notices that are due now; the merchant's answers, in that order."""
        return self.gateway.notifier.deliver_due(parallel=parallel)
