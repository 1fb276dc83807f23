"""Wrong and incomplete settings are refused."""

from __future__ import annotations

import json
import stat
import subprocess
import sys

import pytest

from agentsys.config import SettingsProblem, fresh_keys, load

_SHOW_KEYS = (
    "import json, agentsys.config as config, time\n"
    "real = json.dump\n"
    "json.dump = lambda *given: (time.sleep(1), real(*given))\n"
    "print(config.load().field_keys.get_secret_value())"
)


@pytest.fixture(autouse=True)
def in_english(monkeypatch):
    """Set an English locale: problems are reported in its language."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def _die(*_):
    raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch, tmp_path):
    import os

    for name in list(os.environ):
        if name.startswith("AGENTSYS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AGENTSYS_INSTANCE", str(tmp_path / "instance"))


def test_the_embedded_default_makes_its_keys_once_and_keeps_them_private(tmp_path):
    first, second = load(), load()

    kept = tmp_path / "instance" / "keys.json"
    assert first.field_keys == second.field_keys
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert set(json.loads(kept.read_text())) == {"secret_key", "field_keys", "index_key"}


@pytest.mark.parametrize("name", ["secret_key", "field_keys", "index_key"])
def test_the_embedded_default_makes_the_keys_that_are_not_given(name):
    given = fresh_keys() | {name: ""}

    first, second = load(**given), load(**given)

    for each in given:
        assert getattr(first, each).get_secret_value()
        assert getattr(first, each) == getattr(second, each)
        assert not given[each] or getattr(first, each).get_secret_value() == given[each]


def test_whoever_starts_while_another_makes_the_keys_waits_for_them(tmp_path):
    both = [
        subprocess.Popen(
            [sys.executable, "-c", _SHOW_KEYS], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for _ in range(2)
    ]
    shown = [process.communicate(timeout=60)[0] for process in both]

    assert shown[0] == shown[1]
    assert b"Error" not in shown[0]
    assert [path.name for path in (tmp_path / "instance").iterdir()] == ["keys.json"]


def test_keys_whose_making_was_cut_off_are_made_anew(tmp_path, monkeypatch):
    with monkeypatch.context() as cut_off:
        cut_off.setattr("json.dump", _die)
        with pytest.raises(KeyboardInterrupt):
            load()

    assert load().field_keys == load().field_keys


@pytest.mark.parametrize("left", ["", "{}", "[]", '{"secret_key": "x"}'])
def test_damaged_keys_are_not_replaced_but_explained(tmp_path, left):
    kept = tmp_path / "instance" / "keys.json"
    kept.parent.mkdir()
    kept.write_text(left)

    with pytest.raises(SettingsProblem, match=r"keys\.json is damaged\. Put it back from a backup"):
        load()

    assert kept.read_text() == left


def test_an_instance_folder_that_cannot_be_one_is_named(tmp_path):
    (tmp_path / "instance").write_text("a file")

    with pytest.raises(SettingsProblem, match=r"AGENTSYS_INSTANCE: .*instance cannot be used"):
        load()


def test_an_external_database_without_keys_is_refused_by_the_name_of_the_setting():
    with pytest.raises(SettingsProblem, match="AGENTSYS_SECRET_KEY is needed"):
        load(database_url="postgresql://db/agentsys")


@pytest.mark.parametrize("name", ["secret_key", "field_keys", "index_key"])
def test_each_missing_key_is_named(name):
    with pytest.raises(SettingsProblem, match=f"AGENTSYS_{name.upper()}"):
        load(database_url="postgresql://db/agentsys", **(fresh_keys() | {name: ""}))


@pytest.mark.parametrize("name", ["secret_key", "metrics_token"])
def test_a_short_secret_is_refused(name):
    with pytest.raises(SettingsProblem, match=f"AGENTSYS_{name.upper()} needs at least 32"):
        load(**(fresh_keys() | {name: "short"}))


def test_another_database_than_postgresql_is_refused(monkeypatch):
    monkeypatch.setenv("AGENTSYS_DATABASE_URL", "sqlite:///x.db")

    with pytest.raises(SettingsProblem, match="AGENTSYS_DATABASE_URL: must start with postgresql"):
        load()


@pytest.mark.parametrize("place", ["db:number", "db:5432:1"])
def test_an_address_that_cannot_be_read_is_named_and_not_shown(place):
    with pytest.raises(SettingsProblem, match="AGENTSYS_DATABASE_URL: cannot be read") as refusal:
        load(database_url=f"postgresql://u:secret@{place}/agentsys", **fresh_keys())

    assert "secret" not in str(refusal.value)


def test_a_port_that_is_no_port_is_named(monkeypatch):
    monkeypatch.setenv("AGENTSYS_PORT", "70000")

    with pytest.raises(SettingsProblem, match="AGENTSYS_PORT"):
        load()


def test_a_key_that_is_no_key_is_explained():
    with pytest.raises(SettingsProblem, match="AGENTSYS_FIELD_KEYS or AGENTSYS_INDEX_KEY"):
        load(**(fresh_keys() | {"field_keys": "1:dG9vIHNob3J0"}))


def test_a_key_without_its_number_is_explained_and_not_shown():
    keys = fresh_keys()
    bare = keys["field_keys"].partition(":")[2]

    with pytest.raises(SettingsProblem, match="1:BASE64") as refusal:
        load(**(keys | {"field_keys": bare}))

    assert bare not in str(refusal.value)


def test_every_way_of_writing_a_postgresql_address_means_psycopg():
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        settings = load(database_url=f"{scheme}://db/agentsys", **fresh_keys())
        assert settings.database_url == "postgresql+psycopg://db/agentsys"


def test_cookies_are_for_https_only_when_the_public_address_is():
    assert load(public_url="https://agen.example").cookies_over_https
    assert not load().cookies_over_https


def test_an_address_with_colons_stands_in_brackets_in_links():
    assert load(host="::1", port=5300).base_url == "http://[::1]:5300"
    assert load(host="127.0.0.1", port=5300).base_url == "http://127.0.0.1:5300"


@pytest.mark.parametrize("name", ["instance", "host"])
def test_an_empty_name_is_refused_and_nothing_is_made_where_one_stands(name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SettingsProblem, match=f"AGENTSYS_{name.upper()}: is empty"):
        load(**{name: ""})

    assert list(tmp_path.iterdir()) == []


def test_secrets_do_not_show_in_the_settings_text():
    settings = load()

    assert settings.secret_key.get_secret_value() not in repr(settings)
