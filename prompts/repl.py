"""Words that the REPL's own functions say to a model."""

TOO_BIG = (
    "The text is too big to copy or transform as a whole. Use grep(pattern), search(words) or lines(path, first, last) to get at parts of it, "
    "or slice it: context[a:b]."
)
NOTHING_FOUND = "nothing found"
SOME_SHOWN = "({shown} of {total} matching lines in {documents} documents shown)"
IS_A_MAPPING = "context is a mapping of path to text: use context[path], files() or grep(pattern)"
FOLDER = "<context: {documents} documents; files() lists their paths, context[path] is a text>"
NOT_A_LIST = "{batched} takes a list of prompts; for one prompt use {single}"
FEWER_CONTEXTS = "rlm_query_batched needs as many contexts as prompts"
NO_VARIABLE = "no variable {name!r}; SHOW_VARS() lists them"
ANSWER_TOO_LONG = "the answer has {chars} characters; it may have {limit}. Answer with less."
TOO_MANY_THREADS = "can't start new thread: there may be {limit} at the same time"
