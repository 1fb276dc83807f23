"""Bundled plugins; each is found by its entry point and runs only when it is enabled."""

if __name__ != "agentsys.plugins":
    raise ImportError("import agentsys.plugins, not plugins: each table would exist twice")
