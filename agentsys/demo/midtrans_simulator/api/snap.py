"""Snap: the call that makes a token, and the page that it opens."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from agentsys.demo.midtrans_simulator.accounts.cards import TEST_CARDS
from agentsys.demo.midtrans_simulator.api.answering import (
    Answering,
    body_of_call,
    calls_with,
    notify_urls,
)
from agentsys.demo.midtrans_simulator.channels.charges import order_id_of
from agentsys.demo.midtrans_simulator.channels.methods import METHODS
from agentsys.demo.midtrans_simulator.engine.idempotency import Reply
from agentsys.demo.midtrans_simulator.engine.refusals import GatewayError, SnapError
from agentsys.demo.midtrans_simulator.engine.vocabulary import REUSABLE
from agentsys.demo.midtrans_simulator.gateway.choosing import pay_by
from agentsys.demo.midtrans_simulator.gateway.gateway import Gateway

DENIED = "Access denied due to unauthorized transaction, please check client or server key"


def snap_api(answering: Answering, merchant: str) -> Blueprint:
    """Snap over one gateway."""
    api = Blueprint("snap_api", __name__, url_prefix="/snap")
    gateway = answering.gateway

    @api.post("/v1/transactions")
    def create() -> Response:
        payload = body_of_call()
        order_id = order_id_of(payload) if isinstance(payload, dict) else ""

        def created() -> Reply:
            urls = notify_urls(gateway.knobs.notify_url)
            body = gateway.snap.create(
                payload,
                base_url=answering.base_url(),
                notify_urls=urls,
                is_paid=_is_used(gateway, order_id),
            )
            return Reply(body, 201)

        allowed = calls_with(gateway.keys.servers)
        refused = None if allowed else SnapError("401", DENIED)
        return answering.answer("snap", created, any_id=order_id, refused=refused)

    @api.errorhandler(GatewayError)
    def refused(error: GatewayError) -> tuple[str, int]:
        return render_template("phone_unknown.html"), int(error.code)

    @api.get("/<any(v2, v3, v4):_version>/<any(vtweb, redirection):_kind>/<token>")
    def page(token: str, **_: str) -> str:
        found = gateway.snap.find(token)
        return render_template(
            "snap.html", token=found, methods=METHODS, merchant=merchant, cards=TEST_CARDS
        )

    @api.post("/v4/redirection/<token>/<method>")
    def choose(token: str, method: str) -> AnyResponse:
        card = request.form.get("card_number", "")
        return redirect(pay_by(gateway, token, method, card_number=card), 303)

    return api


def _is_used(gateway: Gateway, order_id: str) -> bool:
    try:
        status = gateway.find(order_id).status
    except GatewayError:
        return False
    return status != "pending" and status not in REUSABLE
