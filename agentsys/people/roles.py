"""The roles, and whose rows they see."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class RoleName(StrEnum):
    """The roles; a user may have several."""

    AGENT = "agent"  # collects from own workers
    SUPERVISOR = "supervisor"  # approves the commissions of agents in his or her team
    FINANCE = "finance"  # deposits, remittances, reconciliation of an office
    ADMIN = "admin"  # users and settings, all offices
    AUDITOR = "auditor"  # reads everything of an office, changes nothing


class Reach(StrEnum):
    """Whose rows a role sees."""

    OWN = "own"  # the workers and the money of the agent whom the user is
    TEAM = "team"  # the agents whom the user leads
    OFFICE = "office"  # everything of the user's office


def roles_named(names: Collection[str]) -> frozenset[RoleName]:
    """The roles of these names, as a form sends them; ValueError for another name."""
    return frozenset(RoleName(name) for name in names)


def stands_alone(roles: Collection[RoleName]) -> bool:
    """False if the auditor's role is combined with another role."""
    return RoleName.AUDITOR not in roles or len(set(roles)) == 1
