"""An office at its browsers: who sends lists, who decides, and the jobs between them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from agentsys import clock, list_jobs
from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.people.models import RoleName, User
from agentsys.workers.models import Roster, RosterStatus, Worker
from tests.conftest import Visitor
from tests.factories import make_agent, make_office, make_user


@dataclass
class Staff:
    """An office with two admins and others; each signs in when first asked for."""

    app: Flask
    vault: Vault
    office_id: int
    ids: dict[str, int]
    visitors: dict[str, Visitor] = field(default_factory=dict)

    def __getitem__(self, who: str) -> Visitor:
        """The browser of that person."""
        if who not in self.visitors:
            self.app.test_client_class = Visitor
            visitor = self.app.test_client()
            assert isinstance(visitor, Visitor)
            answer = visitor.sign_in(db.session.get_one(User, self.ids[who]))
            assert answer.status_code == 302
            self.visitors[who] = visitor
        return self.visitors[who]

    def upload(self, content: bytes, *, who: str = "sender", name: str = "daftar.xlsx") -> str:
        """The address of an uploaded list, which no job has looked at yet."""
        answer = self[who].submit(
            "/pembina/daftar",
            file=(io.BytesIO(content), name),
            agent="0",
            programmes="JKK+JKM",
            funding="self",
            from_month=f"{clock.this_month():%Y-%m}",
        )
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return str(answer.location)

    def work(self) -> list[str]:
        """Do the queued jobs of lists, as a worker process would; their names."""
        done = []
        queued = text("SELECT id, task_name, args FROM procrastinate_jobs WHERE status = 'todo'")
        while jobs := db.session.execute(queued).all():
            for number, name, args in jobs:
                with transaction() as session:
                    session.execute(
                        text("DELETE FROM procrastinate_jobs WHERE id = :id"), {"id": number}
                    )
                getattr(list_jobs, name)(**args)
                done.append(name)
        return done

    def page(self, path: str, *, who: str = "sender") -> str:
        """What a person reads there, in one line."""
        answer = self[who].get(path, follow_redirects=True)
        assert answer.status_code == 200
        return " ".join(answer.get_data(as_text=True).split())

    def checked(self, content: bytes) -> str:
        """The address of a list whose columns were taken as suggested, and which was checked."""
        path = self.upload(content)
        self.work()
        if self.status(path) is RosterStatus.MAPPING:
            self.confirm(path)
            self.work()
        assert self.status(path) is RosterStatus.CHECKED
        return path

    def imported(self, content: bytes) -> str:
        """The address of a list that was imported, with the second person where one is needed."""
        path = self.checked(content)
        self["sender"].submit(f"{path}/langkah", action="import")
        if self.status(path) is RosterStatus.PROPOSED:
            self.approve(path)
        self.work()
        assert self.status(path) is RosterStatus.DONE
        return path

    def approve(self, path: str, *, who: str = "other") -> Any:
        """Approve what the page of a list shows, if it shows anything to that person."""
        found = re.search(r'name="seen" value="([^"]+)"', self.page(path, who=who))
        seen = found[1] if found else ""
        return self[who].submit(f"{path}/keputusan", action="approve", seen=seen)

    def confirm(self, path: str, *, who: str = "sender", **changed: str) -> Any:
        """Send the form of the columns as it is suggested, but for what is changed by title."""
        roster = self.roster(path)
        titles = [column["title"] for sheet in roster.sheets for column in sheet["columns"]]
        chosen = {
            f"kolom-{number}": changed.get(title, roster.mapping.get(title, ""))
            for number, title in enumerate(dict.fromkeys(titles))
        }
        return self[who].submit(f"{path}/kolom", **chosen)

    def roster(self, path: str) -> Roster:
        """The list at that address, as it is now."""
        db.session.rollback()
        number = int(path.rsplit("/", 1)[1])
        return db.session.get_one(Roster, number, populate_existing=True)

    def status(self, path: str) -> RosterStatus:
        """The state of the list at that address."""
        return self.roster(path).status

    @property
    def workers(self) -> int:
        """How many workers are recorded."""
        return db.session.scalar(select(func.count()).select_from(Worker)) or 0


@pytest.fixture
def staff(committed: Flask, vault: Vault) -> Iterator[Staff]:
    """An office whose rows are committed, as the jobs of lists open transactions of their own."""
    with committed.app_context():
        with transaction() as session:
            agent = make_agent(session)
            office_id = agent.office_id
            assert agent.user is not None
            users = {
                "sender": make_user(session, RoleName.ADMIN, office_id=office_id),
                "other": make_user(session, RoleName.ADMIN, office_id=office_id),
                "finance": make_user(session, RoleName.FINANCE, office_id=office_id),
                "auditor": make_user(session, RoleName.AUDITOR, office_id=office_id),
                "supervisor": make_user(session, RoleName.SUPERVISOR, office_id=office_id),
                "agent": agent.user,
                "stranger": make_user(session, RoleName.ADMIN, office_id=make_office(session).id),
            }
            ids = {who: user.id for who, user in users.items()}
        yield Staff(committed, vault, office_id, ids)
