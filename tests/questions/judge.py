"""Judges an answer by the regexes of its question: lenient in form, strict in value."""
import re
from functools import lru_cache

PASS_MARK = 0.7
SAYS_ABSENT = re.compile(r"""
    (?:\bnot|n['’]t|\bnever)\s+(?:\w+\s+){0,3}?(?:mention|stat|found|find|specif|give|contain|sa(?:y|id)|record|includ|provid|cover|list
      |document|availab|appear|name|describ|discuss|know|present|set\sout|defin|address|reveal|disclos|tell|indicat|written|part\sof|there\b|in\s(?:the|these|this|any))
    |\bno\s+(?:[\w'’-]+\s+){1,4}?(?:is|are|was|were|has\sbeen)\s+(?:\w+ly\s+)?(?:mention|stat|given|set|specif|named|list|found|provid|record|includ|document|defin|indicat)
    |\bno\s+(?:\w+\s+){0,3}?(?:mention|information|record|detail|evidence|reference|answer|data|entry|statement|figure|provision|such|document|file|source)
    |\bthere(?:\s+is|\s+are|'s|’s)\s+(?:no|nothing|none)\b
    |\bnothing\s+(?:\w+\s+){0,3}?(?:about|on|in|that|says?|said|is|states?|mentions?)\b
    |\b(?:cannot|can't|can’t|couldn't|couldn’t|could\snot|unable\sto|did\snot|didn't|didn’t|don't|don’t|do\snot)\s+(?:\w+\s+)?(?:find|tell|see|know|determine|locate|answer)
    |\bnone\s+of\s+(?:the|these|them|your)\b|\b(?:neither|nowhere|silent\s+(?:on|about)|is\s+(?:absent|missing|unknown|unspecified|unstated))\b
    """, re.I | re.X)
LIST_MARKER = re.compile(r"^\s*(?:[-*•]\s*)?\(?\d{1,2}[.)]\s+", re.M)
FILE_NAME = re.compile(r"[\w./-]+\.(?:csv|eml|log|md|pdf|py|toml|txt|xlsx)\b(?::\d+(?:-\d+)?)?")
CITATION_MARK = re.compile(r"\[\^?[a-z]?\d+(?:\s*[,–-]\s*[a-z]?\d+)*\]", re.I)


@lru_cache(maxsize=None)
def compiled(pattern):
    return re.compile(pattern, re.I)


def matches(pattern, text):
    return compiled(pattern).search(text) is not None


def plain(answer):
    """The answer without emphasis, list numbers, citation marks, and without digits and dots in file names."""
    text = CITATION_MARK.sub("", re.sub(r"[*`]|__", "", answer))
    text = FILE_NAME.sub(lambda match: re.sub(r"[\d.]", "", match[0]), text.replace("\u00a0", " ").replace("\u2011", "-").replace("’", "'"))
    return LIST_MARKER.sub("", text)


def content_score(question, text):
    """Score from 0 to 1 by content alone, and the reason."""
    kind = question["kind"]
    if kind == "absent":
        lures = [pattern for pattern in question["none"] if matches(pattern, text)]
        if lures:
            return 0.0, f"gives a lure: {lures[0]}"
        return (1.0, "says that it is not there") if SAYS_ABSENT.search(text) else (0.0, "does not say that it is not there")
    if kind == "list":
        found = sum(any(matches(pattern, text) for pattern in item) for item in question["items"])
        wrong = sum(matches(pattern, text) for pattern in question.get("wrong", []))
        return max(0.0, (found - wrong) / len(question["items"])), f"{found} of {len(question['items'])} items, {wrong} wrong"
    if kind in ("overview", "summary", "contradiction"):
        found = sum(all(matches(pattern, text) for pattern in point) for point in question["points"])
        return found / len(question["points"]), f"{found} of {len(question['points'])} points"
    missing = [pattern for pattern in question["expect"]["all"] if not matches(pattern, text)]
    if missing:
        return 0.0, f"lacks {missing[0]}"
    wrong = [pattern for pattern in question["expect"].get("none", []) if matches(pattern, text)]
    return (0.0, f"says {wrong[0]}") if wrong else (1.0, "all values found")


def judge(question, answer, citations):
    """Score, whether it passes as right, and whether a citation opens. `cited` is true if one names an expected file."""
    score, why = content_score(question, plain(answer))
    open_paths = [citation["path"] for citation in citations if citation.get("verified") != "not_found"]
    expected = question.get("cite", [])
    cited = any(not expected or path in expected or path.endswith(tuple("/" + name for name in expected)) for path in open_paths)
    if question["kind"] != "absent" and not open_paths:
        score, why = 0.0, f"no citation opens ({why})"
    graded = question["kind"] in ("overview", "summary", "contradiction")
    return {"score": score, "right": score >= (PASS_MARK if graded else 1.0), "opens": bool(open_paths), "cited": cited, "why": why}
