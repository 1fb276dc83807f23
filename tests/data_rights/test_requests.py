"""Requests about personal data: recorded, carried out, refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from agentsys.data_rights import consent, copying, requests
from agentsys.data_rights.inventory import ERASED, KEPT
from agentsys.data_rights.models import DataRequestKind, DataRequestState
from agentsys.db import db
from agentsys.errors import Conflict, Invalid
from agentsys.memberships.resuming import resume
from agentsys.payments import links
from agentsys.payments.link_models import LinkKind, PayLink
from agentsys.workers.enrolment import CONSENT_VERSION
from agentsys.workers.kinds import EndReason, Programmes
from agentsys.workers.models import Enrolment
from tests.data_rights.steps import (
    DECEMBER,
    OCTOBER,
    ask,
    carry_out,
)
from tests.factories import make_agent, make_contribution, make_worker, nik_of
from tests.memberships.steps import take_cash


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
