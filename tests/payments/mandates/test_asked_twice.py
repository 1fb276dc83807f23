"""A form of consent that is sent twice, changed, or sent at the same moment."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.db import db
from agentsys.errors import Conflict
from agentsys.extension.contract import MandateState
from agentsys.payments.mandate_models import Mandate, Relation
from agentsys.payments.mandates import invitations
from agentsys.payments.mandates.consent import Wish, ask_mandate
from agentsys.payments.mandates.wishes import revoke
from agentsys.runtime import KEY
from tests.factories import make_worker
from tests.payments.mandates.account import DictDebit
from tests.payments.races import at_once, committed_world
from tests.payments.world import World

KEY_SENT = "formulir-satu"


def wish_of(worker_id: int) -> Wish:
    return Wish(
        workers={worker_id: Relation.SELF},
        holder_name="Siti Rahmawati",
        phone="+6281234567890",
        cap_idr=100_000,
        month_cap_idr=100_000,
        debit_day=10,
    )


def send(session: Session, vault: Vault, wish: Wish, key: str = KEY_SENT) -> Mandate:
    return ask_mandate(
        session,
        key=key,
        channel=DictDebit(),
        wish=wish,
        vault=vault,
        actor_id=None,
        replace=True,
    )


def test_the_same_form_asks_once(session: Session, vault: Vault) -> None:
    wish = wish_of(World.build(session, vault).worker.id)

    assert send(session, vault, wish) is send(session, vault, wish)


@pytest.mark.parametrize(
    "change",
    [
        {"phone": "+6281234567899"},
        {"holder_name": "Siti Rahmawaty"},
        {"cap_idr": 50_000},
        {"month_cap_idr": 200_000},
        {"debit_day": 11},
    ],
)
def test_a_form_that_was_changed_meanwhile_is_refused_and_says_what_to_do(
    session: Session, vault: Vault, change: dict[str, object]
) -> None:
    """The payer would consent to what was typed first, and not know it."""
    wish = wish_of(World.build(session, vault).worker.id)
    send(session, vault, wish)

    with pytest.raises(Conflict, match="Muat ulang"):
        send(session, vault, replace(wish, **change))  # type: ignore[arg-type]


def test_a_key_of_another_workers_form_opens_nothing(session: Session, vault: Vault) -> None:
    world = World.build(session, vault)
    send(session, vault, wish_of(world.worker.id))
    other = make_worker(session, vault, agent=world.agent)

    with pytest.raises(Conflict):
        send(session, vault, wish_of(other.id))


def test_a_form_of_a_mandate_that_has_ended_does_not_begin_it_again(
    session: Session, vault: Vault
) -> None:
    wish = wish_of(World.build(session, vault).worker.id)
    revoke(session, reference=send(session, vault, wish).reference, by="payer")

    with pytest.raises(Conflict, match="Muat ulang"):
        send(session, vault, wish)


def test_a_button_that_is_pressed_six_times_at_once_asks_once(committed: Flask) -> None:
    world = committed_world(committed)
    vault: Vault = committed.extensions[KEY].vault

    endings = at_once(committed, lambda s: send(s, vault, wish_of(world.worker.id)).reference, 6)

    assert list(endings.values()) == [6]
    with committed.app_context():
        states = db.session.execute(select(Mandate.state, func.count()).group_by(Mandate.state))
        assert states.all() == [(MandateState.ASKED, 1)]


def test_requests_at_one_moment_are_counted_one_after_another(
    committed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has the link must not make a provider ask the account's owner again and again."""
    monkeypatch.setattr(invitations, "MOST_A_DAY", 2)
    world = committed_world(committed)
    vault: Vault = committed.extensions[KEY].vault

    def ask(session: Session) -> str:
        invitations.check_limit(session, worker_id=world.worker.id)
        send(session, vault, wish_of(world.worker.id), key=secrets.token_hex(16))
        return "asked"

    endings = at_once(committed, ask, 6)

    assert endings == {"asked": 2, "Conflict": 4}
