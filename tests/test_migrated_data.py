"""What the migrations do with the data that they find."""

from __future__ import annotations

from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from agentsys.audit import trail
from agentsys.db import db, transaction
from agentsys.payments.case_opening import open_case
from agentsys.payments.models import Case, CaseKind
from agentsys.people.models import RoleName
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.runtime import KEY
from tests.factories import (
    make_agent,
    make_contribution,
    make_office,
    make_payment,
    make_user,
    make_worker,
)

OLD_NOTES = """
    INSERT INTO offices (id, code, name, city, zone) OVERRIDING SYSTEM VALUE
        VALUES (1, 'A', 'A', 'A', 'Asia/Makassar');
    INSERT INTO rosters (id, office_id, filename, sha256, programmes, funding, from_month, status,
            rows_total, rows_done, accepted, rejected, repaired, created, changed, unchanged, error,
            uploaded_at)
        OVERRIDING SYSTEM VALUE
        VALUES (1, 1, 'a', '', 'JKK+JKM', 'self', '2026-11-01', 'failed',
            0, 0, 0, 0, 0, 0, 0, 0, '', now());
    INSERT INTO roster_notes (roster_id, number, rejected, sheet, row, "column", problem, shown,
            advice)
        VALUES (1, 1, false, '', 2, 'HP', 'phone_dropped', 'HP 6474-0112 03800002', ''),
            (1, 2, false, '', 3, 'HP', 'phone_dropped', '081234567890', '');
"""

OPEN_ROSTER = """
    WITH office AS (
        INSERT INTO offices (code, name, city, zone)
        VALUES ('K', 'Kantor', 'Kota', 'Asia/Makassar') RETURNING id
    ), lists AS (
        INSERT INTO rosters (office_id, filename, sha256, programmes, funding, from_month, status,
            rows_total, rows_done, accepted, rejected, repaired, created, changed, unchanged, error,
            uploaded_at)
        SELECT id, 'daftar.csv', sha256(convert_to(status, 'UTF8')), 'JKK+JKM', 'apbd',
            '2026-11-01', status, 0, 0, 0, 0, 0, 0, 0, 0, '', now()
        FROM office, unnest(ARRAY['done', 'waiting']) AS status RETURNING id
    )
    INSERT INTO roster_files (roster_id, content) SELECT id, 'NIK 6474011203800001' FROM lists
"""

HALF_BUILT = (
    "CREATE INDEX ix_contributions_unconfirmed ON ONLY contributions (agent_id)"
    " WHERE payment_id IS NOT NULL AND confirmed_at IS NULL",
    "CREATE INDEX contributions_2026_01_unconfirmed ON contributions_2026_01 (agent_id)"
    " WHERE payment_id IS NOT NULL AND confirmed_at IS NULL",
)

UNFINISHED = text("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")


def test_a_nik_in_an_old_note_is_masked_on_the_way_up(fresh):
    with fresh.app_context():
        upgrade(revision="0004")
        with transaction() as session:
            session.execute(text(OLD_NOTES))

        upgrade()

        with db.engine.connect() as connection:
            shown = connection.scalars(text("SELECT shown FROM roster_notes ORDER BY number"))
            assert shown.all() == ["HP " + "•" * 15, "081234567890"]


def test_files_of_rosters_that_lie_open_are_gone_after_the_migration_and_nothing_else(fresh):
    with fresh.app_context():
        upgrade(revision="0005")
        with transaction() as session:
            session.execute(text(OPEN_ROSTER))

        upgrade(revision="0006")

        with db.engine.connect() as connection:
            kept = connection.execute(text("SELECT status FROM rosters")).scalars().all()
            files = connection.scalar(text("SELECT count(sealed) FROM roster_files"))
        assert (kept, files) == (["done", "waiting"], 0)
        downgrade(revision="0005")
        with db.engine.connect() as connection:
            assert connection.scalar(text("SELECT count(content) FROM roster_files")) == 0


def test_batches_and_cases_that_an_older_version_does_not_know_go_down_readable(fresh):
    with fresh.app_context():
        upgrade()
        with transaction() as session:
            office = make_office(session)
            asker, second = (make_user(session, RoleName.FINANCE).id for _ in range(2))
            values = {"office_id": office.id, "count": 1, "amount_idr": 1, "kode_iuran": "9012"}
            asked = {"cancel_asked_by": asker, "cancel_reason": "Kedaluwarsa"}
            session.add(
                Remittance(**values, **asked, state=RemittanceState.CANCELLED, cancelled_by=second)
            )
            session.flush()
            session.add(Remittance(**values, **asked, state=RemittanceState.CANCELLING))
            session.add(Case(kind=CaseKind.PAID_THOUGH_CANCELLED, subject="remittance:1", facts={}))
        db.session.remove()

        downgrade(revision="0002")

        with db.engine.connect() as connection:
            batches = connection.execute(
                text("SELECT state, kode_iuran FROM remittances ORDER BY id")
            ).all()
            kinds = connection.scalars(text("SELECT kind FROM cases")).all()
        assert batches == [("cancelled", None), ("coded", "9012")]
        assert kinds == ["unknown_order"]
        upgrade()


def test_old_cases_get_the_office_of_their_payment_or_batch(fresh):
    with fresh.app_context():
        upgrade()
        with transaction() as session:
            agent = make_agent(session)
            worker = make_worker(session, fresh.extensions[KEY].vault, agent=agent)
            payment = make_payment(session, worker, [make_contribution(session, worker)])
            batch = Remittance(
                office_id=agent.office_id, count=1, amount_idr=1, state=RemittanceState.CANCELLED
            )
            session.add(batch)
            session.flush()
            office_id = agent.office_id
            for kind, subject, payment_id in (
                (CaseKind.PAID_LATE, payment.reference, payment.id),
                (CaseKind.PAID_THOUGH_CANCELLED, f"remittance:{batch.id}", None),
                (CaseKind.UNKNOWN_ORDER, "ORDER-1", None),
            ):
                at = payment.created_at
                open_case(session, kind=kind, subject=subject, at=at, payment_id=payment_id)
        db.session.remove()

        downgrade(revision="0014")
        upgrade()

        with db.engine.connect() as connection:
            offices = connection.scalars(text("SELECT office_id FROM cases ORDER BY id")).all()
        assert offices == [office_id, office_id, None]


def test_indexes_that_were_half_built_when_the_migration_stopped_are_finished(fresh):
    with fresh.app_context():
        upgrade()
        with transaction() as session:
            session.execute(text("SELECT ensure_contribution_partition('2026-01-01')"))
            session.execute(text("SELECT ensure_contribution_partition('2026-02-01')"))
        downgrade(revision="0015")
        with transaction() as session:
            for statement in HALF_BUILT:
                session.execute(text(statement))

        upgrade()

        with db.engine.connect() as connection:
            assert connection.scalars(UNFINISHED).all() == []


def test_a_user_with_several_roles_goes_down_with_the_one_that_does_most(fresh):
    with fresh.app_context():
        upgrade()
        with transaction() as session:
            office = make_office(session).id
            both = make_user(session, RoleName.AGENT, RoleName.FINANCE, office_id=office).id
            one = make_user(session, RoleName.AUDITOR, office_id=office).id
        db.session.remove()

        downgrade(revision="0016")

        roles = text(
            "SELECT user_id, name FROM roles_users JOIN roles ON id = role_id ORDER BY user_id"
        )
        with db.engine.connect() as connection:
            assert connection.execute(roles).all() == [(both, "finance"), (one, "auditor")]
        upgrade()
        with db.engine.connect() as connection:
            assert len(connection.execute(roles).all()) == 2


USERS = """
INSERT INTO users
    (name, phone, password, active, fs_uniquifier, language, failed_logins, created_at)
SELECT name, name, '$argon2id$v=19$x', true, name, 'id', 0, now()
FROM unnest(ARRAY['made at the server', 'added', 'renewed']) AS name
"""


def test_passwords_of_the_first_version_stay_right_and_admins_gave_some_of_them(fresh):
    with fresh.app_context():
        upgrade(revision="0003")
        with transaction() as session:
            session.execute(text(USERS))
            for user, action, actor in (
                (1, "user.added", None),
                (2, "user.added", 1),
                (3, "user.password_renewed", 1),
            ):
                session.execute(
                    text(
                        "INSERT INTO audit_events"
                        " (at, actor_id, action, subject, details, previous, hash)"
                        " VALUES (now(), :actor, :action, :subject, '{}', '', '')"
                    ),
                    {"actor": actor, "action": action, "subject": f"user:{user}"},
                )
        db.session.remove()

        upgrade()
        rows = text("SELECT password, must_change_password FROM users ORDER BY id")
        marked = db.session.execute(rows).all()
        db.session.remove()
        downgrade(revision="0003")
        kept = set(db.session.scalars(text("SELECT password FROM users")))
        db.session.remove()

        assert marked == [
            ("salted$argon2id$v=19$x", False),
            ("salted$argon2id$v=19$x", True),
            ("salted$argon2id$v=19$x", True),
        ]
        assert kept == {"$argon2id$v=19$x"}


def test_the_chain_of_the_trail_is_whole_after_each_migration(fresh):
    with fresh.app_context():
        upgrade()
        with transaction() as session:
            for number in range(3):
                trail.record(session, actor_id=1, action="x", subject=f"x:{number}", details={})
            trail.seal(session, limit=2)
        db.session.remove()

        downgrade(revision="0012")
        upgrade()
        session = db.session()
        sealed, broken = trail.sealed_up_to(session), trail.broken_links(session)
        db.session.remove()

        assert (sealed, broken) == (3, [])


OLD_REFERENCES = """
    INSERT INTO offices (id, code, name, city, zone) OVERRIDING SYSTEM VALUE
        VALUES (1, 'A', 'A', 'A', 'Asia/Makassar');
    INSERT INTO gateway_payouts (id, provider, bank_ref, amount_idr, fee_idr, recorded_at)
        OVERRIDING SYSTEM VALUE
        VALUES (1, 'gopay', 'FT 01', 1, 0, now()), (2, 'gopay', 'ft-01', 1, 0, now()),
            (3, 'shopeepay', 'FT01', 1, 0, now()), (4, 'gopay', 'FT.01', 1, 0, now())
"""


def test_old_references_that_differ_only_in_marks_are_told_apart(fresh):
    with fresh.app_context():
        upgrade(revision="0074")
        with transaction() as session:
            session.execute(text(OLD_REFERENCES))

        upgrade()

        with db.engine.connect() as connection:
            kept = connection.scalars(text("SELECT bank_ref FROM gateway_payouts ORDER BY id"))
            assert kept.all() == ["FT 01", "ft-01 NO2", "FT01", "FT.01 NO4"]
