"""Independent witnesses: what other programs say about the same source."""
