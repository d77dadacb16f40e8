"""What is no test: the scripts that the sessions debug, one of which fails."""

collect_ignore = ["sessions"]
