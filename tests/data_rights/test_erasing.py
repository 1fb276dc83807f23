"""Erasing who a worker is, and keeping the books."""

from __future__ import annotations

import pytest

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.data_rights import copying, erasing
from agentsys.data_rights.models import DataRequestKind, DataRequestState
from agentsys.errors import Conflict, Forbidden, Refused
from agentsys.extension.contract import MandateState
from agentsys.memberships.resuming import resume
from agentsys.payments import links
from agentsys.payments.link_models import LinkKind
from agentsys.payments.mandate_models import MandateEnd, MandateWorker, Relation
from agentsys.workers import seals
from agentsys.workers.kinds import Programmes, Registration
from agentsys.workers.models import Worker
from tests.data_rights.steps import (
    DECEMBER,
    NOVEMBER,
    OCTOBER,
    SEPTEMBER,
    ask,
    carry_out,
    ended_since,
)
from tests.debit_factories import make_mandate
from tests.factories import make_agent, make_contribution, make_worker, nik_of
from tests.memberships.steps import take_cash


def test_erasing_takes_a_second_person(session, worker, clerk, vault) -> None:
    ended_since(session, worker, OCTOBER)
    asked = ask(session, worker, DataRequestKind.ERASURE, clerk)

    with pytest.raises(Forbidden, match="orang kedua"):
        carry_out(session, vault, asked, clerk)

    assert worker.name == "Siti Rahmawati"


@pytest.mark.made_up_books
def test_erasing_removes_who_it_was_and_keeps_the_books(
    session, worker, clerk, other, vault
) -> None:
    make_contribution(session, worker, SEPTEMBER)
    payment = take_cash(session, worker, [SEPTEMBER])
    make_contribution(session, worker, OCTOBER)
    confirmed = session.get_one(Contribution, (worker.id, SEPTEMBER))
    confirmed.remittance_id, confirmed.confirmed_at = 1, clock.now()
    ended_since(session, worker, NOVEMBER)
    number = nik_of(vault, worker)
    links.make_link(session, worker_id=worker.id, actor_id=clerk.id, kind=LinkKind.PAY)

    carry_out(session, vault, ask(session, worker, DataRequestKind.ERASURE, clerk), other)

    session.refresh(worker)
    left = copying.copy_of(session, vault=vault, worker_id=worker.id, actor_id=clerk.id)
    person = left["person"]
    assert (person["name"], person["nik"], person["nik_masked"]) == (erasing.ERASED_NAME, "", "")
    for gone in ("Siti", "+6281200001111", number, "Aminah"):
        assert gone not in str(left)
    assert "pay_links" not in left["records"]
    assert [row["id"] for row in left["records"]["payments"]] == [payment.id]
    assert [row["month"] for row in left["records"]["closed_contributions"]] == ["2026-10-01"]


def test_the_same_person_can_be_enrolled_anew_after_erasing(
    session, worker, clerk, other, vault
) -> None:
    number = nik_of(vault, worker)
    worker.registration, worker.registration_note = Registration.REFUSED, "Nama berbeda"
    ended_since(session, worker, OCTOBER)
    carry_out(session, vault, ask(session, worker, DataRequestKind.ERASURE, clerk), other)

    again = make_worker(session, vault, agent=make_agent(session), nik=number)

    assert again.id != worker.id
    with pytest.raises(Conflict, match="sudah dihapus"):
        resume(
            session,
            worker_id=worker.id,
            from_month=DECEMBER,
            programmes=Programmes.TWO,
            actor_id=clerk.id,
        )


def test_nothing_is_erased_while_the_membership_runs_or_money_is_open(
    session, worker, clerk, other, vault
) -> None:
    asked = ask(session, worker, DataRequestKind.ERASURE, clerk)
    with pytest.raises(Refused, match="belum berakhir"):
        carry_out(session, vault, asked, other)
    make_contribution(session, worker, SEPTEMBER)
    take_cash(session, worker, [SEPTEMBER])
    ended_since(session, worker, OCTOBER)
    with pytest.raises(Refused, match="belum LUNAS"):
        carry_out(session, vault, asked, other)

    assert asked.state is DataRequestState.OPEN
    assert worker.name == "Siti Rahmawati"


def test_the_holder_of_a_mandate_is_erased_with_the_last_of_its_workers(
    session, worker, clerk, other, vault
) -> None:
    mandate = make_mandate(
        session,
        worker,
        holder_name="Aminah Putri",
        state=MandateState.ENDED,
        end=MandateEnd.EXPIRED,
        ended_at=clock.now(),
    )
    child = make_worker(session, vault, agent=make_agent(session), enrolled_from=SEPTEMBER)
    session.add(MandateWorker(mandate_id=mandate.id, worker_id=child.id, relation=Relation.CHILD))
    session.flush()

    def erase(who: Worker) -> str:
        ended_since(session, who, OCTOBER)
        carry_out(session, vault, ask(session, who, DataRequestKind.ERASURE, clerk), other)
        session.refresh(mandate)
        return mandate.holder_name

    assert erase(worker) == "Aminah Putri"
    assert erase(child) == erasing.ERASED_NAME
    assert vault.open(mandate.phone_sealed, seals.mandate_phone_of(mandate.reference)) == ""
