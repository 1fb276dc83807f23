"""However slowly or much the gateway sends, a call ends in time and stays small."""

import socket
import threading
import time
from contextlib import contextmanager

import pytest
import requests

from agentsys.plugins._midtrans.transport import (
    ANSWER_MAX,
    TooLarge,
    TooLate,
    Transport,
    new_session,
)

ANSWER = b'{"status_code": "200"}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n"


@contextmanager
def gateway(*pieces, drip=b"", every_s=0.01):
    """A server that sends the pieces to whoever asks, and then a byte now and then."""
    ended = threading.Event()
    connections = []

    def talk(connection):
        with connection:
            try:
                while _request(connection):
                    for piece in pieces:
                        connection.sendall(piece)
                    while drip and not ended.wait(every_s):
                        connection.sendall(drip)
            except OSError:
                pass  # the caller hung up, as it should

    def accept():
        while not ended.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            connections.append(connection)
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", connections
        ended.set()


def ask(url, *, timeout_s=0.3, session=None, method="post"):
    session = session or new_session(trust_env=False)
    return Transport(session, timeout_s).request(method, url, json={})


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([], id="the first line drips"),
        pytest.param([b"HTTP/1.1 200 OK\r\nX-A: "], id="a header drips"),
        pytest.param([HEAD % 9_999, b"\r\n{"], id="the body drips"),
        pytest.param([b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", ANSWER], id="never ends"),
        pytest.param([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"], id="a chunk"),
    ],
)
def test_an_answer_that_drips_is_left_at_the_total_time_limit(pieces):
    with gateway(*pieces, drip=b"0") as (url, _), pytest.raises(TooLate):
        ask(url)


def test_a_dripping_handshake_is_left_at_the_total_time_limit():
    with gateway(b"\x16\x03\x03\x10\x00", drip=b"\x02") as (url, _), pytest.raises(TooLate):
        ask(url.replace("http:", "https:"))


def test_an_answer_larger_than_any_is_refused():
    pieces = HEAD % (ANSWER_MAX + 1), b"\r\n", b"x" * (ANSWER_MAX + 1)
    with gateway(*pieces) as (url, _), pytest.raises(TooLarge):
        ask(url, timeout_s=5)


def test_a_compressed_answer_is_refused_as_nobody_asked_for_one():
    head = HEAD % 4 + b"Content-Encoding: gzip\r\n\r\n"
    refused = pytest.raises(requests.RequestException, match="compressed")
    with gateway(head, b"\x1f\x8b\x08\x00") as (url, _), refused:
        ask(url, timeout_s=5)


def test_an_answer_that_was_cut_short_is_no_answer():
    with gateway(HEAD % 99, b"\r\n", ANSWER) as (url, connections):
        cutter = threading.Thread(target=_close_first, args=(connections,))
        cutter.start()
        with pytest.raises(requests.RequestException):
            ask(url, timeout_s=5)
        cutter.join()


def test_a_whole_answer_is_read_and_its_connection_used_again():
    session = new_session(trust_env=False)
    with gateway(HEAD % len(ANSWER), b"\r\n", ANSWER) as (url, connections):
        answers = [ask(url, timeout_s=5, session=session).json() for _ in range(3)]

    assert answers == [{"status_code": "200"}] * 3
    assert len(connections) == 1


def test_the_next_call_on_a_connection_has_its_own_time_limit():
    session = new_session(trust_env=False)
    with gateway(HEAD % len(ANSWER), b"\r\n", ANSWER) as (url, _):
        ask(url, timeout_s=0.2, session=session)
        time.sleep(0.3)  # past the first call's deadline

        assert ask(url, timeout_s=5, session=session).json() == {"status_code": "200"}


@pytest.mark.parametrize("method", ["get", "GET"])
def test_a_question_is_asked_again_when_the_gateway_had_closed_the_connection(method):
    session = new_session(trust_env=False)
    with hanging_up() as (url, calls):
        answers = [ask(url, timeout_s=5, session=session, method=method) for _ in range(3)]

    assert [answer.json() for answer in answers] == [{"status_code": "200"}] * 3
    assert calls == ["answered", "lost", "answered", "lost", "answered"]


def test_what_may_move_money_is_never_sent_twice():
    session = new_session(trust_env=False)
    with hanging_up() as (url, calls):
        ask(url, timeout_s=5, session=session)
        with pytest.raises(requests.ConnectionError):
            ask(url, timeout_s=5, session=session)

        assert calls == ["answered", "lost"]
        assert ask(url, timeout_s=5, session=session).status_code == 200


def test_a_question_that_is_lost_on_a_new_connection_is_not_asked_again():
    with hanging_up(answers=0) as (url, calls), pytest.raises(requests.ConnectionError):
        ask(url, timeout_s=5, method="get")

    assert calls == ["lost"]


def test_a_connection_that_was_idle_for_long_is_not_used_again(monkeypatch):
    session = new_session(trust_env=False)
    with gateway(HEAD % len(ANSWER), b"\r\n", ANSWER) as (url, connections):
        ask(url, timeout_s=5, session=session)
        monkeypatch.setattr("agentsys.plugins._midtrans.transport.IDLE_S", 0.0)
        ask(url, timeout_s=5, session=session)

    assert len(connections) == 2


def test_what_follows_an_answer_is_not_taken_for_the_answer_to_the_next_call():
    session = new_session(trust_env=False)
    another = HEAD % 2 + b"\r\n{}"
    with gateway(HEAD % len(ANSWER), b"\r\n", ANSWER + another) as (url, _):
        answers = []
        for _call in range(3):
            answers.append(ask(url, timeout_s=5, session=session).json())
            time.sleep(0.1)  # the rest has come

    assert answers == [{"status_code": "200"}] * 3


@contextmanager
def hanging_up(answers=1):
    """A server that closes each connection, without an answer, at the call after so many."""
    calls = []

    def talk(connection):
        with connection:
            for _ in range(answers):
                if not _request(connection):
                    return
                calls.append("answered")  # before the caller can see it
                connection.sendall(HEAD % len(ANSWER) + b"\r\n" + ANSWER)
            if _request(connection):
                calls.append("lost")

    def accept():
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", calls
        listening.shutdown(socket.SHUT_RDWR)


def _request(connection):
    """One whole request, or the first message of a TLS handshake."""
    request = b""
    while not request.endswith(b"{}") and not request.startswith(b"\x16"):
        part = connection.recv(65_536)
        if not part:
            return b""
        request += part
    return request


def _close_first(connections):
    while not connections:
        time.sleep(0.01)
    time.sleep(0.1)
    connections[0].shutdown(socket.SHUT_RDWR)
