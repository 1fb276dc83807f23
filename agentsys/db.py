"""The database: engine, naming of constraints, and the only way to open a transaction."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import psycopg
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Connection,
    DateTime,
    Engine,
    Enum,
    Identity,
    MetaData,
    String,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect, ExceptionContext
from sqlalchemy.exc import (
    DBAPIError,
    InvalidatePoolError,
    InvalidRequestError,
    OperationalError,
)
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, registry
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

from agentsys import connections

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

AUTOCOMMIT = "autocommit"  # the bind whose connections PostgreSQL commits after each statement
RETRIES = 3
PING_AFTER_S = 1.0
_TRY_AGAIN = {"40001", "40P01"}  # serialisation failure, deadlock
_ABOUT_A_VALUE = "22"

Result = TypeVar("Result")
BigId = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]


class Base(DeclarativeBase):
    """The base of all tables."""

    # On the registry: Flask-SQLAlchemy 3.1 loses a type_annotation_map that is set on the class.
    registry = registry(
        metadata=MetaData(naming_convention=NAMES),
        type_annotation_map={
            int: BigInteger,
            datetime: DateTime(timezone=True),
            dict[str, Any]: JSONB,
            list[dict[str, Any]]: JSONB,
        },
    )


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:
    # What db.Model is, for the type checker, which cannot follow how it is made.
    class Model(Base):
        """A table."""

else:
    Model = db.Model


class _Word(Enum):
    """Words of a StrEnum, which are written into the text of the statements that compare them.

    PostgreSQL keeps one plan for a prepared statement. That plan uses a partial index, such as that
    of open rows, and guesses the right number of rows only if the text names the state.
    """

    class Comparator(Enum.Comparator):
        """Compares as an Enum does."""

        def operate(self, op: Any, *other: Any, **options: Any) -> Any:
            """The comparison, with its words in the text."""
            found = super().operate(op, *other, **options)
            right = getattr(found, "right", None)
            if isinstance(right, BindParameter):
                right.literal_execute = True
            return found

    comparator_factory = Comparator


def words(kind: type[StrEnum], length: int = 20, *, name: str | None = None) -> Enum:
    """A type that stores a StrEnum by value, with a CHECK; two in one table need names."""
    return _Word(
        kind,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=True,
        length=length,
        name=name or kind.__name__.lower(),
    )


def text_of(length: int) -> String:
    """A text column with a limit, so that no form can fill the disk."""
    return String(length)


@contextmanager
def transaction() -> Iterator[Session]:
    """Commit if the block succeeds, roll back if it raises; only entrypoints open one."""
    session = db.session()
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


@contextmanager
def held_lock(number: int) -> Iterator[bool]:
    """Hold an advisory lock meanwhile, in a transaction that does nothing else; False if taken."""
    take = text("SELECT pg_try_advisory_xact_lock(:number)")
    bind: Engine | Connection = db.engine
    if isinstance(bind, Connection):  # the caller's transaction encloses this one
        yield bool(bind.scalar(take, {"number": number}))
        return
    with bind.begin() as connection:
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        yield bool(connection.scalar(take, {"number": number}))


def has_schema(session: Session) -> bool:
    """Whether a migration was ever run in this database."""
    if not session.scalar(text("SELECT to_regclass('alembic_version')")):
        return False
    return bool(session.scalar(text("SELECT count(*) FROM alembic_version")))


def plan_once(session: Session) -> None:
    """Let the transaction's prepared statements from now on keep one plan for all values.

    For queries over all months, which take longer to plan than to run. Not for queries whose index
    depends on a value.
    """
    session.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))


def end_session(_: object = None) -> None:
    """Close the context's session; a broken connection is dropped without a rollback."""
    try:
        db.session.remove()
    except DBAPIError:
        # Else the finished response would be lost, and the next context might reuse the session.
        db.session.registry().invalidate()
        db.session.registry.clear()


@contextmanager
def one_statement() -> Iterator[psycopg.Connection[Any]]:
    """A connection for one statement, committed when it succeeds: one round trip, not three."""
    bind: Engine | Connection = db.engine
    if isinstance(bind, Connection):  # the caller's transaction encloses this statement
        with transaction() as session:
            yield session.connection().connection.driver_connection  # type: ignore[misc]
        return
    try:
        lent = db.engines[AUTOCOMMIT].raw_connection()
        driver: Any = lent.driver_connection
        try:
            yield driver
        finally:
            if driver.closed:
                lent.invalidate()
            lent.close()
    except psycopg.Error as error:
        strip_row_values(error)
        kind = OperationalError if isinstance(error, psycopg.OperationalError) else DBAPIError
        raise kind(None, None, error) from error


def in_transaction(work: Callable[[Session], Result]) -> Result:
    """Run the work in a transaction; up to 3 attempts on serialisation failures and deadlocks."""
    for attempt in range(1, RETRIES + 1):
        try:
            with transaction() as session:
                return work(session)
        except OperationalError as error:
            if attempt == RETRIES or getattr(error.orig, "sqlstate", None) not in _TRY_AGAIN:
                raise
    raise AssertionError("the loop returns or raises")


def strip_row_values(error: psycopg.Error) -> None:
    """Strip row values from an error message: its DETAIL and CONTEXT may contain them."""
    if error.sqlstate is None:
        return  # about the connection, or by the driver itself
    words = error.diag.message_primary or ""
    if error.sqlstate.startswith(_ABOUT_A_VALUE):
        words = re.sub(r'".*"', '"•••"', words, flags=re.DOTALL)
    error.args = (f"{words} ({error.sqlstate})",)


@event.listens_for(Engine, "handle_error")
def _remove_values(context: ExceptionContext) -> None:
    error, wrapped = context.original_exception, context.sqlalchemy_exception
    if isinstance(error, psycopg.Error):
        before = str(error)
        strip_row_values(error)
        if wrapped is not None:
            wrapped.args = tuple(str(part).replace(before, str(error)) for part in wrapped.args)


class _Pool(QueuePool):
    """A connection pool that reports an unreachable database as OperationalError."""

    def connect(self) -> PoolProxiedConnection:
        """A working connection; OperationalError if there is none."""
        try:
            return super().connect()
        except InvalidRequestError as error:
            # Several pooled connections were broken; elsewhere this class indicates a bug.
            raise OperationalError(None, None, error) from error


def engine_options(pool_size: int) -> dict[str, Any]:
    """Engine options with a timeout for every wait."""
    return {
        # Parameters may hold personal data and must not reach the log.
        "hide_parameters": True,
        "poolclass": _Pool,
        "pool_size": pool_size,
        "max_overflow": 5,
        "pool_timeout": 5,
        "pool_events": [(_left, "checkin"), (_taken, "checkout")],
        "pool_use_lifo": True,
        "pool_recycle": 1800,
        "connect_args": connections.settings("agentsys"),
    }


def autocommit_options(pool_size: int) -> dict[str, Any]:
    """The same options for autocommit connections, which need no COMMIT or ROLLBACK."""
    return engine_options(pool_size) | {
        "isolation_level": "AUTOCOMMIT",
        "pool_reset_on_return": None,
    }


@event.listens_for(Engine, "do_connect")
def _connect(dialect: Dialect, _: Any, args: list[Any], options: dict[str, Any]) -> Any:
    if dialect.driver != "psycopg":
        return None
    return connections.WatchedConnection.connect(*args, **options)


def _left(_: Any, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _taken(connection: psycopg.Connection[Any], record: Any, _: Any) -> None:
    """Ping a connection that was idle; one used recently is not checked, to save a round trip."""
    if connections.is_suspect(connection):
        raise InvalidatePoolError()
    if not connection.closed and time.monotonic() - record.info.get("idle_since", 0) < PING_AFTER_S:
        return
    try:
        _ping(connection)
    except psycopg.Error as error:
        raise InvalidatePoolError() from error


def _ping(connection: psycopg.Connection[Any]) -> None:
    as_it_was = connection.autocommit
    connection.autocommit = True
    connection.execute("")
    connection.autocommit = as_it_was
