"""Tables of offices, users, roles and agents."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from flask_security.core import RoleMixin, UserMixin
from flask_security.utils import get_hmac, hash_password, verify_password
from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Index, Table, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agentsys import clock
from agentsys.db import BigId, Model, db, text_of, words
from agentsys.people.permissions import RoleHolder, RoleName

_SALTED = "salted"  # prefix of password hashes made with the secret key, before migration 0004

# A lock that ends later was written by a clock that ran ahead, so it counts as over.
LOCKED_FOR = timedelta(minutes=15)


class AgentStatus(StrEnum):
    """The status of an agent."""

    CANDIDATE = "candidate"  # applied, and not appointed yet: may not enrol or collect
    ACTIVE = "active"
    SUSPENDED = "suspended"  # may not enrol or collect; open work can be finished
    LEFT = "left"


class AccessChangeKind(StrEnum):
    """How an admin could come to know how another user signs in."""

    MADE = "made"
    PASSWORD = "password"  # noqa: S105
    SIGN_IN = "sign_in"  # phone number or e-mail address


class OfficeKind(StrEnum):
    """What an office is."""

    BRANCH = "branch"  # of the organisation that runs agentsys
    WADAH = "wadah"  # an organisation that coordinates agents under an agreement with BPJS
    AGENCY = "agency"


class Office(Model):
    """An office that agents belong to."""

    __tablename__ = "offices"

    id: Mapped[BigId]
    code: Mapped[str] = mapped_column(text_of(20), unique=True)
    name: Mapped[str] = mapped_column(text_of(120))
    city: Mapped[str] = mapped_column(text_of(80))
    zone: Mapped[str] = mapped_column(text_of(40), default="Asia/Makassar")
    added_at: Mapped[datetime | None] = mapped_column(default=clock.now)  # None: long ago
    kind: Mapped[OfficeKind] = mapped_column(
        words(OfficeKind), default=OfficeKind.WADAH, server_default=OfficeKind.WADAH
    )
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"), index=True)
    contact_name: Mapped[str] = mapped_column(text_of(120), default="", server_default="")
    contact_phone: Mapped[str] = mapped_column(text_of(30), default="", server_default="")
    contact_email: Mapped[str] = mapped_column(text_of(254), default="", server_default="")
    address: Mapped[str] = mapped_column(text_of(200), default="", server_default="")
    controller: Mapped[str] = mapped_column(text_of(160), default="", server_default="")
    pks_number: Mapped[str] = mapped_column(text_of(60), default="", server_default="")
    pks_from: Mapped[date | None]
    pks_until: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None]

    __table_args__ = (
        CheckConstraint("parent_id <> id", name="not_above_itself"),
        CheckConstraint("pks_until >= pks_from", name="agreement_in_order"),
        CheckConstraint(
            "zone IN ('Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura')", name="known_zone"
        ),
    )


roles_users = Table(
    "roles_users",
    db.metadata,
    Column("user_id", ForeignKey("users.id"), primary_key=True),
    Column("role_id", ForeignKey("roles.id"), primary_key=True, index=True),
)


class Role(Model, RoleMixin):
    """A role, as Flask-Security requires it."""

    __tablename__ = "roles"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(text_of(20), unique=True)
    description: Mapped[str | None] = mapped_column(text_of(200))
    permissions: Mapped[list[str] | None] = mapped_column(JSONB)


class User(Model, UserMixin, RoleHolder):
    """A person who signs in with a phone number or an e-mail address."""

    __tablename__ = "users"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(text_of(120))
    # Flask-Security expects an e-mail address for every user; ours may have a phone number instead.
    email: Mapped[str | None] = mapped_column(  # type: ignore[assignment]
        text_of(254), unique=True
    )
    phone: Mapped[str | None] = mapped_column(text_of(20), unique=True)
    password: Mapped[str | None] = mapped_column(text_of(255))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    fs_uniquifier: Mapped[str] = mapped_column(text_of(64), unique=True)
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"), index=True)
    language: Mapped[str] = mapped_column(text_of(2), default="id")
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    must_change_password: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    # Set with the agent's status, so that each request need not read the agent.
    agent_ended: Mapped[bool] = mapped_column(Boolean, default=False, server_default=text("false"))

    roles: Mapped[list[Role]] = relationship(  # type: ignore[assignment]
        secondary=roles_users, lazy="joined"
    )
    office: Mapped[Office | None] = relationship(lazy="joined")
    agent: Mapped[Agent | None] = relationship(
        back_populates="user", foreign_keys="Agent.user_id", uselist=False
    )

    __table_args__ = (
        CheckConstraint("email IS NOT NULL OR phone IS NOT NULL", name="can_sign_in"),
        CheckConstraint("language IN ('id', 'en')", name="known_language"),
    )

    @property
    def role_names(self) -> frozenset[RoleName]:
        """The user's roles."""
        return frozenset(RoleName(role.name) for role in self.roles)

    def is_locked(self, *_: Any) -> bool:
        """Whether too many wrong passwords locked the account (called by Flask-Security)."""
        now = clock.now()
        return self.locked_until is not None and now < self.locked_until <= now + LOCKED_FOR

    def verify_and_update_password(self, password: str) -> bool:
        """Whether it is right; if so, an old hash that depends on the secret key is replaced."""
        if self.password is None or not self.password.startswith(_SALTED):
            return bool(super().verify_and_update_password(password))
        if not verify_password(get_hmac(password), self.password.removeprefix(_SALTED)):
            return False
        self.password = hash_password(password)
        return True


class UserSession(Model):
    """One browser in which a user is signed in; only hashes of its tokens are stored."""

    __tablename__ = "user_sessions"

    id: Mapped[BigId]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    remember_hash: Mapped[bytes | None] = mapped_column(unique=True)
    remembered_until: Mapped[datetime | None]
    client: Mapped[str] = mapped_column(text_of(60))
    signed_in_at: Mapped[datetime]
    began_at: Mapped[datetime] = mapped_column(index=True)  # when a remembered phone last came back
    last_seen_at: Mapped[datetime]

    __table_args__ = (
        CheckConstraint(
            "(remember_hash IS NULL) = (remembered_until IS NULL)", name="remembered_whole"
        ),
    )


class WrongPasswords(Model):
    """The number of wrong passwords from one network address since a time."""

    __tablename__ = "wrong_passwords"

    address: Mapped[str] = mapped_column(text_of(45), primary_key=True)
    count: Mapped[int]
    since: Mapped[datetime] = mapped_column(index=True)


class AccessChange(Model):
    """That an admin made a user, or changed how the user signs in."""

    __tablename__ = "access_changes"

    id: Mapped[BigId]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[AccessChangeKind] = mapped_column(words(AccessChangeKind))
    at: Mapped[datetime] = mapped_column(index=True)


class SetupCode(Model):
    """The hash of the code with which an empty system is set up; there is at most one."""

    __tablename__ = "setup_codes"

    id: Mapped[BigId]
    code_hash: Mapped[bytes]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Agent(Model):
    """Somebody who enrols workers, collects from them, and earns commission."""

    __tablename__ = "agents"

    id: Mapped[BigId]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), unique=True)
    code: Mapped[str] = mapped_column(text_of(20), unique=True)
    name: Mapped[str] = mapped_column(text_of(120))
    area: Mapped[str] = mapped_column(text_of(80), default="")
    status: Mapped[AgentStatus] = mapped_column(words(AgentStatus), default=AgentStatus.ACTIVE)
    cash_ceiling_idr: Mapped[int] = mapped_column(default=2_000_000)
    joined_on: Mapped[date]
    ended_on: Mapped[date | None]  # months after this day earn nothing
    active_on: Mapped[date | None]  # the last new worker or payment; noted each night

    user: Mapped[User | None] = relationship(back_populates="agent", foreign_keys=[user_id])
    supervisor: Mapped[User | None] = relationship(foreign_keys=[supervisor_id])
    office: Mapped[Office] = relationship()

    __table_args__ = (
        Index(None, "office_id", "name"),
        Index(
            "ix_agents_search_key",
            *(func.search_key(text(name)).label(f"of_{name}") for name in ("name", "code", "area")),
            postgresql_using="gin",
            postgresql_ops={f"of_{name}": "gin_trgm_ops" for name in ("name", "code", "area")},
        ),
        CheckConstraint("cash_ceiling_idr >= 0", name="ceiling_not_negative"),
        CheckConstraint("ended_on IS NULL OR status = 'left'", name="ended_agents_left"),
        CheckConstraint(
            "user_id IS NULL OR supervisor_id IS NULL OR user_id <> supervisor_id",
            name="not_own_supervisor",
        ),
    )
