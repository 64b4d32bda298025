"""A REPL without any protection: the positive control for attacks on the protocol and on Python itself.

    naive.py CHECK < cell

Host and worker exchange the same frames as Plumb's, but live in one process, and the host believes everything it receives.
After the cell it tests the host's state (CHECK; protocol.toml explains each) and reports a success of the attack as REACHED.
"""

import fcntl, json, os, re, resource, signal, struct, sys, tempfile, threading, time, traceback  # noqa: E401

PRICE = 0.01
SECONDS = 3.5
FINISHED = 77


def send(to, frame):
    body = json.dumps(frame).encode()
    os.write(to, struct.pack("<I", len(body)) + body)


class Host:
    """Answers and counts calls; believes every frame."""

    def __init__(self, frames, replies):
        self.frames, self.replies = frames, replies
        self.prompts, self.spent, self.seal, self.nodes = [], 0.0, "measured", {"other": None}
        self.outcomes, self.answered = {}, []

    def exactly(self, count):
        data = bytearray()
        while len(data) < count:
            data += os.read(self.frames, min(count - len(data), 1 << 20)) or sys.exit()
        return data

    def listen(self):
        while True:
            frame = json.loads(self.exactly(struct.unpack("<I", self.exactly(4))[0]))
            for kind, content in frame.items():
                getattr(self, "on_" + kind)(content)

    def on_call(self, call):
        self.answered.append(call["id"])
        body = call["body"]
        if body["call"] == "llm":
            "".join(body["prompts"]).encode()  # as for a provider
            self.prompts += body["prompts"]
            self.spent += body.get("price", PRICE) * len(body["prompts"])
            reply = {"ok": [f"reply of {body.get('model') or 'the model'} to {prompt[:100]}" for prompt in body["prompts"]]}
        elif body["call"] == "text":
            reply = {"ok": open(body["path"]).read()}
        elif body["call"] == "grep":
            reply = {"ok": [re.search(body["pattern"], "first\nsecond") and "first"] * body["limit"]}
        else:
            reply = {"ok": ["a.txt"] * body.get("k", 1)}
        self.on_reply({"id": call["id"], **reply})

    def on_reply(self, reply):
        send(self.replies, reply)

    def on_done(self, done):
        # The first outcome counts, even for a cell that has not run yet.
        struct.pack("<Q", done["outcome"].get("omitted_chars", 0) + 1)
        self.outcomes.setdefault(done["id"], done["outcome"])

    def on_ready(self, ready):
        self.seal = ready["seal"]

    def on_budget(self, budget):
        self.spent = budget["spent"]

    def on_answer(self, answer):
        self.nodes[answer["node"]] = answer["content"]


def receive():
    """The host's next frame, of any kind."""
    length, body = struct.unpack("<I", os.read(0, 4))[0], b""
    while len(body) < length:
        body += os.read(0, length - len(body))
    return body.decode()


class native:
    last = 0

    @staticmethod
    def call(request):
        native.last += 1
        send(1, {"call": {"id": native.last, "body": json.loads(request)}})
        return receive()

    @staticmethod
    def text(offset, chars, kind, ascii):
        return os.pread(3, chars * kind, offset).decode({1: "latin-1", 2: "utf-16-le", 4: "utf-32-le"}[kind], "replace")


def host(call, **arguments):
    return json.loads(native.call(json.dumps({"call": call, **arguments})))["ok"]


class Session:
    def __init__(self):
        self.cell = 0
        self.answer = {"content": "", "ready": False}
        self.names = {name: getattr(self, name) for name in ("llm_query", "llm_query_batched", "grep", "files", "FINAL")}
        self.variables = {"__name__": "__main__", "__builtins__": __builtins__, "answer": self.answer, **self.names}
        self.variables["context"] = {"a.txt": native.text(0, 12, 1, True)}

    def llm_query(self, prompt, model=None):
        return self.llm_query_batched([prompt], model)[0]

    def llm_query_batched(self, prompts, model=None):
        return host("llm", prompts=[str(prompt) for prompt in prompts], model=model)

    def grep(self, pattern, path=None, ignore_case=False, limit=100):
        return host("grep", pattern=pattern, limit=limit)

    def files(self, pattern=None):
        return host("files")

    def FINAL(self, value=""):
        self.answer.update(content=value, ready=True)

    def declared(self):
        answer = self.variables["answer"]
        return str(answer.get("content")) if answer.get("ready") else None

    def run(self, source):
        self.cell += 1
        error = None
        try:
            exec(compile(source, f"<cell {self.cell}>", "exec"), self.variables)
        except BaseException:
            error = traceback.format_exc()
        ending = "interrupted" if "KeyboardInterrupt" in (error or "") else "done"
        return {"error": error, "answer": self.declared(), "ending": ending, "output": sys.stdout.text()}


class Output:
    """The output of cells."""

    def __init__(self):
        self.parts = []

    def write(self, text):
        self.parts.append(text)

    def flush(self):
        pass

    def text(self):
        return "".join(self.parts)


def main(check, cell):
    shown = fcntl.fcntl(1, fcntl.F_DUPFD, 10)
    snapshot = tempfile.TemporaryFile()
    snapshot.write(b"first\nsecond\0" + b"another document, of another user" * 1000)
    snapshot.flush()
    (frames, worker_writes), (worker_reads, replies) = os.pipe(), os.pipe()
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 1100) for end in (frames, replies)]
    for number, handle in ((3, snapshot.fileno()), (1, worker_writes), (0, worker_reads)):
        os.dup2(handle, number)
    os.closerange(4, 10)
    the_host, session = Host(*ends), Session()
    listener = threading.Thread(target=the_host.listen, daemon=True)
    listener.start()
    sys.stdout = output = Output()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reached = lambda what: os.write(shown, f"REACHED: {what}\n".encode())  # noqa: E731

    outcome = session.run(cell)
    for line in output.text().splitlines():
        if line.startswith("REACHED: "):
            os.write(shown, line.encode() + b"\n")
    time.sleep(0.3)
    outcome.update(the_host.outcomes.get(1, {}))
    json.dumps(outcome, ensure_ascii=False).encode()  # as for the history
    if check == "forged_outcome" and (outcome["answer"] or "forged" in outcome["output"]):
        reached(f"the host believes in the outcome {str(outcome)[:200]}")
    if check == "answer_of_other_node" and the_host.nodes["other"]:
        reached("the other node has an answer that it never gave")
    if check == "budget" and abs(the_host.spent - PRICE * len(the_host.prompts)) > 1e-9:
        reached(f"{len(the_host.prompts)} prompts cost {the_host.spent}")
    ids = the_host.answered
    if check == "call_ids" and (len(set(ids)) < len(ids) or not all(type(i) is int and 0 < i < 1 << 63 for i in ids)):
        reached(f"calls were answered that cannot be told apart: {ids}")
    if check == "seal" and the_host.seal != "measured":
        reached("the host believes in another seal")
    if check == "ending" and outcome["ending"] != "done":
        reached(f"the cell was {outcome['ending']}, which nobody did")
    size = sum(len(str(part)) for part in outcome.values())
    if check == "outcome_size" and size > 3_000_000:
        reached(f"an outcome of {size} characters")
    if check == "host_memory" and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak > 200 << 10:
        reached("the host holds more than 200 MB for one worker")
    if check == "quiet":
        before = time.process_time()
        time.sleep(0.5)
        if time.process_time() - before > 0.2:
            reached("it computes after its end")
    if check == "others_unharmed":
        time.sleep(0.5)
        if not listener.is_alive() or not host("llm", prompts=["of another node"]):
            reached("no node has a host any more")
    if check == "next_cell":
        output.parts.clear()
        send(ends[1], {"run": "print(1 + 1)"})
        time.sleep(0.05)  # the first reader gets it
        session.run(json.loads(receive())["run"])
        claimed = the_host.outcomes.get(2, {}).get("output", output.text())
        if claimed != "2\n":
            reached(f"1 + 1 is {claimed[:200]!r}")
    os._exit(FINISHED)


if __name__ == "__main__":
    shown, worker = os.dup(1), os.fork()
    if worker == 0:
        os.close(shown)
        main(sys.argv[1], sys.stdin.read())
    # All nodes live in this one process: if it ends or hangs, so do they.
    end = time.monotonic() + SECONDS
    while True:
        ended, status = os.waitpid(worker, os.WNOHANG | os.WUNTRACED)
        if ended or time.monotonic() > end:
            break
        time.sleep(0.02)
    if not ended or os.WIFSTOPPED(status):
        os.kill(worker, signal.SIGKILL)
        os.write(shown, b"REACHED: the host and all its nodes hang\n")
    elif not os.WIFEXITED(status) or os.WEXITSTATUS(status) != FINISHED:
        os.write(shown, b"REACHED: the host and all its nodes are gone\n")
