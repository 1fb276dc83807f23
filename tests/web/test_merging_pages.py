"""The pages on which two records of one person are merged."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.duplicates import finding
from agentsys.duplicates.merge_models import MergeState, WorkerMerge
from agentsys.duplicates.models import DuplicatePair, PairState
from agentsys.people.models import Agent, User
from tests.duplicates.conftest import november
from tests.duplicates.steps import NOVEMBER, TwoRecords

__all__ = ["november"]


@pytest.fixture
def two(session: Session, vault: Vault) -> TwoRecords:
    """Two records that are a pair; the one that is to be merged owes November."""
    found = TwoRecords.build(session, vault)
    found.bill(found.merged, NOVEMBER)
    finding.check(session, vault=vault, worker_ids=[found.kept.id])
    return found


def test_two_people_merge_two_records_and_one_undoes_it(
    session: Session, visit, two: TwoRecords
) -> None:
    pair = session.scalars(select(DuplicatePair)).one()
    path = f"/kantor/pekerja/orang-sama/{pair.id}"
    assert "Pertahankan" in _page(visit(two.clerk), path)
    shown = _page(visit(two.clerk), f"{path}/gabung?tetap={two.kept.id}")
    assert "Tagihan catatan yang digabung ditutup" in shown
    assert "Nov 2026" in shown

    visit(two.clerk).submit(
        f"{path}/gabung", tetap=str(two.kept.id), seen=_seen(shown), note="Satu KTP"
    )
    merge = session.scalars(select(WorkerMerge)).one()
    waiting = _page(visit(two.boss), f"/kantor/pekerja/gabung/{merge.id}")
    answer = _act(visit(two.boss), merge, action="approve", seen=_seen(waiting))

    assert "Kedua catatan digabung." in answer
    assert (merge.state, pair.state) == (MergeState.DONE, PairState.MERGED)
    office = _page(visit(two.boss), f"/kantor/pekerja/{two.merged.id}")
    assert "Catatan ini digabung ke catatan lain" in office
    undone = _act(visit(two.boss), merge, action="undo", note="Salah orang")
    assert "kembali seperti semula" in undone
    assert (merge.state, pair.state) == (MergeState.UNDONE, PairState.OPEN)
    timeline = _page(visit(two.boss), f"/kantor/pekerja/{two.merged.id}")
    assert f"Gabungan dengan pekerja nomor {two.kept.id} dibatalkan: Salah orang" in timeline


def test_who_proposed_sees_no_button_to_approve_and_is_refused(
    session: Session, visit, two: TwoRecords
) -> None:
    merge = two.propose()

    page = _page(visit(two.clerk), f"/kantor/pekerja/gabung/{merge.id}")
    assert "Setujui gabungan" not in page
    answer = visit(two.clerk).submit(
        f"/kantor/pekerja/gabung/{merge.id}", action="approve", seen=two.preview().version
    )
    assert answer.status_code == 403
    assert merge.state is MergeState.PROPOSED


def test_what_has_to_be_settled_is_said_before_anybody_proposes(
    session: Session, visit, two: TwoRecords
) -> None:
    two.leave_mandate()
    pair = session.scalars(select(DuplicatePair)).one()

    page = _page(
        visit(two.clerk),
        f"/kantor/pekerja/orang-sama/{pair.id}/gabung?tetap={two.kept.id}",
    )

    assert "Debit otomatis catatan yang digabung masih ada. Hentikan dulu." in page
    assert "Usulkan gabungan" not in page


def test_the_supervisor_of_a_merged_record_is_led_to_the_kept_one(
    session: Session, visit, two: TwoRecords
) -> None:
    agent = session.get_one(Agent, two.kept.agent_id)
    supervisor = session.get_one(User, agent.supervisor_id)
    two.merge()

    answer = visit(supervisor).get(f"/kantor/pekerja/{two.merged.id}")

    assert answer.status_code == 302
    assert answer.location == f"/kantor/pekerja/{two.kept.id}"


def test_agents_merge_nothing(session: Session, visit, two: TwoRecords) -> None:
    merge = two.propose()
    agent = session.get_one(Agent, two.merged.agent_id)
    user = session.get_one(User, agent.user_id)

    answer = visit(user).submit(f"/kantor/pekerja/gabung/{merge.id}", action="approve", seen="")

    assert answer.status_code == 403


def _page(visitor: Any, path: str) -> str:
    text: str = visitor.get(path).get_data(as_text=True)
    return text


def _act(visitor: Any, merge: WorkerMerge, **form: str) -> str:
    answer = visitor.submit(f"/kantor/pekerja/gabung/{merge.id}", follow_redirects=True, **form)
    text: str = answer.get_data(as_text=True)
    return text


def _seen(page: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found is not None
    return found[1]
