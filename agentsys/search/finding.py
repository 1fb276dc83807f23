"""Finding workers, receipts, payments and batches by a name or by a number.

One statement asks for everything that a text may be, for rows in the user's reach only: what
belongs to others is not found, in the same time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    LargeBinary,
    Select,
    String,
    bindparam,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from agentsys.crypto import Vault
from agentsys.payments.models import Payment, Receipt
from agentsys.people import scope, written_query
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission, RoleHolder
from agentsys.remittances.models import Remittance
from agentsys.search.asked import LAST_DIGITS, Asked, May
from agentsys.workers.models import Worker
from agentsys.workers.nik_models import EarlierNik
from agentsys.workers.phone import normalise_phone

_Rows = Select[*tuple[Any, ...]]

MOST = 20  # of each kind; a longer name finds fewer


class What(StrEnum):
    """What was found."""

    WORKER = "worker"
    RECEIPT = "receipt"
    PAYMENT = "payment"
    REMITTANCE = "remittance"


@dataclass(frozen=True)
class Found:
    """One thing that was found, and whose it is."""

    what: What
    id: int  # of the worker, the payment or the batch
    worker_id: int | None
    title: str  # the worker's name, or the number
    about: str  # the kelurahan, or the worker whose payment it is
    nik_masked: str
    kpj: str
    agent_name: str
    own: bool  # a worker or payment of the agent whom the user is


def find(session: Session, user: User, asked: Asked, *, vault: Vault) -> list[Found]:
    """What the user may see of what was asked for; nothing for everything else."""
    if not asked.may:
        return []
    rows = written_query.rows(session, user, _query, asked.may, values=_values(asked, vault))
    found = {(row[0], row[1]): Found(What(row[0]), *row[1:]) for row in rows}
    return sorted(found.values(), key=lambda one: (one.what, one.title, one.id))


def suggest(session: Session, user: User, asked: Asked, *, vault: Vault) -> list[Found]:
    """As `find`, while somebody still types; a NIK is looked for only when it is sent."""
    return [] if asked.is_nik else find(session, user, asked, vault=vault)


def _values(asked: Asked, vault: Vault) -> Mapping[str, Any]:
    """A value for each parameter of the query, which has those of what the text may be."""
    makes: dict[May, Callable[[], Mapping[str, Any]]] = {
        May.NAME: lambda: {"name": re.sub(r"([\\%_])", r"\\\1", asked.text)},
        May.NIK: lambda: {"nik_index": vault.index(asked.digits)},
        May.LAST_FOUR: lambda: {"digits": asked.digits},
        May.KPJ: lambda: {"digits": asked.digits},
        May.PHONE: lambda: {"phone": normalise_phone(asked.text)},
        May.RECEIPT: lambda: {"number": asked.number},
        May.REFERENCE: lambda: {"number": asked.number},
        May.CODE: lambda: {"number": asked.digits or asked.number},
    }
    return {name: value for may in asked.may for name, value in makes[may]().items()}


def _query(user: RoleHolder, may: tuple[May, ...]) -> _Rows:
    parts = [select(_PARTS[one](user).limit(MOST).subquery()) for one in may]
    return select(union_all(*parts).subquery("found"))


_OF_WORKERS = (Permission.PORTFOLIO_READ, Permission.WORKER_READ)


def _worker(same: ColumnElement[bool]) -> Callable[[RoleHolder], _Rows]:
    """The query of workers who are the same; each column in the order of `Found`."""

    def query(user: RoleHolder) -> _Rows:
        # A record that was merged leads to the one that is kept.
        found = aliased(Worker)
        place = (found.agent_id, found.office_id)
        own = scope.of_agent(user, *place, to=Permission.PORTFOLIO_READ, stands_in=True)
        return (
            select(
                literal(What.WORKER.value).label("what"),
                found.id,
                found.id.label("worker_id"),
                found.name.label("title"),
                found.kelurahan.label("about"),
                found.nik_masked,
                found.kpj,
                func.coalesce(Agent.name, "").label("agent_name"),
                own.label("own"),
            )
            .select_from(Worker)
            .join(found, found.id == func.coalesce(Worker.merged_into, Worker.id))
            .outerjoin(Agent, Agent.id == found.agent_id)
            .where(same, _seen(user, *place, *_OF_WORKERS, stands_in=True))
        )

    return query


def _payment(what: What, title: Any, same: ColumnElement[bool]) -> Callable[[RoleHolder], _Rows]:
    """The query of payments or their receipts that are the same."""

    def query(user: RoleHolder) -> _Rows:
        place = (Payment.agent_id, Payment.office_id)
        own = scope.of_agent(user, *place, to=Permission.PORTFOLIO_READ)
        permissions = (Permission.PORTFOLIO_READ, Permission.PAYMENT_READ, Permission.WORKER_READ)
        found = select(
            literal(what.value).label("what"),
            Payment.id,
            Payment.worker_id,
            title.label("title"),
            func.coalesce(Worker.name, "").label("about"),
            literal("").label("nik_masked"),
            literal("").label("kpj"),
            func.coalesce(Agent.name, "").label("agent_name"),
            own.label("own"),
        )
        if what is What.RECEIPT:
            found = found.join(Receipt, Receipt.payment_id == Payment.id)
        return (
            found.outerjoin(Worker, Worker.id == Payment.worker_id)
            .outerjoin(Agent, Agent.id == Payment.agent_id)
            .where(same, _seen(user, *place, *permissions))
        )

    return query


def _seen(
    user: RoleHolder,
    agent_id: Any,
    office_id: Any,
    *permissions: Permission,
    stands_in: bool = False,
) -> ColumnElement[bool]:
    """The rows in reach of one of the permissions that the user has.

    Without those of others: PostgreSQL joins agents by `IN` only if it stands alone, and otherwise
    may read all rows.
    """
    parts = {
        user.reach(permission): scope.of_agent(
            user, agent_id, office_id, to=permission, stands_in=stands_in
        )
        for permission in permissions
        if user.reach(permission)
    }
    return or_(*parts.values()) if parts else false()


def _remittance(user: RoleHolder) -> _Rows:
    seen = scope.of_office(user, Remittance.office_id)
    return select(
        literal(What.REMITTANCE.value).label("what"),
        Remittance.id,
        cast(null(), BigInteger).label("worker_id"),
        Remittance.kode_iuran.label("title"),
        literal("").label("about"),
        literal("").label("nik_masked"),
        literal("").label("kpj"),
        literal("").label("agent_name"),
        false().label("own"),
    ).where(
        Remittance.kode_iuran == bindparam("number", type_=String),
        seen if user.can(Permission.REMITTANCE_READ) else false(),
    )


def _named(user: RoleHolder) -> _Rows:
    """Workers whose name has the text. An agent's few are read, and not all who have the name."""
    name = Worker.name.concat("") if user.only_in_the_field else Worker.name  # "" avoids its index
    return _worker(func.search_key(name).like(_PATTERN))(user)


_DIGITS = bindparam("digits", type_=String)
_NUMBER = bindparam("number", type_=String)
_INDEX = bindparam("nik_index", type_=LargeBinary)
_PATTERN = literal("%").concat(func.search_key(bindparam("name", type_=String))).concat("%")
_EARLIER = select(EarlierNik.worker_id).where(EarlierNik.nik_index == _INDEX)
_PRESENT = select(Worker.id).where(Worker.nik_index == _INDEX)

_PARTS: Mapping[May, Callable[[RoleHolder], _Rows]] = {
    May.NAME: _named,
    May.NIK: _worker(Worker.id.in_(_PRESENT.union_all(_EARLIER))),
    May.LAST_FOUR: _worker(func.right(Worker.nik_masked, LAST_DIGITS) == _DIGITS),
    May.KPJ: _worker((Worker.kpj == _DIGITS) & (Worker.kpj != "")),
    May.PHONE: _worker((Worker.phone == bindparam("phone", type_=String)) & (Worker.phone != "")),
    May.RECEIPT: _payment(What.RECEIPT, Receipt.number, Receipt.number == _NUMBER),
    May.REFERENCE: _payment(What.PAYMENT, Payment.reference, Payment.reference == _NUMBER),
    May.CODE: _remittance,
}
