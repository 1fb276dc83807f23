"""Migrations go up and down, on an empty and on a filled database, and match the models."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from agentsys import models  # noqa: F401 - every table
from agentsys.db import db, transaction
from agentsys.migrations.described import described
from tests.migrating import fill

LEFT_OVER = text("""
    SELECT 'table ' || relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S', 'v')
            AND relname NOT IN ('alembic_version')
    UNION ALL
    SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'type ' || typname FROM pg_type
        WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
""")


def left_over() -> list[str]:
    with db.engine.connect() as connection:
        return list(connection.scalars(LEFT_OVER))


def test_an_empty_database_goes_up_and_down_and_up_again(fresh):
    with fresh.app_context():
        upgrade()
        downgrade(revision="base")
        after = left_over()
        upgrade()

        assert after == []
        assert "table contributions" in left_over()


def test_a_filled_database_goes_down_and_leaves_nothing(fresh):
    with fresh.app_context():
        upgrade()
        with transaction() as session:
            fill(session, fresh, workers=120)
        db.session.remove()

        downgrade(revision="base")

        assert left_over() == []


def test_going_up_twice_changes_nothing(fresh):
    with fresh.app_context():
        upgrade()
        before = left_over()

        upgrade()

        assert left_over() == before


def test_connections_wait_as_briefly_as_before_once_the_migrations_have_run(fresh):
    with fresh.app_context():
        upgrade()
        with db.engine.connect() as connection:
            limits = [
                connection.scalar(text(f"SHOW {name}"))
                for name in ("lock_timeout", "statement_timeout")
            ]

        assert limits == ["3s", "15s"]


def test_the_migrations_make_what_the_models_describe(app):
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": described, "compare_type": True}
        )
        assert compare_metadata(context, db.metadata) == []


def test_an_old_database_is_not_ready_until_it_is_migrated(fresh):
    with fresh.app_context():
        answer = fresh.test_client().get("/readyz")

    assert answer.status_code == 503
    assert answer.text == "schema missing: run agentsys db upgrade\n"


def test_a_database_that_went_down_to_nothing_is_not_ready_either(fresh):
    with fresh.app_context():
        upgrade()
        downgrade(revision="base")
        answer = fresh.test_client().get("/readyz")

    assert answer.text == "schema missing: run agentsys db upgrade\n"
