"""The benchmark of pages knows an address for every page of the app."""

from __future__ import annotations

from bench.visits import objects


def test_every_part_of_the_address_of_a_page_has_a_value(app):
    unknown = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if objects.is_page(rule) and not objects.knows(rule)
    }

    assert unknown == set()
