"""All subscriptions of one merchant, and the charging when they are due."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agentsys.demo.midtrans_simulator.channels.charges import section
from agentsys.demo.midtrans_simulator.context import Context
from agentsys.demo.midtrans_simulator.engine.refusals import GatewayError, SubscriptionError
from agentsys.demo.midtrans_simulator.subscriptions.schedule import start_of
from agentsys.demo.midtrans_simulator.subscriptions.subscription import UPDATED, Subscription
from agentsys.demo.midtrans_simulator.subscriptions.wishes import (
    amount_of,
    mistakes,
    update_mistakes,
    whole,
)

Charge = Callable[[dict[str, Any], str], dict[str, Any]]  # the charge and the base address
NONE = "Subscription doesn't exist."
WRONG = "Invalid parameter."
CHARGED = {"settlement", "capture"}


class Subscriptions:
    """Subscriptions charged in virtual time; `charge` makes an ordinary transaction."""

    def __init__(self, context: Context, charge: Charge) -> None:
        """Load the stored subscriptions, and schedule their charges."""
        self._context, self._charge = context, charge
        self._by_id: dict[str, Subscription] = {}
        for record in context.store.all("subscription"):
            self._remember(Subscription.of_record(record))

    def _remember(self, subscription: Subscription) -> None:
        self._by_id[subscription.id] = subscription
        self._plan(subscription)

    def check(self, wish: Any) -> dict[str, Any]:
        """The wish for a new subscription, if it has no mistake; SubscriptionError otherwise."""
        if not isinstance(wish, dict) or not wish:
            raise SubscriptionError("400", "Bad request")
        wrong = mistakes(
            wish,
            now=self._context.now(),
            past_start=self._context.knobs.subscription_past_start,
        )
        if wrong:
            raise SubscriptionError("400", WRONG, *wrong)
        return wish

    def create(self, wish: dict[str, Any], *, base_url: str) -> dict[str, Any]:
        """Create a subscription and notify the merchant."""
        with self._context.lock:
            subscription = Subscription.of_wish(wish, now=self._context.now(), base_url=base_url)
            self._remember(subscription)
            self._tell(subscription, subscription.facts())
            return subscription.facts()

    def find(self, subscription_id: str) -> Subscription:
        """The subscription of this id; SubscriptionError 404 otherwise."""
        with self._context.lock:
            self._context.agenda.run_due(self._context.now())
            found = self._by_id.get(subscription_id)
        if found is None:
            raise SubscriptionError("404", NONE)
        return found

    def all(self) -> list[Subscription]:
        """Every subscription, oldest first."""
        return sorted(self._by_id.values(), key=lambda s: s.created_at)

    def read(self, subscription_id: str) -> dict[str, Any]:
        """The details of a subscription."""
        return self.find(subscription_id).facts(whole=True)

    def update(self, subscription_id: str, wish: dict[str, Any]) -> dict[str, Any]:
        """Change what may be changed; a new interval counts from the next charge on."""
        with self._context.lock:
            subscription = self.find(subscription_id)
            wrong = update_mistakes(wish)
            if wrong:
                raise SubscriptionError("400", WRONG, *wrong)
            subscription.name, subscription.token = str(wish["name"]), str(wish["token"])
            subscription.amount_idr = amount_of(wish["amount"]) or 0
            for name in ("metadata", "customer_details", "gopay"):
                if isinstance(wish.get(name), dict):
                    subscription.echoed[name] = wish[name]
            self._reschedule(subscription, section(wish, "schedule"))
            self._save(subscription)
        return {"status_message": UPDATED}

    def _reschedule(self, subscription: Subscription, wish: dict[str, Any]) -> None:
        if wish.get("interval"):
            subscription.schedule.next_interval = whole(wish["interval"]) or 0
        start = start_of(wish["start_time"]) if wish.get("start_time") else 0.0
        if start > self._context.now() and subscription.status == "inactive":
            subscription.status, subscription.canceled = "active", False
            subscription.starts_at = subscription.next_at = subscription.schedule.anchor = start
            self._plan(subscription)

    def disable(self, subscription_id: str) -> dict[str, Any]:
        """Stop the schedule; a charge that failed is still tried again."""
        with self._context.lock:
            subscription = self.find(subscription_id)
            subscription.status, subscription.next_at = "inactive", 0.0
            self._save(subscription)
        return {"status_message": UPDATED}

    def cancel(self, subscription_id: str) -> dict[str, Any]:
        """Stop the schedule, and the tries of a charge that failed."""
        with self._context.lock:
            subscription = self.find(subscription_id)
            subscription.status, subscription.canceled = "inactive", True
            subscription.next_at = subscription.retry_at = 0.0
            self._save(subscription)
        return {"status_message": UPDATED}

    def enable(self, subscription_id: str) -> dict[str, Any]:
        """Resume the schedule with its next charge after now."""
        with self._context.lock:
            subscription = self.find(subscription_id)
            if subscription.canceled or subscription.is_over:
                raise SubscriptionError("400", "Subscription can no longer be enabled.")
            if subscription.status == "inactive":
                subscription.status = "active"
                subscription.next_at = subscription.schedule.after(self._context.now())
                self._plan(subscription)
                self._save(subscription)
        return {"status_message": UPDATED}

    def _plan(self, subscription: Subscription) -> None:
        for moment in (subscription.next_at, subscription.retry_at):
            if moment:
                self._context.agenda.at(moment, lambda: self._run(subscription))

    def _run(self, subscription: Subscription) -> None:
        # What was planned may have been stopped or moved since.
        now = self._context.now()
        is_due = subscription.status == "active" and 0 < subscription.next_at <= now
        if 0 < subscription.retry_at <= now:
            subscription.tried += 1
            subscription.retry_at = 0.0
        elif is_due and not subscription.retry_at:
            subscription.tried = 0
            subscription.previous_at = now
            subscription.next_at = subscription.schedule.after(now)
        else:
            return
        self._attempt(subscription, now)

    def _attempt(self, subscription: Subscription, now: float) -> None:
        try:
            answer = self._charge(subscription.charge(), subscription.base_url)
        except GatewayError as error:
            answer = error.body
        said = {
            name: answer[name]
            for name in ("transaction_status", "transaction_id", "status_code", "status_message")
            if name in answer
        }
        if answer.get("transaction_status") in CHARGED:
            del said["status_message"]
            self._succeeded(subscription, now, str(answer["transaction_id"]))
        elif subscription.tried < subscription.retries.most:
            subscription.retry_at = subscription.retries.after(now)
            self._plan(subscription)
            self._save(subscription)
            return
        else:
            subscription.status, subscription.next_at = "inactive", 0.0
        body = {
            "transaction": said,
            "subscription": subscription.facts(),
            "event_name": "subscription.charge",
        }
        self._tell(subscription, body)

    def _succeeded(self, subscription: Subscription, now: float, transaction_id: str) -> None:
        subscription.transaction_ids.append(transaction_id)
        subscription.charged += 1
        if subscription.status != "active":
            return
        subscription.schedule.charged(now)
        if subscription.is_over:
            subscription.status, subscription.next_at = "inactive", 0.0
        else:
            subscription.next_at = subscription.schedule.after(now)
            self._plan(subscription)

    def _save(self, subscription: Subscription) -> None:
        self._context.store.save([("subscription", subscription.id, subscription.record())])

    def _tell(self, subscription: Subscription, body: dict[str, Any]) -> None:
        self._context.save_and_notify(
            ("subscription", subscription.id, subscription.record()),
            subject_id=subscription.id,
            url=self._context.knobs.recurring_notify_url,
            body=body,
        )
        ids = (subscription.id, subscription.name)
        self._context.changed("subscription", ids, subscription.status)
