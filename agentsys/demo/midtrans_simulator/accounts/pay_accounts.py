"""Linked GoPay accounts: asked for, agreed to on the payer's phone, read, charged and ended."""

from __future__ import annotations

import json
import uuid
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from agentsys.demo.midtrans_simulator.accounts.pay_account import (
    CODE,
    PayAccount,
    known_account,
)
from agentsys.demo.midtrans_simulator.channels.transaction import Transaction, sign
from agentsys.demo.midtrans_simulator.context import Context
from agentsys.demo.midtrans_simulator.engine.refusals import AccountError, GatewayError
from agentsys.demo.midtrans_simulator.engine.vocabulary import MERCHANT_ID

UNKNOWN_PHONES = {"123450001"}
BLOCKED_PHONES = {"123450002", "8271939753"}
POOR_PHONES = {"8242014881"}
NO_ACCOUNT = "Account doesn't exist."
PHONE_RULE = "gopay_partner.phone_number must be numeric digits and must not begin with 0"


class Accounts:
    """All linked accounts."""

    def __init__(self, context: Context) -> None:
        """Load the stored accounts, and schedule their expiry."""
        self._context = context
        self._by_id: dict[str, PayAccount] = {}
        for body in context.store.all("account"):
            self._remember(PayAccount(**body))

    def _remember(self, account: PayAccount) -> None:
        self._by_id[account.account_id] = account

        def expire() -> None:
            if account.status == "PENDING":
                account.status = "EXPIRED"
                self._save(account)
                self._changed(account)

        expires_at = account.created_at + self._context.knobs.link_expires_after_s
        self._context.agenda.at(expires_at, expire)

    def create(self, payload: dict[str, Any], *, base_url: str) -> dict[str, Any]:
        """The answer to a merchant who wants to link somebody's wallet."""
        partner = payload.get("gopay_partner")
        wish = partner if isinstance(partner, dict) else {}
        phone = str(wish.get("phone_number", ""))
        if payload.get("payment_type") != "gopay":
            raise GatewayError("400", "payment_type is not supported")
        if not phone.isascii() or not phone.isdigit() or phone.startswith("0"):
            raise GatewayError("400", PHONE_RULE)
        if phone in UNKNOWN_PHONES:
            return _failed("105", "User Not Found")
        if phone in BLOCKED_PHONES:
            return _failed("101", "Wallet is Blocked")
        if wish.get("redirect_url") and "://" not in str(wish["redirect_url"]):
            return _failed("2903", "Invalid scheme of redirect_url")
        account = PayAccount(
            account_id=str(uuid.uuid4()),
            phone=phone,
            created_at=self._context.now(),
            base_url=base_url.rstrip("/"),
            redirect_url=str(wish.get("redirect_url", "")),
        )
        if phone in POOR_PHONES:
            account.wallet_idr = account.later_idr = 0
        with self._context.lock:
            self._remember(account)
            self._save(account)
            self._changed(account)
        links = ("activation-link-url", "activation-link-app")
        actions = [{"name": name, "method": "GET", "url": account.link_url} for name in links]
        return {**account.facts(), "actions": actions}

    def add(self, wishes: Iterable[Any], *, base_url: str) -> int:
        """Add wallets that were linked elsewhere; how many were new. ValueError for a wrong wish.

        An account that is known stays as it is.
        """
        with self._context.lock:
            now, url = self._context.now(), base_url.rstrip("/")
            wished = [known_account(wish, now=now, base_url=url) for wish in wishes]
            new = [account for account in wished if account.account_id not in self._by_id]
            self._context.store.save(
                [("account", account.account_id, asdict(account)) for account in new]
            )
            for account in new:
                self._remember(account)
        return len(new)

    def find(self, account_id: str) -> PayAccount:
        """The account of this id; GatewayError 404 otherwise."""
        with self._context.lock:
            self._context.agenda.run_due(self._context.now())
            account = self._by_id.get(account_id)
        if account is None:
            raise AccountError("404", NO_ACCOUNT)
        return account

    def all(self) -> list[PayAccount]:
        """Every account, oldest first."""
        return list(self._by_id.values())

    def read(self, account_id: str) -> dict[str, Any]:
        """How an account stands; one that is enabled has options, whose tokens are new ones."""
        account = self.find(account_id)
        if account.status != "ENABLED":
            return account.facts()
        with self._context.lock:
            now = self._context.now()
            account.tokens = {t: until for t, until in account.tokens.items() if until > now}
            options = [
                self._option(account, "GOPAY_WALLET", account.wallet_idr),
                self._option(account, "PAY_LATER", account.later_idr),
            ]
            self._save(account)
        return {**account.facts(), "metadata": {"payment_options": options}}

    def _option(self, account: PayAccount, name: str, balance_idr: int) -> dict[str, Any]:
        text = json.dumps({"type": name, "id": str(uuid.uuid4())})
        token = b64encode(text.encode()).decode()
        account.tokens[token] = self._context.now() + self._context.knobs.token_valid_s
        return {
            "name": name,
            "active": not account.blocked,
            "balance": {"value": f"{balance_idr}.00", "currency": "IDR"},
            "metadata": {},
            "token": token,
        }

    def answer(self, account_id: str, *, agreed: bool) -> PayAccount:
        """The account after its owner said yes or no on the phone."""
        account = self.find(account_id)
        if account.status == "PENDING":
            account.status = "ENABLED" if agreed else "EXPIRED"
            self._tell(account, quietly=not agreed)
        return account

    def unbind(self, account_id: str, *, quietly: bool = False) -> dict[str, Any]:
        """The answer to a merchant, or an owner, who ends the link."""
        account = self.find(account_id)
        if account.status != "ENABLED":
            raise AccountError("412", "Account status cannot be updated.")
        account.status = "DISABLED"
        account.tokens = {}
        self._tell(account, quietly=quietly)
        return {
            **account.facts(),
            "channel_response_code": "0",
            "channel_response_message": "Process service request successfully.",
        }

    def change(self, account_id: str, changes: dict[str, Any]) -> PayAccount:
        """The account with another balance, or blocked; ValueError for any other wish."""
        account = self.find(account_id)
        for name, value in changes.items():
            if name not in ("wallet_idr", "later_idr", "blocked"):
                raise ValueError(f"an account has no {name}")
            if type(value) is not type(getattr(account, name)):
                raise ValueError(f"{name} does not take {value!r}")
        for name, value in changes.items():
            setattr(account, name, value)
        self._save(account)
        return account

    def decide(
        self, transaction: Transaction, wish: dict[str, Any], *, attended: bool = True
    ) -> None:
        """Let a charge of a linked account start as settled, as pending for a PIN, or as denied.

        One that is not `attended` takes a token of any age, and asks for no PIN.
        """
        account = self._by_id.get(str(wish["account_id"]))
        token = str(wish["payment_option_token"])
        if account is None:
            raise GatewayError("404", NO_ACCOUNT)
        is_fresh = account.tokens.get(token, 0) > self._context.now()
        if attended and account.status == "ENABLED" and not is_fresh:
            raise GatewayError("411", "Token id is missing, invalid, or timed out")
        transaction.private |= {"account_id": account.account_id, "token": token}
        pin_from_idr = self._context.knobs.pin_from_idr
        if self._refused(account, transaction):
            transaction.status = "deny"
        elif transaction.amount_idr < pin_from_idr or not attended:
            transaction.status = "settlement" if self.take(transaction) else "deny"

    def _refused(self, account: PayAccount, transaction: Transaction) -> bool:
        """Whether this account cannot pay now; the transaction then says why."""
        balance_idr: int = getattr(account, _purse(transaction))
        if account.status != "ENABLED":
            code, message = "112", "Account is not linked"
        elif account.blocked:
            code, message = "101", "Wallet is Blocked"
        elif balance_idr < transaction.amount_idr:
            code, message = "201", "Insufficient Balance"
        else:
            return False
        transaction.details |= {"channel_response_code": code, "channel_response_message": message}
        return True

    def take(self, transaction: Transaction) -> bool:
        """Whether the money could be taken; always, where no linked account pays."""
        if transaction.method != "gopay_linked":
            return True
        account = self._by_id[transaction.private["account_id"]]
        if self._refused(account, transaction):
            return False
        self.give(transaction, -transaction.amount_idr)
        return True

    def give(self, transaction: Transaction, amount_idr: int) -> None:
        """Put money back into the wallet that paid, if it is a linked one."""
        account = self._by_id.get(transaction.private.get("account_id", ""))
        if account is not None:
            purse = _purse(transaction)
            setattr(account, purse, getattr(account, purse) + amount_idr)
            self._save(account)

    def _save(self, account: PayAccount) -> None:
        self._context.store.save([("account", account.account_id, asdict(account))])

    def _changed(self, account: PayAccount) -> None:
        self._context.changed("account", (account.account_id, account.phone), account.status)

    def _tell(self, account: PayAccount, *, quietly: bool) -> None:
        if quietly:
            self._save(account)
            self._changed(account)
            return
        code, key = CODE[account.status], self._context.keys.server
        word = "linked" if account.status == "ENABLED" else "unlinked"
        self._context.save_and_notify(
            ("account", account.account_id, asdict(account)),
            subject_id=account.account_id,
            url=self._context.knobs.account_notify_url,
            body={
                **account.facts(),
                "merchant_id": MERCHANT_ID,
                "signature_key": sign(account.account_id, account.status, code, key),
                "status_message": f"Midtrans account_{word} notification",
            },
        )
        self._changed(account)


def _purse(transaction: Transaction) -> str:
    try:
        option = json.loads(b64decode(transaction.private["token"]))["type"]
    except (ValueError, KeyError, TypeError):
        return "wallet_idr"
    return "later_idr" if option == "PAY_LATER" else "wallet_idr"


def _failed(code: str, message: str) -> dict[str, Any]:
    return {
        "status_code": "202",
        "payment_type": "gopay",
        "channel_response_code": code,
        "channel_response_message": message,
    }
