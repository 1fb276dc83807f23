"""The simulator as a web application, and as a server on a port."""

from __future__ import annotations

from threading import Event

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from agentsys.demo.midtrans_simulator.api.accounts import account_api, card_api
from agentsys.demo.midtrans_simulator.api.answering import Answering
from agentsys.demo.midtrans_simulator.api.control import control
from agentsys.demo.midtrans_simulator.api.payouts import payout_api
from agentsys.demo.midtrans_simulator.api.snap import snap_api
from agentsys.demo.midtrans_simulator.api.subscriptions import subscription_api
from agentsys.demo.midtrans_simulator.api.transactions import core_api
from agentsys.demo.midtrans_simulator.gateway.gateway import Gateway
from agentsys.demo.midtrans_simulator.gateway.refunds import confirm_those_left
from agentsys.demo.midtrans_simulator.pages.panel import panel
from agentsys.demo.midtrans_simulator.pages.phone import phone
from agentsys.demo.midtrans_simulator.scenarios.player import Player
from agentsys.demo.midtrans_simulator.serving import SimulatorServer

MERCHANT = "Wadah Keagenan Contoh"


def create_simulator(
    gateway: Gateway, *, closing: Event, merchant: str = MERCHANT, player: Player | None = None
) -> Flask:
    """The APIs, the control panel and the customers' phones over one gateway."""
    player = player or Player(gateway)
    confirm_those_left(gateway)
    app = Flask(__name__, static_folder=None)
    # An empty id is an unknown address, never a redirect to a shorter one.
    app.url_map.merge_slashes = False
    answering = Answering(gateway, closing)
    for blueprint in (
        account_api(answering),
        card_api(answering),
        core_api(answering),
        snap_api(answering, merchant),
        subscription_api(answering),
        payout_api(answering),
        control(gateway, player),
        phone(gateway, merchant),
        panel(gateway, player, merchant),
    ):
        app.register_blueprint(blueprint)
    app.register_error_handler(HTTPException, _as_json)
    return app


def _as_json(error: HTTPException) -> Response:
    # No status_code in it: that belongs to answers about a transaction.
    message = error.name
    if request.path.startswith("/snap/"):
        answer = jsonify({"error_messages": [message]})
    elif request.path.startswith("/iris/"):
        answer = jsonify({"error_message": message})
    else:
        answer = jsonify({"status_message": message})
    answer.status_code = error.code or 500
    return answer


def server_of(app: Flask, *, host: str, port: int) -> SimulatorServer:
    """A threaded server, bound already; port 0 takes a free one."""
    return SimulatorServer(app, host=host, port=port)
