"""Virtual time and scripts: what happens when."""
