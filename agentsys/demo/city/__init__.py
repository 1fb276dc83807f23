"""An invented city with a history: people, money and oddities for every screen to show."""

from agentsys.demo.city.seeding import (
    NotAllowed,
    World,
    WorldExists,
    known_world,
    reset,
    seed,
)
from agentsys.demo.city.staff import Login

__all__ = ["Login", "NotAllowed", "World", "WorldExists", "known_world", "reset", "seed"]
