"""What a sponsor paid too much, used for a bill and returned, goes down and up again."""

from __future__ import annotations

import secrets

from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from agentsys.db import db, transaction
from agentsys.ledger import accounts, invariants
from agentsys.sponsors import credit
from agentsys.transfers.repayments import TransferAction, decide_transfer, propose
from tests.sponsors.world import PRICE, Sponsored

_PAYMENT = "SELECT custody, for_bill_id IS NOT NULL FROM payments WHERE channel = 'sponsor_credit'"
_TRANSFER = "SELECT state FROM transfers WHERE account LIKE 'owed:sponsor:%'"


def returned(office: Sponsored) -> int:
    """An agreement whose surplus paid a bill, and of which a part went back; its id."""
    session, agreement = office.session, office.agreement()
    office.name(agreement, office.worker(), office.worker())
    office.pay(office.bill(agreement), 6 * PRICE)
    credit.pay_whole(
        session, bill_id=office.bill(agreement, office.later(1)).id, actor_id=office.finance.id
    )
    transfer = propose(
        session,
        account=accounts.owed_to_sponsor(agreement.id, agreement.office_id),
        amount_idr=PRICE,
        bank_ref=secrets.token_hex(6),
        note="Surat 900/12",
        actor_id=office.finance.id,
    )
    decide_transfer(
        session, transfer_id=transfer.id, action=TransferAction.BOOK, actor_id=office.admin.id
    )
    return agreement.id


def test_a_surplus_that_paid_a_bill_or_went_back_survives_going_down_and_up(fresh, vault):
    with fresh.app_context():
        upgrade()
        with transaction() as session:
            agreement_id = returned(Sponsored.build(session, vault))
            assert invariants.check(session) == []
        db.session.remove()

        downgrade(revision="0081")
        rows = db.session.execute(text(_PAYMENT)).all()
        assert [tuple(row) for row in rows] == [("bank", True)]
        assert db.session.scalars(text(_TRANSFER)).all() == ["booked"]
        db.session.remove()

        upgrade()
        session = db.session()
        assert invariants.check(session) == []
        assert session.scalars(text("SELECT agreement_id FROM transfers")).all() == [agreement_id]
        assert session.scalars(text(_PAYMENT)).all() == ["credit"]
        db.session.remove()
