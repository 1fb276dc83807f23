"""Two records of one person become one, and are separate again when that is undone."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import billing, coverage
from agentsys.contributions.models import ClosedContribution
from agentsys.crypto import Vault
from agentsys.duplicates import merging
from agentsys.duplicates.merge_models import MergeState
from agentsys.duplicates.merging import MergeChanged, Unsettled
from agentsys.errors import Conflict, Forbidden, NotFound
from agentsys.memberships.ending import end
from agentsys.months import add_months
from agentsys.payments import links
from agentsys.payments.models import Case, CaseKind
from agentsys.people.models import RoleName, User
from agentsys.search import asked, finding
from agentsys.workers.kinds import EndReason
from agentsys.workers.models import Assignment, Enrolment
from tests.duplicates.steps import NOVEMBER, SEPTEMBER, TwoRecords, rows_of

OCTOBER = date(2026, 10, 1)
pytestmark = pytest.mark.made_up_books  # months are confirmed without their entries


@pytest.fixture
def two(session: Session, vault: Vault) -> TwoRecords:
    return TwoRecords.build(session, vault)


def test_the_merged_record_points_to_the_kept_one_and_ends(two: TwoRecords) -> None:
    two.bill(two.merged, OCTOBER, NOVEMBER)

    two.merge()

    merged = two.merged
    assert (merged.merged_into, merged.agent_id) == (two.kept.id, None)
    period = two.session.scalars(select(Enrolment).where(Enrolment.worker_id == merged.id)).one()
    assert (period.end_reason, period.until_month) == (EndReason.DUPLICATE, add_months(NOVEMBER, 1))
    assert two.open_months(merged) == []
    closed = two.session.scalars(
        select(ClosedContribution.why).where(ClosedContribution.worker_id == merged.id)
    ).all()
    assert set(closed) == {"duplicate"}


def test_nothing_is_billed_for_a_merged_record(two: TwoRecords) -> None:
    two.merge()

    billing.bill_month(two.session, month=NOVEMBER, actor_id=None)

    assert two.open_months(two.merged) == []
    assert NOVEMBER in two.open_months(two.kept)
    with pytest.raises(NotFound):
        billing.ensure_billed(two.session, worker_id=two.merged.id, months=[NOVEMBER])


def test_confirmed_months_of_both_are_the_cover_of_the_kept_one(two: TwoRecords) -> None:
    two.confirm(two.merged, SEPTEMBER, OCTOBER)
    two.confirm(two.kept, NOVEMBER)
    assert coverage.coverage_of(two.session, worker_id=two.kept.id).months_in_a_row == 1

    two.merge()

    cover = coverage.coverage_of(two.session, worker_id=two.kept.id)
    assert (cover.months_in_a_row, cover.member_month) == (3, 3)


def test_an_open_bill_of_the_kept_record_closes_if_the_other_paid_its_month(
    two: TwoRecords,
) -> None:
    two.bill(two.kept, OCTOBER, NOVEMBER)
    two.confirm(two.merged, OCTOBER)

    two.merge()

    assert two.open_months(two.kept) == [NOVEMBER]


def test_a_month_that_both_paid_counts_once_and_is_a_case_for_finance(two: TwoRecords) -> None:
    two.confirm(two.kept, SEPTEMBER, OCTOBER)
    two.confirm(two.merged, OCTOBER, NOVEMBER)

    merge = two.merge()

    assert [each["month"] for each in merge.effect["twice"]] == ["2026-10-01"]
    assert coverage.coverage_of(two.session, worker_id=two.kept.id).months_in_a_row == 3
    case = two.session.scalars(select(Case).where(Case.kind == CaseKind.PAID_TWICE)).one()
    assert case.facts == {"merge": merge.id, "month": "2026-10"}
    assert case.closed_at is None


def test_a_merged_record_is_found_as_the_kept_one(two: TwoRecords) -> None:
    two.merged.kpj = "26000000099"
    two.session.flush()
    two.merge()

    found = finding.find(two.session, two.boss, asked.read("26000000099"), vault=two.vault)

    assert [row.id for row in found] == [two.kept.id]


def test_a_link_of_a_merged_record_says_what_happened(two: TwoRecords) -> None:
    link = links.make_link(two.session, worker_id=two.merged.id, actor_id=two.boss.id)
    merge = two.merge()

    with pytest.raises(NotFound, match="tercatat dua kali"):
        links.find_link(two.session, link.token)
    two.undo(merge)
    assert links.find_link(two.session, link.token).worker_id == two.merged.id


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("unconfirmed", "belum LUNAS di BPJS"),
        ("mandate", "Debit otomatis"),
        ("payment", "pembayaran yang sedang berjalan"),
        ("died", "meninggal"),
        ("kept_ended", "Pilih catatan yang berjalan"),
    ],
)
def test_what_is_not_settled_is_said_and_refused(two: TwoRecords, before: str, said: str) -> None:
    getattr(two, f"leave_{before}")()

    effect = two.preview()
    assert any(said in problem.sentence() for problem in effect.problems)
    with pytest.raises(Unsettled):
        two.propose()


def test_who_proposed_does_not_approve(two: TwoRecords) -> None:
    merge = two.propose()

    with pytest.raises(Forbidden, match="orang kedua"):
        merging.approve_merge(
            two.session, merge_id=merge.id, seen=two.preview().version, actor_id=two.clerk.id
        )


def test_the_agent_of_one_of_the_two_decides_nothing(two: TwoRecords) -> None:
    from tests.factories import give

    agents_user = two.session.get_one(User, two.merged.agent.user_id)  # type: ignore[union-attr]
    give(two.session, agents_user, RoleName.SUPERVISOR)
    merge = two.propose()

    with pytest.raises(Forbidden, match="tanggungan Anda"):
        merging.approve_merge(
            two.session, merge_id=merge.id, seen=two.preview().version, actor_id=agents_user.id
        )


def test_another_office_finds_no_merge(two: TwoRecords) -> None:
    from tests.factories import make_office, make_user

    merge = two.propose()
    stranger = make_user(two.session, office_id=make_office(two.session).id)

    with pytest.raises(NotFound):
        merging.approve_merge(
            two.session, merge_id=merge.id, seen=merge.effect, actor_id=stranger.id
        )


def test_an_effect_that_changed_since_is_shown_anew(two: TwoRecords) -> None:
    merge = two.propose()
    seen = two.preview().version
    two.bill(two.merged, OCTOBER)

    with pytest.raises(MergeChanged):
        merging.approve_merge(two.session, merge_id=merge.id, seen=seen, actor_id=two.boss.id)


def test_one_of_the_two_is_in_one_proposal_at_a_time(two: TwoRecords) -> None:
    two.propose()

    with pytest.raises(Conflict, match="Sudah ada usul"):
        two.propose(kept=two.merged, merged=two.kept)


def test_a_proposal_is_refused_with_a_reason_or_taken_back(two: TwoRecords) -> None:
    first = two.propose()
    merging.refuse_merge(two.session, merge_id=first.id, note="Kembar", actor_id=two.boss.id)
    second = two.propose()
    merging.withdraw_merge(two.session, merge_id=second.id, actor_id=two.clerk.id)

    assert (first.state, second.state) == (MergeState.REFUSED, MergeState.WITHDRAWN)
    assert two.merged.merged_into is None


def test_undoing_restores_every_row_as_it_was(two: TwoRecords) -> None:
    two.bill(two.merged, NOVEMBER)
    two.bill(two.kept, OCTOBER)
    two.confirm(two.merged, SEPTEMBER, OCTOBER)
    before = rows_of(two.session, two.kept, two.merged)
    merge = two.merge()
    assert rows_of(two.session, two.kept, two.merged) != before

    two.undo(merge)

    assert rows_of(two.session, two.kept, two.merged) == before
    assert merge.state is MergeState.UNDONE


def test_a_merged_record_is_changed_by_nobody(two: TwoRecords) -> None:
    two.merge()

    with pytest.raises(Conflict, match="digabung"):
        end(
            two.session,
            worker_id=two.merged.id,
            reason=EndReason.WISHED,
            happened_on=clock.now().date(),
            note="x",
            actor_id=two.boss.id,
        )


def test_undoing_is_refused_once_something_depends_on_it(two: TwoRecords) -> None:
    merge = two.merge()
    end(
        two.session,
        worker_id=two.kept.id,
        reason=EndReason.WISHED,
        happened_on=clock.now().date(),
        note="x",
        actor_id=two.boss.id,
    )

    with pytest.raises(Conflict, match="berubah sejak digabung"):
        two.undo(merge)


def test_undoing_has_a_limit_of_days(two: TwoRecords) -> None:
    merge = two.merge()
    merge.decided_at = merge.decided_at.replace(year=2025)  # type: ignore[union-attr]
    two.session.flush()

    with pytest.raises(Conflict, match="Batas waktu"):
        two.undo(merge)


def test_a_kept_record_is_not_merged_away(two: TwoRecords) -> None:
    two.merge()
    third = two.another()

    with pytest.raises(Unsettled, match="sudah digabung ke catatan ini"):
        two.propose(kept=third, merged=two.kept)
    assert two.preview(kept=two.kept, merged=third).problems == []


def test_the_timeline_of_both_tells_it(two: TwoRecords) -> None:
    two.undo(two.merge())

    told = two.session.execute(
        text(
            "SELECT action, count(*) FROM audit_events WHERE action LIKE 'merge.%'"
            " GROUP BY 1 ORDER BY 1"
        )
    ).all()
    assert [tuple(row) for row in told] == [
        ("merge.done", 2),
        ("merge.proposed", 2),
        ("merge.undone", 2),
    ]


def test_a_merged_record_has_no_agent_any_more(two: TwoRecords) -> None:
    two.merge()

    open_ = two.session.scalar(
        select(func.count())
        .select_from(Assignment)
        .where(Assignment.worker_id == two.merged.id, Assignment.until_month.is_(None))
    )
    assert open_ == 0
