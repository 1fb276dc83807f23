"""One subscription, and its JSON in answers and notifications."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

from agentsys.demo.midtrans_simulator.channels.charges import section
from agentsys.demo.midtrans_simulator.channels.instructions import digits
from agentsys.demo.midtrans_simulator.engine.clock import iso_time
from agentsys.demo.midtrans_simulator.engine.vocabulary import MERCHANT_ID
from agentsys.demo.midtrans_simulator.subscriptions.schedule import (
    MOST_RETRIES,
    Retries,
    Schedule,
    start_of,
)
from agentsys.demo.midtrans_simulator.subscriptions.wishes import amount_of, whole

UPDATED = "Subscription is updated."


@dataclass(kw_only=True)
class Subscription:
    """A card or wallet that is charged by a schedule."""

    id: str
    name: str
    amount_idr: int
    payment_type: str
    token: str
    created_at: float
    base_url: str
    schedule: Schedule
    retries: Retries
    starts_at: float
    status: str = "active"
    next_at: float = 0.0  # of the schedule; 0: never again
    retry_at: float = 0.0  # of a failed charge; 0: none is pending
    tried: int = 0  # how often the failed charge was tried again
    previous_at: float = 0.0
    charged: int = 0  # charges that succeeded
    canceled: bool = False
    transaction_ids: list[str] = field(default_factory=list)
    echoed: dict[str, Any] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """The values to store."""
        return asdict(self)

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> Subscription:
        """The subscription that was remembered."""
        parts = {
            "schedule": Schedule(**record["schedule"]),
            "retries": Retries(**record["retries"]),
        }
        return cls(**{**record, **parts})

    @classmethod
    def of_wish(cls, wish: dict[str, Any], *, now: float, base_url: str) -> Subscription:
        """A new subscription, from a wish without mistakes."""
        asked, again = section(wish, "schedule"), section(wish, "retry_schedule")
        most = whole(asked.get("max_interval"))
        schedule = Schedule(
            anchor=now,
            interval=whole(asked["interval"]) or 1,
            unit=asked["interval_unit"],
            # None is without end, and 0 is once.
            most=None if most is None else max(1, most),
        )
        start = asked.get("start_time")
        starts_at = start_of(start) if start else schedule.after(now)
        schedule.anchor = starts_at
        return cls(
            id=str(uuid.uuid4()),
            name=wish["name"],
            amount_idr=amount_of(wish["amount"]) or 0,
            payment_type=wish["payment_type"],
            token=str(wish["token"]),
            created_at=now,
            base_url=base_url.rstrip("/"),
            schedule=schedule,
            retries=Retries(
                interval=whole(again.get("interval", 1)) or 1,
                unit=again.get("interval_unit", "hour"),
                most=whole(again.get("max_interval", MOST_RETRIES)) or 0,
            ),
            starts_at=starts_at,
            next_at=max(starts_at, now),
            echoed={n: wish[n] for n in ("metadata", "customer_details", "gopay") if n in wish},
        )

    @property
    def is_over(self) -> bool:
        """Whether all charges that were agreed have been made."""
        return self.schedule.most is not None and self.charged >= self.schedule.most

    def charge(self) -> dict[str, Any]:
        """The charge of one cycle."""
        wallet = {"account_id": section(self.echoed, "gopay").get("account_id", "")}
        parts = {
            "credit_card": {"token_id": self.token},
            "gopay": {**wallet, "payment_option_token": self.token, "recurring": True},
        }
        order = {"order_id": self.name + digits(32), "gross_amount": self.amount_idr}
        kind = self.payment_type
        return {"payment_type": kind, "transaction_details": order, kind: parts[kind]}

    def facts(self, *, whole: bool = False) -> dict[str, Any]:
        """What every body about this subscription says; the whole of it, when asked for."""
        facts = {
            "id": self.id,
            "name": self.name,
            "amount": str(self.amount_idr),
            "currency": "IDR",
            "created_at": iso_time(self.created_at),
            "schedule": self._schedule_facts(),
            "retry_schedule": {
                "interval": self.retries.interval,
                "interval_unit": self.retries.unit,
                "max_interval": self.retries.most,
            },
            "status": self.status,
            "token": self.token,
            "payment_type": self.payment_type,
            "merchant_id": MERCHANT_ID,
            **self.echoed,
        }
        return {**facts, "transaction_ids": self.transaction_ids} if whole else facts

    def _schedule_facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "interval": self.schedule.interval,
            "interval_unit": self.schedule.unit,
            "current_interval": self.charged,
            "start_time": iso_time(self.starts_at),
        }
        if self.schedule.most is not None:
            facts["max_interval"] = self.schedule.most
        if self.previous_at:
            facts["previous_execution_at"] = iso_time(self.previous_at)
        if self.next_at:
            facts["next_execution_at"] = iso_time(self.next_at)
        return facts
