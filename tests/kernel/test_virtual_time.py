"""All processes of a demo read one clock, which can be advanced; a real system never does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agentsys import clock
from agentsys.clock import VirtualTime
from agentsys.config import VIRTUAL_TIME, SettingsProblem, fresh_keys, load
from agentsys.demo.midtrans_simulator.engine.clock import VirtualClock
from agentsys.demo.midtrans_simulator.engine.store import Store
from agentsys.job_runner import CatchUp

DAY = timedelta(days=1)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """A file that this process follows until the test ends."""
    file = tmp_path / VIRTUAL_TIME
    clock.follow(file)
    yield file
    clock.follow(None)


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance folder whose clock was advanced."""
    for name in [name for name in os.environ if name.startswith("AGENTSYS_")]:
        monkeypatch.delenv(name)
    VirtualTime(tmp_path / VIRTUAL_TIME).write(DAY)
    return tmp_path


def ahead() -> timedelta:
    """How far this process is ahead, to the minute."""
    return timedelta(minutes=round((clock.now() - datetime.now(UTC)) / timedelta(minutes=1)))


def test_a_process_reads_how_far_the_clock_was_advanced_each_time(file: Path) -> None:
    before = ahead()
    VirtualTime(file).write(DAY)
    then = ahead()
    VirtualTime(file).write(3 * DAY)

    assert (before, then, ahead()) == (timedelta(), DAY, 3 * DAY)


def test_the_simulator_advances_the_others_and_its_file_outlives_it(
    file: Path, tmp_path: Path
) -> None:
    VirtualClock(Store(tmp_path / "state"), VirtualTime(file)).advance(86_400)
    assert ahead() == DAY

    anew = VirtualClock(Store(), VirtualTime(file))
    assert anew.now() == pytest.approx(clock.now().timestamp(), abs=60)
    anew.advance(86_400)
    assert ahead() == 2 * DAY


def test_a_demo_follows_the_file_of_its_instance(environment: Path) -> None:
    settings = load(instance=environment, **fresh_keys())
    assert settings.virtual_time() == environment / VIRTUAL_TIME


def test_a_real_system_refuses_to_start_with_an_advanced_clock(environment: Path) -> None:
    for real in ({"public_url": "https://agen.contoh.id"}, {"database_url": "postgresql://db/a"}):
        settings = load(instance=environment, **fresh_keys(), **real)
        with pytest.raises(SettingsProblem, match=r"jam yang dimajukan|clock"):
            settings.virtual_time()


def test_after_the_clock_was_advanced_all_scheduled_jobs_run_once_in_their_order(
    file: Path,
) -> None:
    ran: list[str] = []

    def plan() -> None:
        ran.append("plan")
        raise RuntimeError("one job that fails keeps no other from running")

    def make() -> None:
        ran.append("make")

    catch_up = CatchUp([plan, make])
    catch_up()
    assert ran == []
    VirtualTime(file).write(DAY)
    catch_up()
    catch_up()

    assert ran == ["plan", "make"]
