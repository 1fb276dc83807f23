"""Payouts and their states, and the balance that they are paid from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from agentsys.demo.midtrans_simulator.channels.instructions import digits
from agentsys.demo.midtrans_simulator.context import Context
from agentsys.demo.midtrans_simulator.engine.clock import iso_time
from agentsys.demo.midtrans_simulator.engine.refusals import PayoutError
from agentsys.demo.midtrans_simulator.payouts.directory import BANKS, Directory

AMOUNT = re.compile(r"[0-9]{1,12}(\.00)?")
NOTES = re.compile(r"[A-Za-z0-9 ]{1,100}")
MOVES = {
    "queued": {"approved", "rejected"},
    "approved": {"processed", "failed"},
    "processed": {"completed", "failed"},
    "completed": {"failed"},  # the bank may return the money
    "rejected": set(),
    "failed": set(),
}
SPENT = {"approved", "processed", "completed"}
CREATING = "An error occurred when creating payouts"
NO_PAYOUT = "Payout is not found"


@dataclass(kw_only=True)
class Payout:
    """One payout to one account."""

    reference_no: str
    name: str
    account: str
    bank: str
    email: str
    notes: str
    amount_idr: int
    created_at: float
    updated_at: float
    status: str = "queued"
    error_code: str = ""
    error_message: str = ""

    def facts(self) -> dict[str, Any]:
        """The details, in the format of Iris."""
        facts = {
            "reference_no": self.reference_no,
            "amount": f"{self.amount_idr}.00",
            "beneficiary_name": self.name,
            "beneficiary_account": self.account,
            "bank": self.bank,
            "beneficiary_email": self.email,
            "notes": self.notes,
            "status": self.status,
            "created_by": "Simulator",
            "created_at": iso_time(self.created_at),
            "updated_at": iso_time(self.updated_at),
        }
        if self.error_code:
            facts |= {"error_code": self.error_code, "error_message": self.error_message}
        return facts

    def statement(self) -> dict[str, Any]:
        """The entry in the statements."""
        return {
            "account": "simulator",
            "type": "Payout",
            "amount": f"{self.amount_idr}.00",
            "status": self.status,
            "created_at": iso_time(self.created_at),
            "reference_no": self.reference_no,
            "beneficiary_name": self.name,
            "beneficiary_account": self.account,
        }


class Payouts:
    """All payouts of one merchant."""

    def __init__(self, context: Context) -> None:
        """Load the stored payouts, and schedule their next states."""
        self._context = context
        self.directory = Directory(context)
        saved = [Payout(**record) for record in context.store.all("payout")]
        self._by_number = {p.reference_no: p for p in sorted(saved, key=lambda p: p.created_at)}
        for payout in self._by_number.values():
            if payout.status in ("approved", "processed"):
                self._go_on(payout)

    def all(self) -> list[Payout]:
        """Every payout, oldest first."""
        with self._context.lock:
            self._context.agenda.run_due(self._context.now())
            return list(self._by_number.values())

    def balance_idr(self) -> int:
        """What is left to be paid out."""
        spent_idr = sum(p.amount_idr for p in self._by_number.values() if p.status in SPENT)
        return self._context.knobs.payout_balance_idr - spent_idr

    def create(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Queue payouts, all or none."""
        asked = wish.get("payouts")
        if not isinstance(asked, list) or not asked:
            raise PayoutError("400", CREATING, {"payouts": ["can't be blank"]})
        errors = {str(n): wrong for n, each in enumerate(asked) if (wrong := [*_mistakes(each)])}
        if errors:
            raise PayoutError("400", CREATING, errors)
        now = self._context.now()
        with self._context.lock:
            made = [_payout(each, now) for each in asked]
            for payout in made:
                self._by_number[payout.reference_no] = payout
                self._tell(payout)
        return {"payouts": [{"status": p.status, "reference_no": p.reference_no} for p in made]}

    def find(self, reference_no: str) -> Payout:
        """The payout of this number; PayoutError 404 otherwise."""
        with self._context.lock:
            self._context.agenda.run_due(self._context.now())
            payout = self._by_number.get(reference_no)
        if payout is None:
            raise PayoutError("404", NO_PAYOUT)
        return payout

    def approve(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Approve payouts, all or none; the bank is slow."""
        if not wish.get("otp"):
            raise PayoutError("400", "An error occurred when approving payouts", ["OTP is invalid"])

        def check(payouts: list[Payout]) -> str:
            asked_idr = sum(p.amount_idr for p in payouts)
            return "" if asked_idr <= self.balance_idr() else "Partner does not have enough balance"

        return self._decide(wish, "approved", "approving", check)

    def reject(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Stop payouts, all or none."""
        if not wish.get("reject_reason"):
            told = ["Reject reason can't be blank"]
            raise PayoutError("400", "An error occurred when rejecting payouts", told)
        return self._decide(wish, "rejected", "rejecting", lambda _payouts: "")

    def _decide(
        self, wish: dict[str, Any], to: str, doing: str, check: Callable[[list[Payout]], str]
    ) -> dict[str, Any]:
        numbers = wish.get("reference_nos")
        named = [str(n) for n in numbers] if isinstance(numbers, list) else []
        with self._context.lock:
            payouts = [p for n in named if (p := self._by_number.get(n)) is not None]
            wrong = [] if named and len(payouts) == len(named) else [NO_PAYOUT]
            wrong += [
                f"Payout {p.reference_no} is {p.status}" for p in payouts if p.status != "queued"
            ]
            wrong += [told] if not wrong and (told := check(payouts)) else []
            if wrong:
                raise PayoutError("400", f"An error occurred when {doing} payouts", wrong)
            for payout in payouts:
                self.move(payout.reference_no, to)
        return {"status": "ok"}

    def move(self, reference_no: str, to: str, *, code: str = "", message: str = "") -> Payout:
        """Change the state and notify the merchant; PayoutError 412 if illegal."""
        with self._context.lock:
            payout = self.find(reference_no)
            if to not in MOVES[payout.status]:
                raise PayoutError("412", f"Payout is {payout.status}")
            payout.status, payout.updated_at = to, self._context.now()
            payout.error_code, payout.error_message = code, message
            self._tell(payout)
            if to in ("approved", "processed"):
                self._go_on(payout)
            return payout

    def _go_on(self, payout: Payout) -> None:
        """Schedule the next state; each of two steps takes half of the total time."""
        step_s = self._context.knobs.payout_takes_s / 2
        status, to = payout.status, "processed" if payout.status == "approved" else "completed"

        def go() -> None:
            if payout.status == status:
                self.move(payout.reference_no, to)

        self._context.agenda.at(payout.updated_at + step_s, go)

    def _tell(self, payout: Payout) -> None:
        body = {
            "reference_no": payout.reference_no,
            "amount": f"{payout.amount_idr}.00",
            "status": payout.status,
            "updated_at": iso_time(payout.updated_at),
        }
        if payout.error_code:
            body |= {"error_code": payout.error_code, "error_message": payout.error_message}
        self._context.save_and_notify(
            ("payout", payout.reference_no, asdict(payout)),
            subject_id=payout.reference_no,
            url=self._context.knobs.payout_notify_url,
            body=body,
            signed_by=self._signature,
        )
        self._context.changed("payout", (payout.reference_no, payout.account), payout.status)

    def _signature(self, text: str) -> dict[str, str]:
        key = self._context.keys.payout_merchant
        return {"Iris-Signature": hashlib.sha512((text + key).encode()).hexdigest()}


def _payout(wish: dict[str, Any], now: float) -> Payout:
    return Payout(
        reference_no=digits(18),
        name=wish["beneficiary_name"],
        account=wish["beneficiary_account"],
        bank=wish["beneficiary_bank"],
        email=str(wish.get("beneficiary_email", "")),
        notes=wish["notes"],
        amount_idr=int(wish["amount"].removesuffix(".00")),
        created_at=now,
        updated_at=now,
    )


def _mistakes(wish: Any) -> Iterator[str]:
    if not isinstance(wish, dict):
        yield "Payout must be an object"
        return
    for name in ("beneficiary_name", "beneficiary_account", "beneficiary_bank", "amount", "notes"):
        if not wish.get(name) or not isinstance(wish[name], str):
            yield f"{name.replace('_', ' ').capitalize()} can't be blank"
    amount = wish.get("amount")
    if amount and not (isinstance(amount, str) and AMOUNT.fullmatch(amount) and float(amount) > 0):
        yield "Amount must be a string of whole rupiah"
    if wish.get("beneficiary_bank") and wish["beneficiary_bank"] not in BANKS:
        yield "Beneficiary bank is not supported"
    if wish.get("notes") and not NOTES.fullmatch(str(wish["notes"])):
        yield "Notes must be at most 100 letters, digits or spaces"
