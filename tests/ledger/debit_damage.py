"""A debit without its consent, notice and list, on which the invariants of debits are tried."""

from __future__ import annotations

from datetime import date

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.payments.debit_models import DebitRun
from tests.debit_factories import make_debit, make_mandate, make_notice
from tests.payments.world import World

_DEBITED = "UPDATE payments SET mandate_id = (SELECT id FROM mandates)"

DEBIT_DAMAGE = {
    # All payments were made before the consent.
    "debit_has_its_consent": _DEBITED,
    # The debit was made although nobody opened its notice.
    "debit_has_its_notice": """
    INSERT INTO debit_tries (debit_id, try_no, payment_id, notice_id, at, differed)
    SELECT n.debit_id, 1, p.id, n.id, now(), false
    FROM notices n, (SELECT id FROM payments ORDER BY id LIMIT 1) p
    """,
    "debit_pays_no_month_twice": """
    WITH months AS (
        INSERT INTO payment_months (payment_id, worker_id, month, amount_idr)
        SELECT p.id, m.worker_id, m.month, m.amount_idr
        FROM payments p, payment_months m WHERE p.state = 'settled'
        ON CONFLICT DO NOTHING
    )
    """
    + _DEBITED,
    "debit_list_closes": "UPDATE debit_runs SET planned = 5, charged = 5",
}


def plan_debit(world: World) -> None:
    """A mandate, a debit that is announced, and the list of a day without debits."""
    owed = world.session.get_one(Contribution, (world.worker.id, world.months[0]))
    mandate = make_mandate(world.session, world.worker)
    make_notice(world.session, make_debit(world.session, mandate, owed))
    world.session.add(
        DebitRun(
            office_id=world.office_id,
            day=date(2026, 11, 10),
            planned=0,
            planned_idr=0,
            closed_at=clock.now(),
        )
    )
    world.session.flush()
