"""A user without a browser: signs in, reads pages, sends forms, and disconnects."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlencode, urlsplit

import requests

from tests.tree import PASSWORD


class Visitor:
    """One user's session; it continues after a restart of the web process."""

    def __init__(self, address: str, identity: str) -> None:
        """Sign in with the demo password."""
        self._address = address
        self._session = requests.Session()
        self._token = ""
        self.page("/masuk")
        self.submit("/masuk", {"email": identity, "password": PASSWORD})

    def page(self, path: str) -> str:
        """The text of a page, its line breaks folded; fails unless it answers 200."""
        answer = self._session.get(self._address + path, timeout=30)
        answer.raise_for_status()
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.text)
        self._token = found[1] if found else self._token
        return re.sub(r">\s+<", "><", " ".join(answer.text.split()))

    def submit(self, path: str, fields: dict[str, object]) -> requests.Response:
        """Send a form and follow redirects; fails if it is refused."""
        answer = self._session.post(
            self._address + path, data=self._signed(fields), timeout=30, allow_redirects=True
        )
        answer.raise_for_status()
        return answer

    def upload(self, path: str, fields: dict[str, object], name: str, content: bytes) -> str:
        """Send a form with a file; return the URL of the next page."""
        answer = self._session.post(
            self._address + path,
            data=self._signed(fields),
            files={"file": (name, content)},
            timeout=60,
        )
        answer.raise_for_status()
        return urlsplit(answer.url).path

    def send_and_vanish(self, path: str, fields: dict[str, object]) -> None:
        """Send a complete form, and disconnect without waiting for the answer."""
        body = urlencode(self._signed(fields), doseq=True).encode()
        jar = "; ".join(f"{name}={value}" for name, value in self._session.cookies.items())
        host = urlsplit(self._address)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {host.netloc}\r\nCookie: {jar}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        with socket.create_connection((host.hostname or "", host.port or 0), timeout=10) as line:
            line.sendall(head.encode() + body)

    def _signed(self, fields: dict[str, object]) -> dict[str, object]:
        return {"csrf_token": self._token} | fields
