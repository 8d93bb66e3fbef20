"""Python that runs in a reference interpreter: reads source text, gives what it did.

Knows no Sphinx.  ``inside/`` is the package that such programs may import.
"""
