"""Measures how closely an extracted text matches the original, in order."""

import re
import unicodedata

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel, LCSseq

# Direction marks, zero-width joiners and the byte order mark.
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"))
ALIKE = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\u2010": "-", "\u2011": "-", "\u2212": "-", "–": "-"})
# Scripts compared letter by letter: without spaces between words or, as in Korean, with line breaks inside words.
LETTERWISE = re.compile(r"[\u0e00-\u0e7f\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff]|[^\s\u0e00-\u0e7f\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff]+")
SENTENCE_END = re.compile(r"[.!?:;…。！？：；।؟؛”\"»)\]|]\s*\d*[.)\]]?\s*$")


def normal(text):
    """Normalises a text. Ligatures and compatibility characters stay: replacing them is the reader's task."""
    return unicodedata.normalize("NFC", text).translate(INVISIBLE).translate(ALIKE)


def bare(word):
    start, end = 0, len(word)
    while start < end and unicodedata.category(word[start])[0] in "PSZ":
        start += 1
    while end > start and unicodedata.category(word[end - 1])[0] in "PSZ":
        end -= 1
    return word[start:end]


def tokens(text):
    return [token for word in LETTERWISE.findall(normal(text)) if (token := bare(word))]


def without_marks(text, notes):
    """Removes note numbers after a word's punctuation, in brackets, in superscript, or before the note."""
    if not notes:
        return text
    text = re.sub(r"(?<=[.,;:!?。।؟،»”%)])[\u00b9\u00b2\u00b3\u2070\u2074-\u2079]", " ", text)
    numbers = "|".join(str(n) for n in range(1, notes + 1))
    text = re.sub(rf"\[\^?(?:{numbers})\]:?|\((?:{numbers})\)", " ", text)
    return re.sub(rf"(?<=[^\W\d_][.,;:!?।؟]|[%).][.]|.[。؟])(?:{numbers})(?=\s|$|[^\w.,])", " ", text)


def set_apart(lines, expected):
    """Removes running heads and page numbers. Returns the rest and how many of them interrupted a sentence."""
    ignored = [re.compile(pattern) for pattern in expected["ignore"]]
    # In any order: the number in a right-to-left head may be read first.
    running = {" ".join(sorted(tokens(band))) for band in expected["running"]}
    kept, broken, last, cut = [], 0, "", False
    body = {" ".join(tokens(line)) for line in expected["body"]}
    seen = set()
    for line in lines:
        shown = normal(line).strip()
        said = " ".join(tokens(line))
        # A title that doubles as the running head is kept once.
        is_band = " ".join(sorted(said.split())) in running and (said not in body or said in seen)
        is_number = any(pattern.fullmatch(shown) for pattern in ignored) and said not in body
        seen.add(said)
        if shown and (is_band or is_number):
            cut = True
            continue
        if shown:
            if cut and last and not SENTENCE_END.search(last) and shown[0].islower():
                broken += 1
            last, cut = shown, False
        kept.append(line)
    return kept, broken


def numbered(line):
    """Removes a list number or bullet, which the reader may keep or drop."""
    return re.sub(r"^\s*(?:\(?\d{1,2}[.)]|[-*•‣◦▪])\s+", "", line)


def take_note(text, note):
    """Removes a note. Returns the rest, the note's similarity, and whether it interrupted a sentence."""
    found = fuzz.partial_ratio_alignment(note, text, score_cutoff=75)
    if not found:
        return text, 0.0, False
    start, end = found.dest_start, found.dest_end
    before, after = text[:start].rstrip(), text[end:].lstrip(" .。।")
    before = re.sub(r"(?:^|(?<=\s))[\[(]?\^?[\d\u00b9\u00b2\u00b3\u2074-\u2079]{1,2}[\].):]*$", "", before).rstrip()
    broken = bool(before) and not SENTENCE_END.search(before) and after.lstrip()[:1].islower()
    return before + "\n" + after, found.score / 100, broken


def score(extracted, expected):
    """Returns the similarity from 0 to 1, and what interrupted a sentence."""
    lines, broken = set_apart(extracted.split("\n"), expected)
    text = normal("\n".join(numbered(line) for line in lines))
    text = without_marks(text, len(expected["notes"]))
    said, lost = [normal(numbered(line)) for line in expected["body"]], []
    weights = 0.0
    for note in expected["notes"]:
        text, alike, cut = take_note(text, normal(note))
        broken += cut
        if alike:
            weights += len(tokens(note)) * (1 - alike)
        else:
            lost.append(note)
    want = [token for line in [*said, *lost] for token in tokens(line)]
    got = tokens(text)
    if not want and not got:
        return 1.0, broken, []
    alike = Indel.normalized_similarity(want, got) - weights / max(1, len(want))
    return max(0.0, alike), broken, differences(want, got)


def whole_rows(extracted, expected):
    """Counts the rows of tables, and those that are one line with separate cells."""
    def cells(line):
        return tuple(" ".join(tokens(cell)) for cell in normal(line).split(" | "))

    rows = [cells(line) for line in expected["body"] if " | " in line]
    found = {cells(line) for line in extracted.split("\n") if " | " in line}
    return len(rows), sum(row in found for row in rows)


def differences(want, got):
    """The differences, longest first: (expected words, words read)."""
    parts = [(want[o.src_start : o.src_end], got[o.dest_start : o.dest_end]) for o in blocks(LCSseq.opcodes(want, got))]
    return sorted(parts, key=lambda part: -len(part[0]) - len(part[1]))


def blocks(codes):
    """Merges the edits between equal parts into one step each."""
    merged = []
    for code in codes:
        if code.tag == "equal":
            merged.append(None)
        elif merged and merged[-1]:
            merged[-1].src_end, merged[-1].dest_end = code.src_end, code.dest_end
        else:
            merged.append(Step(code))
    return [step for step in merged if step]


class Step:
    def __init__(self, code):
        self.src_start, self.src_end, self.dest_start, self.dest_end = code.src_start, code.src_end, code.dest_start, code.dest_end
