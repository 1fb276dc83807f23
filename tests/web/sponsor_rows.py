"""Sponsors in every state that a page shows, made with the services."""

from __future__ import annotations

import secrets
from collections.abc import Collection

from sqlalchemy import select

from agentsys import clock
from agentsys.agreements import recording
from agentsys.agreements.kinds import Certainty, FactKind, PriceBasis, SponsorKind
from agentsys.agreements.models import Agreement, Bill, ListVersion
from agentsys.agreements.recording import SponsorDetails, Terms
from agentsys.contributions import billing
from agentsys.months import add_months
from agentsys.people.models import RoleName
from agentsys.sponsors import bill_payments, bills, eligibility, endings, facts, versions
from agentsys.workers.kinds import Programmes
from agentsys.workers.models import Worker
from tests.factories import make_user, make_worker, nik_of
from tests.payments.world import World


def sponsors(world: World) -> dict[str, list[int]]:
    """A proposed agreement, one in force with an open and a sent bill, one that ends early."""
    session, finance = world.session, world.finance
    second = make_user(session, RoleName.FINANCE, office_id=world.office_id).id
    sponsor = recording.add_sponsor(
        session,
        office_id=world.office_id,
        details=SponsorDetails(
            kind=SponsorKind.CITY, name="Kota Uji", treasurer="Bendahara", contact_phone="0812"
        ),
        actor_id=finance.id,
    )
    proposed, city, ending = (_agreement(world, sponsor.id) for _ in range(3))
    for each in (city, ending):
        recording.decide(session, agreement_id=each.id, approve=True, actor_id=second)
    month = clock.this_month()
    workers = [make_worker(session, world.vault, agent=world.agent) for _ in range(4)]
    _name(world, city, workers[:2])
    _name(world, ending, workers[2:])
    endings.announce(
        session,
        agreement_id=ending.id,
        month=add_months(month, 2),
        note="Surat 12",
        actor_id=finance.id,
    )
    billing.bill_month(session, month=month, actor_id=finance.id, office_id=world.office_id)
    [sent, kept] = session.scalars(select(Bill).order_by(Bill.agreement_id)).all()
    bills.send(session, bill_id=sent.id, actor_id=finance.id)
    for maker, reference in ((finance.id, "FT-0001"), (second, "FT-0002")):
        bill_payments.record(
            session,
            key=secrets.token_hex(16),
            bill_id=sent.id,
            amount_idr=16_800,
            bank_reference=reference,
            received_on=month,
            actor_id=maker,
        )
    waiting = _version(world, city, [])
    versions.apply(session, version_id=waiting.id, actor_id=finance.id)
    draft = _version(world, ending, [workers[0].id])
    return {
        "sponsor_id": [sponsor.id],
        "agreement_id": [proposed.id, city.id, ending.id],
        "version_id": [waiting.id, draft.id],
        "bill_id": [sent.id, kept.id],
        "facts_id": [_facts(world, city, workers[0])],
        "worker_id": [workers[0].id],
    }


def _facts(world: World, agreement: Agreement, worker: Worker) -> int:
    """A list of facts that waits; another one took a criterion of the agreement from a worker."""
    session, finance = world.session, world.finance
    eligibility.set_criterion(
        session,
        agreement_id=agreement.id,
        kind=FactKind.DECILE,
        wanted="4",
        actor_id=finance.id,
    )
    content = f"NIK;DESIL\n{nik_of(world.vault, worker)};9\n1;2\n".encode()
    made = [
        facts.upload(
            session,
            vault=world.vault,
            office_id=world.office_id,
            content=content,
            filename="dtsen.csv",
            source="DTSEN",
            version=f"2026 T{number}",
            data_on=clock.this_month(),
            certainty=Certainty.SURE,
            actor_id=finance.id,
        )
        for number in (1, 2)
    ]
    facts.apply(session, list_id=made[0], actor_id=finance.id)
    return made[1]


def _agreement(world: World, sponsor_id: int) -> Agreement:
    month = clock.this_month()
    return recording.propose(
        world.session,
        sponsor_id=sponsor_id,
        terms=Terms(
            number=f"PKS/{secrets.token_hex(3)}",
            signed_on=month,
            programmes=Programmes.TWO,
            price_basis=PriceBasis.LOWEST,
            from_month=month,
            last_month=add_months(month, 11),
            most_people=100,
            most_idr=100_000_000,
        ),
        actor_id=world.finance.id,
    )


def _version(world: World, agreement: Agreement, worker_ids: Collection[int]) -> ListVersion:
    version = versions.begin(
        world.session,
        agreement_id=agreement.id,
        decree=f"SK/{secrets.token_hex(3)}",
        decreed_on=clock.this_month(),
        from_month=clock.this_month(),
        whole=True,
        actor_id=world.finance.id,
    )
    versions.put_people(world.session, version_id=version.id, worker_ids=worker_ids)
    return version


def _name(world: World, agreement: Agreement, workers: Collection[Worker]) -> None:
    version = _version(world, agreement, [worker.id for worker in workers])
    versions.apply(world.session, version_id=version.id, actor_id=world.finance.id)
