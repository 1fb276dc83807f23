"""A fixed day, an office that pays from its own pocket, and its finance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy.orm import Session

from agentsys.ledger import invariants
from agentsys.people.models import Office, User
from agentsys.terms.models import CommissionFunding
from tests.factories import make_office
from tests.office_factories import decided_terms
from tests.payouts.builders import finance

MADE_UP = {"collected_contribution_has_its_money", "remittance_is_the_sum_of_its_contributions"}


@pytest.fixture(autouse=True)
def december() -> Iterator[None]:
    """It is 4 December 2026, in the working hours of Bontang."""
    with time_machine.travel(datetime(2026, 12, 4, 3, tzinfo=UTC)):
        yield


@pytest.fixture(autouse=True)
def books(session: Session) -> Iterator[None]:
    """The books hold after each test; only the contributions have no payments behind them."""
    yield
    session.expire_all()
    assert [each for each in invariants.check(session) if each.check not in MADE_UP] == []


@pytest.fixture
def office(session: Session) -> Office:
    """An office that pays commissions itself."""
    found = make_office(session)
    decided_terms(session, office_id=found.id, funding=CommissionFunding.OWN)
    return found


@pytest.fixture
def people(session: Session, office: Office) -> list[User]:
    """Two people of its finance."""
    return finance(session, office)
