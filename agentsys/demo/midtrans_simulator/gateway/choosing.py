"""A customer's choice on a page of Snap, which begins a transaction."""

from __future__ import annotations

from agentsys.demo.midtrans_simulator.accounts.cards import TEST_CARDS
from agentsys.demo.midtrans_simulator.gateway.gateway import Gateway


def pay_by(gateway: Gateway, token: str, method: str, *, card_number: str = "") -> str:
    """The address at which the customer pays by the method chosen on the page of this token.

    An attempt that the customer began before, on the same page, is cancelled.
    """
    with gateway.context.lock:
        found = gateway.snap.find(token)
        card = card_number if card_number in TEST_CARDS else next(iter(TEST_CARDS))
        typed = gateway.cards.typed(card) if method == "credit_card" else ""
        payload = gateway.snap.charge_payload(found, method, card_token=typed)
        if found.transaction_id:
            earlier = gateway.find(found.transaction_id)
            if earlier.status == "pending":
                gateway.move(earlier.transaction_id, "cancel")
        body = gateway.charge(
            payload, base_url=found.base_url, notify_urls=found.notify_urls, method=method
        )
        found.transaction_id = str(body["transaction_id"])
        gateway.snap.save(found)
        return gateway.find(found.transaction_id).phone_url
