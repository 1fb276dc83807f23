"""A sponsor's list brought in from its file, for tests."""

from __future__ import annotations

from sqlalchemy import func, select

from agentsys.agreements.kinds import SponsorKind
from agentsys.agreements.models import AgreementMember
from agentsys.db import db, transaction
from agentsys.people.models import User
from agentsys.rosters.importing import import_roster
from agentsys.sponsors import versions
from agentsys.workers.models import Roster
from tests.rosters.conftest import store
from tests.sponsors.world import Sponsored


def agree(office: Sponsored, **terms: object) -> int:
    """The id of a city's agreement."""
    with transaction():
        return office.agreement(SponsorKind.CITY, **terms).id


def send(
    office: Sponsored,
    agreement_id: int,
    content: bytes,
    *,
    whole: bool = False,
    sender: User | None = None,
    **changed: object,
) -> int:
    """The id of a list with a version of the agreement, which waits for its import."""
    actor_id = (sender or office.admin).id
    with transaction() as session:
        version_id = versions.begin(
            session,
            agreement_id=agreement_id,
            decree="SK 463/21",
            decreed_on=office.month,
            from_month=office.month,
            whole=whole,
            actor_id=actor_id,
        ).id
    given = {"from_month": office.month, "actor_id": actor_id, "version_id": version_id} | changed
    return store(office.vault, office.office_id, content, **given)


def bring_in(
    office: Sponsored, agreement_id: int, content: bytes, *, whole: bool = False
) -> Roster:
    """An imported list of the agreement, sent by the admin."""
    roster_id = send(office, agreement_id, content, whole=whole)
    return import_roster(vault=office.vault, roster_id=roster_id)


def named(agreement_id: int) -> int:
    """How many workers the agreement names now."""
    query = select(func.count()).where(
        AgreementMember.agreement_id == agreement_id, AgreementMember.until_month.is_(None)
    )
    return db.session.scalar(query) or 0
