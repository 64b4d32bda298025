"""Writes the worker's parts of Python into a folder: pack.py OUT

stdlib.bin, stdlib.rs        the standard library as compiled modules, and a table with the place of each
NAME.so, extensions.rs       the extension modules that Debian does not build into libpython, and their list
"""

import marshal
import os
import sys
import sysconfig

# Modules that a sealed worker cannot use, or that nobody imports.
LEFT_OUT = {
    "__pycache__", "test", "tests", "idlelib", "lib2to3", "ensurepip", "tkinter", "turtledemo", "distutils", "pydoc_data",
    "lib-dynload", "dist-packages", "site-packages", "venv", "wsgiref", "dbm", "curses", "ctypes", "sqlite3", "msilib",
}
# Extension modules that need no library but the C library.
EXTENSIONS = (
    "_json _contextvars _decimal _queue _zoneinfo _asyncio _multibytecodec _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw"
)


def modules(source):
    for folder, folders, names in os.walk(source):
        folders[:] = sorted(f for f in folders if f not in LEFT_OUT and not f.startswith("config-"))
        for name in sorted(n for n in names if n.endswith(".py")):
            inside = os.path.relpath(os.path.join(folder, name), source)
            parts = inside[: -len(".py")].split("/")
            package = parts[-1] == "__init__"
            with open(os.path.join(folder, name), "rb") as file:
                code = compile(file.read(), inside, "exec", dont_inherit=True, optimize=0)
            yield ".".join(parts[:-1] if package else parts), package, marshal.dumps(code)


def main(out):
    source = sysconfig.get_path("stdlib")
    with open(f"{out}/stdlib.bin", "wb") as library, open(f"{out}/stdlib.rs", "w") as table:
        table.write("&[\n")
        for name, package, code in modules(source):
            table.write(f'(c"{name}", {str(package).lower()}, {library.tell()}, {len(code)}),\n')
            library.write(code)
        table.write("]\n")
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    with open(f"{out}/extensions.rs", "w") as table:
        table.write("&[\n")
        for name in EXTENSIONS.split():
            with open(f"{source}/lib-dynload/{name}{suffix}", "rb") as file, open(f"{out}/{name}.so", "wb") as copy:
                copy.write(file.read())
            table.write(f'("{name}", include_bytes!(concat!(env!("OUT_DIR"), "/{name}.so"))),\n')
        table.write("]\n")


main(sys.argv[1])
