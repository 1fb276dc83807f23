"""Look up the periods and workers of written memberships and assignments by index.

PostgreSQL holds a table to be empty that it counted in the middle of an import, and joined it with
each batch by walking all of it. OFFSET 0 keeps the subqueries apart, one lookup for each row.
"""

from __future__ import annotations

from alembic import op

revision = "0092"
down_revision = "0091"
branch_labels = None
depends_on = None

CHECK = """
CREATE OR REPLACE FUNCTION check_periods() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found bigint;
BEGIN
    EXECUTE format(
        'SELECT w.worker_id FROM written w CROSS JOIN LATERAL ('
        ' SELECT FROM %1$I o WHERE o.worker_id = w.worker_id AND o.until_month > w.from_month'
        ' OFFSET 0) o WHERE w.until_month IS NULL'
        ' UNION ALL'
        ' SELECT w.worker_id FROM written w CROSS JOIN LATERAL ('
        ' SELECT FROM %1$I o WHERE o.worker_id = w.worker_id AND o.until_month IS NULL'
        ' AND o.from_month < w.until_month OFFSET 0) o WHERE w.until_month IS NOT NULL'
        ' LIMIT 1', TG_TABLE_NAME) INTO found;
    IF found IS NOT NULL THEN
        RAISE EXCEPTION 'periods of worker % in % overlap', found, TG_TABLE_NAME
            USING ERRCODE = 'exclusion_violation';
    END IF;
    SELECT w.worker_id INTO found FROM written w
        WHERE NOT EXISTS (SELECT FROM workers WHERE id = w.worker_id OFFSET 0) LIMIT 1;
    IF found IS NOT NULL THEN
        RAISE EXCEPTION 'there is no worker % for %', found, TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$
"""
BEFORE = """
CREATE OR REPLACE FUNCTION check_periods() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found bigint;
BEGIN
    EXECUTE format(
        'SELECT w.worker_id FROM written w JOIN %1$I o ON o.worker_id = w.worker_id'
        ' WHERE w.until_month IS NULL AND o.until_month > w.from_month'
        ' UNION ALL'
        ' SELECT w.worker_id FROM written w JOIN %1$I o ON o.worker_id = w.worker_id'
        ' WHERE w.until_month IS NOT NULL AND o.until_month IS NULL'
        ' AND o.from_month < w.until_month LIMIT 1', TG_TABLE_NAME) INTO found;
    IF found IS NOT NULL THEN
        RAISE EXCEPTION 'periods of worker % in % overlap', found, TG_TABLE_NAME
            USING ERRCODE = 'exclusion_violation';
    END IF;
    SELECT w.worker_id INTO found FROM written w
        WHERE NOT EXISTS (SELECT FROM workers WHERE id = w.worker_id) LIMIT 1;
    IF found IS NOT NULL THEN
        RAISE EXCEPTION 'there is no worker % for %', found, TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$
"""


def upgrade():
    op.execute(CHECK)


def downgrade():
    op.execute(BEFORE)
