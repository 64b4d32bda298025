"""Reads documents with Plumb: through `plumb files`, or directly through the sealed worker during its development."""

import json
import os
import socket
import struct
import subprocess
from pathlib import Path

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", Path(__file__).parents[2] / "target"))
BROKEN = 0xFFFFFFFF
TIMEOUT = 120


class Failed(Exception):
    """A document gave no text; the message says why."""


class Worker:
    """A sealed worker with one document."""

    def __init__(self, family, path, program=None):
        ours, theirs = socket.socketpair()
        program = program or TARGET / "debug" / "plumb-extract"
        with open(path, "rb") as document:
            self.process = subprocess.Popen([program, json.dumps(family)], stdin=document, stdout=theirs, stderr=subprocess.DEVNULL)
        theirs.close()
        ours.settimeout(TIMEOUT)
        self.socket = ours
        ready = json.loads(self.frame())
        if "Err" in ready:
            raise Failed(f"not sealed: {ready['Err']}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.kill()
        self.process.wait()

    def exact(self, count):
        parts = bytearray()
        while len(parts) < count:
            try:
                piece = self.socket.recv(min(count - len(parts), 1 << 20))
            except TimeoutError:
                raise Failed("hung") from None
            if not piece:
                raise Failed("the worker has ended")
            parts += piece
        return bytes(parts)

    def frame(self):
        length, = struct.unpack("<I", self.exact(4))
        return BROKEN if length == BROKEN else self.exact(length)

    def ask(self, request):
        message = json.dumps(request).encode()
        self.socket.sendall(struct.pack("<I", len(message)) + message)
        answer = json.loads(self.frame())
        if isinstance(answer, dict) and "Failed" in answer:
            raise Failed(f"{answer['Failed']['state']}: {answer['Failed']['reason']}")
        return answer

    def content(self):
        parts = []
        while piece := self.frame():
            if piece == BROKEN:
                raise Failed(json.loads(self.frame())["reason"])
            parts.append(piece)
        return b"".join(parts)

    def read(self):
        parsed = self.ask("Read")["Read"]
        return {**parsed, "text": self.content().decode()}

    def member(self, index):
        self.ask({"Member": index})
        return self.content()


FAMILIES = {
    "pdf": "pdf", "docx": "zip", "odt": "zip", "pptx": "zip", "odp": "zip", "xlsx": "zip", "xlsb": "zip", "ods": "zip", "epub": "zip", "zip": "zip",
    "doc": "ole", "ppt": "ole", "xls": "ole", "msg": "ole", "rtf": "rtf", "html": "html", "ipynb": "notebook", "eml": "mail", "mbox": "mailbox",
    "tar": "tar", "gz": "gzip", "bz2": "bzip2", "xz": "xz", "zst": "zstd", "ott": "zip", "ots": "zip", "otp": "zip",
}


def read_directly(path):
    """Like a line of `plumb files --json --text`, from the worker; `None` for formats that the worker does not read."""
    family = FAMILIES.get(Path(path).suffix[1:])
    if not family:
        return None
    try:
        with Worker(family, path) as child:
            return {**child.read(), "state": "extracted"}
    except Failed as failed:
        return {"state": "failed", "reason": str(failed), "text": "", "doubts": [], "places": [], "members": []}


def read_folder(folder, program):
    """Reads every document in a folder through `plumb files`, keyed by relative path."""
    done = subprocess.run([program, "files", str(folder), "--json", "--text"], stdout=subprocess.PIPE, check=True)
    lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
    return {found["path"]: {"text": "", "doubts": [], **found} for found in lines}
