"""Gets the pinned release of CPython and builds the reference interpreters.

Reads ``cpython-ref/*.toml``; gives a checked source tree, interpreters, the compiler's
command lines and Doxygen's XML.  Everything here runs on the standard library alone, since
``annotator.bootstrap`` needs parts of it before there is an environment.
"""
