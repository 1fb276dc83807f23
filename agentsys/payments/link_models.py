"""The tables of workers' links, and of the codes that open a worker's own page."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words


class LinkKind(StrEnum):
    """What a link opens."""

    PAY = "pay"  # the worker's open months, to pay them
    OWN = "own"  # the worker's own page, with what is debited by itself


class PayLink(Model):
    """A link by which a worker pays, or opens the own page, without signing in."""

    __tablename__ = "pay_links"

    token: Mapped[str] = mapped_column(text_of(40), primary_key=True)
    kind: Mapped[LinkKind] = mapped_column(words(LinkKind), default=LinkKind.PAY)
    worker_id: Mapped[int] = mapped_column(ForeignKey("workers.id"), index=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "expires_at", "token"),)


class PageCode(Model):
    """A code of a few digits that opens more of a worker's own page; only its hash is kept."""

    __tablename__ = "page_codes"

    id: Mapped[BigId]
    worker_id: Mapped[int] = mapped_column(ForeignKey("workers.id"))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)  # wrong ones
    used_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("tries >= 0", name="tries_counted"),
        Index(None, "worker_id", "made_at"),
    )
