"""Calls to Midtrans: each returns an answer or raises GatewayRefused or ChannelUnavailable."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import midtransclient
import requests

from agentsys.extension.contract import ChannelStopped, ChannelUnavailable
from agentsys.plugins._midtrans.settings import MidtransSettings
from agentsys.plugins._midtrans.transport import Transport, new_session

Answer = Mapping[str, Any]

# Codes that refuse this payment. 401, 403, 429 and others say nothing about the payment.
DEFINITE = frozenset({"400", "402", "404", "405", "406", "408", "410", "411", "412", "413", "414"})

KEY_REFUSED = (
    "Midtrans menolak kunci server kantor. Pakai cara bayar lain; kantor sudah diberi tahu."
)

UNREADABLE = (
    midtransclient.JSONDecodeError,
    requests.RequestException,
    # Answers that midtransclient fails on: `null`, lists, a status_code that is no number.
    AttributeError,
    TypeError,
    ValueError,
    RecursionError,
)


class GatewayRefused(Exception):
    """Midtrans said no, and meant this payment; `code` is the one in the body of its answer."""

    def __init__(self, code: str, answer: Answer) -> None:
        """Keep the code and the reasons; the rest of the body must not be logged."""
        super().__init__(f"Midtrans refused: {code}")
        self.code = code
        self.answer = answer

    @property
    def words(self) -> str:
        """The reasons that Midtrans gave."""
        messages = self.answer.get("validation_messages") or self.answer.get("error_messages")
        if isinstance(messages, list) and messages:
            return "; ".join(str(message) for message in messages)
        return str(self.answer.get("status_message", ""))


class Midtrans:
    """One merchant's Core API; safe to share between threads."""

    def __init__(self, settings: MidtransSettings) -> None:
        """Keep the settings; nothing connects yet."""
        self._settings = settings
        self._local = threading.local()

    def charge(self, payload: Mapping[str, Any], *, idempotency_key: str) -> Answer:
        """The answer to a charge; GatewayRefused or ChannelUnavailable if there is none."""
        core = self._core(self._settings.charge_timeout_s, {"Idempotency-Key": idempotency_key})
        return _outcome(lambda: core.charge(dict(payload)))

    def snap(self, payload: Mapping[str, Any]) -> str:
        """The address of a payment page; a second one for an order ends the first."""
        snap = midtransclient.Snap(**self._merchant({}))
        if self._settings.base_url:
            snap.api_config.SNAP_SANDBOX_BASE_URL = f"{self._settings.base_url}/snap/v1"
        snap.http_client.http_client = self._transport(self._settings.charge_timeout_s)
        url = _outcome(lambda: snap.create_transaction(dict(payload))).get("redirect_url")
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            raise ChannelUnavailable("Midtrans: the answer has no page")
        return url

    def status(self, reference: str) -> Answer:
        """The state of the newest attempt of an order; GatewayRefused 404 if there is none."""
        core = self._core(self._settings.status_timeout_s)
        return _outcome(lambda: core.transactions.status(quote(reference, safe="")))

    def cancel(self, reference: str) -> Answer:
        """The answer to a cancellation; GatewayRefused 412 if it is too late."""
        core = self._core(self._settings.status_timeout_s)
        return _outcome(lambda: core.transactions.cancel(quote(reference, safe="")))

    def expire(self, reference: str) -> Answer:
        """The answer to an expiry request; GatewayRefused 412 if it is too late."""
        core = self._core(self._settings.status_timeout_s)
        return _outcome(lambda: core.transactions.expire(quote(reference, safe="")))

    def refund(self, any_id: str, wish: Mapping[str, Any]) -> Answer:
        """The answer to a refund; GatewayRefused 412 if it is not possible, 414 by its amount."""
        core = self._core(self._settings.charge_timeout_s)
        return _outcome(lambda: core.transactions.refund(quote(any_id, safe=""), dict(wish)))

    def link_account(self, payload: Mapping[str, Any]) -> Answer:
        """The answer to linking an account; without an `account_id` it was refused."""
        core = self._core(self._settings.charge_timeout_s)
        return _outcome(lambda: core.link_payment_account(dict(payload)))

    def account(self, account_id: str) -> Answer:
        """How a linked account stands, with new tokens; GatewayRefused 404 if it is unknown."""
        core = self._core(self._settings.status_timeout_s)
        return _outcome(lambda: core.get_payment_account(quote(account_id, safe="")))

    def unlink_account(self, account_id: str) -> Answer:
        """The answer to unlinking; GatewayRefused 412 if the account is not linked."""
        core = self._core(self._settings.status_timeout_s)
        return _outcome(lambda: core.unlink_payment_account(quote(account_id, safe="")))

    def qr_picture(self, wallet: str, transaction_id: str) -> str:
        """The address of the picture of a QR that was made before."""
        base = self._core(self._settings.status_timeout_s).api_config.get_core_api_base_url()
        return f"{base}/v2/{wallet}/{quote(transaction_id, safe='')}/qr-code"

    def _core(
        self, timeout_s: float, headers: Mapping[str, str] | None = None
    ) -> midtransclient.CoreApi:
        # One object per call: headers live on the instance, and its default dict on the class.
        core = midtransclient.CoreApi(**self._merchant(headers or {}))
        if self._settings.base_url:
            core.api_config.CORE_SANDBOX_BASE_URL = self._settings.base_url
        core.http_client.http_client = self._transport(timeout_s)
        return core

    def _merchant(self, headers: Mapping[str, str]) -> dict[str, Any]:
        return {
            "is_production": self._settings.is_production,
            "server_key": self._settings.server_keys[0],
            "custom_headers": dict(headers),
            "proxies": {},
        }

    def _transport(self, timeout_s: float) -> Transport:
        return Transport(self._session(), timeout_s)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = new_session(trust_env=not self._settings.is_loopback)
            self._local.session = session
        return session


def _outcome(call: Callable[[], Any]) -> Answer:
    try:
        answer = call()
    except midtransclient.MidtransAPIError as error:
        return _refusal(error)
    except UNREADABLE as error:
        raise ChannelUnavailable(f"Midtrans: {type(error).__name__}") from error
    if not isinstance(answer, dict):
        raise ChannelUnavailable("Midtrans: the answer is no object")
    return answer


def _refusal(error: midtransclient.MidtransAPIError) -> Answer:
    # The text of the exception repeats the whole body, so it goes no further than this.
    body = error.api_response_dict if isinstance(error.api_response_dict, dict) else {}
    code = str(body.get("status_code", ""))
    if isinstance(body.get("error_messages"), list):  # Snap has no code of its own
        code = str(error.http_status_code)
    if code == "407" and "transaction_status" in body:
        return body
    if code == "401" or (error.http_status_code == 401 and not code):
        raise ChannelStopped(KEY_REFUSED) from None
    if error.http_status_code < 500 and code in DEFINITE:
        raise GatewayRefused(code, body) from None
    raise ChannelUnavailable(
        f"Midtrans: HTTP {error.http_status_code}, code {code[:20]!r}"
    ) from None
