"""Let the accounts of agents' shortages belong to the agents' offices.

Revision ID: 0081
Revises: 0080
"""

from alembic import op

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None

_FUNCTION = """
CREATE OR REPLACE FUNCTION office_of_account(text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN $1 LIKE 'cash:agent:%' OR $1 LIKE 'owed:commission:agent:%' {shortage}
            THEN (SELECT office_id FROM agents WHERE id = number)
        WHEN $1 LIKE 'owed:worker:%' OR $1 LIKE 'claim:worker:%'
            THEN (SELECT office_id FROM workers WHERE id = number)
        ELSE number END
    FROM (SELECT substring($1 FROM '[0-9]+$')::bigint AS number) named
$$
"""


def upgrade():
    """Find the office of such an account by its agent."""
    op.execute(_FUNCTION.format(shortage="OR $1 LIKE 'shortage:agent:%'"))


def downgrade():
    """Take its number for that of an office, as before."""
    op.execute(_FUNCTION.format(shortage=""))
