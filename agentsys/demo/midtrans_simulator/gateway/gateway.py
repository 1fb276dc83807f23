"""The gateway's state: transactions, each change stored before notifications are sent."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from agentsys.clock import VirtualTime
from agentsys.demo.midtrans_simulator.channels.charges import (
    amount_of,
    description,
    expiry_s,
    mistakes,
    order_id_of,
    section,
)
from agentsys.demo.midtrans_simulator.channels.instructions import details, va_number
from agentsys.demo.midtrans_simulator.channels.methods import METHODS, method_of
from agentsys.demo.midtrans_simulator.channels.transaction import Transaction
from agentsys.demo.midtrans_simulator.context import Context, Keys
from agentsys.demo.midtrans_simulator.engine.clock import VirtualClock
from agentsys.demo.midtrans_simulator.engine.idempotency import KeptAnswers
from agentsys.demo.midtrans_simulator.engine.refusals import GatewayError, invalid
from agentsys.demo.midtrans_simulator.engine.store import Store
from agentsys.demo.midtrans_simulator.engine.vocabulary import REUSABLE
from agentsys.demo.midtrans_simulator.faults.answers import Fault, FaultList
from agentsys.demo.midtrans_simulator.faults.knobs import Knobs
from agentsys.demo.midtrans_simulator.gateway.snap import Snap
from agentsys.demo.midtrans_simulator.gateway.transactions import Transactions
from agentsys.demo.midtrans_simulator.notices.notifications import Notifier
from agentsys.demo.midtrans_simulator.payouts.payouts import Payouts
from agentsys.demo.midtrans_simulator.subscriptions.subscriptions import Subscriptions

CONFLICT = (
    "The request could not be completed due to a conflict with the current state of the target"
    " resource, please try again"
)
ECHOED = {"custom_field1": str, "custom_field2": str, "custom_field3": str, "metadata": dict}


class Gateway(Transactions):
    """One merchant's gateway: its transactions, and the products around them."""

    def __init__(
        self,
        *,
        server_key: str,
        notify_url: str = "",
        public_url: str = "",
        store: Store,
        keys: Keys | None = None,
        virtual_time: VirtualTime | None = None,
    ) -> None:
        """Continue with the state in the file."""
        clock, knobs = VirtualClock(store, virtual_time), Knobs(notify_url=notify_url)
        super().__init__(
            Context(
                keys=keys or Keys(server=server_key),
                store=store,
                clock=clock,
                knobs=knobs,
                notifier=Notifier(store=store, clock=clock, knobs=knobs),
                public_url=public_url,
            )
        )
        self.public_url = public_url
        self.kept_answers = KeptAnswers(store=store, clock=clock)
        self.faults = FaultList()
        self.snap = Snap(self.context)
        self.subscriptions = Subscriptions(self.context, self._charge_by_itself)
        self.payouts = Payouts(self.context)

    def take_fault(self, operation: str, path: str, ids: set[str]) -> Fault | None:
        """The fault that spoils the answer to this call, or nothing."""
        self.run_due()
        return self.faults.take(operation, path, ids) or self.knobs.take_fault(operation)

    def charge(
        self,
        payload: dict[str, Any],
        *,
        base_url: str,
        notify_urls: Sequence[str] = (),
        method: str = "",
        attended: bool = True,
    ) -> dict[str, Any]:
        """A new transaction's first answer; GatewayError says why there is none.

        `method` is named by Snap and subscriptions alone, whose rules for order ids are wider too.
        Nobody is there to be asked for a PIN when a charge is not `attended`.
        """
        name = method or method_of(payload)
        wrong = [] if method else mistakes(payload, strict=self.knobs.strict)
        if wrong:
            raise invalid(*wrong)
        if {name, payload["payment_type"]} & set(self.knobs.not_activated):
            raise GatewayError("402", "Payment channel is not activated.")
        with self._lock:
            self.run_due()
            self._refuse_duplicate(order_id_of(payload))
            self._refuse_unknown_payer(name, payload)
            transaction = self._made(name, payload, base_url, list(notify_urls))
            self._start(transaction, section(payload, payload["payment_type"]), attended)
            if transaction.status == "pending":
                self.save_and_notify(transaction)
            else:
                self._enter(transaction, transaction.status)
            return transaction.charge_answer()

    def _charge_by_itself(self, payload: dict[str, Any], base_url: str) -> dict[str, Any]:
        method = {"gopay": "gopay_linked"}.get(payload["payment_type"], payload["payment_type"])
        return self.charge(payload, base_url=base_url, method=method, attended=False)

    def _refuse_duplicate(self, order_id: str) -> None:
        attempts = self._by_order.get(order_id)
        if not attempts:
            return
        status = attempts[-1].status
        if status in REUSABLE or (status == "deny" and self.knobs.reuse_after_deny):
            return
        raise GatewayError("406", CONFLICT)

    def _taken_numbers(self, payload: dict[str, Any]) -> set[str]:
        if "va_number" not in section(payload, "bank_transfer"):
            return set()
        return {va_number(t.details) for t in self._by_id.values() if t.status == "pending"}

    def _refuse_unknown_payer(self, method: str, payload: dict[str, Any]) -> None:
        if (
            method == "ovo"
            and section(payload, "ovo")["payer_phone_number"] in self.knobs.ovo_unknown_phones
        ):
            raise GatewayError("404", "User is not found.")

    def _made(
        self, method: str, payload: dict[str, Any], base_url: str, notify_urls: list[str]
    ) -> Transaction:
        wallet, rules = section(payload, payload["payment_type"]), METHODS[method]
        now, base_url = self.clock.now(), base_url.rstrip("/")
        returns = wallet.get("enable_callback", method != "gopay")
        return Transaction(
            transaction_id=str(uuid.uuid4()),
            order_id=order_id_of(payload),
            payment_type=rules.payment_type,
            method=method,
            amount_idr=amount_of(payload),
            created_at=now,
            expires_at=now + (expiry_s(payload, rules) or 0),
            base_url=base_url,
            fee_idr=self.knobs.imposed_fee_idr,
            description=description(payload),
            return_url=str(wallet.get("callback_url", "")) if returns else "",
            notify_urls=notify_urls,
            details=details(method, payload, taken=self._taken_numbers(payload)),
            echoed={
                name: payload[name]
                for name, kind in ECHOED.items()
                if isinstance(payload.get(name), kind)
            },
        )

    def _start(self, transaction: Transaction, wish: dict[str, Any], attended: bool) -> None:
        """Remember a transaction, decided at once where no customer need be asked."""
        if transaction.method == "gopay_linked":
            self.accounts.decide(transaction, wish, attended=attended)
        elif transaction.method == "credit_card":
            self.cards.decide(transaction, wish)
        self._remember(transaction)
