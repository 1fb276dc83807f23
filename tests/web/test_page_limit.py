"""The statements of pages that only read have a limit of a few seconds."""

from __future__ import annotations

from sqlalchemy import text

from agentsys.db import db
from agentsys.web.page_limit import STATEMENT_LIMIT_S

LIMIT = text("SHOW statement_timeout")


def test_statements_of_a_page_that_reads_are_limited(committed):
    with committed.test_request_context("/hari-ini"):
        assert db.session.scalar(LIMIT) == f"{STATEMENT_LIMIT_S}s"


def test_what_changes_something_and_what_is_no_page_have_the_time_of_everything(committed):
    with committed.app_context():
        of_everything = db.session.scalar(LIMIT)
    with committed.test_request_context("/hari-ini", method="POST"):
        assert db.session.scalar(LIMIT) == of_everything != f"{STATEMENT_LIMIT_S}s"
