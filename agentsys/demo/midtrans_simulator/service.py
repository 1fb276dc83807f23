"""The simulator as a web application, and as a server on a port."""

from __future__ import annotations

import logging
from threading import Event

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from agentsys.demo.midtrans_simulator.control import control
from agentsys.demo.midtrans_simulator.core_api import core_api
from agentsys.demo.midtrans_simulator.gateway import Gateway
from agentsys.demo.midtrans_simulator.phone import phone

MERCHANT = "Wadah Keagenan Contoh"


def create_simulator(gateway: Gateway, *, closing: Event, merchant: str = MERCHANT) -> Flask:
    """The Core API, the control panel and the customers' phones over one gateway."""
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(core_api(gateway, closing))
    app.register_blueprint(control(gateway))
    app.register_blueprint(phone(gateway, merchant))
    return app


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        logging.getLogger(__name__).debug("%s %s", self.requestline, code)


def server_of(app: Flask, *, host: str, port: int) -> BaseWSGIServer:
    """A threaded server, bound already; port 0 takes a free one."""
    return make_server(host, port, app, threaded=True, request_handler=_QuietHandler)
