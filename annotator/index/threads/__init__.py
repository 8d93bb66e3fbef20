"""What only CPython has: sources that its own generators read, and tables that name functions."""
