"""Join a month's table of contributions to the others without stopping them."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# CREATE TABLE … PARTITION OF would lock every contribution until the transaction ends; attaching a
# table locks out only other attachments. The CHECK spares it reading the whole month.
MONTHS = """
CREATE FUNCTION new_contributions(wanted date) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    first date := date_trunc('month', wanted)::date;
    part text := 'contributions_' || to_char(wanted, 'YYYY_MM');
BEGIN
    IF to_regclass(part) IS NOT NULL THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(7301003, to_char(wanted, 'YYYYMM')::int);
    -- Whoever waited for the lock would get the answer of before from to_regclass again.
    IF EXISTS (SELECT FROM pg_class
               WHERE relname = part AND relnamespace = current_schema()::regnamespace) THEN
        RETURN NULL;
    END IF;
    EXECUTE format(
        'CREATE TABLE %I (LIKE contributions INCLUDING ALL EXCLUDING INDEXES,'
        ' CONSTRAINT only_this_month CHECK (month >= %L AND month < %L))',
        part, first, (first + interval '1 month')::date);
    RETURN part;
END $$;

CREATE FUNCTION attach_contributions(wanted date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first date := date_trunc('month', wanted)::date;
    part text := 'contributions_' || to_char(wanted, 'YYYY_MM');
BEGIN
    EXECUTE format('ALTER TABLE contributions ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   part, first, (first + interval '1 month')::date);
    EXECUTE format('ALTER TABLE %I DROP CONSTRAINT only_this_month', part);
END $$;

CREATE OR REPLACE FUNCTION ensure_contribution_partition(wanted date) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF new_contributions(wanted) IS NOT NULL THEN
        PERFORM attach_contributions(wanted);
    END IF;
END $$;
"""

BEFORE = """
CREATE OR REPLACE FUNCTION ensure_contribution_partition(wanted date) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    first date := date_trunc('month', wanted)::date;
    part text := 'contributions_' || to_char(wanted, 'YYYY_MM');
BEGIN
    IF to_regclass(part) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(7301003);
    IF to_regclass(part) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE %I PARTITION OF contributions FOR VALUES FROM (%L) TO (%L)',
                   part, first, (first + interval '1 month')::date);
END $$;
DROP FUNCTION attach_contributions(date);
DROP FUNCTION new_contributions(date);
"""


def upgrade():
    op.get_bind().connection.driver_connection.execute(MONTHS)  # it takes several statements


def downgrade():
    op.get_bind().connection.driver_connection.execute(BEFORE)
