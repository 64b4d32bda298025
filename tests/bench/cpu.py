"""Runs a command and writes the processor time of it and all its descendants, in seconds: cpu.py OUT COMMAND...

A process whose parent does not wait for it is missing from its parent's account. Here it becomes our child instead, and we wait for it.
"""

import ctypes
import os
import pathlib
import resource
import subprocess
import sys

PR_SET_CHILD_SUBREAPER = 36

if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
    sys.exit("this system cannot adopt the processes that a command leaves behind")
status = subprocess.run(sys.argv[2:]).returncode
try:
    while True:
        os.wait()
except ChildProcessError:
    pass
used = resource.getrusage(resource.RUSAGE_CHILDREN)
pathlib.Path(sys.argv[1]).write_text(str(used.ru_utime + used.ru_stime))
sys.exit(status)
