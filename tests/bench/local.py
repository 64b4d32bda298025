"""The built-in model beside llama-cpp-python, alternating, with the same file, threads and prompts; and the tokens that a turn re-reads."""

import contextlib
import json
import os
import pathlib
import struct
import subprocess
import time

import measure
import peers

FILE = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
ROUNDS = 5
WINDOW = 4096
WRITTEN = 64
TURNS = 6
AT_ONCE = 4


class Llama(measure.Piped):
    """The process plumb-llama, driven through its frames."""

    def __init__(self, programs, model):
        self.process = subprocess.Popen([programs / "plumb-llama"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.asked = 0
        self.send({"op": "load", "model": str(model), "window": WINDOW})
        while (event := self.receive())["event"] != "loaded":
            if event["event"] == "failed":
                raise RuntimeError(event["message"])
        self.threads = event["threads"]

    def send(self, frame):
        text = json.dumps(frame).encode()
        self.process.stdin.write(struct.pack("<I", len(text)) + text)
        self.process.stdin.flush()

    def receive(self):
        (length,) = struct.unpack("<I", self.process.stdout.read(4))
        return json.loads(self.process.stdout.read(length))

    def begin(self, messages, tokens, grows=False):
        self.asked += 1
        sampling = {"temperature": 0.0, "top_k": 20, "top_p": 0.8, "seed": 1}
        self.send({"op": "complete", "id": self.asked, "job": {"messages": messages, "max_output_tokens": tokens, "grows": grows, **sampling}})

    def finished(self):
        """Waits for the next finished reply. Returns its event, its text and the time of its first piece."""
        text, first = "", None
        while (event := self.receive())["event"] == "text":
            first = first or time.perf_counter()
            text += event["text"]
        if event["event"] != "done":
            raise RuntimeError(event)
        return event, text, first

    def ask(self, messages, tokens=WRITTEN, grows=False):
        since = time.perf_counter()
        self.begin(messages, tokens, grows)
        event, text, first = self.finished()
        return event["usage"], text, first - since, time.perf_counter() - first


class Peer(measure.Piped):
    """llama-cpp-python in its own virtual environment."""

    def __init__(self, model, threads):
        script = pathlib.Path(__file__).with_name("llama_peer.py")
        command = [peers.python("llama-cpp-python"), script, model, str(WINDOW), str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError("llama-cpp-python does not load the model")

    def ask(self, messages):
        self.process.stdin.write(json.dumps({"messages": messages, "tokens": WRITTEN}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def user(text):
    return {"role": "user", "content": text}


def begun(text):
    """A conversation. Without a system message the peer would insert the model's default one."""
    return [{"role": "system", "content": "You are a sailor."}, user(text)]


def prompt(number, lines=55):
    """A prompt of about a thousand tokens, different in each round."""
    text = "".join(f"{number}.{line}: station {line * 37 % 91} reports {line * number % 17} ships and calm water\n" for line in range(lines))
    return f"Round {number}.\n{text}\nTell the story of these ships in many words."


def speed(programs, folder):
    model = pathlib.Path(os.environ.get("PLUMB_MODELS") or measure.cache("models")) / FILE
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(Llama(programs, model))
        peer = stack.enter_context(Peer(model, ours.threads))
        read, wrote, peer_read, peer_wrote = [], [], [], []
        for number in range(1, ROUNDS + 2):
            usage, _, prompt_s, reply_s = ours.ask(begun(prompt(number)))
            theirs = peer.ask(begun(prompt(number)))
            if number == 1:
                # The first round only warms up both.
                continue
            new = usage["input_tokens"] - usage["cached_input_tokens"]
            if abs(usage["input_tokens"] - theirs["read"]) > 10:
                raise RuntimeError(f"Plumb reads {usage['input_tokens']} tokens and the peer {theirs['read']}")
            read.append(new / prompt_s), wrote.append((usage["output_tokens"] - 1) / reply_s)
            peer_read.append(theirs["read"] / theirs["prompt_s"]), peer_wrote.append((theirs["written"] - 1) / theirs["reply_s"])
        for what, mine, other in (("read", read, peer_read), ("written", wrote, peer_wrote)):
            mine, other = measure.median(mine), measure.median(other)
            line = f"{f'prompt and reply: tokens {what} a second':<64} {mine:8.1f}     llama-cpp-python {other:8.1f}   ours/peer {mine / other:6.2f}   wanted >= 0.95"
            print(line + ("" if mine >= 0.95 * other else "  MISSED"), flush=True)
        together(ours, measure.median(wrote))
        turns(ours)


def together(llama, alone):
    """Several replies at once, which share each pass over the model's weights."""
    prompts = [begun(f"Write a long story about the number {number}.") for number in range(AT_ONCE)]
    since = time.perf_counter()
    for messages in prompts:
        llama.begin(messages, WRITTEN)
    tokens, done = 0, 0
    while done < AT_ONCE:
        event = llama.receive()
        if event["event"] == "done":
            tokens, done = tokens + event["usage"]["output_tokens"], done + 1
    rate = tokens / (time.perf_counter() - since)
    measure.tell(f"{AT_ONCE} replies at once, prompts included: tokens written a second", f"{rate:8.1f}     one alone {alone:8.1f}   ratio {rate / alone:6.2f}")


def turns(llama):
    """A growing conversation: each turn must read only its new tokens, and then starts to answer."""
    conversation, again, known, first_text = begun(prompt(99)), 0, 0, []
    for turn in range(TURNS):
        usage, text, first, _ = llama.ask(conversation, 24, grows=True)
        new = usage["input_tokens"] - known
        again += usage["input_tokens"] - usage["cached_input_tokens"] - new
        known = usage["input_tokens"] + usage["output_tokens"]
        first_text.append((first, usage["input_tokens"] - usage["cached_input_tokens"]))
        conversation += [{"role": "assistant", "content": text}, user(f"Output {turn}: {'ok ' * 40}\nGo on.")]
    share = again / known
    words = ", ".join(f"{first:.2f} s for {read}" for first, read in first_text)
    # All turns but the first add equally many tokens to an ever longer conversation.
    later = [first / read for first, read in first_text[1:]]
    words += f"   last / second turn {later[-1] / later[0]:.2f}, wanted <= 1.2{'' if later[-1] <= 1.2 * later[0] else '  MISSED'}"
    measure.tell(f"{TURNS} turns: tokens read again", f"{again} of {known} ({share:.1%})   wanted < 10 %{'' if share < 0.1 else '  MISSED'}")
    measure.tell("   time to the first token, and the tokens that were new", words)
