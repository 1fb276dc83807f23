"""Which rules apply to an office, from when, and with which rates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.commissions.approval import RatesSince
from agentsys.commissions.models import Statement
from agentsys.commissions.rates import reading
from agentsys.commissions.rates.deciding import RatesAction
from agentsys.commissions.rates.models import RatesState
from agentsys.commissions.rule_check import NoRule, new_workers_needed
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.extension.commission_rules import RulesExclude
from agentsys.months import add_months
from agentsys.plugins import corporate_agency, tiered
from agentsys.plugins.perisai_2022.settings import RULE as INCENTIVE
from tests.commissions.builders import (
    NOVEMBER,
    approve,
    portfolio,
    run,
)
from tests.commissions.rates import HOOK, decide, propose, sponsored, total, tried, two_of
from tests.factories import make_agent, make_office
from tests.office_factories import BONUS, decided_rates, proposed_rates


def test_a_rule_applies_to_an_office_from_the_month_that_two_people_decided(
    session: Session, vault: Vault
) -> None:
    agent, other = make_agent(session), make_agent(session)
    for each in (agent, other):
        portfolio(session, vault, each, 20)
    run(session, hook=HOOK)
    assert total(session, "bonus.month") == 0

    decided_rates(session, office_id=agent.office_id, valid_from=NOVEMBER)
    run(session, hook=HOOK)

    assert total(session, "bonus.month") == 2 * 50_000  # of one office alone


def test_rates_of_the_office_go_before_those_of_all_offices_and_the_newest_before_older_ones(
    session: Session,
) -> None:
    office = make_office(session)
    amounts = [(None, 10_000, date(2026, 11, 1)), (office.id, 20_000, date(2026, 9, 1))]
    amounts += [(office.id, 30_000, date(2026, 10, 1)), (office.id, 40_000, date(2026, 12, 1))]
    for office_id, amount_idr, valid_from in amounts:
        values = BONUS | {"amount_idr": amount_idr}
        decided_rates(session, office_id=office_id, valid_from=valid_from, values=values)

    def found(office_id: int, month: date) -> int:
        rates = reading.decided(session, office_id=office_id, month=month)["bonus"]
        assert rates is not None
        return rates.number("amount_idr")

    assert [found(office.id, date(2026, month, 1)) for month in (9, 10, 11, 12)] == [
        20_000, 30_000, 30_000, 40_000,
    ]  # fmt: skip
    assert found(make_office(session).id, NOVEMBER) == 10_000


def test_a_rule_that_was_switched_off_grants_nothing_and_a_month_without_rules_stops(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 3)
    decided_rates(
        session, office_id=None, rule=INCENTIVE.name, valid_from=NOVEMBER, is_on=False, values={}
    )

    with pytest.raises(NoRule):
        run(session, hook=HOOK)


def test_two_rules_of_which_only_one_may_apply_stop_the_run_with_both_names(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 3)
    decided_rates(
        session,
        office_id=agent.office_id,
        rule=corporate_agency.RULE.name,
        values={"percent": "2.5", "payers": ["apbd"], "office_percent": "0", "most_idr": 0},
        valid_from=NOVEMBER,
    )

    with pytest.raises(RulesExclude, match=r"Insentif Perisai 2022 dan Agen perusahaan"):
        run(session, hook=HOOK)


def test_approving_a_rule_that_applies_alone_ends_the_others_of_its_kind(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 3)
    sponsored(session, agent)
    first, second = two_of(session, agent.office_id)
    values = {"percent": "2,5", "payers": ["apbd"], "office_percent": "0", "most_idr": "0"}
    found = propose(session, first, rule=corporate_agency.RULE, values=values, valid_from=NOVEMBER)
    decide(session, tried(session, found), second)

    run(session, hook=HOOK)

    assert total(session, "perisai_2022.collection") == 0
    assert total(session, "corporate_agency.collection") == 3 * 420
    others = reading.decided(session, office_id=make_office(session).id, month=NOVEMBER)
    assert others == {}


def test_nobody_approves_own_rates_or_rates_that_were_not_tried_or_were_tried_too_early(
    session: Session,
) -> None:
    office = make_office(session)
    first, second = two_of(session, office.id)
    found = propose(session, first)

    with pytest.raises(Conflict, match="belum selesai"):
        decide(session, found, second)
    tried(session, found)
    with pytest.raises(Forbidden):
        decide(session, found, first)
    decided_rates(session, office_id=office.id, rule=tiered.RULE.name)
    with pytest.raises(Conflict, match="sesudah hitungan coba"):
        decide(session, found, second)
    tried(session, found)
    assert decide(session, found, second).state is RatesState.APPROVED
    with pytest.raises(Conflict):
        decide(session, found, second)


def test_rates_of_another_office_are_not_reached(session: Session) -> None:
    first, _second = two_of(session, make_office(session).id)
    stranger, _other = two_of(session, make_office(session).id)
    found = tried(session, propose(session, first))

    with pytest.raises(NotFound):
        decide(session, found, stranger)


def test_a_month_with_an_approved_statement_keeps_its_rates(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 1)
    run(session)
    approve(session, agent)
    first, _second = two_of(session, agent.office_id)

    with pytest.raises(Invalid, match="sudah disetujui"):
        propose(session, first, valid_from=NOVEMBER)
    assert propose(session, first, valid_from=add_months(NOVEMBER, 1)).id


def test_a_statement_that_was_computed_with_older_rates_is_not_approved(
    session: Session, vault: Vault
) -> None:
    agent = make_agent(session)
    portfolio(session, vault, agent, 20)
    run(session, hook=HOOK)
    decided_rates(session, office_id=agent.office_id, valid_from=NOVEMBER)

    with pytest.raises(RatesSince, match="tarif komisi yang baru"):
        approve(session, agent)
    run(session, hook=HOOK)
    approve(session, agent)

    assert session.scalars(select(Statement.agent_idr)).one() == 20 * 2_520 + 2 * 50_000


def test_the_number_of_new_workers_that_is_needed_follows_the_rates(session: Session) -> None:
    office = make_office(session)
    other = replace(
        INCENTIVE.packaged[0].rates,
        values=tuple(
            (name, 40 if name == "least_new" else value)
            for name, value in INCENTIVE.packaged[0].rates.values
        ),
    )

    assert new_workers_needed(HOOK, NOVEMBER) == 25
    assert new_workers_needed(HOOK, NOVEMBER, {INCENTIVE.name: other}) == 40
    assert reading.decided(session, office_id=office.id, month=NOVEMBER) == {}


def test_one_proposal_waits_for_a_rule_and_office_at_a_time(session: Session) -> None:
    office = make_office(session)
    first, second = two_of(session, office.id)
    found = proposed_rates(session, office_id=office.id, proposed_by=first.id)

    with pytest.raises(Conflict, match="masih menunggu"):
        propose(session, second)
    with pytest.raises(NotFound):
        decide(session, found, second, action=RatesAction.WITHDRAW)
    with pytest.raises(Invalid, match="alasan ditolak"):
        decide(session, found, second, action=RatesAction.REFUSE)
    decide(session, found, first, action=RatesAction.WITHDRAW)
    assert propose(session, second).state is RatesState.PROPOSED
