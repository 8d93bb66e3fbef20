"""Cross-links CPython's C source and shows it inside Sphinx.

The rooms, in the order in which data flows through them:

``reference``   gets the pinned release and builds the interpreters
``source``      raw text and preprocessed text, as tokens with exact places
``parse``       those tokens, with pycparser, as declarations
``meaning``     declarations as entities, types and uses
``index``       the facts of all units, merged into one database
``pages``       browser pages from the database; knows no C
``sphinx_ext``  roles, directives and pages inside Sphinx

``model`` and ``errors`` are below everything.
"""
