"""Writes the standard library as compiled modules into a zip: pack_stdlib.py OUT.zip"""

import os
import py_compile
import sys
import sysconfig
import tempfile
import zipfile

# What a sealed worker can never use, or nobody imports.
LEFT_OUT = {
    "__pycache__", "test", "tests", "idlelib", "lib2to3", "ensurepip", "tkinter", "turtledemo", "distutils", "pydoc_data",
    "lib-dynload", "dist-packages", "site-packages", "venv", "wsgiref", "dbm", "curses", "ctypes",
}

source = sysconfig.get_path("stdlib")
with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as out:
    compiled = os.path.join(scratch, "module.pyc")
    for folder, folders, names in os.walk(source):
        folders[:] = sorted(f for f in folders if f not in LEFT_OUT and not f.startswith("config-"))
        for name in sorted(n for n in names if n.endswith(".py")):
            path = os.path.join(folder, name)
            inside = os.path.relpath(path, source)
            mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
            py_compile.compile(path, cfile=compiled, dfile=inside, doraise=True, invalidation_mode=mode, optimize=0)
            # A fixed date: the same library gives the same zip.
            entry = zipfile.ZipInfo(inside + "c", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with open(compiled, "rb") as module:
                out.writestr(entry, module.read())
