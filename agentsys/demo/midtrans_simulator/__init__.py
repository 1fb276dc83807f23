"""A local simulation of Midtrans; it makes errors only when a knob asks for them."""

from agentsys.demo.midtrans_simulator.context import SERVER_KEY
from agentsys.demo.midtrans_simulator.handle import Simulator

__all__ = ["SERVER_KEY", "Simulator"]
