"""The calls of Iris: the creator's key asks for payouts, the approver's key approves them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from agentsys.demo.midtrans_simulator.api.answering import Answering, calls_with, object_of_call
from agentsys.demo.midtrans_simulator.engine.idempotency import Reply
from agentsys.demo.midtrans_simulator.engine.refusals import PayoutError
from agentsys.demo.midtrans_simulator.payouts.directory import CHANNELS, account_facts, banks

DENIED = "HTTP Basic: Access denied."
NOT_AUTHORISED = "You are not authorized to perform this action"
CREATOR, APPROVER, EITHER = "creator", "approver", "either"
X_KEY_S, X_KEY_MAX = 24 * 3600, 100


def payout_api(answering: Answering) -> Blueprint:
    """The calls of `/iris/api/v1`."""
    calls = Calls(answering)
    api = Blueprint("payout_api", __name__, url_prefix="/iris/api/v1")
    for method, rule, view in (
        ("GET", "/balance", calls.balance),
        ("GET", "/channels", calls.channels),
        ("GET", "/beneficiary_banks", calls.beneficiary_banks),
        ("GET", "/account_validation", calls.account),
        ("GET", "/bank_accounts", calls.facilitators_only),
        ("GET", "/bank_accounts/<_account>/balance", calls.facilitators_only),
        ("GET", "/statements", calls.statements),
        ("GET", "/beneficiaries", calls.beneficiaries),
        ("POST", "/beneficiaries", calls.add_beneficiary),
        ("PATCH", "/beneficiaries/<alias>", calls.change_beneficiary),
        ("POST", "/payouts", calls.create),
        ("POST", "/payouts/approve", calls.approve),
        ("POST", "/payouts/reject", calls.reject),
        ("GET", "/payouts/<reference_no>", calls.read),
    ):
        api.add_url_rule(rule, f"{view.__name__}_{rule.count('/')}", view, methods=[method])
    api.add_url_rule("/ping", "ping", calls.ping)
    return api


class Calls:
    """What a merchant may call about payouts."""

    def __init__(self, answering: Answering) -> None:
        """Use this answering."""
        self._answering, self._payouts = answering, answering.gateway.payouts

    def _answered(
        self, body_of: Callable[[], Any], *, who: str = EITHER, http: int = 200, key: str = ""
    ) -> Response:
        return self._answering.answer(
            "payout",
            lambda: Reply(body_of(), http),
            refused=self._refused(who),
            key=_kept_under(key),
            key_s=X_KEY_S,
        )

    def _refused(self, who: str) -> PayoutError | None:
        keys = self._answering.gateway.keys
        if not calls_with((keys.creator, keys.approver)):
            return PayoutError("401", DENIED)
        needed = {CREATOR: keys.creator, APPROVER: keys.approver}.get(who)
        if needed and not calls_with((needed,)):
            return PayoutError("401", NOT_AUTHORISED)
        return None

    def ping(self) -> Response:
        """Whether Iris is there; anybody may ask."""
        return Response("pong", mimetype="text/plain")

    def balance(self) -> Response:
        """What is left to be paid out."""
        return self._answered(lambda: {"balance": f"{self._payouts.balance_idr()}.00"})

    def channels(self) -> Response:
        """Where the balance is topped up."""
        return self._answered(lambda: CHANNELS)

    def beneficiary_banks(self) -> Response:
        """Where payouts can go."""
        return self._answered(banks)

    def account(self) -> Response:
        """Whose account the query names."""
        bank, account = request.args.get("bank", ""), request.args.get("account", "")
        return self._answered(lambda: account_facts(bank, account))

    def facilitators_only(self, _account: str = "") -> Response:
        """The simulated merchant is no facilitator."""

        def refuse() -> None:
            raise PayoutError("401", NOT_AUTHORISED)

        return self._answered(refuse)

    def statements(self) -> Response:
        """The history, within the dates `from_date` and `to_date` of the query or body."""
        asked = {**object_of_call(), **request.args.to_dict()}
        first, last = str(asked.get("from_date", "")), str(asked.get("to_date", "9999"))

        def lines() -> list[dict[str, Any]]:
            found = [payout.statement() for payout in self._payouts.all()]
            return [line for line in found if first <= line["created_at"][:10] <= last]

        return self._answered(lines)

    def beneficiaries(self) -> Response:
        """Every beneficiary that was kept."""
        return self._answered(self._payouts.directory.all)

    def add_beneficiary(self) -> Response:
        """One more beneficiary."""
        wish = object_of_call()
        return self._answered(lambda: self._payouts.directory.create(wish), http=201)

    def change_beneficiary(self, alias: str) -> Response:
        """Another beneficiary in the place of this one."""
        wish = object_of_call()
        return self._answered(lambda: self._payouts.directory.update(alias, wish))

    def create(self) -> Response:
        """Queued payouts."""
        wish, key = object_of_call(), request.headers.get("X-Idempotency-Key", "")
        return self._answered(lambda: self._payouts.create(wish), who=CREATOR, http=201, key=key)

    def approve(self) -> Response:
        """Approved payouts."""
        wish = object_of_call()
        return self._answered(lambda: self._payouts.approve(wish), who=APPROVER, http=202)

    def reject(self) -> Response:
        """Stopped payouts."""
        wish = object_of_call()
        return self._answered(lambda: self._payouts.reject(wish), who=APPROVER)

    def read(self, reference_no: str) -> Response:
        """How a payout stands."""
        return self._answered(lambda: self._payouts.find(reference_no).facts())


def _kept_under(key: str) -> str:
    # Longer keys are allowed here than for payments, and neither kind answers for the other.
    digest = hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()
    return f"iris:{digest}" if 0 < len(key) <= X_KEY_MAX else ""
