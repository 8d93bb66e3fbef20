"""Doxygen's description of CPython's headers, as XML for breathe.

Reads ``Include/`` of a source tree; gives ``<build_dir>/xml``, the same bytes for the same
headers and the same Doxygen.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from annotator.reference.cache import Manifest, disk_errors, remove
from annotator.reference.progress import Report
from annotator.reference.run import output, run

# How the headers' macros read to Doxygen.  Without these it takes PyAPI_FUNC for the name of
# most functions, and does not see the first members of most structs.
_PREDEFINED = (
    "PyAPI_FUNC(RTYPE)=RTYPE",
    'PyAPI_DATA(RTYPE)="extern RTYPE"',
    'PyObject_HEAD="PyObject ob_base;"',
    'PyObject_VAR_HEAD="PyVarObject ob_base;"',
    *("Py_DEPRECATED(x)=", "_Py_NO_RETURN=", "Py_NO_INLINE=", "Py_ALWAYS_INLINE="),
    *("Py_UNUSED(x)=x", "Py_GCC_ATTRIBUTE(x)="),
    'Py_LOCAL(t)="static t"',
    'Py_LOCAL_INLINE(t)="static inline t"',
    *("_Py_COMP_DIAG_PUSH=", "_Py_COMP_DIAG_POP=", "_Py_COMP_DIAG_IGNORE_DEPR_DECLS="),
    # What the headers test, as it is on x86-64 Linux.
    *("Py_BUILD_CORE=1", "__STDC_VERSION__=201112L", "SIZEOF_VOID_P=8", "SIZEOF_LONG=8"),
    *("SIZEOF_WCHAR_T=4", "PYLONG_BITS_IN_DIGIT=30"),
)

_SETTINGS = {
    "PROJECT_NAME": "CPython",
    "RECURSIVE": "YES",
    "FILE_PATTERNS": "*.h",
    "QUIET": "YES",
    "WARNINGS": "NO",
    "GENERATE_HTML": "NO",
    "GENERATE_LATEX": "NO",
    "GENERATE_XML": "YES",
    "XML_PROGRAMLISTING": "NO",
    "HAVE_DOT": "NO",
    "CLASS_GRAPH": "NO",
    "MACRO_EXPANSION": "YES",
    "EXPAND_ONLY_PREDEF": "YES",
    "EXPAND_AS_DEFINED": "_PyCode_DEF",
    "SEARCH_INCLUDES": "NO",
    "TYPEDEF_HIDES_STRUCT": "NO",
    "OPTIMIZE_OUTPUT_FOR_C": "YES",
    "EXTRACT_ALL": "YES",
    "EXTRACT_STATIC": "YES",
}

# Breathe cannot show a member without a name; C needs none for the padding of a bit-field.
# (sed: it is run once per header.)
_FILTER = r"s/\b(unsigned int)[[:space:]]*:[[:space:]]*([0-9]+)[[:space:]]*;/\1 _padding :\2;/"


def key(digest: str) -> str:
    """Changes with the release (its ``digest``), with Doxygen and with the settings."""
    parts = [digest, output(["doxygen", "--version"]), _FILTER, *_PREDEFINED]
    parts += [f"{name}={value}" for name, value in _SETTINGS.items()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def make_xml(source: Path, build_dir: Path, *, digest: str, log: Path, report: Report) -> Path:
    """The folder with the XML of ``source``, whose release has ``digest``.

    Does nothing when ``build_dir`` already holds it.  Raises `UserError` when Doxygen fails.
    """
    xml = build_dir / "xml"
    wanted = key(digest)
    if Manifest.holds(build_dir, wanted):
        return xml
    with disk_errors(build_dir.parent):
        remove(build_dir)
        build_dir.mkdir(parents=True)
        script = build_dir / "filter.sed"
        script.write_text(_FILTER + "\n")
        settings = _SETTINGS | {
            "INPUT": f'"{source / "Include"}"',
            "STRIP_FROM_PATH": f'"{source}"',
            "OUTPUT_DIRECTORY": f'"{build_dir}"',
            "INPUT_FILTER": f'"sed -E -f {script}"',
            "PREDEFINED": " \\\n  ".join(_PREDEFINED),
        }
        doxyfile = build_dir / "Doxyfile"
        doxyfile.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        run(["doxygen", doxyfile], what="doxygen", log=log, timeout=600)
    if not (xml / "index.xml").exists():
        raise FileNotFoundError(xml / "index.xml")
    (xml / "Doxyfile.xml").unlink(missing_ok=True)  # the settings again, with our paths in them
    names = [path.relative_to(build_dir).as_posix() for path in xml.iterdir()]
    report.say(f"{len(names)} files of XML")
    Manifest.of(build_dir, wanted, names).write(build_dir)
    return xml
