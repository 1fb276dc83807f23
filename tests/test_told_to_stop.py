"""A benchmark, a test run and `agentsys run` leave no process behind when stopped."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.http.children import free_port
from tests.tree import wait_for

ROOT = Path(__file__).parent.parent
MARK = "AGENTSYS_STARTED_BY"

BENCH = """
    import sys
    from pathlib import Path
    import bench.__main__ as benches
    import bench.billing
    from bench.http import children
    from bench.measure import throwaway_app

    def main(options):
        folder = Path({folder!r})
        with throwaway_app() as app, children.server(app, folder, "ours", "chosen", {port}):
            (folder / "ready").write_text("")
            sys.stdin.read()

    bench.billing.main = main
    benches.main(["billing"])
"""

TEST_RUN = """
    def test_that_fails():
        assert False

    def test_that_never_ends(database_url):
        import pathlib, sys, threading
        pathlib.Path({folder!r}, "ready").write_text("")
        threading.Event().wait()

    def test_that_comes_after_it():
        import pathlib
        pathlib.Path({folder!r}, "went on").write_text("")
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every account can read; its name is in the environment of all processes."""
    with tempfile.TemporaryDirectory(prefix="agentsys-stop-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def started_by(folder: Path) -> dict[int, str]:
    """The running processes whose environment or command contains the folder, by process id."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
            state = re.split(r"\) ", (process / "stat").read_text())[-1][0]
        except OSError:
            continue
        if str(folder).encode() in said and state != "Z" and int(process.name) != os.getpid():
            found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
    return found


def begin(argv: list[str], folder: Path, **env: str) -> subprocess.Popen[bytes]:
    """Start a program in its own process group, so that all its processes can be found."""
    return subprocess.Popen(
        argv,
        cwd=ROOT,
        env={**os.environ, MARK: str(folder), "TMPDIR": str(folder), **env},
        stdin=subprocess.PIPE,
        stdout=(folder / "out").open("wb"),
        stderr=subprocess.STDOUT,
        # Shells ignore Ctrl-C for background processes, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        process_group=0,
    )


def stopped_by(
    process: subprocess.Popen[bytes], folder: Path, number: signal.Signals, printed: str = ""
) -> None:
    """Wait until it is ready and printed that, tell it to stop, and see everything go."""
    out = folder / "out"

    def is_ready() -> bool:
        return (folder / "ready").exists() and printed in out.read_text()

    try:
        wait_for(lambda: is_ready() or process.poll() is not None, out.read_text())
        assert process.poll() is None, out.read_text()
        assert any("postgres" in command for command in started_by(folder).values())

        process.send_signal(number)
        process.wait(60)

        wait_for(lambda: not started_by(folder), f"{started_by(folder)}")
        assert not list(folder.rglob(".s.PGSQL.*[0-9]"))
    finally:
        for left in started_by(folder):
            os.kill(left, signal.SIGKILL)
        process.wait()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_bench_takes_its_database_and_its_web_server_with_it(folder, number):
    script = textwrap.dedent(BENCH).format(folder=str(folder), port=free_port())
    process = begin([sys.executable, "-c", script], folder, AGENTSYS_TEST_DATABASE_URL="")

    stopped_by(process, folder, number)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("processes", ["0", "2"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_test_run_takes_its_database_with_it_and_names_what_failed(folder, processes, number):
    test = ROOT / "tests" / f"test_never_ending_{os.getpid()}_{processes}.py"
    test.write_text(textwrap.dedent(TEST_RUN).format(folder=str(folder)))
    argv = [sys.executable, "-m", "pytest", "-v", "-n", processes, str(test)]
    argv += ["-p", "no:cacheprovider", "--basetemp", str(folder / "base")]
    try:
        process = begin(argv, folder, AGENTSYS_TEST_DATABASE_URL="")
        stopped_by(process, folder, number, printed="FAILED")
    finally:
        test.unlink()
    printed = (folder / "out").read_text()
    assert "INTERNALERROR" not in printed, printed
    assert re.search(r"^FAILED .*::test_that_fails", printed, re.MULTILINE), printed
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert processes != "0" or not (folder / "went on").exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_a_run_that_is_told_to_stop_while_it_prepares_takes_its_database_with_it(folder):
    script = f"""
        import pathlib, sys, threading
        from agentsys import launcher
        from agentsys.config import load

        def prepare(app, workers):
            pathlib.Path({str(folder)!r}, "ready").write_text("")
            threading.Event().wait()

        launcher._prepare = prepare
        launcher.run(load(instance=pathlib.Path({str(folder)!r}) / "instance",
            port={free_port()}, simulator_port=0), workers=10)
    """
    process = begin([sys.executable, "-c", textwrap.dedent(script)], folder)

    stopped_by(process, folder, signal.SIGTERM)
