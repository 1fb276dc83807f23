"""A third-party plugin, built as a wheel and installed in an empty environment, works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.conftest import KEYS
from tests.servers import database_of

TOY = Path(__file__).parent / "toy"

PEOPLE = "tests.extension.kupon_month"
ENABLED = {"AGENTSYS_PLUGINS": "cash,kupon", "AGENTSYS_KUPON_VILLAGE": "Desa Contoh"}

pytestmark = pytest.mark.xdist_group("third party")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """An environment with our dependencies, agentsys, and the example plugin's wheel."""
    folder = tmp_path_factory.mktemp("scratch")
    source = folder / "source"
    shutil.copytree(
        TOY, source, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info")
    )
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*build, "--no-build-isolation", "-w", folder, source], check=True)
    (wheel,) = folder.glob("*.whl")

    home = folder / "venv"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    ours = sysconfig.get_path("purelib")
    packages = next((home / "lib").glob("python*/site-packages"))
    (packages / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index"]
    subprocess.run([*install, "--no-deps", wheel], check=True)
    return python


@pytest.fixture(scope="module")
def run(scratch, database_url, tmp_path_factory):
    """A function that runs that environment's Python with settings."""
    instance = tmp_path_factory.mktemp("instance")

    def go(*arguments, **settings):
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AGENTSYS_", "PYTEST_"))
        }
        environment |= {f"AGENTSYS_{name.upper()}": value for name, value in KEYS.items()}
        environment |= {
            "AGENTSYS_DATABASE_URL": database_url,
            "AGENTSYS_INSTANCE": str(instance),
            "AGENTSYS_LOG_LEVEL": "WARNING",
        } | settings
        return subprocess.run(
            [scratch, *arguments], env=environment, capture_output=True, text=True, check=False
        )

    return go


@pytest.fixture(scope="module")
def books(database_url):
    """The URL of a separate database, because the example plugin's data is committed."""
    with database_of(database_url, f"{make_url(database_url).database}_kupon") as url:
        yield url


@pytest.fixture(scope="module")
def month(run, books):
    """A month with the example plugin enabled: names, paths and texts of pages."""
    lived = run("-m", PEOPLE, "live", **ENABLED, AGENTSYS_DATABASE_URL=books)
    assert lived.returncode == 0, lived.stderr
    return json.loads(lived.stdout)


@pytest.fixture(scope="module")
def afterwards(run, books, month):
    """The same pages after the example plugin was disabled."""
    places = [f"{name}={path}" for name, (path, _page) in month.items()]
    seen = run("-m", PEOPLE, "look", *places, AGENTSYS_PLUGINS="cash", AGENTSYS_DATABASE_URL=books)
    assert seen.returncode == 0, seen.stderr
    return json.loads(seen.stdout)


def test_an_installed_plugin_is_off_until_it_is_listed(run):
    listed = run("-m", "agentsys", "plugins", AGENTSYS_PLUGINS="cash")

    line = next(line for line in listed.stdout.splitlines() if "kupon" in line)
    assert "mati" in line
    assert "agentsys-kupon 1.0" in line


def test_a_listed_plugin_without_its_setting_is_idle_and_says_which(run):
    listed = run("-m", "agentsys", "plugins", AGENTSYS_PLUGINS="cash,kupon")

    line = next(line for line in listed.stdout.splitlines() if "kupon" in line)
    assert "belum diatur" in line
    assert "AGENTSYS_KUPON_VILLAGE is not set" in line


def test_the_agents_sheet_offers_its_channel_by_label(month):
    _path, sheet = month["sheet"]

    assert 'value="kupon"' in sheet
    assert "Kupon desa" in sheet


def test_a_payment_through_its_channel_ends_in_a_numbered_receipt(month):
    path, receipt = month["receipt"]
    number = path.removeprefix("/kuitansi/")

    assert "Pembayaran diterima" in month["payment"][1]
    assert re.fullmatch(r"KW-\d{4}-\d{7}", number)
    assert number in receipt
    assert "Kupon desa" in receipt


def test_what_it_collected_is_remitted_and_confirmed_by_bpjs(month):
    steps = month["receipt"][1].split('<ol class="trail">')[1].split("</ol>")[0]

    assert steps.count('class="done"') == steps.count("<li") == 3


def test_its_rule_stands_in_the_approved_statement_with_its_reason(month):
    _path, statement = month["statement"]

    assert "Disetujui" in statement
    assert "Terima kasih Rp1.000" in statement


def test_the_books_and_the_trail_agree(run, books, month):
    audit = run("-m", "agentsys", "audit", **ENABLED, AGENTSYS_DATABASE_URL=books)

    assert audit.returncode == 0, audit.stdout + audit.stderr
    assert "bersih" in audit.stdout


def test_what_it_left_behind_stays_readable_after_it_is_disabled(month, afterwards):
    number = month["receipt"][0].removeprefix("/kuitansi/")

    assert "Pembayaran diterima" in afterwards["payment"][1]
    assert number in afterwards["receipt"][1]
    assert "Terima kasih Rp1.000" in afterwards["statement"][1]


def test_it_is_not_offered_any_more_after_it_is_disabled(afterwards):
    _path, sheet = afterwards["sheet"]

    assert 'value="cash"' in sheet
    assert "kupon" not in sheet.lower()


def test_its_author_can_test_it_where_only_its_wheel_is_installed(run, scratch, tmp_path):
    shutil.copytree(TOY / "tests", tmp_path / "tests")

    tested = run("-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path)

    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert " passed" in tested.stdout


def test_a_plugin_that_is_not_installed_stops_the_start_with_one_sentence(run):
    answer = run("-m", "agentsys", "plugins", AGENTSYS_PLUGINS="cash,dana")

    assert answer.returncode == 1
    assert "plugin dana disebut di AGENTSYS_PLUGINS tetapi belum dipasang" in answer.stderr
    assert "Traceback" not in answer.stderr
