"""The layouts of banks' files that a batch can have."""

from __future__ import annotations

from collections.abc import Mapping

from agentsys.bank_files.layouts import Layout, all_layouts
from agentsys.errors import Invalid

GENERIC = "generic_csv"


def labels() -> Mapping[str, str]:
    """The layouts by name, with their labels."""
    return {name: layout.label for name, layout in all_layouts().items()}


def layout_of(name: str) -> Layout:
    """The layout of that name; Invalid if there is none."""
    found = all_layouts().get(name)
    if found is None:
        raise Invalid("Pilih bentuk berkas dari daftar.", about="layout")
    return found
