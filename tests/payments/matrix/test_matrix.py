"""Every channel × every legal path × every fault: the right state, journal and task.

The bills are made once, and each fault starts from a copy of them: a savepoint here, and a copy of
the file of the gateway there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from agentsys.db import db
from agentsys.demo.midtrans_simulator import Simulator
from agentsys.payments import circuit
from tests.payments.matrix.cells import FAULTS, Cell
from tests.payments.matrix.ends import ends, tasks, wanted_tasks
from tests.payments.matrix.run import Run, make_bills
from tests.plugins.midtrans_channels import ALL, all_channels

NOWHERE = "http://127.0.0.1:9/"  # notices are read where they wait
# Faults in two parts, for two processes of a test run.
PARTS = {
    "notices and money": [name for name, fault in FAULTS.items() if not fault.answer],
    "answers": [name for name, fault in FAULTS.items() if fault.answer],
}


@pytest.mark.parametrize("part", PARTS)
def test_every_payment_ends_as_its_path_and_fault_say(
    session: Session, tmp_path: Path, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Simulator(state=tmp_path / "bills", notify_url=NOWHERE) as sim:
        sim.knobs(expiry_lag_s=3_600)
        make_bills(session, sim, all_channels(sim))

    wrong, count = [], 0
    for name in PARTS[part]:
        fault = FAULTS[name]
        with _copied(tmp_path, name) as sim, _undone(session):
            run = Run(session, sim, all_channels(sim, **fault.settings), fault)
            run.play()
            for cell, end, books in ends(session):
                count += 1
                if (end, books) != ((wanted := fault.end(cell)), wanted.books):
                    wrong.append(f"{cell} × {name}: {end} {books}, not {wanted}")
            assert run.refused == (run.spoilt if fault.refuses else 0), name
            stopped = set(circuit.stopped(session))
            assert stopped == (set(ALL) if fault.stops else set()), name
            if tasks(session) != wanted_tasks(fault):
                wrong.append(f"{name}: tasks {tasks(session)}, not {wanted_tasks(fault)}")

    with capsys.disabled():
        print(f"\n{count} cells of {part}: {len(Cell.all())} paths × {len(PARTS[part])} faults")
    assert count == len(Cell.all()) * len(PARTS[part])
    assert not wrong, "\n".join(wrong)


@contextmanager
def _copied(folder: Path, name: str) -> Iterator[Simulator]:
    """The gateway as it was after the bills were made."""
    for path in folder.glob("bills*"):
        shutil.copy(path, folder / path.name.replace("bills", name))
    with Simulator(state=folder / name, notify_url=NOWHERE) as sim:
        yield sim


@contextmanager
def _undone(session: Session) -> Iterator[None]:
    """What happens inside is undone, commits included."""
    session.commit()
    savepoint = db.engine.begin_nested()
    try:
        yield
    finally:
        session.rollback()
        session.expunge_all()
        savepoint.rollback()
