"""The calls about linked accounts and cards, and the addresses that a payer's browser opens."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from agentsys.demo.midtrans_simulator.api.answering import Answering, object_of_call
from agentsys.demo.midtrans_simulator.engine.idempotency import Reply

BIN_BANKS = {"45563300": ("BCA", "BANK CENTRAL ASIA")}


def account_api(answering: Answering) -> Blueprint:
    """The calls of `/v2/pay/account`."""
    api = Blueprint("account_api", __name__, url_prefix="/v2")
    accounts, refused = answering.gateway.accounts, answering.merchant_only

    @api.post("/pay/account")
    def create() -> Response:
        def created() -> Reply:
            answer = accounts.create(object_of_call(), base_url=answering.base_url())
            return Reply(answer, 201 if answer["status_code"] == "201" else 200)

        return answering.answer("account", created, refused=refused())

    @api.get("/pay/account/<account_id>")
    def read(account_id: str) -> Response:
        return answering.answer(
            "account", lambda: Reply(accounts.read(account_id)), refused=refused()
        )

    @api.post("/pay/account/<account_id>/unbind")
    def unbind(account_id: str) -> Response:
        return answering.answer(
            "account", lambda: Reply(accounts.unbind(account_id)), refused=refused()
        )

    @api.get("/gopay/redirect/<account_id>/link")
    def link(account_id: str) -> AnyResponse:
        return redirect(url_for("phone.account", account_id=account_id))

    return api


def card_api(answering: Answering) -> Blueprint:
    """The calls about cards, most of them made by a browser with the client key."""
    api = Blueprint("card_api", __name__)
    cards = answering.gateway.cards

    def answer(body_of: object, *, merchant: bool = False) -> Response:
        refused = answering.merchant_only() if merchant else answering.client_only()
        assert callable(body_of)
        return answering.answer("card", lambda: Reply(body_of()), refused=refused)

    @api.get("/v2/token")
    def token() -> Response:
        return answer(lambda: cards.token(request.args.to_dict()))

    @api.get("/v2/card/register")
    def register() -> Response:
        return answer(lambda: cards.register(request.args.to_dict()))

    @api.get("/v2/point_inquiry/<token_id>")
    def points(token_id: str) -> Response:
        return answer(lambda: cards.points(token_id), merchant=True)

    @api.get("/v1/bins/<number>")
    def bank(number: str) -> Response:
        code, name = BIN_BANKS.get(number, ("BNI", "BANK NEGARA INDONESIA"))
        facts = {
            "bin": number,
            "bank": name,
            "bank_code": code,
            "brand": "MASTERCARD" if number.startswith("5") else "VISA",
            "bin_type": "CREDIT",
            "bin_class": "GOLD",
            "country_code": "ID",
            "country_name": "INDONESIA",
            "channel": "online_offline",
            "registration_required": False,
        }
        return answer(lambda: {"data": facts})

    return api
