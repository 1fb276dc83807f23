"""A user may have several roles.

Revision ID: 0017
Revises: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# An older version knows one role: of several, the one that does most stays.
_KEEP_ONE = """
    DELETE FROM roles_users AS extra USING (
        SELECT user_id, role_id, row_number() OVER (
            PARTITION BY user_id ORDER BY array_position(
                ARRAY['admin', 'finance', 'supervisor', 'agent', 'auditor'], roles.name::text
            )
        ) AS place
        FROM roles_users JOIN roles ON roles.id = roles_users.role_id
    ) AS ranked
    WHERE ranked.place > 1
        AND extra.user_id = ranked.user_id AND extra.role_id = ranked.role_id
"""


def upgrade() -> None:
    """Make a user's role part of the key."""
    op.drop_constraint("pk_roles_users", "roles_users", type_="primary")
    op.create_primary_key("pk_roles_users", "roles_users", ["user_id", "role_id"])
    op.create_index("ix_roles_users_role_id", "roles_users", ["role_id"])


def downgrade() -> None:
    """Leave each user one role."""
    op.execute(_KEEP_ONE)
    op.drop_index("ix_roles_users_role_id", "roles_users")
    op.drop_constraint("pk_roles_users", "roles_users", type_="primary")
    op.create_primary_key("pk_roles_users", "roles_users", ["user_id"])
