"""How the gateway says no: each API family has its own shape of an error body."""

from __future__ import annotations

from typing import Any

UNAUTHORISED = "Transaction cannot be authorized with the current client/server key."
INVALID = "One or more parameters in the payload is invalid."
UNEXPECTED = "Sorry. Our system is recovering from unexpected issues. Please retry."
NO_TRANSACTION = "Transaction doesn't exist."
NOT_CHANGEABLE = "Transaction status cannot be updated."


class GatewayError(Exception):
    """An error answer of the gateway: a code, a message, and sometimes more fields."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        """Store the contents of the answer."""
        super().__init__(f"{code} {message}")
        self.code = code
        self.http = int(code)
        self.body: dict[str, Any] = {"status_code": code, "status_message": message, **more}


class AccountError(GatewayError):
    """A refusal about a linked account, which is sent as HTTP 200 with the code in the body."""

    def __init__(self, code: str, message: str) -> None:
        """Keep the code for the body only."""
        super().__init__(code, message)
        self.http = 200


class SnapError(GatewayError):
    """A refusal of Snap: a list of sentences and no code in the body."""

    def __init__(self, code: str, *messages: str) -> None:
        """Keep the sentences."""
        super().__init__(code, "; ".join(messages))
        self.body = {"error_messages": list(messages)}


class SubscriptionError(GatewayError):
    """A refusal about a subscription: a sentence, sometimes a list, and no code in the body."""

    def __init__(self, code: str, message: str, *validation_messages: str) -> None:
        """Keep the sentences."""
        super().__init__(code, message)
        self.body = {"status_message": message}
        if validation_messages:
            self.body["validation_messages"] = list(validation_messages)


class PayoutError(GatewayError):
    """A refusal about payouts: a sentence, and errors by row or by field."""

    def __init__(self, code: str, message: str, errors: Any = None) -> None:
        """Build the body of the answer; `errors` are its `errors` field."""
        super().__init__(code, message)
        self.body = {"error_message": message}
        if errors is not None:
            self.body["errors"] = errors


def invalid(*messages: str) -> GatewayError:
    """A refused payload, with every mistake in it."""
    return GatewayError("400", INVALID, validation_messages=list(messages))
