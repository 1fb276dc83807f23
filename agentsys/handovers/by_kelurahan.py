"""The office's table of agents by kelurahan, and giving them the workers who have no agent."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions import attribution
from agentsys.contributions.holding_off import hold_off_billing
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.handovers.moving import not_while_imported
from agentsys.handovers.planning import refuse_own
from agentsys.names import tidy_name
from agentsys.people import scope
from agentsys.people.models import Agent, AgentStatus, User
from agentsys.people.offices import check_open
from agentsys.people.permissions import Permission
from agentsys.workers.kelurahan import agents_of, key_of
from agentsys.workers.kelurahan_models import KelurahanAgent
from agentsys.workers.models import Roster

LONGEST = 80  # letters of a name, as in the data of workers
MOST_NAMES = 500  # at once

# Nobody who has an agent, or had one until a later month, is given to another one.
_WITHOUT = """
w.office_id = :office_id AND w.agent_id IS NULL AND w.merged_into IS NULL
    AND w.erased_at IS NULL AND (CAST(:roster_id AS bigint) IS NULL OR (
        w.roster_id = :roster_id AND w.id > :workers_after AND w.id <= :workers_until))
    AND NOT EXISTS (SELECT FROM assignments a WHERE a.worker_id = w.id
        AND (a.until_month IS NULL OR a.until_month > :month))
"""
_NAMES = text(f"SELECT DISTINCT w.kelurahan FROM workers w WHERE {_WITHOUT}")  # noqa: S608
_BY_NAME = """
JOIN unnest(CAST(:names AS text[]), CAST(:agents AS bigint[])) AS p (kelurahan, agent_id)
    ON p.kelurahan = w.kelurahan
"""
_LOCK = text(f"""
SELECT count(*) FROM (
    SELECT w.id FROM workers w {_BY_NAME} WHERE {_WITHOUT} ORDER BY w.id FOR NO KEY UPDATE OF w
) AS found
""")  # noqa: S608  # made of the constants above
# `updated_at` stays: it says that somebody changed a worker's data, after which the import that
# created the worker cannot be taken back.
_GIVE = text(f"""
WITH given AS MATERIALIZED (
    SELECT w.id, p.agent_id FROM workers w {_BY_NAME} WHERE {_WITHOUT}
), assigned AS (
    INSERT INTO assignments (worker_id, from_month, agent_id)
    SELECT id, :month, agent_id FROM given ORDER BY id
), updated AS (
    UPDATE workers w SET agent_id = g.agent_id FROM given g WHERE w.id = g.id
)
SELECT agent_id, count(*) FROM given GROUP BY agent_id ORDER BY agent_id
""")  # noqa: S608  # made of the constants above


@dataclass(frozen=True, kw_only=True)
class Given:
    """How many workers got an agent, and to how many agents they went."""

    workers: int
    agents: int


def set_agent(
    session: Session, *, office_id: int, kelurahan: Collection[str], agent_id: int, actor_id: int
) -> int:
    """Give the workers of these kelurahan to an active agent from now on; how many kelurahan.

    Workers who have an agent stay with him. Forbidden where an agent whom the actor does not lead
    has the kelurahan; nobody gives workers to himself.
    """
    actor = _actor(session, office_id, actor_id)
    check_open(session, office_id)
    names = _checked(kelurahan)
    agent = session.scalar(_agents(actor).where(Agent.id == agent_id).with_for_update(read=True))
    if agent is None or agent.office_id != office_id:
        raise NotFound()
    if agent.status is not AgentStatus.ACTIVE:
        raise Invalid("Agen ini tidak aktif. Pilih agen lain.", about="agent")
    refuse_own(session, [agent], actor_id)
    _check_own(session, office_id, actor, names)
    values = [
        {"office_id": office_id, "key": key, "kelurahan": name, "agent_id": agent_id,
         "set_by": actor_id, "set_at": clock.now()}
        for key, name in sorted(names.items())
    ]  # fmt: skip
    new = insert(KelurahanAgent).values(values)
    kept = ("kelurahan", "agent_id", "set_by", "set_at")
    session.execute(
        new.on_conflict_do_update(
            index_elements=["office_id", "key"], set_={name: new.excluded[name] for name in kept}
        ).execution_options(synchronize_session=False)
    )
    _record(
        session, office_id, "kelurahan.set", actor_id, agent_id=agent_id, agent=agent.name,
        names=sorted(names.values()),
    )  # fmt: skip
    return len(names)


def remove(session: Session, *, office_id: int, kelurahan: Collection[str], actor_id: int) -> int:
    """Give new workers of these kelurahan to nobody any more; how many were in the table."""
    actor = _actor(session, office_id, actor_id)
    names = _checked(kelurahan)
    _check_own(session, office_id, actor, names)
    rows = session.scalars(
        select(KelurahanAgent)
        .where(KelurahanAgent.office_id == office_id, KelurahanAgent.key.in_(names))
        .order_by(KelurahanAgent.key)
    ).all()
    for row in rows:
        session.delete(row)
    if rows:
        removed = [row.kelurahan for row in rows]
        _record(session, office_id, "kelurahan.removed", actor_id, names=removed)
    return len(rows)


def assign_missing(
    session: Session, *, office_id: int, actor_id: int, roster_id: int | None = None
) -> Given:
    """Give workers without an agent to the agents of their kelurahan, from this month on.

    Those of the whole office, or those whom one list created. Only to active agents whom the actor
    may give workers, never to himself; their open months follow. In four statements,
    however many they are.
    """
    actor = _actor(session, office_id, actor_id)
    others = _agents(actor).where(Agent.user_id.is_distinct_from(actor_id))
    mine = set(session.scalars(others.with_only_columns(Agent.id)))
    agents = {key: each for key, each in agents_of(session, office_id).items() if each in mine}
    hold_off_billing(session)
    values: dict[str, Any] = {"office_id": office_id, "month": clock.this_month()}
    values |= _created(session, office_id, roster_id)
    wanted = {
        name: agents[key]
        for name in session.scalars(_NAMES, values)
        if (key := key_of(name)) in agents
    }
    values |= {"names": list(wanted), "agents": list(wanted.values())}
    with not_while_imported():
        session.execute(_LOCK, values)
    given = {agent_id: int(count) for agent_id, count in session.execute(_GIVE, values)}
    session.expire_all()
    if given:
        attribution.adopt_open_months(session, office_id=office_id)
        _record(
            session, office_id, "kelurahan.assigned", actor_id, roster_id=roster_id,
            workers=sum(given.values()), by_agent={str(key): given[key] for key in given},
        )  # fmt: skip
    return Given(workers=sum(given.values()), agents=len(given))


def _created(session: Session, office_id: int, roster_id: int | None) -> Mapping[str, int | None]:
    """The parameters for the workers whom a list created; for all workers without one."""
    if roster_id is None:
        return {"roster_id": None, "workers_after": 0, "workers_until": 0}
    roster = session.get(Roster, roster_id)
    if roster is None or roster.office_id != office_id:
        raise NotFound()
    if roster.finished_at is None or roster.undone_at is not None:
        raise Conflict("Daftar ini belum selesai diimpor, atau sudah ditarik kembali.")
    after, until = roster.workers_after or 0, roster.workers_until or 0
    return {"roster_id": roster_id, "workers_after": after, "workers_until": until}


def _actor(session: Session, office_id: int, actor_id: int) -> User:
    scope.check_office(session, actor_id=actor_id, office_id=office_id)
    actor = session.get_one(User, actor_id)
    if not actor.can(Permission.HANDOVER_MAKE):
        raise Forbidden()
    return actor


def _agents(actor: User) -> Any:
    return select(Agent).where(scope.agents(actor, to=Permission.HANDOVER_MAKE))


def _checked(kelurahan: Collection[str]) -> dict[str, str]:
    """The names by their keys; Invalid without any, or with one that is too long."""
    names = {key_of(name): tidy_name(name.replace("\0", "")) for name in kelurahan}
    names = {key: name for key, name in names.items() if key and name}
    if not names:
        raise Invalid("Pilih atau tulis kelurahannya.", about="kelurahan")
    if len(names) > MOST_NAMES:
        raise Invalid("Paling banyak {most} kelurahan sekali simpan.", most=MOST_NAMES)
    if any(len(name) > LONGEST for name in (*names, *names.values())):
        raise Invalid("Paling banyak {most} huruf.", most=LONGEST, about="kelurahan")
    return names


def _check_own(session: Session, office_id: int, actor: User, names: Collection[str]) -> None:
    mine = _agents(actor).with_only_columns(Agent.id)
    taken = session.scalar(
        select(KelurahanAgent.kelurahan)
        .where(
            KelurahanAgent.office_id == office_id,
            KelurahanAgent.key.in_(names),
            KelurahanAgent.agent_id.not_in(mine),
        )
        .order_by(KelurahanAgent.key)
        .limit(1)
    )
    if taken is not None:
        raise Forbidden(
            "Kelurahan {name} dipegang agen tim lain. Minta penyelianya atau admin.", name=taken
        )


def _record(
    session: Session, office_id: int, action: str, actor_id: int, **details: object
) -> None:
    session.flush()
    trail.record(
        session, actor_id=actor_id, action=action, subject=f"office:{office_id}", details=details
    )
