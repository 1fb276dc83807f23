"""`python -m agentsys` is the `agentsys` command."""

from agentsys.cli import main

main()
