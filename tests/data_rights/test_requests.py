"""Requests about personal data: recorded, carried out, refused."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.data_rights import consent, copying, erasing, requests
from agentsys.data_rights.inventory import ERASED, KEPT
from agentsys.data_rights.models import DataRequest, DataRequestKind, DataRequestState
from agentsys.db import db
from agentsys.errors import Conflict, Forbidden, Invalid, Refused
from agentsys.extension.contract import MandateState
from agentsys.memberships.resuming import resume
from agentsys.payments import links
from agentsys.payments.link_models import LinkKind, PayLink
from agentsys.payments.mandate_models import MandateEnd, MandateWorker, Relation
from agentsys.people.models import User
from agentsys.workers import seals
from agentsys.workers.enrolment import CONSENT_VERSION
from agentsys.workers.kinds import EndReason, Programmes
from agentsys.workers.models import Enrolment, Worker
from tests.debit_factories import make_mandate
from tests.factories import make_agent, make_contribution, make_user, make_worker, nik_of
from tests.memberships.steps import take_cash

SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
DECEMBER = date(2026, 12, 1)
HE_CAME = "Datang sendiri, KTP dicocokkan"


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    """A member since September."""
    return make_worker(
        session,
        vault,
        agent=make_agent(session),
        name="Siti Rahmawati",
        phone="+6281200001111",
        enrolled_from=SEPTEMBER,
    )


@pytest.fixture
def clerk(session: Session, worker: Worker) -> User:
    return make_user(session, office_id=worker.office_id)


@pytest.fixture
def other(session: Session, worker: Worker) -> User:
    return make_user(session, office_id=worker.office_id)


def ask(session: Session, worker: Worker, kind: DataRequestKind, by: User) -> DataRequest:
    return requests.ask(session, worker_id=worker.id, kind=kind, asked_how=HE_CAME, actor_id=by.id)


def carry_out(session: Session, vault: Vault, asked: DataRequest, by: User) -> DataRequest:
    return requests.done(
        session, vault=vault, request_id=asked.id, note="Diberi tahu lewat telepon", actor_id=by.id
    )


def ended_since(session: Session, worker: Worker, until: date) -> None:
    """The membership ended some months ago."""
    enrolment = session.scalars(select(Enrolment).where(Enrolment.worker_id == worker.id)).one()
    enrolment.until_month, enrolment.end_reason = until, EndReason.WISHED
    enrolment.end_note, enrolment.ended_at = "Kata istrinya, Bu Aminah", clock.now()
    session.flush()


def test_a_request_is_to_be_answered_within_three_days(session, worker, clerk) -> None:
    asked = ask(session, worker, DataRequestKind.COPY, clerk)

    assert asked.state is DataRequestState.OPEN
    assert asked.due_at - asked.asked_at == timedelta(hours=72)


def test_the_same_request_is_not_recorded_twice(session, worker, clerk, vault) -> None:
    first = ask(session, worker, DataRequestKind.COPY, clerk)
    with pytest.raises(Conflict, match="sudah dicatat"):
        ask(session, worker, DataRequestKind.COPY, clerk)

    carry_out(session, vault, first, clerk)

    assert ask(session, worker, DataRequestKind.COPY, clerk).id != first.id


def test_a_request_needs_who_asked_and_an_answer_needs_a_note(session, worker, clerk, vault):
    with pytest.raises(Invalid):
        requests.ask(
            session,
            worker_id=worker.id,
            kind=DataRequestKind.COPY,
            asked_how=" \0 ",
            actor_id=clerk.id,
        )
    asked = ask(session, worker, DataRequestKind.CORRECTION, clerk)
    with pytest.raises(Invalid):
        requests.done(session, vault=vault, request_id=asked.id, note=" ", actor_id=clerk.id)
    with pytest.raises(Invalid):
        requests.refuse(session, request_id=asked.id, reason="", actor_id=clerk.id)

    assert asked.state is DataRequestState.OPEN


def test_an_answered_request_is_not_answered_again(session, worker, clerk, vault) -> None:
    asked = ask(session, worker, DataRequestKind.COPY, clerk)
    requests.refuse(session, request_id=asked.id, reason="Bukan orangnya", actor_id=clerk.id)

    with pytest.raises(Conflict, match="sudah dijawab"):
        carry_out(session, vault, asked, clerk)


def test_a_withdrawn_consent_ends_the_membership_and_its_links(
    session, worker, clerk, vault
) -> None:
    make_contribution(session, worker, DECEMBER)
    links.make_link(session, worker_id=worker.id, actor_id=clerk.id, kind=LinkKind.PAY)
    asked = ask(session, worker, DataRequestKind.WITHDRAWAL, clerk)

    carry_out(session, vault, asked, clerk)

    enrolment = session.scalars(select(Enrolment).where(Enrolment.worker_id == worker.id)).one()
    assert (enrolment.until_month, enrolment.end_reason) == (DECEMBER, EndReason.WISHED)
    assert worker.consent_withdrawn_at is not None
    assert session.scalars(select(PayLink)).one().withdrawn_at is not None


def test_who_withdrew_the_consent_is_a_member_again_only_with_a_new_one(
    session, worker, clerk, vault
) -> None:
    carry_out(session, vault, ask(session, worker, DataRequestKind.WITHDRAWAL, clerk), clerk)
    again = {
        "worker_id": worker.id,
        "from_month": DECEMBER,
        "programmes": Programmes.TWO,
        "actor_id": clerk.id,
    }
    with pytest.raises(Conflict, match="menarik persetujuan"):
        resume(session, **again)

    consent.give(session, worker_id=worker.id, note="Ditandatangani", actor_id=clerk.id)

    assert worker.consent_text == CONSENT_VERSION
    assert resume(session, **again).from_month == DECEMBER


def test_a_copy_has_every_row_and_the_whole_nik_but_no_secret(
    session, worker, clerk, vault
) -> None:
    make_contribution(session, worker, OCTOBER)
    take_cash(session, worker, [OCTOBER])
    link = links.make_link(session, worker_id=worker.id, actor_id=clerk.id, kind=LinkKind.PAY)

    copy = copying.copy_of(session, vault=vault, worker_id=worker.id, actor_id=clerk.id)

    assert copy["person"]["nik"] == nik_of(vault, worker)
    assert copy["person"]["name"] == "Siti Rahmawati"
    assert [row["month"] for row in copy["records"]["contributions"]] == ["2026-10-01"]
    assert [row["amount_idr"] for row in copy["records"]["payments"]] == [16_800]
    assert copy["records"]["receipts"]
    assert copy["records"]["payment_moves"]
    assert link.token not in str(copy)
    assert copy["audit_trail"][-1]["action"] == "nik.revealed"


def test_a_copy_has_nothing_of_others(session, worker, clerk, vault) -> None:
    neighbour = make_worker(session, vault, agent=make_agent(session), name="Budi Santoso")
    make_contribution(session, neighbour, OCTOBER)
    take_cash(session, neighbour, [OCTOBER])

    copy = copying.copy_of(session, vault=vault, worker_id=worker.id, actor_id=clerk.id)

    assert "contributions" not in copy["records"]
    assert "payment_moves" not in copy["records"]
    assert "Budi" not in str(copy)


def test_every_table_with_a_worker_is_copied_and_either_erased_or_kept() -> None:
    copied = {name for name, _table in copying.of_workers()}

    assert copied == ERASED.keys() | KEPT.keys()
    assert ERASED.keys() & KEPT.keys() == set()


def test_every_table_that_points_to_a_worker_is_known() -> None:
    known = {name for name, _table in copying.of_workers()}

    pointing = {
        name
        for name, table in db.metadata.tables.items()
        if any(key.column.table.name == "workers" for key in table.foreign_keys)
    }
    assert pointing - known == set()


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
