"""`python -m agentsys.demo.midtrans_simulator` is `agentsys simulator`."""

from agentsys.demo.midtrans_simulator.commands import simulator

if __name__ == "__main__":
    simulator()
