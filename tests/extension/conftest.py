"""Files that pytest skips: the example plugin's own tests run where its wheel is installed."""

collect_ignore = ["toy"]
