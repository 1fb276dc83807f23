"""Cards: tokens, saved cards, 3-D Secure and the documented test numbers."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from typing import Any

from agentsys.demo.midtrans_simulator.channels.instructions import digits
from agentsys.demo.midtrans_simulator.channels.transaction import Transaction
from agentsys.demo.midtrans_simulator.context import Context
from agentsys.demo.midtrans_simulator.engine.clock import gateway_time
from agentsys.demo.midtrans_simulator.engine.refusals import GatewayError, invalid

TOKEN_S = 10 * 60
SAVED_S = 4 * 365 * 86_400
CHALLENGED = {"4511111111111117", "5510111111111115"}
DENIED_BY_FRAUD_CHECK = {"4611111111111116", "5411111111111115"}
DENIED_BY_BANK = {"4911111111111113", "5111111111111118"}
TEST_CARDS = {
    "4811111111111114": "baik",
    "4511111111111117": "diperiksa penjual",
    "4911111111111113": "ditolak bank",
}
# What a bank may say to a charge of a saved card.
RESPONSES = {
    "05": "Do not honour",
    "14": "Invalid card number",
    "41": "Lost card",
    "43": "Stolen card",
    "51": "Insufficient funds",
    "54": "Expired card",
    "57": "Transaction not permitted to cardholder",
    "61": "Exceeds withdrawal amount limit",
    "62": "Restricted card",
    "65": "Exceeds withdrawal frequency limit",
    "91": "Issuer or switch is inoperative",
    "96": "System malfunction",
}
BANKS = {"48": "bni", "41": "bni", "52": "bca", "55": "bca", "46": "mandiri", "45": "cimb"}


@dataclass(kw_only=True)
class CardToken:
    """One card, known by a token that may be used once, or again and again."""

    token_id: str
    number: str
    until: float
    saved: bool = False
    used: bool = False
    response: str = ""  # what the bank answers to its charges; empty: it depends on the number

    @property
    def masked(self) -> str:
        """The first eight and the last four digits."""
        return f"{self.number[:8]}-{self.number[-4:]}"


class Cards:
    """The tokens of all cards."""

    def __init__(self, context: Context) -> None:
        """Load the stored tokens."""
        self._context = context
        self._tokens = {t["token_id"]: CardToken(**t) for t in context.store.all("card")}

    def token(self, asked: dict[str, str]) -> dict[str, Any]:
        """A token for one charge, from a card's number or from a saved card."""
        if asked.get("token_id"):
            number = self._known(asked["token_id"]).number
        else:
            number = self._checked(asked)
        token = self._issued(number, f"{_mask(number)}-{uuid.uuid4()}", TOKEN_S)
        return {
            "status_code": "200",
            "status_message": "Credit card token is created as Token ID.",
            "token_id": token.token_id,
            "hash": uuid.uuid4().hex,
        }

    def register(self, asked: dict[str, str]) -> dict[str, Any]:
        """A saved card."""
        saved = self._saved(self._checked(asked))
        return {
            "status_code": "200",
            "saved_token_id": saved.token_id,
            "transaction_id": str(uuid.uuid4()),
            "masked_card": saved.masked,
        }

    def typed(self, number: str) -> str:
        """A token for the number that a customer typed on the gateway's own page."""
        return self._issued(number, f"{_mask(number)}-{uuid.uuid4()}", TOKEN_S).token_id

    def change(self, token_id: str, wish: dict[str, Any]) -> CardToken:
        """The saved card, whose bank answers its charges otherwise from now on, or forgets it."""
        token = self._tokens.get(token_id)
        if token is None or not token.saved:
            raise GatewayError("404", "No such saved card.")
        response = str(wish.get("response", token.response))
        if response and response not in RESPONSES:
            raise ValueError(f"response is one of {', '.join(RESPONSES)}")
        token.response = response
        if wish.get("forgotten"):
            token.until = self._context.now()
        self._keep(token)
        return token

    def points(self, token_id: str) -> dict[str, Any]:
        """The points of the card behind a token."""
        self._known(token_id)
        return {
            "status_code": "200",
            "status_message": "Success, Point inquiry is successful",
            "point_balance": 50_000,
            "point_balance_amount": "50000.00",
            "transaction_time": gateway_time(self._context.now()),
        }

    def _checked(self, asked: dict[str, str]) -> str:
        number = "".join(asked.get("card_number", "").split())
        month, year = asked.get("card_exp_month", ""), asked.get("card_exp_year", "")
        wrong = []
        if not (number.isascii() and number.isdigit() and 13 <= len(number) <= 19):
            wrong.append("card_number is not valid")
        if not (month.isdigit() and 1 <= int(month) <= 12):
            wrong.append("card_exp_month is not valid")
        over = not self._context.knobs.expired_cards and f"{year}-{month:0>2}" < self._this_month()
        if not year.isdigit() or over:
            wrong.append("card_exp_year is not valid")
        if wrong:
            raise invalid(*wrong)
        return number

    def _this_month(self) -> str:
        return gateway_time(self._context.now())[:7]

    def _issued(
        self, number: str, token_id: str, seconds: int, *, saved: bool = False
    ) -> CardToken:
        token = CardToken(
            token_id=token_id, number=number, until=self._context.now() + seconds, saved=saved
        )
        self._keep(token)
        return token

    def _saved(self, number: str) -> CardToken:
        token_id = f"{number[:6]}{uuid.uuid4().hex[:22]}{number[-4:]}"
        return self._issued(number, token_id, SAVED_S, saved=True)

    def _keep(self, token: CardToken) -> None:
        self._tokens[token.token_id] = token
        self._context.store.save([("card", token.token_id, asdict(token))])

    def _known(self, token_id: str) -> CardToken:
        token = self._tokens.get(token_id)
        if token is None or token.used or token.until <= self._context.now():
            raise GatewayError("411", "Token id is missing, invalid, or timed out")
        return token

    def decide(self, transaction: Transaction, wish: dict[str, Any]) -> None:
        """Let a new card transaction start as its card and the charge want it."""
        token = self._known(str(wish["token_id"]))
        if not token.saved:
            token.used = True
            self._keep(token)
        transaction.details |= {"masked_card": token.masked, "card_type": "credit"} | {
            "bank": str(wish.get("bank") or BANKS.get(token.number[:2], "bni"))
        }
        transaction.private |= {
            "number": token.number,
            "response": token.response,
            "authorize": wish.get("type") == "authorize",
        }
        if str(wish.get("save_token_id", "")).lower() == "true":
            saved = self._saved(token.number)
            transaction.paid_details |= {
                "saved_token_id": saved.token_id,
                "saved_token_id_expired_at": gateway_time(saved.until),
            }
        asks_the_holder = wish.get("authentication") or wish.get("secure")
        if str(asks_the_holder).lower() != "true":
            transaction.status = self.after_consent(transaction)

    def after_consent(self, transaction: Transaction) -> str:
        """The state of a card transaction that its holder agreed to, or need not agree to."""
        number, approved = transaction.private.get("number", ""), False
        response = transaction.private.get("response", "")
        if response:
            channel = {
                "channel_response_code": response,
                "channel_response_message": RESPONSES[response],
            }
        elif number in DENIED_BY_FRAUD_CHECK:
            transaction.fraud_status = "deny"
            channel = {"channel_response_code": "05", "channel_response_message": "Denied by FDS"}
        elif number in DENIED_BY_BANK:
            channel = {"channel_response_code": "05", "channel_response_message": "Do not honour"}
        else:
            approved = True
            if number in CHALLENGED:
                transaction.fraud_status = "challenge"
            channel = {"channel_response_code": "00", "channel_response_message": "Approved"}
        transaction.details |= channel
        if not approved:
            return "deny"
        transaction.paid_details |= {"approval_code": digits(13), "eci": "05"}
        return "authorize" if transaction.private.get("authorize") else "capture"


def _mask(number: str) -> str:
    return f"{number[:8]}-{number[-4:]}"
