"""A stranger's plugin, built as a wheel and installed in a scratch environment, works."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.conftest import KEYS

TOY = Path(__file__).parent / "toy"

USE_IT = """
import json
from agentsys import create_app
from agentsys.extension.contract import AgentMonth, ConfirmedContribution, PaymentRequest
from agentsys.runtime import KEY
from datetime import date

registry = create_app().extensions[KEY].registry
paid = registry.channels["kupon"].start(
    PaymentRequest(reference="AG-1", amount_idr=16800, payer_name="Pekerja", description="Iuran")
)
confirmed = ConfirmedContribution(
    worker_id=1, month=date(2026, 11, 1), amount_idr=16800, programmes=frozenset({"JKK", "JKM"}),
    month_number=1, new_to_bpu=True, funding="self",
)
month = AgentMonth(agent_id=1, office_id=1, month=date(2026, 11, 1), contributions=[confirmed])
lines = [line for _, lines in registry.commission_lines(month) for line in lines]
print(json.dumps([paid.state, [line.reason.sentence() for line in lines]]))
"""


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """An environment that has our dependencies, agentsys, and the toy's wheel."""
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


@pytest.fixture
def run(scratch, database_url, tmp_path):
    """A function that runs the scratch environment's Python with settings."""

    def go(*arguments, **settings):
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("AGENTSYS_")
        }
        environment |= {f"AGENTSYS_{name.upper()}": value for name, value in KEYS.items()}
        environment |= {
            "AGENTSYS_DATABASE_URL": database_url,
            "AGENTSYS_INSTANCE": str(tmp_path),
            "COLUMNS": "200",
        } | settings
        return subprocess.run(
            [scratch, *arguments], env=environment, capture_output=True, text=True, check=False
        )

    return go


def test_an_installed_plugin_is_off_until_it_is_listed(run):
    listed = run("-m", "agentsys", "plugins", AGENTSYS_PLUGINS="cash")

    line = next(line for line in listed.stdout.splitlines() if "kupon" in line)
    assert "off" in line
    assert "agentsys-kupon 1.0" in line


def test_a_listed_plugin_without_its_setting_is_idle_and_says_which(run):
    listed = run("-m", "agentsys", "plugins", AGENTSYS_PLUGINS="cash,kupon")

    line = next(line for line in listed.stdout.splitlines() if "kupon" in line)
    assert "idle" in line
    assert "AGENTSYS_KUPON_VILLAGE is not set" in line


def test_a_listed_and_configured_plugin_takes_payments_and_grants_commission(run):
    used = run("-c", USE_IT, AGENTSYS_PLUGINS="cash,kupon", AGENTSYS_KUPON_VILLAGE="Desa Contoh")

    assert used.returncode == 0, used.stderr
    assert json.loads(used.stdout) == ["settled", ["Terima kasih Rp1.000"]]


def test_a_plugin_that_is_not_installed_stops_the_start_with_one_sentence(run):
    answer = run("-m", "agentsys", "plugins", AGENTSYS_PLUGINS="cash,dana")

    assert answer.returncode == 1
    assert "plugin dana is enabled in AGENTSYS_PLUGINS but not installed" in answer.stderr
    assert "Traceback" not in answer.stderr
