"""What an heir is to the worker, as lists write it."""

from __future__ import annotations

import re

# The values are those of `benefits.models.HeirRelation`.
_WORDS = {
    "spouse": "istri isteri suami pasangan suamiistri istrisuami",
    "child": "anak anakkandung anakangkat anaktiri putra putri",
    "parent": "orangtua ortu ayah ibu bapak bapa ayahkandung ibukandung mama emak",
    "grandchild": "cucu",
    "grandparent": "kakek nenek",
    "sibling": "saudara saudari saudarakandung kakak adik adek kakakkandung adikkandung",
    "parent_in_law": "mertua ayahmertua ibumertua bapakmertua",
    "will": "wasiat penerimawasiat",
}
_RELATIONS = {word: relation for relation, words in _WORDS.items() for word in words.split()}
_LETTERS = re.compile(r"[^a-z]")


def relation_of(text: str) -> str:
    """The relation; empty for one that is not known."""
    return _RELATIONS.get(_LETTERS.sub("", text[:60].lower()), "")
