"""Parses the texts in texts/, a small markup around plain sentences.

    # Title, ## Heading, ### Subheading
    - item, 1. item               lists
    | a | b |                     a table; its first row is the heading row
    > quoted words
    :::columns ... :::            text in two columns
    ---                           a new page, a new slide
    [^1] in a paragraph, and a line `[^1]: words`   a note
    *slanted* and **bold**, also within a word

Every other line is a paragraph of its own.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

TEXTS = Path(__file__).parent / "texts"
# Languages written from right to left.
RIGHT_TO_LEFT = {"ar", "fa", "he"}
# Languages written without spaces between words.
WITHOUT_SPACES = {"ja", "zh-hans", "zh-hant"}

NOTE = re.compile(r"\[\^(\d+)\]")
RUN = re.compile(r"\*\*(.+?)\*\*|\*(.+?)\*|\[\^(\d+)\]")


@dataclass
class Block:
    """kind: title, heading, subheading, text, item, numbered, quote, table, columns, end, page."""

    kind: str
    text: str = ""
    rows: list = field(default_factory=list)


@dataclass
class Text:
    name: str
    language: str
    blocks: list
    notes: dict

    @property
    def title(self):
        return next(b.text for b in self.blocks if b.kind == "title")

    def tables(self):
        return [b.rows for b in self.blocks if b.kind == "table"]


def runs(text):
    """Splits a paragraph into ("plain" | "bold" | "slanted", words) and ("note", number)."""
    at = 0
    for found in RUN.finditer(text):
        if found.start() > at:
            yield "plain", text[at : found.start()]
        bold, slanted, note = found.groups()
        yield ("bold", bold) if bold else ("slanted", slanted) if slanted else ("note", note)
        at = found.end()
    if at < len(text):
        yield "plain", text[at:]


def plain(text):
    """A paragraph as plain text, without note marks."""
    return "".join(words for kind, words in runs(text) if kind != "note")


def parse(name, lines):
    blocks, notes, open_columns = [], {}, False
    for line in lines:
        line = line.strip()
        last = blocks[-1].kind if blocks else ""
        if not line:
            # An empty line ends a table.
            blocks.append(Block("gap"))
        elif note := re.match(r"\[\^(\d+)\]:\s*(.*)", line):
            notes[note[1]] = note[2]
        elif line.startswith("|"):
            if last != "table":
                blocks.append(Block("table"))
            blocks[-1].rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif line.startswith(":::"):
            blocks.append(Block("end" if open_columns else "columns"))
            open_columns = not open_columns
        elif line == "---":
            blocks.append(Block("page"))
        else:
            number = re.match(r"\d+\. ", line)
            kinds = [("### ", "subheading"), ("## ", "heading"), ("# ", "title"), ("- ", "item"), ("> ", "quote")]
            kind, mark = next(((kind, mark) for mark, kind in kinds if line.startswith(mark)), ("text", ""))
            if number:
                kind, mark = "numbered", number[0]
            blocks.append(Block(kind, line[len(mark) :]))
    return Text(name, name.split(".")[0], [b for b in blocks if b.kind != "gap"], notes)


def read(path):
    return parse(path.stem, path.read_text(encoding="utf-8").splitlines())


def groups(blocks):
    """Groups consecutive list items of the same kind: (kind, [block, ...])."""
    found = []
    for block in blocks:
        if found and block.kind in ("item", "numbered") and found[-1][0] == block.kind:
            found[-1][1].append(block)
        else:
            found.append((block.kind, [block]))
    return found


def documents():
    return [read(path) for path in sorted(TEXTS.glob("*.md")) if not path.stem.endswith(".slides")]


def slides():
    return [read(path) for path in sorted(TEXTS.glob("*.slides.md"))]
