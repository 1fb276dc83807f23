"""Questions about mandates and debits: asked once at a time, and whatever the clock once said."""

from __future__ import annotations

from datetime import date, timedelta

from agentsys.db import transaction
from agentsys.extension.contract import MandateEnd, MandateReport, MandateRequest, MandateState
from agentsys.payments.debit_models import Debit, DebitState
from agentsys.payments.mandate_models import Mandate
from agentsys.payments.mandates import linking, own_page
from tests.payments.mandates.account import DictDebit
from tests.payments.mandates.auto import AutoDebit
from tests.payments.world import PRICE


class Impatient(DictDebit):
    """A provider whose payer presses the button while the provider makes the account."""

    def __init__(self, auto: AutoDebit) -> None:
        """Know whose payer it is."""
        super().__init__()
        self.auto = auto
        self.asked = 0

    def ask_mandate(self, request: MandateRequest) -> MandateReport:
        """Make an account, and count how often."""
        self.asked += 1
        if self.asked == 1:
            with transaction() as session:
                own_page.ask_provider_soon(session, worker_id=self.auto.world.worker.id)
            linking.ask_providers({self.name: self}, vault=self.auto.vault)
        return super().ask_mandate(request)


def test_a_button_pressed_while_the_account_is_made_makes_no_second_one(auto: AutoDebit) -> None:
    """The payer would consent on the page of an account that is not the mandate's."""
    auto.channel = Impatient(auto)

    auto.ask()

    assert auto.channel.asked == 1


def test_the_button_asks_at_once_about_an_account_that_was_made(auto: AutoDebit) -> None:
    mandate = auto.ask()
    auto.account.state = MandateState.ACTIVE

    own_page.ask_provider_soon(auto.world.session, worker_id=auto.world.worker.id)
    auto.ask_provider()

    auto.world.session.expire_all()
    assert mandate.state is MandateState.ACTIVE


def test_a_mandate_that_a_clock_put_off_for_a_year_is_asked_about_now(auto: AutoDebit) -> None:
    """It may have been revoked meanwhile."""
    mandate = auto.ask()
    auto.consent()
    auto.account.state, auto.account.end = MandateState.ENDED, MandateEnd.REVOKED_BY_PAYER
    mandate.next_check_at = auto.world.session.get_one(Mandate, mandate.id).asked_at + timedelta(
        days=365
    )
    auto.world.session.flush()

    auto.ask_provider()

    auto.world.session.expire_all()
    assert mandate.state is MandateState.ENDED


def test_a_debit_that_a_clock_put_off_for_a_year_is_made_on_its_day(auto: AutoDebit) -> None:
    auto.ask()
    auto.consent()
    auto.until(date(2026, 11, 5))
    auto.open_notice()
    debit = auto.world.session.get_one(Debit, auto.debit.id)
    assert debit.look_at is not None
    debit.look_at += timedelta(days=365)
    auto.world.session.flush()

    auto.until(date(2026, 11, 11))

    assert auto.debit.state is DebitState.COLLECTED
    assert auto.account.balance_idr < 1_000_000 - PRICE
