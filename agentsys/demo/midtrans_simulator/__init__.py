"""A faithful local Midtrans: strict, signed, and wrong only when it is asked to be."""

from agentsys.demo.midtrans_simulator.handle import SERVER_KEY, Simulator

__all__ = ["SERVER_KEY", "Simulator"]
