"""The state machine of transactions, and the notifications that report its changes."""

from __future__ import annotations

import heapq
import uuid
from typing import Any

from agentsys.demo.midtrans_simulator.accounts.cards import Cards
from agentsys.demo.midtrans_simulator.accounts.pay_accounts import Accounts
from agentsys.demo.midtrans_simulator.channels.instructions import paid_details
from agentsys.demo.midtrans_simulator.channels.transaction import Transaction
from agentsys.demo.midtrans_simulator.context import Context
from agentsys.demo.midtrans_simulator.engine.refusals import (
    NO_TRANSACTION,
    NOT_CHANGEABLE,
    GatewayError,
)
from agentsys.demo.midtrans_simulator.engine.vocabulary import MOVES, NOTIFICATION_CODE


class Transactions:
    """All transactions of one merchant."""

    def __init__(self, context: Context) -> None:
        """Continue with the state in the file."""
        self.context, self.keys = context, context.keys
        self.clock, self.knobs, self.notifier = context.clock, context.knobs, context.notifier
        self.agenda, self._lock = context.agenda, context.lock
        self.accounts = Accounts(context)
        self.cards = Cards(context)
        self._by_id: dict[str, Transaction] = {}
        self._by_order: dict[str, list[Transaction]] = {}
        self._expiries: list[tuple[float, str]] = []
        saved = (Transaction(**body) for body in context.store.all("transaction"))
        for transaction in sorted(saved, key=lambda t: t.created_at):
            self._remember(transaction)

    def _remember(self, transaction: Transaction) -> None:
        self._by_id[transaction.transaction_id] = transaction
        self._by_order.setdefault(transaction.order_id, []).append(transaction)
        heapq.heappush(self._expiries, (transaction.expires_at, transaction.transaction_id))
        if transaction.captured_at and transaction.status == "capture":
            self._settle_later(transaction)

    def find(self, any_id: str) -> Transaction:
        """The transaction of this id, or the newest of this order; GatewayError 404 otherwise."""
        with self._lock:
            self.run_due()
            if any_id in self._by_id:
                return self._by_id[any_id]
            attempts = self._by_order.get(any_id)
            if attempts:
                return attempts[-1]
        raise GatewayError("404", NO_TRANSACTION)

    def find_for_merchant(self, any_id: str) -> Transaction:
        """As `find`, but some methods are known to the merchant by the transaction id only."""
        transaction = self.find(any_id)
        if transaction.rules.by_transaction_id_only and any_id != transaction.transaction_id:
            raise GatewayError("404", NO_TRANSACTION)
        return transaction

    def attempts(self, any_id: str) -> list[Transaction]:
        """All attempts of an order, newest first; GatewayError 404 when there is none."""
        return self._by_order[self.find(any_id).order_id][::-1]

    def move(self, any_id: str, to: str) -> Transaction:
        """Change the state and notify the merchant; GatewayError 412 if illegal."""
        with self._lock:
            transaction = self.find(any_id)
            self.check_move(transaction, to)
            self._enter(transaction, to)
            return transaction

    def check_move(self, transaction: Transaction, to: str) -> None:
        """Refuse, with GatewayError 412, a move that is not legal now."""
        if not self._may_move(transaction, to):
            raise GatewayError("412", NOT_CHANGEABLE)

    def accept(self, transaction: Transaction) -> Transaction:
        """The challenged card transaction that the merchant approved; it settles as others do."""
        with self._lock:
            transaction.fraud_status = "accept"
            self._settle_later(transaction)
            self.save_and_notify(transaction)
            return transaction

    def pay(self, any_id: str, *, paid_idr: int = 0) -> Transaction:
        """The transaction that the customer said yes to; a wallet without money denies it."""
        with self._lock:
            transaction = self.find(any_id)
            if transaction.method == "credit_card" and transaction.status != "pending":
                to = "capture"
            elif transaction.method == "credit_card":
                to = self.cards.after_consent(transaction)
            elif transaction.status == "pending" and not self.accounts.take(transaction):
                to = "deny"
            else:
                to = "settlement"
            return self.move(any_id, to) if not paid_idr else self._pay_sum(any_id, to, paid_idr)

    def _pay_sum(self, any_id: str, to: str, paid_idr: int) -> Transaction:
        transaction = self.find(any_id)
        if transaction.payment_type != "bank_transfer" or not self.knobs.open_amount:
            raise GatewayError("412", "Only a virtual account of open amount takes another sum.")
        transaction.private["paid_idr"] = paid_idr
        return self.move(any_id, to)

    def _may_move(self, transaction: Transaction, to: str) -> bool:
        now = self.clock.now()
        if transaction.status == "expire" and to == "settlement":
            return self.knobs.late_settlement
        if transaction.status == "settlement" and to == "deny":
            return now - transaction.settled_at <= transaction.rules.reversal_s
        if to == "cancel":
            # The batch that expires is late at times; a cancel is refused in between.
            is_over = transaction.status == "pending" and transaction.expires_at <= now
            if is_over or not transaction.rules.cancellable:
                return False
        if transaction.status == "capture" and to == "deny":
            return transaction.fraud_status == "challenge"
        return to in MOVES[transaction.status]

    def _enter(self, transaction: Transaction, to: str) -> None:
        now = self.clock.now()
        transaction.status = to
        if to in ("settlement", "capture", "authorize"):
            asked_idr = transaction.amount_idr + transaction.fee_idr
            paid_idr = transaction.private.get("paid_idr", asked_idr)
            paid = paid_details(transaction.method, paid_idr=paid_idr, now=now)
            transaction.paid_details |= paid
        if to == "settlement":
            transaction.settled_at = now
        elif to in ("capture", "authorize"):
            transaction.captured_at = now
        if to == "capture":
            self._settle_later(transaction)
        self.save_and_notify(transaction)

    def _settle_later(self, transaction: Transaction) -> None:
        def settle() -> None:
            if transaction.status == "capture" and transaction.fraud_status == "accept":
                self._enter(transaction, "settlement")

        after = transaction.captured_at + self.knobs.card_settled_after_s
        self.agenda.at(after, settle)

    def run_due(self) -> None:
        """Let everything happen whose time has come: expiries, confirmations, charges."""
        with self._lock:
            self._expire_overdue()
            self.agenda.run_due(self.clock.now())

    def _expire_overdue(self) -> None:
        latest = self.clock.now() - self.knobs.expiry_lag_s
        while self._expiries and self._expiries[0][0] <= latest:
            transaction = self._by_id[heapq.heappop(self._expiries)[1]]
            if transaction.status == "pending":
                self._enter(transaction, "expire")

    def next_own_moment(self) -> float | None:
        """When the next thing happens whose date matters: not an expiry, which is never dated."""
        with self._lock:
            return self.agenda.next_due()

    def next_due(self) -> float | None:
        """When the next thing happens by itself."""
        with self._lock:
            while self._expiries and self._by_id[self._expiries[0][1]].status != "pending":
                heapq.heappop(self._expiries)
            expiry = self._expiries[0][0] + self.knobs.expiry_lag_s if self._expiries else None
            return min((m for m in (expiry, self.agenda.next_due()) if m is not None), default=None)

    def notify_again(self, any_id: str, *, status: str = "") -> Transaction:
        """Notify the merchant again of the present state, or of an earlier one."""
        if status and status not in NOTIFICATION_CODE:
            raise ValueError(f"no such status: {status}")
        with self._lock:
            transaction = self.find(any_id)
            self.save_and_notify(transaction, status=status)
            return transaction

    def forge(self, any_id: str, *, status: str = "settlement") -> Transaction:
        """Notify the merchant with a signature made without the key, as an attacker would."""
        if status not in NOTIFICATION_CODE:
            raise ValueError(f"no such status: {status}")
        with self._lock:
            transaction = self.find(any_id)
            body = transaction.notification("a key that nobody gave", status=status)
            self._post(transaction, body)
            return transaction

    def save_and_notify(self, transaction: Transaction, *, status: str = "") -> None:
        """Remember this transaction as it stands now, and tell the merchant."""
        body = transaction.notification(
            self.keys.server, status=status, plain=self.knobs.plain_amount
        )
        self._post(transaction, body)
        if not status:
            ids = (transaction.transaction_id, transaction.order_id)
            self.context.changed("order", ids, transaction.status)

    def _post(self, transaction: Transaction, body: dict[str, Any]) -> None:
        notices = self.notifier.prepare(
            transaction_id=transaction.transaction_id,
            order_id=transaction.order_id,
            urls=transaction.notify_urls or [self.knobs.notify_url],
            body=body,
        )
        record = ("transaction", transaction.transaction_id, transaction.record())
        self.context.store.save([record, *(notice.record() for notice in notices)])
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
            body=nobody.notification(self.keys.server),
        )
        self.context.store.save(notice.record() for notice in notices)
        self.notifier.post(notices)
        return nobody.order_id

    def transactions(self) -> list[Transaction]:
        """Every transaction, oldest first."""
        with self._lock:
            self.run_due()
            return list(self._by_id.values())
