"""BPJS' sum counts: what it is more or less than ours is kept, explained, and settled by two."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.ledger import accounts, invariants, journal
from agentsys.people.models import RoleName
from agentsys.people.second_person import NotYet
from agentsys.remittances.codes import set_code
from agentsys.remittances.confirmations import Verdict
from agentsys.remittances.difference_models import (
    RemittanceDifference,
    SettlementState,
    SettlementWay,
)
from agentsys.remittances.models import RemittanceState
from agentsys.remittances.settlements import SettlementAction, decide_settlement
from tests.factories import make_office, make_user
from tests.payments.world import PRICE, World
from tests.remittances.differing import (
    LESS,
    MORE,
    balance,
    book,
    difference,
    own_funds,
    proposed,
    second,
    told,
)
from tests.remittances.pasting import CODE, coded, confirmed


@pytest.mark.parametrize("theirs", [MORE, LESS])
def test_another_sum_of_bpjs_confirms_the_batch_and_the_difference_is_kept_apart(
    world: World, theirs: int
) -> None:
    made = coded(world)
    own_funds(world)
    before = balance(world, "bank:collection")

    assert told(world, theirs) == [Verdict.CONFIRMED]

    assert (made.state, made.amount_idr) == (RemittanceState.CONFIRMED, 2 * PRICE)
    assert made.paid_idr == theirs
    assert confirmed(world) == [True, True, False]
    assert balance(world, "bank:collection") == before - theirs
    assert balance(world, "owed:bpjs") == 0
    assert balance(world, "difference:bpjs") == theirs - 2 * PRICE
    found = difference(world.session)
    assert (found.amount_idr, found.opened_by) == (theirs - 2 * PRICE, world.finance.id)
    assert found.note == "Diskon belum dipakai BPJS"
    assert invariants.check(world.session) == []


def test_another_sum_without_a_reason_confirms_nothing(world: World) -> None:
    made = coded(world)
    own_funds(world)

    assert told(world, MORE, note="  ") == [Verdict.OTHER_AMOUNT]

    assert made.state is RemittanceState.CODED
    assert balance(world, "difference:bpjs") == 0


def test_a_sum_that_eps_asked_for_with_the_code_needs_no_reason_again(world: World) -> None:
    made = coded(world)
    own_funds(world)
    set_code(
        world.session,
        remittance_id=made.id,
        kode_iuran=CODE,
        code_idr=MORE,
        actor_id=world.finance.id,
    )

    assert told(world, MORE, note="") == [Verdict.CONFIRMED]
    assert balance(world, "difference:bpjs") == 1_200


def test_the_bank_must_have_what_bpjs_was_paid_not_only_our_sum(world: World) -> None:
    made = coded(world)

    assert told(world, MORE) == [Verdict.NO_MONEY]
    assert made.state is RemittanceState.CODED


def test_the_same_result_again_changes_nothing_and_another_sum_later_is_asked_about(
    world: World,
) -> None:
    coded(world)
    own_funds(world)
    told(world, MORE)

    assert told(world, MORE) == [Verdict.ALREADY]
    assert told(world, 2 * PRICE) == [Verdict.OTHER_AMOUNT]
    assert balance(world, "difference:bpjs") == 1_200


@pytest.mark.parametrize(
    ("theirs", "way", "account"),
    [
        (MORE, SettlementWay.BANK, "bank:collection"),
        (MORE, SettlementWay.OFFICE, "expense:bpjs_difference"),
        (LESS, SettlementWay.BANK, "bank:collection"),
    ],
)
def test_a_second_person_settles_the_difference_to_the_rupiah(
    world: World, theirs: int, way: SettlementWay, account: str
) -> None:
    coded(world)
    own_funds(world)
    told(world, theirs)
    before = balance(world, account)
    made = proposed(world, way)
    assert balance(world, "difference:bpjs") == theirs - 2 * PRICE  # nothing is booked yet

    book(world, made)

    assert made.state is SettlementState.BOOKED
    assert balance(world, "difference:bpjs") == 0
    assert balance(world, account) == before + theirs - 2 * PRICE
    assert difference(world.session).settled_at is not None
    assert invariants.check(world.session) == []
    acts = world.session.scalars(
        select(AuditEvent.action).where(AuditEvent.action.like("difference.%"))
    )
    assert sorted(acts) == ["difference.booked", "difference.opened", "difference.proposed"]


def test_what_workers_paid_and_bpjs_did_not_get_never_becomes_the_offices(world: World) -> None:
    coded(world)
    told(world, LESS)

    with pytest.raises(Invalid, match="uang pekerja"):
        proposed(world, SettlementWay.OFFICE)
    with pytest.raises(Invalid, match="belum dibagi per pekerja"):
        proposed(world, SettlementWay.WORKER)
    with pytest.raises(Invalid, match="tidak cocok"):
        proposed(world, SettlementWay.MISTAKE)


def test_the_proposer_cannot_settle_and_nobody_settles_twice(world: World) -> None:
    coded(world)
    own_funds(world)
    told(world, MORE)
    made = proposed(world, SettlementWay.OFFICE)

    with pytest.raises(Forbidden, match="orang kedua"):
        book(world, made, world.finance)
    other = second(world)
    book(world, made, other)
    with pytest.raises(Conflict):
        book(world, made, other)
    with pytest.raises(Conflict, match="dijelaskan orang lain"):
        proposed(world, SettlementWay.OFFICE)
    assert balance(world, "difference:bpjs") == 0


def test_a_user_whose_account_the_proposer_just_made_is_no_second_person(world: World) -> None:
    from agentsys.people.models import AccessChangeKind
    from agentsys.people.second_person import record_change

    coded(world)
    own_funds(world)
    told(world, MORE)
    made, other = proposed(world, SettlementWay.OFFICE), second(world)
    record_change(
        world.session, user_id=other.id, kind=AccessChangeKind.MADE, actor_id=world.finance.id
    )

    with pytest.raises(NotYet):
        book(world, made, other)


def test_a_refused_settlement_opens_the_difference_again(world: World) -> None:
    coded(world)
    own_funds(world)
    told(world, MORE)
    made = proposed(world, SettlementWay.BANK)

    decide_settlement(
        world.session,
        settlement_id=made.id,
        action=SettlementAction.REFUSE,
        actor_id=world.finance.id,
    )

    assert difference(world.session).settlement_id is None
    book(world, proposed(world, SettlementWay.BANK))  # the same reference is free again
    assert balance(world, "difference:bpjs") == 0


def test_one_reference_of_the_bank_settles_once_however_it_is_typed(world: World) -> None:
    made = coded(world)
    own_funds(world)
    told(world, MORE)
    found = difference(world.session)
    other = RemittanceDifference(
        remittance_id=made.id,
        office_id=made.office_id,
        kind=found.kind,
        ours_idr=0,
        theirs_idr=7,
        opened_by=world.finance.id,
    )
    world.session.add(other)
    world.session.flush()
    proposed(world, SettlementWay.BANK, bank_ref="TRF-77")

    with pytest.raises(Conflict, match=f"setoran nomor {made.id}"):
        proposed(world, SettlementWay.BANK, difference_ids=[other.id], bank_ref="trf 7 7")
    world.session.delete(other)
    world.session.flush()


def test_bad_input_says_what_to_do(world: World) -> None:
    coded(world)
    own_funds(world)
    told(world, MORE)

    with pytest.raises(Invalid, match="alasan"):
        proposed(world, SettlementWay.OFFICE, reason=" \0 ")
    with pytest.raises(Invalid, match="referensi"):
        proposed(world, SettlementWay.BANK, bank_ref=" - ")
    with pytest.raises(Invalid, match="Pilih"):
        proposed(world, SettlementWay.OFFICE, difference_ids=[])
    with pytest.raises(NotFound):
        proposed(world, SettlementWay.OFFICE, difference_ids=[difference(world.session).id + 1])


def test_only_finance_of_the_office_explains_and_settles(world: World) -> None:
    coded(world)
    own_funds(world)
    told(world, MORE)
    stranger = make_user(world.session, RoleName.FINANCE, office_id=make_office(world.session).id)
    boss = make_user(world.session, RoleName.SUPERVISOR, office_id=world.office_id)

    with pytest.raises(NotFound):
        proposed(world, SettlementWay.OFFICE, actor_id=stranger.id)
    with pytest.raises(Forbidden):
        proposed(world, SettlementWay.OFFICE, actor_id=boss.id)
    made = proposed(world, SettlementWay.OFFICE)
    with pytest.raises(NotFound):
        book(world, made, stranger)
    with pytest.raises(Forbidden):
        book(world, made, boss)


def test_what_is_missing_is_not_paid_from_money_that_is_not_there(world: World) -> None:
    coded(world)
    told(world, LESS)
    made = proposed(world, SettlementWay.BANK)
    spent = {accounts.bank(world.office_id): -1_000, accounts.suspense(world.office_id): 1_000}
    moved = world.session.begin_nested()
    journal.post(world.session, kind="damage", source="1", at=clock.now(), lines=spent)

    with pytest.raises(Refused, match="Saldo rekening penampungan kantor ini di buku Rp200"):
        book(world, made)

    moved.rollback()
    book(world, made)
    assert balance(world, "bank:collection") == 0
