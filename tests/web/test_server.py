"""The web server as a process: slow clients, odd requests, and how it stops."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.web.tried_server import APP, LIMIT_S, THREADS, Tried, answer_on, lives, wait_for


@pytest.fixture
def tried(tmp_path: Path) -> Iterator[Tried]:
    """A server with two threads."""
    server = Tried(tmp_path)
    yield server
    (tmp_path / "free").touch()
    server.process.terminate()
    server.process.wait(LIMIT_S)


def test_clients_that_stop_in_the_middle_hold_no_thread(tried: Tried) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: h\r\n"
    with ExitStack() as open_ones:
        for _ in range(4 * THREADS):
            open_ones.enter_context(tried.connect(head + b"X-Slow: "))
            open_ones.enter_context(tried.connect(head + b"Content-Length: 9\r\n\r\n{"))

        assert tried.answers()


def test_a_body_in_chunks_arrives_whole(tried: Tried) -> None:
    answer = tried.send(
        "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked", b"5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n"
    )

    assert '"length":8' in answer


def test_a_refusal_that_is_no_page_protects_like_one(tmp_path: Path) -> None:
    address = "https://agen.example.id"
    server = Tried(tmp_path, AGENTSYS_PUBLIC_URL=address)
    try:
        for path in ("/echo", "/masuk"):
            answer = server.send(f"POST {path} HTTP/1.1\r\nContent-Length: 1048577").lower()

            assert answer.startswith("http/1.1 413")
            assert "strict-transport-security: max-age=" in answer
            assert "referrer-policy: no-referrer" in answer
        assert "413" in server.send("POST /masuk HTTP/1.1\r\nContent-Length: 20000")
        assert "413" not in server.send("POST /echo HTTP/1.1\r\nContent-Length: 3", b"abc")
    finally:
        server.process.terminate()
        server.process.wait(LIMIT_S)


def test_a_form_that_was_cut_off_reaches_no_page(tried: Tried) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 40\r\n\r\n"
    with tried.connect(head + b"months=2026-10&months=2026-1") as cut:
        cut.shutdown(socket.SHUT_WR)

        assert answer_on(cut).startswith("HTTP/1.1 400")


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("POST /echo HTTP/1.1\r\nContent-Length: 9000000", b""),
        ("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked", b"2fffff\r\n" + b"x" * 0x2FFFFF),
    ],
)
def test_a_body_above_the_limit_is_refused(tried: Tried, head: str, body: bytes) -> None:
    assert tried.send(head, body).startswith("HTTP/1.1 413")


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/callbacks/gopay", 65_536, 200),
        ("/callbacks/gopay", 65_537, 413),
        ("/echo", 1_048_577, 413),
        ("/pembina/daftar", 1_048_577, 200),
        ("/pembina/daftar", 2_097_153, 413),
        ("/sponsor/perjanjian/7/daftar", 1_048_577, 200),
        ("/sponsor/perjanjian/7/daftar", 2_097_153, 413),
    ],
)
def test_only_where_files_are_taken_a_body_may_be_large(
    tried: Tried, path: str, size: int, status: int
) -> None:
    answer = tried.send(f"POST {path} HTTP/1.1\r\nContent-Length: {size}", b"x" * size)

    assert answer.startswith(f"HTTP/1.1 {status}")


def test_people_are_told_by_a_page_why_a_body_is_refused(tried: Tried) -> None:
    head = "POST /echo HTTP/1.1\r\nAccept: text/html\r\nContent-Length: 9000000"

    answer = tried.send(head, b"x" * 9_000_000)

    assert answer.startswith("HTTP/1.1 413")
    assert '"length":0' in answer  # the app answers the refusal without the body


def test_a_header_with_an_underscore_cannot_pose_as_the_proxys(tried: Tried) -> None:
    answer = tried.send(
        "GET /echo HTTP/1.1\r\nX_Forwarded_For: 10.0.0.1\r\nCookie: a=1\r\nCookie: b=2"
    )

    assert "Forwarded" not in answer
    assert '"Cookie":"a=1; b=2"' in answer


@pytest.mark.parametrize("pages", [8, 40])
def test_slow_pages_leave_threads_to_callbacks_and_health(tried: Tried, pages: int) -> None:
    with ExitStack() as open_ones:
        slow = [
            open_ones.enter_context(
                tried.connect(b"GET /wait HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            )
            for _ in range(pages)
        ]
        wait_for((tried.folder / "started").exists)

        for _ in range(3):
            assert "200 OK" in tried.send("GET /healthz HTTP/1.1")
            answer = tried.send("POST /callbacks/gopay HTTP/1.1\r\nContent-Length: 2", b"{}")
            assert "200 OK" in answer
        # All are still to be answered; those that got no thread wait for one.
        at_work = (tried.folder / "waiting").read_text()
        assert len(at_work) == max(1, THREADS - 2)

        (tried.folder / "free").touch()
        assert all(answer_on(page).endswith("waited") for page in slow)


def test_callbacks_that_wait_keep_nobody_from_pages_and_health_checks(tried: Tried) -> None:
    callback = b"POST /callbacks/wait HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    with ExitStack() as open_ones:
        slow = [open_ones.enter_context(tried.connect(callback)) for _ in range(20)]
        wait_for((tried.folder / "started").exists)

        for _ in range(3):
            assert "200 OK" in tried.send("GET /healthz HTTP/1.1")
            assert "200 OK" in tried.send("GET /echo HTTP/1.1")

        (tried.folder / "free").touch()
        assert all(answer_on(each).endswith("waited") for each in slow)


def test_a_page_that_gets_no_thread_in_time_is_asked_to_come_back(tmp_path: Path) -> None:
    server = Tried(tmp_path, page_waits_s=0.2)
    page = b"GET /wait HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    try:
        with server.connect(page):
            wait_for((tmp_path / "started").exists)
            with server.connect(page) as late:
                said = answer_on(late)

        assert said.startswith("HTTP/1.1 503")
        assert "retry-after: 5" in said.lower()
        assert "Coba lagi sebentar lagi." in said
    finally:
        (tmp_path / "free").touch()
        server.process.terminate()
        server.process.wait(LIMIT_S)


def test_what_is_being_answered_is_finished_before_the_stop(tried: Tried) -> None:
    with tried.connect(b"GET /wait HTTP/1.1\r\nHost: h\r\n\r\n") as waiting:
        wait_for((tried.folder / "started").exists)
        tried.process.terminate()
        (tried.folder / "free").touch()

        assert answer_on(waiting).endswith("waited")
    assert tried.process.wait(LIMIT_S) == 0


def test_no_process_is_left_when_the_server_is_killed(tried: Tried) -> None:
    child = int(tried.send("GET /echo HTTP/1.1").partition('"process":')[2].partition("}")[0])

    tried.process.send_signal(signal.SIGKILL)
    tried.process.wait(LIMIT_S)

    wait_for(lambda: not lives(child))


def test_a_worker_that_dies_is_replaced(tried: Tried) -> None:
    child = int(tried.send("GET /echo HTTP/1.1").partition('"process":')[2].partition("}")[0])

    os.kill(child, signal.SIGKILL)

    wait_for(tried.answers)


def test_a_host_may_be_a_name(tmp_path: Path) -> None:
    server = Tried(tmp_path, host="localhost")
    try:
        assert server.answers()
    finally:
        server.process.terminate()
        server.process.wait(LIMIT_S)


def test_a_port_that_is_taken_is_said_in_a_sentence(tried: Tried, tmp_path: Path) -> None:
    second = subprocess.run(
        [sys.executable, "-c", APP, str(tried.port), str(tmp_path), "1"],
        env={**os.environ, "AGENTSYS_INSTANCE": str(tmp_path / "instance")},
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )

    assert f"Port {tried.port}" in second.stderr
