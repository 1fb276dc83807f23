"""A database full of the invented city, for tests of migrations."""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from agentsys.demo import city
from agentsys.runtime import KEY


def fill(session: Session, app: Flask, *, workers: int) -> None:
    """Three months of the invented city."""
    vault = app.extensions[KEY].vault
    city.seed(session, vault=vault, workers=workers, months=3, seed=1, progress=lambda *_: None)
