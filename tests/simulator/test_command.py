"""`agentsys simulator` runs alone: no office, no database, no configuration."""

import os
import re
import subprocess
import sys

import pytest
import requests

COMMAND = [sys.executable, "-m", "agentsys", "simulator"]
ENGLISH = {"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], "AGENTSYS_DATABASE_URL": "nowhere"}


@pytest.fixture
def run(tmp_path):
    running = []

    def start(*options):
        process = subprocess.Popen(
            [*COMMAND, "--port", "0", *options],
            env=ENGLISH,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        line = process.stdout.readline()
        return re.search(r"http://\S+?(?=/?\s)", line).group()

    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=20)


def test_it_answers_with_the_keys_settings_and_script_that_it_was_given(run, tmp_path):
    script = tmp_path / "script.toml"
    script.write_text('[[step]]\nwhen.order = "A-*"\ndo = "pay"\n', encoding="utf-8")
    url = run(
        "--server-key", "one", "--server-key", "two", "--script", str(script),
        "--set", "order_id_quirk=true", "--set", 'not_activated=["ovo"]',
    )  # fmt: skip
    payload = {
        "payment_type": "qris",
        "transaction_details": {"order_id": "A-1", "gross_amount": 16_800},
    }
    codes = [
        requests.post(f"{url}/v2/charge", json=payload, auth=(key, ""), timeout=10).status_code
        for key in ("one", "three")
    ]
    paid = requests.get(f"{url}/v2/A-1/status", auth=("two", ""), timeout=10).json()
    knobs = requests.get(f"{url}/_sim/knobs", timeout=10).json()

    assert codes == [201, 401]
    assert paid["transaction_status"] == "settlement"
    assert (knobs["order_id_quirk"], knobs["not_activated"]) == (True, ["ovo"])


def test_it_reads_more_headers_than_python_would(run):
    headers = {f"X-{number}": "x" for number in range(150)}

    assert requests.get(run() + "/", headers=headers, timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--set", "nothing=1"], "no such knob: nothing"),
        (["--script", "missing.toml"], "missing.toml: No such file"),
        (["--script", "wrong.toml"], "step 1: do takes one of"),
        (["--host", "192.0.2.1"], "cannot be used"),
    ],
)
def test_a_wrong_option_is_explained_in_one_sentence(tmp_path, options, sentence):
    (tmp_path / "wrong.toml").write_text("[[step]]\n", encoding="utf-8")
    ended = subprocess.run(
        [*COMMAND, *options],
        env=ENGLISH,
        cwd=tmp_path,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )

    assert ended.returncode != 0
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_it_knows_the_accounts_of_a_file(run, tmp_path):
    file = tmp_path / "accounts.json"
    file.write_text('[{"account_id": "A-1", "phone": "81212345678"}]', encoding="utf-8")

    url = run("--accounts", str(file))

    [account] = requests.get(f"{url}/_sim/accounts", timeout=10).json()
    assert (account["account_id"], account["status"]) == ("A-1", "ENABLED")
