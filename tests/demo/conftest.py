"""Small demo cities: one per test file, and a function that seeds others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.db import db
from agentsys.demo import city
from agentsys.extension.contract import (
    AgentMonth,
    Beneficiary,
    CommissionLine,
    Message,
    share,
)
from agentsys.runtime import KEY


def flat_rate(month: AgentMonth) -> list[tuple[str, list[CommissionLine]]]:
    """Fifteen percent of every confirmed contribution."""
    lines = [
        CommissionLine(
            rule="flat.collection",
            version="contoh",
            beneficiary=Beneficiary.AGENT,
            amount_idr=share(paid.amount_idr, 15),
            reason=Message(text="15% dari {paid_idr}", values={"paid_idr": paid.amount_idr}),
            worker_id=paid.worker_id,
            month=paid.month,
        )
        for paid in month.contributions
    ]
    return [("flat", lines)]


@dataclass(frozen=True)
class Seeded:
    """A city, and the session that contains it."""

    world: city.World
    session: Session
    vault: Vault

    def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return [tuple(row) for row in self.session.execute(text(query), values)]

    def words(self, query: str) -> set[str]:
        """The first column of a query, as a set."""
        return {row[0] for row in self.rows(query)}


@pytest.fixture(scope="module")
def town(app: Flask) -> Iterator[Seeded]:
    """A city of 400 workers and 6 months for one test file; rolled back after it."""
    vault = app.extensions[KEY].vault
    with app.app_context(), db.engine.connect() as connection:
        undone = connection.begin()
        with Session(bind=connection) as session:
            world = city.seed(session, vault=vault, workers=400, months=6, seed=7, hook=flat_rate)
            yield Seeded(world, session, vault)
        undone.rollback()


@pytest.fixture
def seed(session: Session, vault: Vault) -> Callable[..., Seeded]:
    """A function that seeds a city, by default of 150 workers and 3 months."""

    def build(**options: Any) -> Seeded:
        wanted = {"workers": 150, "months": 3, "seed": 7, "hook": flat_rate} | options
        return Seeded(city.seed(session, vault=vault, **wanted), session, vault)

    return build
