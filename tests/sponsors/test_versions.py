"""Versions of a sponsor's list: who is new, who leaves, and who has to agree."""

from __future__ import annotations

import random

import pytest

from agentsys.agreements.kinds import VersionState
from agentsys.errors import Conflict, Forbidden, Invalid, Refused
from agentsys.people.models import RoleName
from agentsys.sponsors import versions
from tests.factories import make_user
from tests.sponsors.world import Sponsored


def test_a_first_list_adds_everybody(office: Sponsored) -> None:
    agreement = office.agreement()
    ids = [office.worker().id for _ in range(3)]

    version = versions.apply(
        office.session,
        version_id=office.version(agreement, ids).id,
        actor_id=office.finance.id,
    )

    assert (version.state, version.added, version.left, version.same) == (
        VersionState.APPLIED,
        3,
        0,
        0,
    )


def test_a_list_of_additions_lets_nobody_go(office: Sponsored) -> None:
    agreement = office.agreement()
    first, second = office.worker(), office.worker()
    office.name(agreement, first)

    version = office.name(agreement, second)

    assert (version.added, version.left) == (1, 0)
    assert office.payers(first)[-1] == (office.month, agreement.id, None)


def test_quarterly_list_that_lacks_a_third_of_the_people_stops_for_a_second_person(
    office: Sponsored,
) -> None:
    agreement = office.agreement()
    workers = [office.worker() for _ in range(6)]
    office.name(agreement, *workers)
    shorter = office.version(
        agreement, [worker.id for worker in workers[:4]], from_month=office.later(1)
    )

    stopped = versions.apply(office.session, version_id=shorter.id, actor_id=office.finance.id)

    assert stopped.state is VersionState.WAITING
    assert office.payers(workers[5]) == [(office.month, agreement.id, None)]
    with pytest.raises(Forbidden, match="orang lain"):
        versions.apply(office.session, version_id=shorter.id, actor_id=office.finance.id)

    done = versions.apply(office.session, version_id=shorter.id, actor_id=office.admin.id)

    assert (done.state, done.left, done.same) == (VersionState.APPLIED, 2, 4)
    assert office.payers(workers[5]) == [(office.month, agreement.id, office.later(1))]


def test_a_refused_list_changes_nothing_and_another_one_can_be_sent(office: Sponsored) -> None:
    agreement = office.agreement()
    worker = office.worker()
    office.name(agreement, worker)
    empty = office.version(agreement, [], from_month=office.later(1))
    with pytest.raises(Conflict, match="belum diputuskan"):
        office.version(agreement, [worker.id])

    versions.refuse(
        office.session, version_id=empty.id, actor_id=office.finance.id, note="salah kirim"
    )

    assert office.payers(worker) == [(office.month, agreement.id, None)]
    assert office.version(agreement, [worker.id]).number == empty.number + 1


def test_a_list_outside_the_agreements_period_is_refused(office: Sponsored) -> None:
    agreement = office.agreement()
    with pytest.raises(Invalid, match="Perjanjian ini membayar mulai"):
        office.version(agreement, [], from_month=office.later(12))


def test_no_list_is_sent_for_an_agreement_that_is_not_in_force(office: Sponsored) -> None:
    agreement = office.agreement(approve=False)
    with pytest.raises(Conflict):
        office.version(agreement, [])


def test_a_supervisor_reads_sponsors_and_records_nothing(office: Sponsored) -> None:
    agreement = office.agreement()
    supervisor = make_user(office.session, RoleName.SUPERVISOR, office_id=office.office_id)
    with pytest.raises(Forbidden):
        office.version(agreement, [], actor=supervisor)


@pytest.mark.parametrize("seed", range(6))
def test_versions_partition_people_into_added_left_changed_and_same(
    office: Sponsored, seed: int
) -> None:
    rng = random.Random(seed)
    agreement = office.agreement()
    workers = [office.worker() for _ in range(12)]
    before: set[int] = set()
    for ahead in range(3):
        listed = {worker.id for worker in workers if rng.random() < 0.6}
        changed = {worker_id for worker_id in listed if rng.random() < 0.3}
        version = versions.begin(
            office.session,
            agreement_id=agreement.id,
            decree="SK 1",
            decreed_on=office.month,
            from_month=office.later(ahead),
            whole=True,
            actor_id=office.finance.id,
        )
        versions.put_people(
            office.session, version_id=version.id, worker_ids=listed, changed=changed
        )
        found = {
            what: set(versions.people_of(office.session, version, what))
            for what in ("added", "left", "changed", "same")
        }

        assert found == {
            "added": listed - before,
            "left": before - listed,
            "changed": (listed & before) & changed,
            "same": (listed & before) - changed,
        }
        versions.apply(office.session, version_id=version.id, actor_id=office.finance.id)
        if version.state is VersionState.WAITING:
            versions.apply(office.session, version_id=version.id, actor_id=office.admin.id)
        assert version.people == len(listed)
        for worker in workers:
            pays = office.payers(worker)[-1]
            assert (pays[1] == agreement.id and pays[2] is None) == (worker.id in listed)
        before = listed


def test_a_version_is_decided_once(office: Sponsored) -> None:
    agreement = office.agreement()
    version = office.name(agreement, office.worker())
    with pytest.raises(Refused):
        versions.apply(office.session, version_id=version.id, actor_id=office.admin.id)
