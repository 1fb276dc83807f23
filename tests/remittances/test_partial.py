"""A result can pay some workers of a batch and refuse others, who are put right and sent again."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.db import db
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts, invariants, journal
from agentsys.people.models import RoleName
from agentsys.remittances.batches import make_batch
from agentsys.remittances.codes import set_code
from agentsys.remittances.confirmations import Result, Verdict, confirm
from agentsys.remittances.difference_models import RemittanceDifference, SettlementWay
from agentsys.remittances.holds import release
from agentsys.remittances.models import Remittance, RemittanceRefusal, RemittanceState
from agentsys.remittances.results import read_results
from agentsys.workers.models import Worker
from tests.factories import make_user, nik_of
from tests.payments.races import at_once, committed_world
from tests.payments.world import PRICE, World
from tests.remittances.differing import balance, book, own_funds, proposed
from tests.remittances.pasting import CODE, verdicts

TITLES = "KODE IURAN;NIK;BULAN;STATUS;JUMLAH;NO REF;KETERANGAN\n"


def batch_of_three(world: World) -> Remittance:
    """A batch with its code, of three workers who paid one month each."""
    own_funds(world, 3 * PRICE + 5_000)
    for payment in (world.ask(1), world.ask_for_another(), world.ask_for_another()):
        world.report(payment, PaymentState.SETTLED)
    finance = world.finance.id
    made = make_batch(world.session, office_id=world.office_id, actor_id=finance)
    set_code(world.session, remittance_id=made.id, kode_iuran=CODE, actor_id=finance)
    return made


def niks(world: World, session: Session | None = None) -> list[str]:
    """The NIKs of the workers, in the order in which they were enrolled."""
    workers = (session or world.session).scalars(select(Worker).order_by(Worker.id))
    return [nik_of(world.vault, worker) for worker in workers]


def lines(world: World, *told: tuple[int, str, int], whole: int | None = None) -> str:
    """What BPJS says of each worker (by number): status and sum; and of the whole batch."""
    month, found = world.months[0], niks(world)
    rows = [
        f"{CODE};{found[number]};{month:%Y-%m};{status};{amount};NTPN 1;NIK tidak padan"
        for number, status, amount in told
    ]
    if whole is not None:
        rows.append(f"{CODE};;;LUNAS SEBAGIAN;{whole};NTPN 1;")
    return TITLES + "\n".join(rows)


def apply(world: World, text: str, *, note: str = "", actor_id: int = 0) -> list[Result]:
    """Apply BPJS' results."""
    return confirm(
        world.session,
        rows=read_results(text),
        actor_id=actor_id or world.finance.id,
        difference_note=note,
        nik_index=world.vault.index,
    )


def states(session: Session) -> Sequence[str]:
    """What became of the contributions of the first month, by worker."""
    found = session.scalars(
        select(Contribution)
        .where(Contribution.payment_id.is_not(None))
        .order_by(Contribution.worker_id)
    )
    return ["held" if each.held_at else each.state.value for each in found]


def test_the_refused_leave_the_batch_and_are_held_and_the_others_are_paid(world: World) -> None:
    made = batch_of_three(world)
    before = balance(world, "bank:collection")
    text = lines(world, (0, "PAID", PRICE), (1, "DITOLAK", PRICE), (2, "PAID", PRICE))

    given = apply(world, text)

    assert verdicts(given) == [Verdict.CONFIRMED, Verdict.MEMBER_REFUSED, Verdict.CONFIRMED]
    assert made.state is RemittanceState.CONFIRMED
    assert (made.count, made.amount_idr, made.bpjs_ref) == (2, 2 * PRICE, "NTPN 1")
    assert states(world.session) == ["confirmed", "held", "confirmed"]
    assert balance(world, "bank:collection") == before - 2 * PRICE
    assert balance(world, "owed:bpjs") == -PRICE
    refusal = world.session.scalars(select(RemittanceRefusal)).one()
    assert refusal.reason == "Ditolak BPJS: NIK tidak padan"
    assert invariants.check(world.session) == []


def test_refused_ones_are_enough_if_the_line_of_the_batch_says_the_sum(world: World) -> None:
    made = batch_of_three(world)

    given = apply(world, lines(world, (1, "REJECTED", PRICE), whole=2 * PRICE))

    assert verdicts(given) == [Verdict.MEMBER_REFUSED, Verdict.CONFIRMED]
    assert (made.count, made.amount_idr) == (2, 2 * PRICE)


def test_what_was_put_right_is_sent_again_in_a_new_batch(world: World) -> None:
    batch_of_three(world)
    apply(world, lines(world, (1, "DITOLAK", PRICE), whole=2 * PRICE))
    held = world.session.scalars(
        select(Contribution).where(Contribution.held_at.is_not(None))
    ).one()

    release(world.session, worker_id=held.worker_id, month=held.month, actor_id=world.finance.id)
    again = make_batch(world.session, office_id=world.office_id, actor_id=world.finance.id)
    set_code(world.session, remittance_id=again.id, kode_iuran="777001", actor_id=world.finance.id)
    paid = f"KODE IURAN;STATUS;JUMLAH;NO REF\n777001;PAID;{PRICE};NTPN 2\n"

    assert verdicts(apply(world, paid)) == [Verdict.CONFIRMED]
    assert states(world.session) == ["confirmed"] * 3
    assert balance(world, "owed:bpjs") == 0


def test_bpjs_may_keep_the_money_of_those_whom_it_refused(world: World) -> None:
    batch_of_three(world)

    given = apply(
        world, lines(world, (1, "DITOLAK", PRICE), whole=3 * PRICE), note="BPJS menagih penuh"
    )

    assert Verdict.CONFIRMED in verdicts(given)
    assert balance(world, "difference:bpjs") == PRICE
    book(world, proposed(world, SettlementWay.BANK))
    assert balance(world, "difference:bpjs") == 0


def test_another_sum_of_one_worker_is_his_own_difference(world: World) -> None:
    made = batch_of_three(world)
    text = lines(world, (0, "PAID", PRICE), (1, "PAID", PRICE - 3_400), (2, "PAID", PRICE))
    assert Verdict.OTHER_AMOUNT in verdicts(apply(world, text))

    given = apply(world, text, note="Diskon JKM")

    assert verdicts(given) == [Verdict.CONFIRMED] * 3
    assert made.paid_idr == 3 * PRICE - 3_400
    found = world.session.scalars(select(RemittanceDifference)).one()
    assert (found.amount_idr, found.month) == (-3_400, world.months[0])
    book(world, proposed(world, SettlementWay.WORKER))
    owed = journal.balance(world.session, accounts.owed_to_worker(found.worker_id or 0))
    assert owed == -3_400
    assert balance(world, "difference:bpjs") == 0


def test_lines_that_come_later_divide_the_difference_of_the_batch(world: World) -> None:
    batch_of_three(world)
    whole = f"KODE IURAN;STATUS;JUMLAH;NO REF\n{CODE};PAID;{3 * PRICE - 5_000};NTPN 1\n"
    apply(world, whole, note="Diskon")
    text = lines(world, (1, "PAID", PRICE - 3_400), (2, "PAID", PRICE - 1_600))

    first, again = apply(world, text), apply(world, text)

    assert verdicts(first) == [Verdict.CONFIRMED] * 2
    assert verdicts(again) == [Verdict.ALREADY] * 2
    found = world.session.scalars(select(RemittanceDifference)).all()
    assert sorted(each.amount_idr for each in found) == [-3_400, -1_600]
    assert all(each.worker_id and each.note == "Diskon" for each in found)
    assert balance(world, "difference:bpjs") == -5_000


def test_the_same_partial_result_again_changes_nothing(world: World) -> None:
    batch_of_three(world)
    text = lines(world, (1, "DITOLAK", PRICE), whole=2 * PRICE)
    apply(world, text)

    assert verdicts(apply(world, text)) == [Verdict.ALREADY] * 2
    assert states(world.session) == ["confirmed", "held", "confirmed"]


@pytest.mark.parametrize(
    ("told", "verdict", "words"),
    [
        ([(0, "PAID", PRICE), (2, "PAID", PRICE)], Verdict.INCOMPLETE, "1 iuran"),
        ([(0, "PAID", PRICE), (0, "PAID", PRICE)], Verdict.NO_MEMBER, "dua kali"),
        ([(0, "PROSES", PRICE)], Verdict.NOT_PAID, "LUNAS atau DITOLAK"),
        (
            [(0, "DITOLAK", PRICE), (1, "DITOLAK", PRICE), (2, "GAGAL", PRICE)],
            Verdict.INCOMPLETE,
            "Batalkan setorannya",
        ),
    ],
)
def test_lines_that_do_not_fit_change_nothing_and_say_what_to_do(
    world: World, told: list[tuple[int, str, int]], verdict: Verdict, words: str
) -> None:
    made = batch_of_three(world)

    given = apply(world, lines(world, *told))

    assert verdict in verdicts(given)
    assert any(words in each.reason.sentence() for each in given)
    assert (made.state, made.count) == (RemittanceState.CODED, 3)
    assert states(world.session) == ["remitted"] * 3


def test_a_worker_who_is_not_in_the_batch_stops_all_lines(world: World) -> None:
    made = batch_of_three(world)
    text = lines(world, (1, "DITOLAK", PRICE), whole=2 * PRICE).replace(
        niks(world)[1], "6474011203800999"
    )

    given = apply(world, text)

    assert verdicts(given) == [Verdict.NO_MEMBER, Verdict.INCOMPLETE]
    assert made.count == 3


def test_the_number_of_another_payment_is_refused_however_it_is_typed(world: World) -> None:
    made = batch_of_three(world)
    apply(world, f"KODE IURAN;STATUS;JUMLAH;NO REF\n{CODE};PAID;{3 * PRICE};NTPN 1\n")
    world.months = world.months[1:]
    world.report(world.ask(1), PaymentState.SETTLED)
    other = make_batch(world.session, office_id=world.office_id, actor_id=world.finance.id)
    set_code(world.session, remittance_id=other.id, kode_iuran="777001", actor_id=world.finance.id)

    given = apply(world, f"KODE IURAN;STATUS;JUMLAH;NO REF\n777001;PAID;{PRICE};ntpn-1\n")

    assert verdicts(given) == [Verdict.USED_REF]
    assert f"setoran nomor {made.id}" in given[0].reason.sentence()
    assert other.state is RemittanceState.CODED


def test_a_supervisor_confirms_no_worker(world: World) -> None:
    batch_of_three(world)
    boss = make_user(world.session, RoleName.SUPERVISOR, office_id=world.office_id)

    given = apply(world, lines(world, (1, "DITOLAK", PRICE), whole=2 * PRICE), actor_id=boss.id)

    assert verdicts(given) == [Verdict.NOT_NOW] * 2
    assert states(world.session) == ["remitted"] * 3
    assert world.session.scalars(select(RemittanceRefusal)).all() == []


def test_eight_partial_results_at_once_refuse_each_worker_once(committed: Flask) -> None:
    world = committed_world(committed, batch_of_three)
    with committed.app_context():
        month, nik = f"{world.months[0]:%Y-%m}", niks(world, db.session())[1]
    told = f"{CODE};{nik};{month};DITOLAK;{PRICE};N1;\n{CODE};;;PAID;{2 * PRICE};N1;\n"
    rows = read_results(TITLES + told)

    def work(session: Session) -> str:
        given = confirm(session, rows=rows, actor_id=world.finance.id, nik_index=world.vault.index)
        return given[1].verdict

    assert at_once(committed, work, 8) == {"confirmed": 1, "already": 7}
    with committed.app_context():
        assert states(db.session()) == ["confirmed", "held", "confirmed"]
        assert invariants.check(db.session()) == []
