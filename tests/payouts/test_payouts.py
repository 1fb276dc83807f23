"""From approved commission to the agent's account: each rupiah is paid once."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, NotFound, Refused
from agentsys.papers.account_models import AgentAccount
from agentsys.payouts import batches, due, results, sending
from agentsys.payouts.batches import BatchAction
from agentsys.payouts.due import Hindrance
from agentsys.payouts.models import BatchState, LineState, PayoutFile, Withholding
from agentsys.payouts.results import Result
from agentsys.people.models import Agent, Office, RoleName, User
from agentsys.terms.models import CommissionFunding, Withholder
from tests.commissions.builders import DECEMBER, OCTOBER
from tests.factories import give, make_office, make_user
from tests.office_factories import decided_terms
from tests.payouts.builders import (
    CSV,
    account_of,
    approved,
    balances_of,
    earn,
    earner,
    finance,
    line_of,
    prepared,
    sent,
)

EARNED = 1_026_000
TAX = 25_650  # 5 % of half of it
NET = EARNED - TAX


def result(session: Session, agent: Agent, state: LineState, actor: User, **values: object) -> None:
    given = {"bank_ref": "BRI1", "reason": "" if state is LineState.SUCCEEDED else "ditolak bank"}
    results.record_result(
        session,
        line_id=line_of(session, agent).id,
        result=Result(state=state, **(given | values)),  # type: ignore[arg-type]
        actor_id=actor.id,
    )


@pytest.fixture
def agent(session: Session, vault: Vault, office: Office) -> Agent:
    """An agent to whom an approved commission is owed."""
    found = earner(session, vault, office)
    earn(session, vault, found, EARNED)
    return found


def test_a_commission_goes_from_the_debt_through_tax_and_bank_to_the_agent(
    session: Session, vault: Vault, office: Office, people: list[User], agent: Agent
) -> None:
    owed, payable = f"owed:commission:agent:{agent.id}", f"payable:commission:agent:{agent.id}"
    rest = balances_of(session, agent)
    assert rest.pop(owed) == -EARNED

    batch = prepared(session, office, people)
    assert balances_of(session, agent) == rest | {owed: -EARNED}
    batches.decide_batch(
        session, batch_id=batch.id, action=BatchAction.APPROVE, actor_id=people[1].id
    )
    withheld = rest | {f"tax:withheld:{office.id}": -TAX}
    assert balances_of(session, agent) == withheld | {payable: -NET}
    sending.send_file(session, batch_id=batch.id, actor_id=people[0].id, vault=vault, layout=CSV)
    assert balances_of(session, agent) == withheld | {f"sent:commission:{office.id}": -NET}
    result(session, agent, LineState.SUCCEEDED, people[0], paid_on=date(2026, 12, 4))

    assert balances_of(session, agent) == withheld | {f"bank:commission:{office.id}": -NET}
    assert batch.state is BatchState.FINISHED
    line = line_of(session, agent)
    assert (line.gross_idr, line.tax_idr, line.net_idr) == (EARNED, TAX, NET)
    with pytest.raises(Refused, match="Tidak ada komisi"):
        prepared(session, office, people)


def test_nobody_approves_what_he_or_she_prepared_or_earns(
    session: Session, vault: Vault, office: Office, people: list[User], agent: Agent
) -> None:
    batch = prepared(session, office, people)
    assert agent.user is not None
    give(session, agent.user, RoleName.FINANCE)
    stranger = finance(session, make_office(session))[0]
    reader = make_user(session, RoleName.AUDITOR, office_id=office.id)

    for who, refusal in (
        (people[0], Forbidden),
        (agent.user, Forbidden),
        (stranger, NotFound),
        (reader, Forbidden),
    ):
        with pytest.raises(refusal), session.begin_nested():
            batches.decide_batch(
                session, batch_id=batch.id, action=BatchAction.APPROVE, actor_id=who.id
            )

    session.expire_all()
    assert batch.state is BatchState.PREPARED


def test_an_agent_is_in_one_batch_at_a_time(
    session: Session, vault: Vault, office: Office, people: list[User], agent: Agent
) -> None:
    for made_so_far in (prepared, approved):
        batch = made_so_far(session, office, people)
        earn(session, vault, agent, 300_000, DECEMBER if made_so_far is approved else OCTOBER)
        assert due.due_of(session, agent).hindrance is Hindrance.UNDER_WAY
        with pytest.raises(Refused, match="Tidak ada komisi"):
            prepared(session, office, people)
        batches.decide_batch(
            session,
            batch_id=batch.id,
            action=BatchAction.CANCEL,
            actor_id=people[1].id,
            reason="salah bulan",
        )

    whole = prepared(session, office, people).lines[0]
    assert (whole.gross_idr, whole.again_idr, whole.number) == (300_000, NET + 300_000 - 7_500, 3)


def test_what_changed_since_it_was_prepared_is_taken_out_and_the_rest_goes_on(
    session: Session, vault: Vault, office: Office, people: list[User], agent: Agent
) -> None:
    other = earner(session, vault, office)
    earn(session, vault, other, 600_000)
    batch = prepared(session, office, people)
    earn(session, vault, agent, 150_000, OCTOBER)

    batches.decide_batch(
        session, batch_id=batch.id, action=BatchAction.APPROVE, actor_id=people[1].id
    )

    assert line_of(session, agent).state is LineState.CANCELLED
    assert line_of(session, agent).reason == "jumlahnya berubah sejak disiapkan"
    assert line_of(session, other).state is LineState.APPROVED
    assert prepared(session, office, people).lines[0].gross_idr == EARNED + 150_000


def test_account_changed_between_approval_and_payout_stops_the_line(
    session: Session, vault: Vault, office: Office, people: list[User], agent: Agent
) -> None:
    other = earner(session, vault, office)
    earn(session, vault, other, 600_000)
    batch = approved(session, office, people)
    newer = account_of(session, vault, agent, in_force_on=date(2026, 12, 4), number="9911223344")

    file = sending.send_file(
        session, batch_id=batch.id, actor_id=people[0].id, vault=vault, layout=CSV
    )

    stopped = line_of(session, agent)
    assert (stopped.state, stopped.reason) == (
        LineState.CANCELLED,
        "rekening berganti sesudah disetujui",
    )
    _name, content = sending.open_file(session, batch_id=batch.id, actor=people[0], vault=vault)
    assert stopped.key not in content.decode()
    assert line_of(session, other).key in content.decode()
    assert file.number == 1
    again = prepared(session, office, people).lines[0]
    assert (again.account_id, again.gross_idr, again.again_idr) == (newer.id, 0, NET)
    assert again.tax_idr == 0  # it was withheld before


def test_succeeded_then_returned_reopens_the_debt_once(
    session: Session, vault: Vault, office: Office, people: list[User], agent: Agent
) -> None:
    sent(session, vault, office, people)
    result(session, agent, LineState.SUCCEEDED, people[0])
    paid = line_of(session, agent)

    for _twice in range(2):
        results.record_result(
            session,
            line_id=paid.id,
            result=Result(state=LineState.RETURNED, reason="rekening tidak aktif"),
            actor_id=people[0].id,
        )

    assert balances_of(session, agent)[f"payable:commission:agent:{agent.id}"] == -NET
    assert f"bank:commission:{office.id}" not in balances_of(session, agent)
    second = approved(session, office, people).lines[0]
    assert (second.net_idr, second.tax_idr, second.number) == (NET, 0, 2)
    assert second.key != paid.key
    withholdings = session.scalars(select(Withholding.tax_idr)).all()
    assert list(withholdings) == [TAX]


def test_a_failed_transfer_is_owed_again_and_its_result_cannot_turn(
    session: Session, vault: Vault, office: Office, people: list[User], agent: Agent
) -> None:
    sent(session, vault, office, people)
    result(session, agent, LineState.FAILED, people[0])
    with pytest.raises(Conflict):
        result(session, agent, LineState.SUCCEEDED, people[0])

    assert balances_of(session, agent)[f"payable:commission:agent:{agent.id}"] == -NET
    assert approved(session, office, people).lines[0].net_idr == NET


def test_second_file_of_a_day_has_the_next_number_and_no_line_of_the_first(
    session: Session, vault: Vault, office: Office, people: list[User], agent: Agent
) -> None:
    first = sent(session, vault, office, people)
    other = earner(session, vault, office)
    earn(session, vault, other, 600_000)
    second = sent(session, vault, office, people)

    files = session.scalars(select(PayoutFile).order_by(PayoutFile.number)).all()
    assert [(file.batch_id, file.number, file.name) for file in files] == [
        (first.id, 1, "komisi-20261204-01.csv"),
        (second.id, 2, "komisi-20261204-02.csv"),
    ]
    _name, content = sending.open_file(session, batch_id=second.id, actor=people[0], vault=vault)
    rows = content.decode().splitlines()
    assert len(rows) == 2
    assert rows[1].startswith(f'"{line_of(session, other).key}";')
    assert f'"00{other.id:08d}"' in rows[1]
    with pytest.raises(Conflict):
        sending.send_file(
            session, batch_id=first.id, actor_id=people[0].id, vault=vault, layout=CSV
        )


def test_who_is_not_paid_now_is_told_why_and_carried(
    session: Session, vault: Vault, office: Office, people: list[User]
) -> None:
    little, homeless, moving = (earner(session, vault, office) for _each in range(3))
    earn(session, vault, little, 9_000)
    for agent in (homeless, moving):
        earn(session, vault, agent, EARNED)
    for agent in (homeless, moving):
        found = session.scalars(select(AgentAccount).where(AgentAccount.agent_id == agent.id)).one()
        found.in_force_on = date(2026, 12, 7)
    account_of(session, vault, moving)
    session.flush()

    why = [due.due_of(session, agent).hindrance for agent in (little, homeless, moving)]

    assert why == [Hindrance.BELOW_MINIMUM, Hindrance.NO_ACCOUNT, Hindrance.ACCOUNT_CHANGES]
    with pytest.raises(Refused, match="Tidak ada komisi"):
        prepared(session, office, people)
    earn(session, vault, little, 6_000, OCTOBER)
    assert prepared(session, office, people).lines[0].gross_idr == 15_000


def test_nothing_is_withheld_where_others_withhold(
    session: Session, vault: Vault, people: list[User]
) -> None:
    office = make_office(session)
    decided_terms(
        session,
        office_id=office.id,
        funding=CommissionFunding.OWN,
        agent_tax_by=Withholder.BPJS,
    )
    agent = earner(session, vault, office)
    earn(session, vault, agent, EARNED)

    line = approved(session, office, finance(session, office)).lines[0]

    assert (line.tax_idr, line.net_idr) == (0, EARNED)
    assert session.scalars(select(Withholding)).all() == []
