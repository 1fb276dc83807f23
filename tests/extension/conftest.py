"""What pytest leaves alone here: the toy's own tests run where its wheel is installed."""

collect_ignore = ["toy"]
