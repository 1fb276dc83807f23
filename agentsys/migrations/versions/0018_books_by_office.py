"""Give the accounts of bank, clearing, suspense, debt to BPJS, fees and own funds their office.

Entries stay, and so do their sums; only the words of their postings change. A payout is divided
among the offices in proportion to what the provider held for each when it was recorded. Own funds
go to the office of who recorded them. Where an office has spent more than its own money, the
others lent it: entries of their own say so.
"""

from collections import defaultdict

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_WITH_OFFICE = "'bank:collection', 'owed:bpjs', 'suspense', 'expense:gateway_fee', 'equity:own_funds'"
_WITH_OFFICE += ", 'expense:commission'"
_WORDS = f"(account IN ({_WITH_OFFICE}) OR account LIKE 'clearing:%')"

# Money of nobody's office is taken for the first office's.
_COLUMNS = """
ALTER TABLE gateway_payouts ADD COLUMN office_id bigint
    CONSTRAINT fk_gateway_payouts_office_id_offices REFERENCES offices (id);
ALTER TABLE unexplained ADD COLUMN office_id bigint
    CONSTRAINT fk_unexplained_office_id_offices REFERENCES offices (id);
UPDATE unexplained SET office_id = coalesce(
    (SELECT office_id FROM users WHERE id = booked_by), (SELECT min(id) FROM offices));
ALTER TABLE unexplained ALTER COLUMN office_id SET NOT NULL;
ALTER TABLE transfers DROP CONSTRAINT ck_transfers_with_somebody;
UPDATE transfers t SET office_id = u.office_id, account = 'suspense:' || u.office_id
    FROM unexplained u WHERE u.id = t.unexplained_id;
ALTER TABLE transfers ALTER COLUMN office_id SET NOT NULL;
ALTER TABLE transfers ADD CONSTRAINT ck_transfers_with_somebody
    CHECK ((worker_id IS NULL) <> (unexplained_id IS NULL));
"""

_OFFICES = """
CREATE TEMPORARY TABLE entry_offices ON COMMIT DROP AS
SELECT e.id AS entry_id, coalesce(
    CASE
        WHEN e.kind IN ('payment.kept', 'payment.let_go') OR e.source LIKE 'case:%' THEN (
            SELECT p.office_id FROM cases c JOIN payments p ON p.id = c.payment_id
            WHERE 'case:' || c.id = e.source)
        WHEN e.kind LIKE 'payment.%' THEN (
            SELECT office_id FROM payments WHERE reference = e.source)
        WHEN e.source LIKE 'transfer:%' THEN (
            SELECT office_id FROM transfers WHERE 'transfer:' || id = e.source)
        WHEN e.source LIKE 'unexplained:%' THEN (
            SELECT office_id FROM unexplained WHERE 'unexplained:' || id = e.source)
        WHEN e.source LIKE 'deposit:%' THEN (
            SELECT office_id FROM deposits WHERE 'deposit:' || id = e.source)
        WHEN e.source LIKE 'remittance:%' THEN (
            SELECT office_id FROM remittances WHERE id = split_part(e.source, ':', 2)::bigint)
        WHEN e.source LIKE 'statement:%' THEN (
            SELECT office_id FROM statements WHERE 'statement:' || id = e.source)
        WHEN e.kind = 'own_funds.added' THEN (
            SELECT u.office_id FROM audit_events a JOIN users u ON u.id = a.actor_id
            WHERE a.action = 'own_funds.added' AND a.subject = left('bank:' || e.source, 80)
            ORDER BY a.id LIMIT 1)
    END, CASE WHEN e.kind = 'own_funds.added' THEN (SELECT min(id) FROM offices) END) AS office_id
FROM entries e WHERE e.kind <> 'payout.recorded'
"""

_ORPHANS = f"""
SELECT e.kind, e.source FROM entries e JOIN entry_offices o ON o.entry_id = e.id
WHERE o.office_id IS NULL AND EXISTS (
    SELECT FROM postings WHERE entry_id = e.id AND {_WORDS})
LIMIT 5
"""

_RENAME = f"""
UPDATE postings p SET account = p.account || ':' || o.office_id
FROM entry_offices o WHERE o.entry_id = p.entry_id AND {_WORDS}
"""

_PAYOUTS = """
SELECT e.id, e.source, g.provider, g.amount_idr, g.fee_idr
FROM entries e JOIN gateway_payouts g ON 'payout:' || g.id = e.source
WHERE e.kind = 'payout.recorded' ORDER BY e.id
"""

# What came into a provider's accounts between one payout and the next, by office.
_BETWEEN = """
SELECT width_bucket(p.entry_id, CAST(:payouts AS bigint[])) AS round,
       substring(p.account FROM '[0-9]+$')::bigint AS office_id, sum(p.amount_idr) AS amount_idr
FROM postings p
WHERE p.account LIKE :prefix AND p.entry_id NOT IN (SELECT unnest(CAST(:payouts AS bigint[])))
GROUP BY 1, 2
"""

_BACK = f"""
CREATE TEMPORARY TABLE merged ON COMMIT DROP AS
SELECT entry_id, regexp_replace(account, ':[0-9]+$', '') AS account, sum(amount_idr) AS amount_idr
FROM postings
WHERE account ~ '^(bank:collection|owed:bpjs|suspense|expense:gateway_fee|equity:own_funds'
    '|expense:commission|clearing:.*):[0-9]+$'
GROUP BY 1, 2 HAVING sum(amount_idr) <> 0
"""


def upgrade():
    connection = op.get_bind()
    op.execute(_COLUMNS)
    _open(connection, False)
    op.execute("UPDATE entries SET kind = 'commission.approved' WHERE kind = 'commission_approved'")
    op.execute(_OFFICES)
    op.execute("CREATE INDEX ON entry_offices (entry_id); ANALYZE entry_offices")
    orphans = connection.execute(sa.text(_ORPHANS)).all()
    if orphans:
        raise RuntimeError(
            "Some entries belong to nothing that is known, so their office cannot be found: "
            f"{', '.join(f'{kind} {source}' for kind, source in orphans)}."
            " Run `agentsys audit` with the version before, and correct the books first."
        )
    op.execute(_RENAME)
    _divide_payouts(connection)
    _lend(connection)
    # Checks of the balance that wait for the commit would keep the table from being altered.
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    _open(connection, True)
    op.execute("DROP TABLE entry_offices")


def _open(connection, closed):
    """Let the words of postings be changed, or refuse it again."""
    for table in ("entries", "postings"):
        action = "ENABLE" if closed else "DISABLE"
        connection.execute(sa.text(f"ALTER TABLE {table} {action} TRIGGER {table}_append_only"))


def _divide_payouts(connection):
    by_provider = defaultdict(list)
    for payout in connection.execute(sa.text(_PAYOUTS)):
        by_provider[payout.provider].append(payout)
    for provider, payouts in by_provider.items():
        came = defaultdict(lambda: defaultdict(int))
        values = {"payouts": [p.id for p in payouts], "prefix": f"clearing:{provider}:%"}
        for row in connection.execute(sa.text(_BETWEEN), values):
            came[row.round][row.office_id] += int(row.amount_idr)
        held = defaultdict(int)
        for number, payout in enumerate(payouts):
            for office, amount in came[number].items():
                held[office] += amount
            parts = _divide(payout.amount_idr, held)
            if sum(parts.values()) != payout.amount_idr:
                raise RuntimeError(
                    f"The payout {payout.source} is more than {provider} held. Run"
                    " `agentsys audit` with the version before, and correct the books first."
                )
            _write(connection, payout, parts)
            for office, part in parts.items():
                held[office] -= part


def _divide(amount, held):
    """Each office's part of a sum, in proportion to what it has; none gets more than it has."""
    having = {office: sum_ for office, sum_ in sorted(held.items()) if sum_ > 0}
    total, seen, parts = sum(having.values()), 0, {}
    for office, sum_ in having.items():
        before, seen = seen, seen + sum_
        parts[office] = amount * seen // total - amount * before // total
    return parts


def _write(connection, payout, parts):
    connection.execute(sa.text("DELETE FROM postings WHERE entry_id = :id"), {"id": payout.id})
    fees = _divide(payout.fee_idr, parts)
    legs = []
    for office, part in parts.items():
        fee = fees.get(office, 0)
        legs += [
            (f"bank:collection:{office}", part - fee),
            (f"expense:gateway_fee:{office}", fee),
            (f"clearing:{payout.provider}:{office}", -part),
        ]
    connection.execute(
        sa.text("INSERT INTO postings (entry_id, account, amount_idr) VALUES (:id, :word, :sum)"),
        [{"id": payout.id, "word": word, "sum": amount} for word, amount in legs if amount],
    )


def _lend(connection):
    """Where an office spent more than its own money, say which others lent it."""
    shares = {
        int(account.rpartition(":")[2]): int(amount)
        for account, amount in connection.execute(
            sa.text(
                "SELECT account, sum(amount_idr) FROM postings"
                " WHERE account LIKE 'bank:collection:%' GROUP BY account"
            )
        )
    }
    for office in sorted(office for office, share in shares.items() if share < 0):
        for other in sorted(shares, key=lambda other: (-shares[other], other)):
            part = min(max(shares[other], 0), -shares[office])
            if part > 0:
                _post_loan(connection, office, other, part)
                shares[office] += part
                shares[other] -= part


def _post_loan(connection, office, other, part):
    entry = connection.scalar(
        sa.text(
            "INSERT INTO entries (kind, source, at)"
            " VALUES ('office.lent', :source, now()) RETURNING id"
        ),
        {"source": f"migration:0018:{office}:office:{other}"},
    )
    legs = {
        f"bank:collection:{office}": part,
        f"due:office:{other}:{office}": -part,
        f"due:office:{office}:{other}": part,
        f"bank:collection:{other}": -part,
    }
    connection.execute(
        sa.text("INSERT INTO postings (entry_id, account, amount_idr) VALUES (:id, :word, :sum)"),
        [{"id": entry, "word": word, "sum": amount} for word, amount in legs.items()],
    )


def downgrade():
    connection = op.get_bind()
    _open(connection, False)
    op.execute("UPDATE entries SET kind = 'commission_approved' WHERE kind = 'commission.approved'")
    # The whole network's sums know no debt between its offices.
    op.execute(
        "DELETE FROM postings p USING entries e WHERE e.id = p.entry_id AND e.kind = 'office.lent';"
        "DELETE FROM entries WHERE kind = 'office.lent'"
    )
    op.execute(_BACK)
    op.execute(
        "DELETE FROM postings WHERE account ~ '^(bank:collection|owed:bpjs|suspense"
        "|expense:gateway_fee|equity:own_funds|expense:commission|clearing:.*):[0-9]+$'"
    )
    op.execute("INSERT INTO postings SELECT entry_id, account, amount_idr FROM merged")
    op.execute("DROP TABLE merged")
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    _open(connection, True)
    op.execute("ALTER TABLE transfers DROP CONSTRAINT ck_transfers_with_somebody")
    op.execute("ALTER TABLE transfers ALTER COLUMN office_id DROP NOT NULL")
    op.execute(
        "UPDATE transfers SET office_id = NULL, account = 'suspense'"
        " WHERE unexplained_id IS NOT NULL"
    )
    op.execute(
        "ALTER TABLE transfers ADD CONSTRAINT ck_transfers_with_somebody CHECK ("
        "(worker_id IS NULL) = (office_id IS NULL)"
        " AND (worker_id IS NULL) <> (unexplained_id IS NULL))"
    )
    op.drop_column("unexplained", "office_id")
    op.drop_column("gateway_payouts", "office_id")
