"""The tree of processes: order, restarts, stopping, and error messages."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentsys import launcher
from agentsys.config import load
from agentsys.ports import CannotRun, free_port_or_explain, only_one
from agentsys.processes import ProcessSpec, run_tree

LIMIT_S = 20.0


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until the condition holds; fail after a time limit."""
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    """True if the process runs; a zombie does not."""
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat")
        return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def spec(name: str, script: str, **more: object) -> ProcessSpec:
    """A shell script as a process of the tree."""
    return ProcessSpec(name, ["/bin/sh", "-c", script], **more)


def sleeper(name: str, folder: Path) -> ProcessSpec:
    """A process that writes its process id at each start, and then waits."""
    return spec(name, f'echo $$ >> "{folder}/{name}"; exec sleep 600')


def numbers(folder: Path, name: str) -> list[int]:
    """The process ids that a sleeper wrote, one for each start."""
    path = folder / name
    return [int(line) for line in path.read_text().split()] if path.exists() else []


class Running:
    """A tree that runs in a thread until the block ends."""

    def __init__(self, *specs: ProcessSpec, watch: Callable[[], None] | None = None) -> None:
        self.lines: list[str] = []
        self.stop = threading.Event()
        self.is_ready = threading.Event()
        self._thread = threading.Thread(
            target=run_tree,
            args=(specs,),
            kwargs={
                "stop_event": self.stop,
                "watch": watch,
                "on_ready": self.is_ready.set,
                "say": self.lines.append,
            },
        )

    def __enter__(self) -> Running:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(LIMIT_S * 2)
        assert not self._thread.is_alive()


def test_children_start_in_order_once_the_one_before_is_ready(tmp_path: Path) -> None:
    first = ProcessSpec(
        "first",
        ["/bin/sh", "-c", f"sleep 0.3; touch {tmp_path}/ready; exec sleep 600"],
        ready=(tmp_path / "ready").exists,
    )
    second = spec("second", f"test -e {tmp_path}/ready && touch {tmp_path}/fine; exec sleep 600")

    with Running(first, second) as tree:
        wait_for(tree.is_ready.is_set)
        wait_for((tmp_path / "fine").exists)

    assert tree.lines == []


def test_a_killed_child_is_started_again_and_the_reason_is_said(tmp_path: Path) -> None:
    with Running(sleeper("web", tmp_path)) as tree:
        wait_for(lambda: numbers(tmp_path, "web"))
        os.kill(numbers(tmp_path, "web")[0], signal.SIGKILL)
        wait_for(lambda: len(numbers(tmp_path, "web")) == 2)

    assert tree.lines == ["web berhenti (sinyal SIGKILL); dijalankan lagi dalam 0.5 detik."]


def test_a_child_that_keeps_dying_is_restarted_more_and_more_slowly() -> None:
    with Running(spec("worker", "exit 3")) as tree:
        wait_for(lambda: len(tree.lines) >= 3)

    pauses = [line.rsplit(" ", 2)[1] for line in tree.lines[:3]]
    assert pauses == ["0.5", "1", "2"]
    assert "kode 3" in tree.lines[0]


def test_a_program_that_is_missing_is_said_and_tried_again() -> None:
    with Running(ProcessSpec("web", ["/nonexistent/program"])) as tree:
        wait_for(lambda: len(tree.lines) >= 2)

    assert "No such file" in tree.lines[0]


def test_children_are_stopped_in_reverse_order(tmp_path: Path) -> None:
    script = (
        'trap "echo {0} >> {1}/ended; exit 0" TERM; touch {1}/{0}; while :; do sleep 0.05; done'
    )
    specs = [spec(name, script.format(name, tmp_path)) for name in ("database", "worker", "web")]

    with Running(*specs):
        wait_for(lambda: all((tmp_path / each.name).exists() for each in specs))

    assert (tmp_path / "ended").read_text().split() == ["web", "worker", "database"]


def test_what_a_child_left_behind_is_ended_too(tmp_path: Path) -> None:
    script = f"sleep 600 & echo $! > {tmp_path}/grandchild; wait"

    with Running(spec("web", script)):
        wait_for(lambda: numbers(tmp_path, "grandchild"))

    wait_for(lambda: not lives(numbers(tmp_path, "grandchild")[0]))


def test_the_trouble_of_a_watch_is_said_once_and_again_after_it_was_well() -> None:
    answers: Iterator[str] = iter(["rusak", "rusak", "", "rusak"])
    calls: list[int] = []

    def watch() -> None:
        calls.append(1)
        if trouble := next(answers, ""):
            raise RuntimeError(trouble)

    with Running(watch=watch) as tree:
        wait_for(lambda: len(calls) >= 4)

    assert tree.lines == ["rusak", "rusak"]


SUPERVISOR = """
    import sys
    from agentsys.processes import ProcessSpec, run_tree
    run_tree([ProcessSpec("web", ["/bin/sh", "-c", sys.argv[1]])])
    print("ended", flush=True)
"""


@pytest.fixture
def supervise() -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Run a supervisor of one shell script in a separate process."""
    processes: list[subprocess.Popen[str]] = []

    def start(script: str) -> subprocess.Popen[str]:
        argv = [sys.executable, "-c", textwrap.dedent(SUPERVISOR), script]
        pipe = subprocess.PIPE
        processes.append(subprocess.Popen(argv, stdout=pipe, stderr=pipe, text=True))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux can promise this")
def test_children_end_when_their_supervisor_is_killed(
    tmp_path: Path, supervise: Callable[[str], subprocess.Popen[str]]
) -> None:
    supervisor = supervise(f"echo $$ > {tmp_path}/child; exec sleep 600")
    wait_for(lambda: numbers(tmp_path, "child"))

    supervisor.kill()

    wait_for(lambda: not lives(numbers(tmp_path, "child")[0]))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_and_the_run_ends_well(
    tmp_path: Path, supervise: Callable[[str], subprocess.Popen[str]], number: signal.Signals
) -> None:
    supervisor = supervise(f"echo $$ > {tmp_path}/child; exec sleep 600")
    wait_for(lambda: numbers(tmp_path, "child"))

    supervisor.send_signal(number)

    assert supervisor.communicate(timeout=LIMIT_S)[0] == "ended\n"
    assert supervisor.returncode == 0
    assert not lives(numbers(tmp_path, "child")[0])


def test_a_second_interrupt_ends_a_child_that_does_not_listen(
    tmp_path: Path, supervise: Callable[[str], subprocess.Popen[str]]
) -> None:
    told_to_stop = f"trap 'touch {tmp_path}/told_to_stop' TERM; echo $$ > {tmp_path}/child; "
    supervisor = supervise(told_to_stop + "while :; do sleep 0.05; done")
    wait_for(lambda: numbers(tmp_path, "child"))
    supervisor.send_signal(signal.SIGINT)
    wait_for((tmp_path / "told_to_stop").exists)
    assert lives(numbers(tmp_path, "child")[0])

    supervisor.send_signal(signal.SIGINT)

    output, errors = supervisor.communicate(timeout=LIMIT_S)
    assert output == "ended\n"
    assert "dihentikan paksa" in errors
    assert not lives(numbers(tmp_path, "child")[0])


def test_a_port_in_use_is_explained_and_a_free_one_suggested() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(CannotRun, match=rf"Port {port} .*AGENTSYS_PORT=(\d+)") as refusal:
            free_port_or_explain("127.0.0.1", port)

    suggested = int(str(refusal.value).split("AGENTSYS_PORT=")[1].split()[0])
    assert free_port_or_explain("127.0.0.1", suggested) == suggested


def test_the_simulators_port_in_use_names_the_setting_that_moves_it(tmp_path: Path) -> None:
    with socket.socket() as taken, socket.socket() as free:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free.bind(("127.0.0.1", 0))
        port, other = taken.getsockname()[1], free.getsockname()[1]
        free.close()
        settings = load(instance=tmp_path, port=other, simulator_port=port)

        with pytest.raises(CannotRun, match=rf"Port {port} .* AGENTSYS_SIMULATOR_PORT=\d+ "):
            launcher.run(settings, workers=0)


def test_one_port_for_web_and_simulator_is_refused(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = load(instance=tmp_path, port=port, simulator_port=port)

    with pytest.raises(CannotRun, match=rf"Port {port} diminta dua kali.* AGENTSYS_SIMULATOR_PORT"):
        launcher.run(settings, workers=0)


def test_an_address_of_another_machine_is_explained() -> None:
    with pytest.raises(CannotRun, match="AGENTSYS_HOST"):
        free_port_or_explain("192.0.2.1", 8000)


def test_a_second_run_in_the_same_folder_is_told_where_the_first_one_is(tmp_path: Path) -> None:
    with (
        only_one(tmp_path, "http://127.0.0.1:8000"),
        pytest.raises(CannotRun, match=r"sudah berjalan di sini: http://127\.0\.0\.1:8000\."),
        only_one(tmp_path, "http://127.0.0.1:8001"),
    ):
        pass


def test_a_run_that_has_ended_does_not_stand_in_the_way(tmp_path: Path) -> None:
    with only_one(tmp_path, "http://127.0.0.1:8000"):
        pass

    with only_one(tmp_path, "http://127.0.0.1:8001"):
        assert (tmp_path / "running").read_text() == "http://127.0.0.1:8001\n"
