"""Tables of heirs and claims."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words


class HeirRelation(StrEnum):
    """What an heir is to the worker, in the order in which BPJS asks for them."""

    SPOUSE = "spouse"
    CHILD = "child"
    PARENT = "parent"
    GRANDCHILD = "grandchild"
    GRANDPARENT = "grandparent"
    SIBLING = "sibling"
    PARENT_IN_LAW = "parent_in_law"
    WILL = "will"  # named in the worker's will


class ClaimKind(StrEnum):
    """What happened."""

    DEATH = "death"  # not by an accident at work: JKM
    ACCIDENT = "accident"  # at work: JKK
    ACCIDENT_DEATH = "accident_death"  # by an accident at work: JKK


class ClaimState(StrEnum):
    """How far a claim is; BPJS decides it, and this only follows."""

    REPORTED = "reported"  # known here; the family gathers its papers
    PAPERS = "papers"  # the papers are with BPJS
    PAID = "paid"  # BPJS paid the family
    REFUSED = "refused"  # BPJS does not pay
    DROPPED = "dropped"  # the family does not claim, or it was recorded by mistake


class Heir(Model):
    """Somebody who may claim after a worker's death; removed ones are kept."""

    __tablename__ = "heirs"

    id: Mapped[BigId]
    worker_id: Mapped[int] = mapped_column(ForeignKey("workers.id"))
    name: Mapped[str] = mapped_column(text_of(120))
    relation: Mapped[HeirRelation] = mapped_column(words(HeirRelation))
    phone: Mapped[str] = mapped_column(text_of(20), server_default="")
    recorded_by: Mapped[int]
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    removed_by: Mapped[int | None]
    removed_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("length(name) > 0", name="has_a_name"),
        CheckConstraint("(removed_at IS NULL) = (removed_by IS NULL)", name="removed_by_somebody"),
        Index("ix_heirs_of_worker", "worker_id", postgresql_where=text("removed_at IS NULL")),
    )


class Claim(Model):
    """What a family or a worker asks of BPJS, and how far it is."""

    __tablename__ = "claims"

    id: Mapped[BigId]
    worker_id: Mapped[int] = mapped_column(ForeignKey("workers.id"))
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    kind: Mapped[ClaimKind] = mapped_column(words(ClaimKind))
    happened_on: Mapped[date]
    state: Mapped[ClaimState] = mapped_column(words(ClaimState), default=ClaimState.REPORTED)
    note: Mapped[str] = mapped_column(text_of(200), server_default="")
    amount_idr: Mapped[int | None]
    paid_on: Mapped[date | None]
    opened_by: Mapped[int | None]
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)
    changed_by: Mapped[int | None]
    changed_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(
            "(state = 'paid') = (amount_idr IS NOT NULL) AND (state = 'paid') ="
            " (paid_on IS NOT NULL) AND amount_idr > 0",
            name="paid_has_its_sum",
        ),
        Index("ix_claims_worker_id", "worker_id"),
        Index(
            "ix_claims_open",
            "office_id",
            "id",
            postgresql_where=text("state IN ('reported', 'papers')"),
        ),
    )
