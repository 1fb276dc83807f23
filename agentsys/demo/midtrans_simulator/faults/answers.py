"""Answers that go wrong on purpose: for every call, for some calls, or for one order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from threading import Event, Lock
from typing import Any

from flask import Response

# Those of the second line keep the right answer and only send it badly, so the work is done.
REPLACING = (
    "500", "500_says_404", "503", "504", "429", "401", "402", "html_502", "hang", "null", "list",
    "empty", "bytes", "redirect", "bad_status_code",
)  # fmt: skip
SENDING = ("drip", "drip_for_ever", "huge", "endless", "cut_short")
FAULTS = (*REPLACING, *SENDING)

MOVED = '{"status_code":"200","status_message":"Moved","transaction_status":"settlement"}'
RECOVERING = '{"status_code":"%s","status_message":"Sorry. Our system is recovering."}'
_PAGE = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
_JSON = "application/json"
_PLAIN: dict[str, tuple[str | bytes, int, str]] = {
    "500": (RECOVERING % "500", 500, _JSON),
    "500_says_404": (RECOVERING % "404", 500, _JSON),
    "503": (RECOVERING % "503", 503, _JSON),
    "504": (RECOVERING % "504", 504, _JSON),
    "429": (RECOVERING % "429", 429, _JSON),
    "401": ('{"status_code":"401","status_message":"Access denied."}', 401, _JSON),
    "402": ('{"status_code":"402","status_message":"Merchant has no access."}', 402, _JSON),
    "html_502": (_PAGE, 502, "text/html"),
    "null": ("null", 200, _JSON),
    "list": ("[]", 200, _JSON),
    "empty": ("", 200, _JSON),
    "bytes": (b"\xff\xfe\x00{", 200, _JSON),
    "redirect": (MOVED, 302, _JSON),
    "bad_status_code": ('{"status_code":"Invalid mandatory field"}', 200, _JSON),
}
_CHUNK = b" " * 65_536


@dataclass(kw_only=True)
class Fault:
    """One way to spoil answers, and which answers it spoils."""

    fault: str
    operation: str = "all"
    path: str = "*"  # a pattern over the path of the call, such as /v2/*/status
    order_id: str = ""  # a pattern for the order id in the path or the body
    times: int = -1  # how many answers; -1: until it is taken away
    after: bool = False  # the work is done first, and only the answer is lost
    hang_s: float = 30.0
    drip_s: float = 1.0  # between two bytes
    size_bytes: int = 5_000_000

    @property
    def does_the_work(self) -> bool:
        """Whether the books change although the answer is spoilt."""
        return self.after or self.fault in SENDING

    def fits(self, operation: str, path: str, ids: set[str]) -> bool:
        """Whether this fault spoils the answer to this call."""
        return (
            self.times != 0
            and self.operation in ("all", operation)
            and fnmatchcase(path, self.path)
            and (not self.order_id or any(fnmatchcase(each, self.order_id) for each in ids))
        )

    def spoil(self, answer: Response, closing: Event) -> Response:
        """The answer as a bad day would give it; `closing` frees what hangs or drips."""
        if self.fault == "hang":
            closing.wait(self.hang_s)
            return Response("", 504)
        if self.fault in _PLAIN:
            text, status, kind = _PLAIN[self.fault]
            headers = {"Location": "/v2/elsewhere/status"} if self.fault == "redirect" else {}
            return Response(text, status, headers, mimetype=kind)
        return self._sent_badly(answer, closing)

    def _sent_badly(self, answer: Response, closing: Event) -> Response:
        body = answer.get_data()
        headers = {"Content-Type": str(answer.content_type)}
        if self.fault == "huge":
            body = padded(body, self.size_bytes)
        elif self.fault == "drip":
            headers["Content-Length"] = str(len(body))
        elif self.fault == "cut_short":
            headers["Content-Length"] = str(len(body))
            body = body[: len(body) // 2]
        streams: dict[str, Callable[[], Iterator[bytes]]] = {
            "drip": lambda: self._drip(body, closing),
            "drip_for_ever": lambda: self._drip(None, closing),
            "endless": lambda: _endless(closing),
        }
        make = streams.get(self.fault, lambda: iter([body]))
        return Response(make(), answer.status_code, headers)

    def _drip(self, body: bytes | None, closing: Event) -> Iterator[bytes]:
        # White space before a JSON text is legal, so nobody can tell that no text will come.
        position = 0
        while body is None or position < len(body):
            yield b" " if body is None else body[position : position + 1]
            position += 1
            if closing.wait(self.drip_s):
                return


def padded(body: bytes, size_bytes: int) -> bytes:
    """A JSON object of at least this size that says what `body` says."""
    said = json.loads(body)
    if isinstance(said, dict):
        said["padding"] = "x" * size_bytes
    return json.dumps(said).encode()


def _endless(closing: Event) -> Iterator[bytes]:
    while not closing.is_set():
        yield _CHUNK


class FaultList:
    """The faults that are in force besides the one that the settings name."""

    def __init__(self) -> None:
        """Start with none."""
        self._lock = Lock()
        self._faults: list[Fault] = []

    def add(self, wish: dict[str, Any], operations: tuple[str, ...]) -> Fault:
        """One more fault; ValueError says what is wrong with the wish."""
        kinds = {f.name: f.default.__class__ for f in fields(Fault)} | {"fault": str}
        for name, value in wish.items():
            kind = kinds.get(name)
            if kind is None:
                raise ValueError(f"a fault has no {name}")
            if not (type(value) is kind or (kind is float and type(value) is int)):
                raise ValueError(f"{name} takes {kind.__name__}, not {value!r}")
        if wish.get("fault") not in FAULTS:
            raise ValueError(f"fault takes one of {', '.join(FAULTS)}")
        if wish.get("operation", "all") not in operations:
            raise ValueError(f"operation takes one of {', '.join(operations)}")
        fault = Fault(**wish)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Answer rightly again."""
        with self._lock:
            self._faults.clear()

    def take(self, operation: str, path: str, ids: set[str]) -> Fault | None:
        """The first fault that fits this call; a counted one is used up by it."""
        with self._lock:
            for fault in self._faults:
                if fault.fits(operation, path, ids):
                    fault.times -= fault.times > 0
                    return fault
        return None

    def shown(self) -> list[dict[str, Any]]:
        """Every fault in force, oldest first."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]
