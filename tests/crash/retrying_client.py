"""Users who send again what was not answered, until it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import psycopg
import requests

from tests.crash.client import Visitor
from tests.tree import wait_for

LIMIT_S = 300
_NOT_NOW = 503

Found = TypeVar("Found")


def retried(ask: Callable[[], Found], what: str) -> Found:
    """Repeat a request until it is answered; only 503 and connection errors are repeated."""
    answers: list[Found] = []

    def is_answered() -> bool:
        try:
            answers.append(ask())
        except requests.HTTPError as error:
            if error.response.status_code != _NOT_NOW:
                raise
            return False
        except (requests.RequestException, psycopg.OperationalError):
            return False
        return True

    wait_for(is_answered, f"an answer to {what}", limit_s=LIMIT_S)
    return answers[0]


class RetryingVisitor(Visitor):
    """A visitor who retries until there is an answer; a refusal (4xx) of a form is one."""

    def page(self, path: str) -> str:
        """The text of a page."""
        return retried(lambda: Visitor.page(self, path), path)

    def submit(self, path: str, fields: dict[str, object]) -> requests.Response:
        """Send a form, the same each time, and follow redirects."""

        def send() -> requests.Response:
            try:
                return Visitor.submit(self, path, fields)
            except requests.HTTPError as error:
                if error.response.status_code < 500:
                    return error.response
                raise

        return retried(send, path)

    def upload(self, path: str, fields: dict[str, object], name: str, content: bytes) -> str:
        """Send a form with a file; return the URL of the next page."""
        return retried(lambda: Visitor.upload(self, path, fields, name, content), path)
