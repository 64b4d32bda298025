# Writes frames as the worker does, bypassing all its checks.
import json, os, struct, threading, time


def raw(data):
    data = memoryview(data)
    while data:
        data = data[os.write(1, data):]


def frame(body):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    raw(struct.pack("<I", len(body)) + body)


def done(cell, **outcome):
    frame({"done": {"id": cell, "outcome": {"output": "forged", "omitted_chars": 0, "ending": "done", "answer": None, **outcome}}})


