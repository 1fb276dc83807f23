"""Search names without regard to accents and apostrophes."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# All of it is built in, and none of it depends on settings: an index may rest on it.
_SEARCH_KEY = r"""
CREATE FUNCTION search_key(text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN translate(
    regexp_replace(
        normalize(lower($1), NFD),
        '[\u0300-\u036f\u0027\u0060\u00b4\u02b9-\u02bf\u2018-\u201b\u2032]', '', 'g'
    ),
    'đøłı', 'doli'
)
"""


def upgrade():
    op.execute(_SEARCH_KEY)
    op.execute("DROP INDEX ix_workers_name_trgm")
    op.execute(
        "CREATE INDEX ix_workers_search_key ON workers USING gin (search_key(name) gin_trgm_ops)"
    )


def downgrade():
    op.execute("DROP INDEX ix_workers_search_key")
    op.execute("CREATE INDEX ix_workers_name_trgm ON workers USING gin (name gin_trgm_ops)")
    op.execute("DROP FUNCTION search_key(text)")
