"""An office in which every page has something to show, and whose audit passes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.ledger.accounts import owed_to_worker
from agentsys.payments import cash, links, refunds
from agentsys.payments.gateway_payouts import record_own_funds
from agentsys.payments.models import Case, Outcome, Payment, StoredCallback
from agentsys.payments.requests import ask
from agentsys.people import sessions
from agentsys.people.models import RoleName, User, UserSession
from agentsys.remittances import batches, cancelling, codes, confirmations, holds, results
from agentsys.rosters import importing
from agentsys.transfers import repayments, unexplained
from agentsys.work import assignments
from agentsys.workers.models import Funding, Programmes, Roster, RosterStatus
from tests.commissions.builders import fee, offer, run, statement_of
from tests.factories import make_contribution, make_user, make_worker
from tests.payments.deposits import Depositing
from tests.payments.refunding import GivingPay
from tests.payments.world import PRICE, World
from tests.web.bank_rows import WORDS, bank_rows
from tests.web.debit_rows import auto_debits
from tests.web.evidence_rows import evidence_lists
from tests.web.member_rows import members, who_left
from tests.web.reversal_rows import reversal_rows
from tests.web.sponsor_rows import sponsors


@dataclass
class Office:
    """The users of the office, and values for URLs."""

    users: dict[RoleName, User]
    ids: dict[str, list[Any]]


def full_office(session: Session, vault: Vault) -> Office:
    """Build it with the services, so that the journal is right."""
    world = World.build(session, vault)
    people = {role: make_user(session, role, office_id=world.agent.office_id) for role in RoleName}
    people |= {RoleName.AGENT: world.agent.user, RoleName.SUPERVISOR: world.agent.supervisor}
    ids: dict[str, list[Any]] = {
        "agent_id": [world.agent.id],
        "office_id": [world.agent.office_id],
        "worker_id": [
            make_worker(session, vault, agent=world.agent).id,
            world.worker.id,
            who_left(world).id,
        ],
        "user_id": [people[RoleName.AUDITOR].id],
        **WORDS,
        "remittance_id": _batches(world),
        "payment_id": _payments(world),
        "case_id": _cases(world),
        "roster_id": [_roster(world)],
        **{"callback_id": [_callback(world)], "refund_id": _refunds(world)},
    }
    for person in people.values():
        sessions.begin(session, user_id=person.id, client="Chrome, Android", remember=False)
    of_agent = select(UserSession.id).where(UserSession.user_id == people[RoleName.AGENT].id)
    ids["session_id"] = list(session.scalars(of_agent))
    ids |= _cash(world)
    ids["reversal_id"] = reversal_rows(world)
    ids |= members(world)
    for name, values in [*auto_debits(world).items(), *sponsors(world).items()]:
        ids[name] = ids.get(name, []) + values
    ids |= {name: [value] for name, value in bank_rows(session, world.office_id).items()}
    ids |= evidence_lists(session, vault, ids, world.finance.id)
    _money(world)
    run(session, hook=offer(uji=fee()), month=clock.this_month())
    statement = statement_of(session, world.agent, clock.this_month())
    assert statement is not None
    ids["statement_id"], ids["kind"] = [statement.id], ["statement.submitted", "list.failed"]
    ids["subject"] = [statement.id, _held_work(world)]
    session.commit()
    return Office(people, ids)


def _batches(world: World) -> list[int]:
    """A batch that is PAID with another sum, one with its code, one to be cancelled, one open."""
    session, finance = world.session, world.finance
    record_own_funds(
        session,
        office_id=world.office_id,
        bank_ref="MODAL",
        amount_idr=100 * PRICE,
        actor_id=finance.id,
    )
    made = []
    for code in ("26110001", "26110002", "26110003", ""):
        _settled(world, 2)
        batch = batches.make_batch(session, office_id=world.agent.office_id, actor_id=finance.id)
        if code:
            codes.set_code(session, remittance_id=batch.id, kode_iuran=code, actor_id=finance.id)
        made.append(batch.id)
    rows = [results.ResultRow(1, "26110001", True, "PAID", 2 * PRICE + 900, "")]
    confirmations.confirm(session, rows=rows, actor_id=finance.id, difference_note="Tarif lama")
    cancelling.ask_to_cancel(
        session, remittance_id=made[2], reason="Salah kantor", actor_id=finance.id
    )
    [held, _free] = _settled(world, 2)
    holds.hold(
        session,
        worker_id=held.worker_id,
        month=clock.this_month(),
        reason="Nama berbeda",
        actor_id=finance.id,
    )
    return made


def _settled(world: World, count: int) -> list[Payment]:
    """Payments of that many workers, each for one month."""
    found = []
    for _ in range(count):
        found += _asked(world)
        world.report(found[-1], PaymentState.SETTLED)
    return found


def _refunds(world: World) -> list[int]:
    """A refund that waits for a second person, and one that was refused."""
    session, finance = world.session, world.finance
    channel = GivingPay()
    found = [
        refunds.propose(
            session,
            payment_id=payment.id,
            channel=channel,
            amount_idr=payment.amount_idr,
            reason="Pekerja salah bayar",
            actor_id=finance.id,
        )
        for payment in _settled(world, 2)
    ]
    refunds.decide_refund(
        session,
        refund_id=found[1].id,
        channel=channel,
        action=refunds.RefundAction.REFUSE,
        actor_id=finance.id,
    )
    return [refund.id for refund in found]


def _asked(world: World, times: int = 1) -> list[Payment]:
    """Stored payments of one worker for the same month."""
    worker = make_worker(world.session, world.vault, agent=world.agent)
    month = make_contribution(world.session, worker).month
    return [
        ask(
            world.session,
            key=f"payment-{worker.id}-{number}",
            channel=world.wallet,
            worker_id=worker.id,
            months=[month],
            actor_id=world.agent.user_id,
            agent_id=world.agent.id,
        )
        for number in range(times)
    ]


def _payments(world: World) -> list[int]:
    """A pending payment at a gateway that does not answer."""
    [waiting] = _asked(world)
    waiting.channel = "gopay"
    world.report(waiting, PaymentState.PENDING)
    return [waiting.id]


def _cases(world: World) -> list[int]:
    """A worker who paid too much."""
    [paid] = _asked(world)
    world.report(paid, PaymentState.SETTLED, PRICE + 3_200)
    return list(world.session.scalars(select(Case.id)))


def _cash(world: World) -> dict[str, list[Any]]:
    """Deposited cash, cash in hand, and a pay link."""
    session, agent = world.session, world.agent
    assert agent.user_id is not None
    receipt = world.collect(world.months[:1]).receipt
    deposit = cash.declare_deposit(
        session,
        key="deposit-0001",
        agent_id=agent.id,
        actor_id=agent.user_id,
        evidence="Slip 1",
        counted_idr=PRICE,
    )
    worker, paying = world.worker, Depositing(world)
    paying.collect(1)
    paid = paying.declare()
    paid.channel = paying.payment_of(paid).channel = "bca_va"
    paying.report(paid, PaymentState.PENDING)
    world.worker = worker
    world.collect(world.months[1:2])
    link = links.make_link(session, worker_id=world.worker.id, actor_id=agent.user_id)
    assert receipt is not None
    return {
        "deposit_id": [deposit.id],
        "paid_deposit_id": [paid.id],
        "receipt_no": [receipt.number],
        "token": [link.token, receipt.code],
    }


def _money(world: World) -> None:
    """Unexplained money, and transfers that wait for a second person."""
    session, finance = world.session, world.finance
    for reason in ("Selisih", "Selisih lagi"):
        odd = unexplained.book(
            session,
            provider="dict",
            amount_idr=5_000,
            reason=reason,
            actor_id=finance.id,
            office_id=world.office_id,
        )
    repayments.propose_return(
        session, unexplained_id=odd.id, bank_ref="FT-2", note="Salah kirim", actor_id=finance.id
    )
    twice = _asked(world, times=2)
    for paid in twice:
        world.report(paid, PaymentState.SETTLED)
    repayments.propose(
        session,
        account=owed_to_worker(twice[0].worker_id),
        amount_idr=1_000,
        bank_ref="FT-1",
        note="Siti, BRI",
        actor_id=finance.id,
    )


def _held_work(world: World) -> int:
    """A list that could not be read; the supervisor holds the work with it."""
    failed = Roster(
        office_id=world.agent.office_id,
        agent_id=world.agent.id,
        uploaded_by=world.agent.supervisor_id,
        filename="rusak.xlsx",
        sha256=bytes(32),
        programmes=Programmes.TWO,
        funding=Funding.APBD,
        from_month=clock.this_month(),
        status=RosterStatus.FAILED,
    )
    world.session.add(failed)
    world.session.flush()
    assert world.agent.supervisor is not None
    assignments.take(
        world.session, kind="list.failed", subject=str(failed.id), actor=world.agent.supervisor
    )
    return failed.id


def _roster(world: World) -> int:
    """A list that waits for its import."""
    stored = importing.store_upload(
        world.session,
        vault=world.vault,
        office_id=world.agent.office_id,
        agent_id=world.agent.id,
        filename="daftar.csv",
        content=b"NIK;NAMA\n",
        programmes=Programmes.TWO,
        funding=Funding.APBD,
        from_month=clock.this_month(),
        actor_id=world.agent.supervisor_id,
    )
    return stored.id


def _callback(world: World) -> int:
    """A processed callback."""
    stored = StoredCallback(
        channel="gopay",
        digest=b"1",
        reference="AG-1",
        headers={},
        body=b'{"order_id": "AG-1"}',
        received_at=clock.now(),
        outcome=Outcome.NOTHING_NEW,
        processed_at=clock.now(),
    )
    world.session.add(stored)
    world.session.flush()
    return stored.id
