"""Tests of the whole project; ``make test`` builds what they look at."""
