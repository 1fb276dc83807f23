"""What is kept of a provider's answers."""

from __future__ import annotations

from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import PaymentMove
from tests.payments.world import PRICE, World

P = PaymentState


def test_of_an_endless_answer_only_the_beginning_is_kept(world: World) -> None:
    payment = world.ask(1)
    report = PaymentReport(
        reference=payment.reference,
        state=P.SETTLED,
        amount_idr=PRICE,
        raw={"words": "x" * 5_000_000},
    )

    apply_report(world.session, report=report, by="test")

    kept = world.session.get_one(PaymentMove, (payment.id, P.SETTLED)).report
    assert len(str(kept)) < 20_000
    assert kept["raw"]["cut"].startswith('{"words": "xxx')
