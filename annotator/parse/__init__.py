"""Tokens to syntax trees, with pycparser; the only room that imports it."""
