"""The documentation agrees with the code."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from configparser import ConfigParser

import pytest

from agentsys.config import PREFIX, Settings
from agentsys.db import db
from agentsys.extension import hookspecs

HOOKS = [(name, spec) for name, spec in vars(hookspecs).items() if hasattr(spec, "agentsys_spec")]


@pytest.mark.parametrize(("name", "spec"), HOOKS)
def test_each_hook_has_a_heading_with_its_exact_arguments(here, name, spec):
    arguments = ", ".join(inspect.signature(spec).parameters)

    text = (here / "docs/hooks.md").read_text()

    assert f"## {name}({arguments})" in text
    assert inspect.getdoc(spec) + "." in text.replace("\n", " ")


def test_there_are_hooks_and_each_is_used_by_a_bundled_plugin(here):
    plugins = "".join(path.read_text() for path in (here / "plugins").rglob("*.py"))

    assert [name for name, _ in HOOKS] == [
        "register_payment_channels",
        "commission_lines",
        "register_commission_rules",
        "on_event",
    ]
    for name, _ in HOOKS:
        assert f"def {name}(" in plugins


def test_each_setting_is_documented_with_its_default_and_meaning(here):
    text = (here / "docs/operations.md").read_text()

    for name, field in Settings.model_fields.items():
        default = field.default
        if hasattr(default, "get_secret_value"):
            default = default.get_secret_value()
        shown = f"`{default}`" if str(default) else "empty"
        assert f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |" in text


def test_each_plugin_setting_that_the_code_reads_is_documented(here):
    used = {
        match
        for path in (here / "plugins").rglob("*.py")
        for match in re.findall(r"AGENTSYS_[A-Z][A-Z_]+[A-Z]", path.read_text())
    }
    text = (here / "docs/operations.md").read_text()

    assert used
    assert {name for name in used if f"`{name}`" not in text} == set()


def test_the_newest_version_in_the_changelog_is_this_one(here):
    config = ConfigParser()
    config.read(here / "setup.cfg")

    first = re.search(r"^## (?!Unreleased$)(\S+)", (here / "CHANGELOG.md").read_text(), re.M)

    assert first
    assert first[1] == config["metadata"]["version"]


def test_the_packages_in_setup_cfg_are_those_in_the_tree(here):
    config = ConfigParser()
    config.read(here / "setup.cfg")
    listed = set(config["options"]["packages"].split())
    mapped = {
        "agentsys": "agentsys",
        "agentsys.plugins": "plugins",
        "agentsys.templates": "templates",
    }
    found = {
        ".".join([package, *path.parent.relative_to(here / folder).parts])
        for package, folder in mapped.items()
        for path in (here / folder).rglob("__init__.py")
    }

    assert listed == found


def test_the_architecture_lists_the_packages_in_the_order_that_is_enforced(here):
    config = ConfigParser()
    config.read(here / "setup.cfg")
    layers = config["importlinter:contract:layers"]["layers"].strip().splitlines()
    enforced = [set(layer.replace("agentsys.", "").split(" : ")) for layer in reversed(layers)]

    listed = re.findall(r"^\| `(\w+)` \|", (here / "docs/architecture.md").read_text(), re.M)

    order = [next((n for n, names in enumerate(enforced) if name in names), -1) for name in listed]
    assert set(listed) == set().union(*enforced)
    assert order == sorted(order)


def test_everything_that_the_code_imports_is_a_declared_dependency(here):
    config = ConfigParser()
    config.read(here / "setup.cfg")
    declared = {
        re.match(r"[\w-]+", line)[0].replace("-", "_").lower()
        for line in config["options"]["install_requires"].strip().splitlines()
    }
    named_otherwise = {
        "flask_security": "flask_security_too",
        "mt940": "mt_940",
        "phonenumbers": "phonenumberslite",
        "PIL": "pillow",
        "psycopg_pool": "psycopg",
    }
    of_tests = {"agentsys", "pytest"}  # agentsys.extension.testing is for a plugin's own tests
    imported = set()
    for folder in ("agentsys", "plugins"):
        for path in (here / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    imported |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    imported.add(node.module.split(".")[0])
    wanted = {
        named_otherwise.get(name, name) for name in imported - sys.stdlib_module_names - of_tests
    }

    assert wanted - declared == set()


def test_the_text_of_an_index_page_has_no_link_that_only_works_in_the_repository(here):
    config = ConfigParser()
    config.read(here / "setup.cfg")
    described = config["metadata"]["long_description"].removeprefix("file: ")

    assert re.findall(r"\]\((?!https://)[^)]*\)", (here / described).read_text()) == []


def test_each_bundled_plugin_is_an_entry_point_and_enabled_by_default(here):
    config = ConfigParser()
    config.read(here / "setup.cfg")
    points = dict(
        line.split(" = ")
        for line in config["options.entry_points"]["agentsys"].strip().splitlines()
    )
    folders = {
        path.parent.name
        for path in (here / "plugins").glob("*/__init__.py")
        if not path.parent.name.startswith("_")
    }

    assert set(points) == folders == set(Settings.model_fields["plugins"].default.split(","))


def test_links_between_documents_lead_somewhere(here):
    missing = []
    for document in [*here.glob("*.md"), *here.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            if not (document.parent / target).exists():
                missing.append(f"{document.relative_to(here)}: {target}")

    assert missing == []


def test_every_table_is_explained_in_the_glossary(here):
    rows = re.findall(r"^\| `(\w+)` \|", (here / "docs/glossary.md").read_text(), re.M)
    models = {mapper.class_.__name__ for mapper in db.Model.registry.mappers}

    assert models - set(rows) == set()


def test_the_glossary_explains_only_what_exists(here):
    code = "".join(
        path.read_text()
        for folder in ("agentsys", "plugins")
        for path in (here / folder).rglob("*.py")
    )
    rows = re.findall(r"^\| `(\w+)` \|", (here / "docs/glossary.md").read_text(), re.M)

    assert rows
    assert [word for word in rows if not re.search(rf"\b{word}\b", code)] == []


def test_nothing_is_left_to_do_in_comments(here):
    marks = []
    for folder in ("agentsys", "plugins", "tests", "bench"):
        for path in (here / folder).rglob("*.py"):
            if (
                re.search(r"#.*\b(TODO|FIXME|XXX|HACK)\b", path.read_text())
                and path.name != "test_docs.py"
            ):
                marks.append(str(path))

    assert marks == []


def test_the_files_that_the_common_changes_name_exist(here):
    text = (here / "CONTRIBUTING.md").read_text()
    section = text.split("## Five common changes")[1].split("\n## ")[0]
    named = set(re.findall(r"`((?:agentsys|plugins|templates|tests)/[^`]*)`", section))

    assert len(named) > 8
    assert {name for name in named if not (here / name).exists()} == set()
    assert {"translate)", "docs)"} <= set((here / "dev").read_text().splitlines())
