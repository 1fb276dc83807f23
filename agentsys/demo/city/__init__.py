"""An invented city with six months of history, so that every screen has something to show."""

from agentsys.demo.city.emptying import NotAllowed, check_reset, is_alone, reset, unguarded
from agentsys.demo.city.seeding import World, WorldExists, known_world, seed
from agentsys.demo.city.staff import Login
from agentsys.demo.city.wallets import accounts, write_accounts

__all__ = [
    "Login",
    "NotAllowed",
    "World",
    "WorldExists",
    "accounts",
    "check_reset",
    "is_alone",
    "known_world",
    "reset",
    "seed",
    "unguarded",
    "write_accounts",
]
