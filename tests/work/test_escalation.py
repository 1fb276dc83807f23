"""After how many overdue days work is escalated: shown to and set by admins."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.errors import Invalid
from agentsys.listing.request import ListRequest
from agentsys.payments.models import Payment
from agentsys.people.models import RoleName
from agentsys.work import escalation, queries
from agentsys.work.open_items import USUAL_DAYS
from tests.factories import make_office, make_user
from tests.payments.world import World


@pytest.fixture
def admin(session):
    return make_user(session, RoleName.ADMIN)


def test_without_a_rule_the_usual_days_hold_for_every_kind(session):
    assert set(escalation.days(session).values()) == {USUAL_DAYS}


def test_a_kind_keeps_its_own_days_when_those_of_all_others_change(session, admin):
    escalation.set_days(session, {"deposit.declared": 1}, actor=admin)
    escalation.set_days(session, {escalation.EVERY_KIND: 9}, actor=admin)

    days = escalation.days(session)
    assert (days["deposit.declared"], days["case.unclear"]) == (1, 9)


def test_a_second_change_on_one_day_replaces_the_first_and_both_are_in_the_trail(session, admin):
    assert escalation.set_days(session, {"run.stopped": 5}, actor=admin) == ["run.stopped"]
    assert escalation.set_days(session, {"run.stopped": 6}, actor=admin) == ["run.stopped"]
    assert escalation.set_days(session, {"run.stopped": 6}, actor=admin) == []

    assert escalation.days(session)["run.stopped"] == 6
    actions = session.scalars(select(AuditEvent.action)).all()
    assert actions.count("escalation.set") == 2


def test_only_an_admin_of_all_offices_sets_them_and_only_days_that_make_sense(session, admin):
    of_one = make_user(session, RoleName.ADMIN, office_id=make_office(session).id)

    with pytest.raises(Invalid, match="semua kantor"):
        escalation.set_days(session, {"run.stopped": 5}, actor=of_one)
    with pytest.raises(Invalid, match="0 sampai 60"):
        escalation.set_days(session, {"run.stopped": 61}, actor=admin)
    with pytest.raises(Invalid, match="tidak ada"):
        escalation.set_days(session, {"nothing.known": 1}, actor=admin)


def test_late_work_goes_higher_after_the_days_of_its_own_kind(session, vault, admin):
    world = World.build(session, vault)
    world.collect(world.months[:1])
    world.agent.cash_ceiling_idr = 1
    four_days_ago = clock.now() - timedelta(days=4)
    session.execute(update(Payment).values(settled_at=four_days_ago))
    session.flush()

    def seen() -> set[str]:
        return {item.kind.key for item in queries.waiting(session, admin, ListRequest()).rows}

    assert "cash.over_ceiling" not in seen()
    escalation.set_days(session, {"cash.over_ceiling": 1}, actor=admin)
    assert "cash.over_ceiling" in seen()


def test_an_admin_sees_and_sets_the_days_on_a_page(session, visit, admin):
    visitor = visit(admin)
    page = visitor.get("/admin/tenggat/").get_data(as_text=True)
    assert "Setoran agen belum dihitung" in page

    answer = visitor.submit(
        "/admin/tenggat/", **{"days-deposit.declared": "1"}, follow_redirects=True
    )

    assert "1 batas diubah" in answer.get_data(as_text=True)
    assert escalation.days(session)["deposit.declared"] == 1


def test_a_wrong_number_is_refused_and_comes_back(visit, admin):
    answer = visit(admin).submit("/admin/tenggat/", **{"days-deposit.declared": "satu"})

    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    assert "Isi jumlah hari dari 0 sampai 60" in text
    assert 'value="satu"' in text
