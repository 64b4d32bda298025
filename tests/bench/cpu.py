"""Runs a command and writes the CPU seconds of it and all its descendants: cpu.py OUT COMMAND...

A parent's account lacks children that it does not wait for. Here such orphans become our children, and we wait for them.
"""

import ctypes
import os
import pathlib
import resource
import subprocess
import sys

PR_SET_CHILD_SUBREAPER = 36

if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
    sys.exit("this system does not let a process adopt orphans (PR_SET_CHILD_SUBREAPER)")
status = subprocess.run(sys.argv[2:]).returncode
try:
    while True:
        os.wait()
except ChildProcessError:
    pass
used = resource.getrusage(resource.RUSAGE_CHILDREN)
pathlib.Path(sys.argv[1]).write_text(str(used.ru_utime + used.ru_stime))
sys.exit(status)
