"""The calls of the Subscription API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from agentsys.demo.midtrans_simulator.api.answering import Answering, body_of_call, object_of_call
from agentsys.demo.midtrans_simulator.engine.idempotency import Reply
from agentsys.demo.midtrans_simulator.engine.refusals import (
    UNAUTHORISED,
    GatewayError,
    SubscriptionError,
)
from agentsys.demo.midtrans_simulator.engine.vocabulary import SUBSCRIPTION_IDEMPOTENCY_S


def subscription_api(answering: Answering) -> Blueprint:
    """The calls of `/v1/subscriptions`."""
    api = Blueprint("subscription_api", __name__, url_prefix="/v1/subscriptions")
    subscriptions = answering.gateway.subscriptions

    def answer(body_of: Callable[[], dict[str, Any]], *, key: str = "") -> Response:
        refused = SubscriptionError("401", UNAUTHORISED) if answering.merchant_only() else None
        return answering.answer(
            "subscription",
            lambda: Reply(body_of()),
            refused=refused,
            key=key,
            key_s=SUBSCRIPTION_IDEMPOTENCY_S,
        )

    @api.post("")
    def create() -> Response:
        wish = body_of_call()
        key = request.headers.get("Idempotency-Key", "")
        try:
            subscriptions.check(wish)
        except GatewayError:
            # The key counts only once the body is valid.
            key = ""
        base_url = answering.base_url()
        return answer(
            lambda: subscriptions.create(subscriptions.check(wish), base_url=base_url), key=key
        )

    @api.get("/<subscription_id>")
    def read(subscription_id: str) -> Response:
        return answer(lambda: subscriptions.read(subscription_id))

    @api.patch("/<subscription_id>")
    def update(subscription_id: str) -> Response:
        return answer(lambda: subscriptions.update(subscription_id, object_of_call()))

    @api.post("/<subscription_id>/<any(disable, enable, cancel):action>")
    def act(subscription_id: str, action: str) -> Response:
        return answer(lambda: getattr(subscriptions, action)(subscription_id))

    return api
