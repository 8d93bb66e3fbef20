"""What we measure against the named peers; ``make bench`` prints it all from one run."""
