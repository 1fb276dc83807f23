"""Connections to the simulator stay open between calls, as those to the real gateway do."""

import socket
from base64 import b64encode
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from agentsys.demo.midtrans_simulator import Simulator
from agentsys.demo.midtrans_simulator.serving import BODY_MAX


@pytest.fixture
def line(sim):
    """A raw connection to the simulator."""
    address = urlsplit(sim.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        yield connection


def _calls(sim):
    return HTTPConnection(urlsplit(sim.url).netloc, timeout=10)


def _ask(connection, path="/v2/A-1/status", *, method="GET", body=None, headers=None):
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    answer.read()
    return answer


def _socket(connection):
    assert connection.sock is not None
    return connection.sock.getsockname()


def _key(sim):
    return {"Authorization": "Basic " + b64encode(f"{sim.server_key}:".encode()).decode()}


def _until_closed(line):
    came = b""
    while part := line.recv(65_536):
        came += part
    return came


def test_one_connection_serves_many_calls(sim):
    connection = _calls(sim)

    _ask(connection)
    first = _socket(connection)
    for _ in range(3):
        assert _ask(connection).status == 401

    assert _socket(connection) == first


def test_a_body_that_nobody_reads_is_not_taken_for_the_next_call(sim):
    connection = _calls(sim)

    refused = _ask(connection, "/nothing", method="POST", body=b"GET / HTTP/1.1\r\n\r\n")
    first = _socket(connection)

    assert refused.status == 404
    assert _ask(connection).status == 401
    assert _socket(connection) == first


def test_a_body_in_chunks_is_read_to_its_end(sim, cashier):
    cashier.charge("A-1")
    connection = _calls(sim)
    key = _key(sim)

    connection.request("POST", "/v2/A-1/cancel", iter([b"{", b"}"]), key, encode_chunked=True)
    answer = connection.getresponse()

    assert b"canceled" in answer.read()
    assert _ask(connection, headers=key).status == 200


def test_calls_that_were_sent_together_are_answered_in_their_order(line):
    call = b"GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n"
    line.sendall(call % (b"/v2/A-1/status", b"") + call % (b"/no", b"Connection: close\r\n"))

    answers = _until_closed(line)

    assert answers.index(b" 401 ") < answers.index(b" 404 ")


@pytest.mark.parametrize(
    "wish", [b"HTTP/1.0\r\n", b"HTTP/1.1\r\nConnection: close\r\n"], ids=["1.0", "close"]
)
def test_a_client_that_wants_one_answer_gets_one(line, wish):
    line.sendall(b"GET /v2/A-1/status " + wish + b"Host: a\r\n\r\n")

    assert b"Connection: close" in _until_closed(line)


@pytest.mark.parametrize("fault", ["cut_short", "huge"])
def test_an_answer_without_its_announced_end_ends_the_connection(sim, cashier, line, fault):
    cashier.charge("A-1")
    sim.fault(fault, operation="status", size_bytes=100_000)
    key = _key(sim)["Authorization"].encode()

    line.sendall(b"GET /v2/A-1/status HTTP/1.1\r\nHost: a\r\nAuthorization: " + key + b"\r\n\r\n")

    assert b" 200 " in _until_closed(line)


@pytest.mark.parametrize("size", [b"-1", b"x", b"%d" % (BODY_MAX + 1)])
def test_a_body_whose_size_is_no_number_or_too_large_is_refused(line, size):
    line.sendall(b"POST /v2/charge HTTP/1.1\r\nHost: a\r\nContent-Length: " + size + b"\r\n\r\n")

    assert b" 400 " in _until_closed(line)


def test_a_stopped_simulator_answers_no_more_on_connections_that_are_open(tmp_path):
    with Simulator(state=tmp_path / "state") as simulator:
        connection = _calls(simulator)
        assert _ask(connection).status == 401
        line = connection.sock

    assert line.recv(1) == b""
