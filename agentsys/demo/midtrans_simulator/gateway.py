"""The gateway's state: transactions, each change stored before notifications are sent."""

from __future__ import annotations

import heapq
import uuid
from collections.abc import Sequence
from threading import RLock
from typing import Any

from agentsys.demo.midtrans_simulator.charges import description, expiry_s, mistakes, section
from agentsys.demo.midtrans_simulator.clock import VirtualClock
from agentsys.demo.midtrans_simulator.idempotency import KeptAnswers
from agentsys.demo.midtrans_simulator.knobs import Knobs
from agentsys.demo.midtrans_simulator.notifications import Notifier
from agentsys.demo.midtrans_simulator.store import Store
from agentsys.demo.midtrans_simulator.transaction import Transaction
from agentsys.demo.midtrans_simulator.vocabulary import MOVES, NOTIFICATION_CODE, REUSABLE

CONFLICT = (
    "The request could not be completed due to a conflict with the current state of the target"
    " resource, please try again"
)
ECHOED = {"custom_field1": str, "custom_field2": str, "custom_field3": str, "metadata": dict}


class GatewayError(Exception):
    """An error answer of the gateway: a code, a message, and sometimes more fields."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        """Store the contents of the answer."""
        super().__init__(f"{code} {message}")
        self.code = code
        self.body = {"status_code": code, "status_message": message, **more}


class Gateway:
    """All transactions of one merchant, with their clock, knobs, notifier and file."""

    def __init__(
        self, *, server_key: str, notify_url: str = "", public_url: str = "", store: Store
    ) -> None:
        """Continue with the state in the file."""
        self.server_key = server_key
        self.public_url = public_url
        self.clock = VirtualClock(store)
        self.knobs = Knobs(notify_url=notify_url)
        self.notifier = Notifier(store=store, clock=self.clock, knobs=self.knobs)
        self.kept_answers = KeptAnswers(store=store, clock=self.clock)
        self._store = store
        self._lock = RLock()
        self._by_id: dict[str, Transaction] = {}
        self._by_order: dict[str, list[Transaction]] = {}
        self._expiries: list[tuple[float, str]] = []
        saved = (Transaction(**body) for body in store.all("transaction"))
        for transaction in sorted(saved, key=lambda t: t.created_at):
            self._remember(transaction)

    def _remember(self, transaction: Transaction) -> None:
        self._by_id[transaction.transaction_id] = transaction
        self._by_order.setdefault(transaction.order_id, []).append(transaction)
        heapq.heappush(self._expiries, (transaction.expires_at, transaction.transaction_id))

    def charge(
        self, payload: dict[str, Any], *, base_url: str, notify_urls: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Create a transaction; return the answer, or raise GatewayError."""
        wrong = mistakes(payload, strict=self.knobs.strict)
        if wrong:
            raise GatewayError(
                "400",
                "One or more parameters in the payload is invalid.",
                validation_messages=wrong,
            )
        if payload["payment_type"] in self.knobs.not_activated:
            raise GatewayError("402", "Payment channel is not activated.")
        with self._lock:
            self.expire_overdue()
            self._refuse_duplicate(payload["transaction_details"]["order_id"])
            transaction = self._made(payload, base_url, list(notify_urls))
            self._remember(transaction)
            self._save_and_notify(transaction)
            return transaction.charge_answer()

    def _refuse_duplicate(self, order_id: str) -> None:
        attempts = self._by_order.get(order_id)
        if not attempts:
            return
        status = attempts[-1].status
        if status in REUSABLE or (status == "deny" and self.knobs.reuse_after_deny):
            return
        raise GatewayError("406", CONFLICT)

    def _made(self, payload: dict[str, Any], base_url: str, notify_urls: list[str]) -> Transaction:
        details, kind = payload["transaction_details"], payload["payment_type"]
        wallet = section(payload, "gopay")
        now = self.clock.now()
        return Transaction(
            transaction_id=str(uuid.uuid4()),
            order_id=details["order_id"],
            payment_type=kind,
            amount_idr=details["gross_amount"],
            created_at=now,
            expires_at=now + (expiry_s(payload) or 0),
            base_url=base_url.rstrip("/"),
            fee_idr=self.knobs.imposed_fee_idr,
            acquirer=section(payload, "qris").get("acquirer", "gopay") if kind == "qris" else "",
            description=description(payload),
            return_url=str(wallet.get("callback_url", "")) if wallet.get("enable_callback") else "",
            notify_urls=notify_urls,
            echoed={
                name: payload[name]
                for name, kind in ECHOED.items()
                if isinstance(payload.get(name), kind)
            },
        )

    def find(self, any_id: str) -> Transaction:
        """The transaction of this id, or the newest of this order; GatewayError 404 otherwise."""
        with self._lock:
            self.expire_overdue()
            if any_id in self._by_id:
                return self._by_id[any_id]
            if any_id in self._by_order:
                return self._by_order[any_id][-1]
        raise GatewayError("404", "Transaction doesn't exist.")

    def move(self, any_id: str, to: str) -> Transaction:
        """Change the state and notify the merchant; GatewayError 412 if illegal."""
        with self._lock:
            transaction = self.find(any_id)
            if not self._may_move(transaction, to):
                raise GatewayError("412", "Transaction status cannot be updated.")
            transaction.status = to
            if to == "settlement":
                transaction.settled_at = self.clock.now()
            self._save_and_notify(transaction)
            return transaction

    def _may_move(self, transaction: Transaction, to: str) -> bool:
        if transaction.status == "expire" and to == "settlement":
            return self.knobs.late_settlement
        # Overdue transactions expire a little late; until then cancel is refused, expire is not.
        if to == "cancel" and transaction.expires_at <= self.clock.now():
            return False
        return to in MOVES[transaction.status]

    def expire_overdue(self) -> None:
        """Expire all overdue transactions."""
        with self._lock:
            latest = self.clock.now() - self.knobs.expiry_lag_s
            while self._expiries and self._expiries[0][0] <= latest:
                transaction = self._by_id[heapq.heappop(self._expiries)[1]]
                if transaction.status == "pending":
                    transaction.status = "expire"
                    self._save_and_notify(transaction)

    def notify_again(self, any_id: str, *, status: str = "") -> Transaction:
        """Notify the merchant again of the present state, or of an earlier one."""
        if status and status not in NOTIFICATION_CODE:
            raise ValueError(f"no such status: {status}")
        with self._lock:
            transaction = self.find(any_id)
            self._save_and_notify(transaction, status=status)
            return transaction

    def _save_and_notify(self, transaction: Transaction, *, status: str = "") -> None:
        notices = self.notifier.prepare(
            transaction_id=transaction.transaction_id,
            order_id=transaction.order_id,
            urls=transaction.notify_urls or [self.knobs.notify_url],
            body=transaction.notification(
                self.server_key, status=status, plain=self.knobs.plain_amount
            ),
        )
        record = ("transaction", transaction.transaction_id, transaction.record())
        self._store.save([record, *(notice.record() for notice in notices)])
        self.notifier.post(notices)

    def notify_test(self) -> str:
        """The dashboard's test button: a correctly signed notification about an invented order."""
        now = self.clock.now()
        nobody = Transaction(
            transaction_id=str(uuid.uuid4()),
            order_id=f"payment_notif_test_{uuid.uuid4().hex[:12]}",
            payment_type="gopay",
            amount_idr=105_000,
            created_at=now,
            expires_at=now,
            base_url="",
            status="settlement",
            settled_at=now,
        )
        notices = self.notifier.prepare(
            transaction_id=nobody.transaction_id,
            order_id=nobody.order_id,
            urls=[self.knobs.notify_url],
            body=nobody.notification(self.server_key),
        )
        self._store.save(notice.record() for notice in notices)
        self.notifier.post(notices)
        return nobody.order_id

    def transactions(self) -> list[Transaction]:
        """Every transaction, oldest first."""
        with self._lock:
            self.expire_overdue()
            return list(self._by_id.values())
