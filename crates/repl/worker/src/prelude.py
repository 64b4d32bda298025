"""The REPL that a model sees: its names follow the `rlms` library, so that what models learned there works here. Its words stand in prompts/repl.py."""

import _thread
import ast
import collections.abc
from json import dumps, loads
import linecache
import random
import sys
import threading
import traceback

LONGEST_ANSWER = 2_000_000
MOST_THREADS = 200

# What the code of a cell can call.
NAMES = ("llm_query", "llm_query_batched", "rlm_query", "rlm_query_batched", "grep", "search", "files", "lines", "FINAL", "FINAL_VAR", "SHOW_VARS")


def clean(text):
    """Lone surrogates cannot cross the pipe."""
    return str(text).encode("utf-8", "replace").decode("utf-8")


def host(call, **arguments):
    """Asks the program. Raises what it answers, when that is an error."""
    reply = loads(native.call(dumps({"call": call, **arguments})))
    if "error" in reply:
        kind, message = reply["error"]["kind"], reply["error"]["message"]
        raise {"KeyError": Missing, "ValueError": ValueError}.get(kind, RuntimeError)(message)
    return reply["ok"]


class Missing(KeyError):
    """A KeyError whose message is shown as it is, not as a quoted representation."""

    def __str__(self):
        return str(self.args[0]) if self.args else ""


Missing.__name__ = Missing.__qualname__ = "KeyError"
Missing.__module__ = "builtins"


class Row:
    """A result with named fields, which can be read as row.path, row["path"] or row[0]."""

    fields = ()

    def __init__(self, values):
        self.__dict__.update((field, values[field]) for field in self.fields)

    def __iter__(self):
        return (getattr(self, field) for field in self.fields)

    def __getitem__(self, key):
        return getattr(self, key if isinstance(key, str) else self.fields[key])

    def keys(self):
        return list(self.fields)

    def __repr__(self):
        return str(self)


class Hit(Row):
    fields = ("path", "line", "text")

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


class Passage(Row):
    fields = ("path", "start_line", "end_line", "text", "score")

    def __str__(self):
        return f"{self.path}#L{self.start_line}-L{self.end_line}\n{self.text}"


class Results(list):
    """A list whose representation is one result a line, with what was left out."""

    note = ""

    def __repr__(self):
        return "\n".join([str(row) for row in self] + ([self.note] if self.note else [])) or NOTHING_FOUND


class Folder(collections.abc.Mapping):
    """All documents: a read-only mapping of path to text, in path order. A text is read when it is first touched."""

    def __init__(self, documents):
        self._documents = documents
        self._texts = {}
        self._paths = None

    def _list(self):
        if self._paths is None:
            self._paths = dict.fromkeys(host("files"))
        return self._paths

    def __getitem__(self, path):
        if isinstance(path, slice) or isinstance(path, int):
            raise TypeError(IS_A_MAPPING)
        if path not in self._texts:
            self._texts[path] = place(host("text", path=clean(path)))
        return self._texts[path]

    def __iter__(self):
        return iter(self._list())

    def __len__(self):
        return self._documents

    def __contains__(self, path):
        return path in self._list()

    def __repr__(self):
        return FOLDER.format(documents=self._documents)


def place(placement):
    """A text: carried in the frame where there is no snapshot, else the characters in the snapshot."""
    if "text" in placement:
        return placement["text"]
    return native.text(placement["offset"], placement["chars"], placement["kind"], placement["ascii"])


class Session:
    """The variables of one node, and what its code has declared as the answer."""

    def __init__(self, context, seed):
        self.start = context
        self.cell = 0
        self.variables = {"__name__": "__main__", "__builtins__": __builtins__}
        self.names = {name: getattr(self, name) for name in NAMES}
        self.answer = {"content": "", "ready": False}
        self.variables.update(self.names, answer=self.answer)
        if self.start["kind"] == "folder":
            self.variables["context"] = Folder(self.start["documents"])
        elif self.start["kind"] == "placed":
            self.variables["context"] = place(self.start["placement"])
        random.seed(seed)

    # What the model calls.

    def llm_query(self, prompt, model=None):
        """Asks a model once."""
        return self.llm_query_batched([prompt], model)[0]

    def llm_query_batched(self, prompts, model=None):
        """Asks a model once for each prompt, at the same time; replies come in the same order."""
        if isinstance(prompts, str):
            raise TypeError(NOT_A_LIST.format(batched="llm_query_batched", single="llm_query"))
        prompts = [clean(prompt) for prompt in prompts]
        return host("llm", prompts=prompts, model=model) if prompts else []

    def rlm_query(self, prompt, context=None):
        """Asks a child with a REPL of its own, about this context or about the text given."""
        return self.rlm_query_batched([prompt], None if context is None else [context])[0]

    def rlm_query_batched(self, prompts, contexts=None):
        """Asks one child for each prompt, at the same time."""
        if isinstance(prompts, str):
            raise TypeError(NOT_A_LIST.format(batched="rlm_query_batched", single="rlm_query"))
        prompts = [clean(prompt) for prompt in prompts]
        if contexts is not None:
            contexts = [clean(context) for context in contexts]
            if len(contexts) != len(prompts):
                raise ValueError(FEWER_CONTEXTS)
        return host("rlm", prompts=prompts, contexts=contexts) if prompts else []

    def grep(self, pattern, path=None, ignore_case=False, limit=100):
        """Lines that match a regular expression, in all documents or those whose path matches the glob `path`."""
        pattern = clean(getattr(pattern, "pattern", pattern))
        if self.start["kind"] == "placed":
            lines, total = native.grep(self.variables["context"], pattern, bool(ignore_case), int(limit))
            results = Results(Hit({"path": "context", "line": line, "text": text}) for line, text in lines)
            documents = 1
        else:
            found = host("grep", pattern=pattern, path=path, ignore_case=bool(ignore_case), limit=int(limit))
            results = Results(Hit(hit) for hit in found["hits"])
            total, documents = found["total"], found["documents"]
        results.total = total
        if total > len(results):
            results.note = SOME_SHOWN.format(shown=len(results), total=total, documents=documents)
        return results

    def search(self, query, k=5, path=None):
        """The k passages that fit a few words best, in all documents or those whose path matches the glob `path`."""
        return Results(Passage(passage) for passage in host("search", query=clean(query), k=int(k), path=path))

    def files(self, pattern=None):
        """Paths of the documents, in order; all, or those that match a glob."""
        return host("files", pattern=pattern)

    def lines(self, path, first=1, last=None):
        """Lines first to last of a document, numbered from 1, as text."""
        first, last = max(int(first), 1), None if last is None else max(int(last), 0)
        if self.start["kind"] == "placed":
            return native.lines(self.variables["context"], first, last)
        return host("lines", path=clean(path), first=first, last=last)

    def FINAL(self, value=""):
        """Declares the answer."""
        self.answer.update(content=value if isinstance(value, str) else repr(value), ready=True)

    def FINAL_VAR(self, name):
        """Declares a variable's value as the answer."""
        if isinstance(name, str) and name in self.variables:
            return self.FINAL(self.variables[name])
        if isinstance(name, str) and name.isidentifier():
            raise NameError(NO_VARIABLE.format(name=name))
        return self.FINAL(name)

    def SHOW_VARS(self):
        """Names and types of the variables."""
        own = {name: type(value).__name__ for name, value in self.variables.items() if self.is_own(name)}
        return own

    # What the worker calls.

    def is_own(self, name):
        return not name.startswith("_") and name not in self.names and name not in ("answer", "context")

    def run(self, source):
        """Runs one cell: None, or the exception in words."""
        self.cell += 1
        name = f"<cell {self.cell}>"
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        try:
            self.touch(source)
            self.execute(source, name)
        except MemoryError as error:
            native.release_ballast()
            return f"MemoryError: {str(error) or 'out of memory'}. {TOO_BIG}"
        except RecursionError as error:
            return f"RecursionError: {error}"
        except BaseException as error:
            return self.describe(error, name)
        finally:
            native.restore_ballast()
        return None

    def touch(self, source):
        # One document is a real `str`, so it cannot be read lazily by itself: it is read before the first cell that names it.
        if "context" in source and self.start["kind"] == "document" and "context" not in self.variables:
            self.variables["context"] = place(host("text", path=self.start["path"]))

    def execute(self, source, name):
        tree = ast.parse(source, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, name, "exec"), self.variables)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), name, "eval"), self.variables)
            if value is not None:
                print(value if isinstance(value, Results) else repr(value))

    def describe(self, error, name):
        """The exception as a model needs it: its own lines, not the machinery around them."""
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith("<cell")]
        where = "".join(f"  line {frame.lineno}: {frame.line}\n" for frame in own[-4:])
        what = "".join(traceback.format_exception_only(type(error), error)).strip()
        return (where + what).replace(f'File "{name}", ', "")

    def declared(self):
        """The answer, once it is ready."""
        answer = self.variables.get("answer")
        if not isinstance(answer, dict):
            # The model used the name for a value of its own.
            answer = self.answer
        if not answer.get("ready"):
            return None
        content = answer.get("content")
        content = clean(content if isinstance(content, str) else repr(content))
        if len(content) > LONGEST_ANSWER:
            answer["ready"] = False
            raise ValueError(ANSWER_TOO_LONG.format(chars=len(content), limit=LONGEST_ANSWER))
        return content


def limit_threads(start):
    """Threads with small stacks are not held by the limit of memory, and a computer has only so many. The program ends a worker with more."""

    def start_new_thread(*arguments):
        if _thread._count() >= MOST_THREADS:
            raise RuntimeError(TOO_MANY_THREADS.format(limit=MOST_THREADS))
        return start(*arguments)

    _thread.start_new_thread = _thread.start_new = threading._start_new_thread = start_new_thread


limit_threads(_thread.start_new_thread)
sys.setrecursionlimit(2000)
