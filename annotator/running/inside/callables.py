"""Everything that Python can call and that C implements: walks live objects, gives addresses.

Reads the built-in modules, every extension module of this interpreter and all types that can be
reached from them; gives for each name the kind of thing it is and the C functions behind it, as
(file that is mapped there, address in that file).  Needs the structs that `STRUCTS_NEEDED` names.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
import sysconfig
import types
from pathlib import Path
from typing import Any

from . import fields, fields_at

STRUCTS_NEEDED = (
    "PyCFunctionObject",
    "PyGetSetDef",
    "PyGetSetDescrObject",
    "PyMethodDef",
    "PyMethodDescrObject",
    "PyTypeObject",
    "PyWrapperDescrObject",
)
# Not for walking: importing them does something, or they are tests of the interpreter itself.
_SKIPPED = ("_test", "_xx", "xx", "_ctypes_test", "antigravity", "this")

_MAPS: list[tuple[int, int, int, str]] = []


def walk() -> dict[str, Any]:
    """All names, and the modules that could not be imported with the reason."""
    names: dict[str, Any] = {}
    failed: dict[str, str] = {}
    modules = []
    for name in _modules():
        try:
            modules.append(importlib.import_module(name))
        except BaseException as error:
            failed[name] = f"{type(error).__name__}: {error}"
    _read_maps()
    seen: set[int] = set()
    todo: list[type] = [object]
    for module in modules:
        for attribute, value in sorted(vars(module).items()):
            if isinstance(value, types.BuiltinFunctionType):
                owner = value.__self__
                if owner is None or isinstance(owner, types.ModuleType):
                    put(names, _dotted(module.__name__, attribute), "function", _function(value))
            elif isinstance(value, type):
                todo.append(value)
            elif not isinstance(value, (types.ModuleType, types.FunctionType)):
                todo.append(type(value))
    while todo:
        found = todo.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        todo.extend(type.__subclasses__(found))
        todo.extend(found.__mro__)
        todo.append(type(found))
        if not _written_in_python(found):
            _type(names, found)
    return {"names": names, "failed": failed, "modules": sorted(m.__name__ for m in modules)}


def put(names: dict[str, Any], name: str, kind: str, found: list[list[Any]]) -> None:
    """Note one name; the first of two with the same stays."""
    names.setdefault(name, {"kind": kind, "functions": found})


def _modules() -> list[str]:
    """The names of all modules written in C that this interpreter has."""
    found = set(sys.builtin_module_names)
    suffixes = importlib.machinery.EXTENSION_SUFFIXES
    folders = [*sys.path, sysconfig.get_config_var("DESTSHARED") or ""]
    for folder in folders:
        if folder and Path(folder).is_dir():
            for file in Path(folder).iterdir():
                for suffix in suffixes:
                    if file.name.endswith(suffix):
                        found.add(file.name[: -len(suffix)])
                        break
    return sorted(n for n in found if not n.startswith(_SKIPPED))


def _written_in_python(found: type) -> bool:
    """Whether a class statement made it, and not C."""
    own = vars(found)
    return "__firstlineno__" in own or any(isinstance(v, types.FunctionType) for v in own.values())


def _dotted(module: str, name: str) -> str:
    return name if module == "builtins" else f"{module}.{name}"


def _type(names: dict[str, Any], found: type) -> None:
    own = vars(found)
    name = _dotted(str(found.__module__), found.__qualname__)
    address = _place(id(found))
    put(names, name, "type", [["type", *address]] if address else [])
    for attribute, value in sorted(own.items()):
        dotted = f"{name}.{attribute}"
        if isinstance(value, staticmethod):
            value = value.__func__
        if isinstance(value, (types.MethodDescriptorType, types.ClassMethodDescriptorType)):
            method = fields(value, "PyMethodDescrObject")
            put(names, dotted, "method", _methoddef(method["d_method"]))
        elif isinstance(value, types.WrapperDescriptorType):
            wrapped = fields(value, "PyWrapperDescrObject")["d_wrapped"]
            put(names, dotted, "slot", _functions(function=wrapped))
        elif isinstance(value, types.GetSetDescriptorType):
            definition = fields(value, "PyGetSetDescrObject")["d_getset"]
            pair = fields_at(definition, "PyGetSetDef")
            put(names, dotted, "getset", _functions(get=pair["get"], set=pair["set"]))
        elif isinstance(value, types.BuiltinFunctionType):
            if attribute == "__new__" and value.__self__ is found:
                new = fields(found, "PyTypeObject")["tp_new"]
                put(names, dotted, "slot", _functions(function=new))
            else:
                put(names, dotted, "method", _function(value))


def _function(value: Any) -> list[list[Any]]:
    return _methoddef(fields(value, "PyCFunctionObject")["m_ml"])


def _methoddef(address: Any) -> list[list[Any]]:
    return _functions(function=fields_at(address, "PyMethodDef")["ml_meth"])


def _functions(**addresses: Any) -> list[list[Any]]:
    """Each role with the file that holds the code and the address in it."""
    found = []
    for role, address in addresses.items():
        place = _place(address) if address else None
        if place is not None:
            found.append([role, *place])
    return found


# -- which file is mapped where ------------------------------------------------------------------


def _read_maps() -> None:
    """Note which file's image begins where (proc(5), /proc/pid/maps)."""
    _MAPS.clear()
    first: dict[str, int] = {}
    for line in Path("/proc/self/maps").read_text().splitlines():
        parts = line.split(None, 5)
        if len(parts) == 6 and parts[5].startswith("/"):
            low, high = (int(n, 16) for n in parts[0].split("-"))
            file = parts[5]
            if file not in first:
                # An image that is not position-independent stands where it says (ELF, e_type 2).
                with Path(file).open("rb") as image:
                    head = image.read(18)
                fixed = head[:4] == b"\x7fELF" and head[16] == 2
                first[file] = 0 if fixed else low
            _MAPS.append((low, high, first[file], file))


def _place(address: int) -> tuple[str, int] | None:
    for low, high, base, file in _MAPS:
        if low <= address < high:
            return file, address - base
    return None
