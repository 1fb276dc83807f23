"""Books of the whole network become books by office."""

from __future__ import annotations

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from agentsys.db import db, transaction
from agentsys.ledger import invariants
from tests.migrating import fill

# The second office took more out of the common bank account than was its own.
TAKEN_OUT = (
    "INSERT INTO audit_events (at, actor_id, action, subject, details, previous, hash)"
    " SELECT now(), max(id), 'own_funds.added', 'bank:KELUAR', jsonb_build_object('amount_idr',"
    " -(SELECT sum(amount_idr) FROM postings WHERE account = 'bank:collection')), '', '' FROM users"
    " WHERE office_id = (SELECT max(id) FROM offices)",
    "WITH held AS (SELECT sum(amount_idr) AS amount FROM postings"
    " WHERE account = 'bank:collection'),"
    " e AS (INSERT INTO entries (kind, source, at)"
    " VALUES ('own_funds.added', 'KELUAR', now()) RETURNING id)"
    " INSERT INTO postings SELECT e.id, word, sign * amount FROM e, held,"
    " (VALUES ('bank:collection', -1), ('equity:own_funds', 1)) leg (word, sign)",
    # Going down opens closed bills again; who died in the last days of a month has one after it.
    "DELETE FROM contributions c USING enrolments e WHERE e.worker_id = c.worker_id"
    " AND c.payment_id IS NULL AND c.month >= e.until_month AND NOT EXISTS ("
    " SELECT FROM enrolments l WHERE l.worker_id = c.worker_id AND l.from_month <= c.month"
    " AND (l.until_month IS NULL OR l.until_month > c.month))",
)


def sums(session) -> dict[str, int]:
    """The balance of each account of the whole network, whoever's office it is."""
    rows = session.execute(
        text(
            "SELECT CASE WHEN account ~ '^(cash|owed:worker|claim|owed:commission)' THEN account"
            " ELSE regexp_replace(account, ':[0-9]+$', '') END AS word, sum(amount_idr)"
            " FROM postings WHERE account NOT LIKE 'due:office:%' GROUP BY word"
        )
    )
    return {account: int(amount) for account, amount in rows if amount}


def test_books_of_the_whole_network_become_books_by_office_and_go_back(fresh):
    with fresh.app_context():
        upgrade()
        with transaction() as session:
            fill(session, fresh, workers=300)
            first = sums(session)
            assert invariants.check(session) == []
        db.session.remove()
        downgrade(revision="0012")
        words = set(db.session.scalars(text("SELECT DISTINCT account FROM postings")))
        assert sums(db.session()) == first
        assert {"bank:collection", "owed:bpjs", "clearing:midtrans"} <= words
        with transaction() as session:
            for statement in TAKEN_OUT:
                session.execute(text(statement))
            first = sums(session)
        db.session.remove()

        upgrade()

        assert invariants.check(db.session()) == []
        assert sums(db.session()) == first
        lent = "SELECT count(*) FROM entries WHERE kind = 'office.lent'"
        assert db.session.scalar(text(lent)) == 1
        db.session.remove()
        downgrade(revision="0012")
        assert sums(db.session()) == first
        db.session.remove()
        upgrade()


def test_books_in_which_an_entry_is_of_nobody_are_not_migrated(fresh, capsys, caplog):
    with fresh.app_context():
        upgrade(revision="0012")
        with transaction() as session:
            session.execute(
                text(
                    "WITH e AS (INSERT INTO entries (kind, source, at)"
                    " VALUES ('deposit.confirmed', 'deposit:7', now()) RETURNING id)"
                    " INSERT INTO postings SELECT id, word, amount FROM e,"
                    " (VALUES ('bank:collection', 5), ('cash:agent:1', -5)) l (word, amount)"
                )
            )
        db.session.remove()

        with pytest.raises(SystemExit):
            upgrade()
        assert "deposit:7" in capsys.readouterr().err + caplog.text
