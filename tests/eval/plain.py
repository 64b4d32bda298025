"""Plain retrieval, the baseline: the five best chunks by BM25 in one prompt to the same model file, as usual desktop programs do.

plain.py --serve MODEL answers prompts, one JSON string per line. It runs in llama-cpp-python's own virtual environment.
"""

import collections
import json
import math
import os
import pathlib
import re
import select
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests/bench"))
import measure
import peers

CHUNK_WORDS = 200
OVERLAP_WORDS = 40
K1 = 1.2
B = 0.75
BEST = 5
WINDOW = 8192
MAX_OUTPUT_TOKENS = 512
THREADS = 2
TASK = "Answer the question from these passages. Say 'not found' if they do not hold the answer."
# A document is cited if it shares almost as many of the answer's words as the best one.
CITED_SHARE = 0.8
WORD = re.compile(r"\w+")


def words(text):
    return WORD.findall(text.lower())


def chunks(text):
    """Overlapping pieces of about 200 words. Counts words as BM25 does, since lines of a table may hold no spaces."""
    starts = [found.start() for found in WORD.finditer(text)]
    for first in range(0, len(starts), CHUNK_WORDS - OVERLAP_WORDS):
        end = first + CHUNK_WORDS
        yield text[starts[first] : starts[end] if end < len(starts) else len(text)].strip()
        if end >= len(starts):
            break


class Index:
    """BM25 over (path, text) chunks, with the inverse document frequency that Lucene uses."""

    def __init__(self, pieces):
        self.pieces = list(pieces)
        self.counts = [collections.Counter(words(text)) for _, text in self.pieces]
        self.lengths = [sum(counts.values()) for counts in self.counts]
        self.mean_length = sum(self.lengths) / max(1, len(self.lengths))
        self.frequency = collections.Counter(word for counts in self.counts for word in counts)

    def score(self, query, number):
        """Score of one chunk for the words of a query."""
        total, counts = 0.0, self.counts[number]
        for word in set(query):
            if counts[word]:
                found = self.frequency[word]
                rarity = math.log(1 + (len(self.pieces) - found + 0.5) / (found + 0.5))
                length = 1 - B + B * self.lengths[number] / self.mean_length
                total += rarity * counts[word] * (K1 + 1) / (counts[word] + K1 * length)
        return total

    def best(self, question, most=BEST):
        """The chunks with the highest scores above zero, best first."""
        query = words(question)
        scored = [(self.score(query, number), -number) for number in range(len(self.pieces))]
        return [self.pieces[-number] for score, number in sorted(scored, reverse=True)[:most] if score > 0]


def prompt(question, passages):
    shown = "\n\n".join(f"[{number}] {path}\n{text}" for number, (path, text) in enumerate(passages, 1))
    return f"{TASK}\n\n{shown}\n\nQuestion: {question}"


def cited(answer, question, passages):
    """Documents whose passages share most words with the answer, the question's own words aside; else the best passage's document."""
    if not passages or re.match(r"\W*not found\b", answer.lower()):
        return []
    said = set(words(answer)) - set(words(question))
    shares = collections.defaultdict(set)
    for path, text in passages:
        shares[path] |= said & set(words(text))
    most = max(map(len, shares.values()))
    return [path for path, shared in shares.items() if len(shared) >= CITED_SHARE * most] if most else [passages[0][0]]


def documents(plumb, place, home):
    """Paths and texts of a folder's documents. Plumb reads them, so that both systems see the same text."""
    done = subprocess.run([plumb, "files", str(place), "--json", "--text"], capture_output=True, text=True, env={**os.environ, "PLUMB_HOME": str(home)})
    if done.returncode != 0:
        raise RuntimeError(f"plumb files failed on {place}: {done.stderr.strip() or done.stdout[-500:]}")
    read = (json.loads(line) for line in done.stdout.splitlines())
    # Plumb prints documents in the order in which it finishes reading them, which varies.
    return sorted((line["path"], line["text"]) for line in read if line.get("text"))


def model_file(model):
    """The file of a model on this computer, such as local:qwen2.5-coder-1.5b."""
    provider, _, name = model.partition(":")
    if provider != "local":
        raise RuntimeError(f"plain retrieval needs a model on this computer, not {model}")
    folder = pathlib.Path(os.environ.get("PLUMB_MODELS") or measure.cache("models"))
    files = [pathlib.Path(name)] if name.endswith(".gguf") else sorted(folder.glob(f"{name}-instruct-*.gguf"))
    if not files or not files[0].exists():
        raise RuntimeError(f"{model} is not in {folder}. Run scripts/dev-model.sh.")
    return files[0].resolve()


class Plain:
    """Answers like usual desktop programs. The model stays loaded; a folder's first question pays for its index."""

    name = "plain"

    def __init__(self, plumb, model, limit_s, command=None):
        self.plumb, self.limit_s, self.indexes = plumb, limit_s, {}
        self.command = command or [peers.python("llama-cpp-python"), __file__, "--serve", model_file(model)]
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError("llama-cpp-python does not load the model")

    def close(self):
        self.process.kill()
        self.process.wait()

    def complete(self, text):
        """The model's reply: {"text"} or {"error"}."""
        self.process.stdin.write(json.dumps(text) + "\n")
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], self.limit_s)
        line = self.process.stdout.readline() if ready else ""
        if line:
            return json.loads(line)
        self.close()
        self.start()
        return {"error": f"no reply within {self.limit_s} s" if not ready else "the model's process ended", "status": "killed" if not ready else "crashed"}

    def ask(self, question, place, home, _seed):
        if place not in self.indexes:
            self.indexes[place] = Index((path, piece) for path, text in documents(self.plumb, place, home) for piece in chunks(text))
        passages = self.indexes[place].best(question)
        while True:
            reply = self.complete(prompt(question, passages))
            if not reply.get("too_long") or not passages:
                break
            # Numbers take many tokens. The weakest passage gives way.
            passages.pop()
        answer = reply.get("text", "").strip()
        citations = [{"path": path, "place": "", "verified": "place_found"} for path in cited(answer, question, passages)]
        status = reply.get("status") or ("failed" if "error" in reply else "answered")
        trace = prompt(question, passages)
        return {"answer": answer, "citations": citations, "status": status, "error": reply.get("error"), "trace": trace, "raw": reply}


def serve(model):
    """Answers prompts from standard input until it closes."""
    from llama_cpp import Llama

    llama = Llama(model_path=model, n_ctx=WINDOW, n_threads=THREADS, n_threads_batch=THREADS, verbose=False)
    print("ready", flush=True)
    for line in sys.stdin:
        text = json.loads(line)
        llama.reset()
        if len(llama.tokenize(text.encode())) > WINDOW - MAX_OUTPUT_TOKENS - 64:
            reply = {"error": "the passages exceed the model's window", "too_long": True}
        else:
            # A system message of its own keeps the template from inserting the model's default one.
            messages = [{"role": "system", "content": "You are a helpful assistant."}, {"role": "user", "content": text}]
            try:
                done = llama.create_chat_completion(messages, max_tokens=MAX_OUTPUT_TOKENS, temperature=0)
                reply = {"text": done["choices"][0]["message"]["content"] or "", "usage": done["usage"]}
            except (ValueError, RuntimeError) as error:
                reply = {"error": str(error)}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    serve(sys.argv[sys.argv.index("--serve") + 1])
