#!/usr/bin/env python3
"""Turns the texts in texts/ into every format with several producers, and writes the expected text of each to index.jsonl.

    make.py [FOLDER]    the default is /tmp/quality
"""

import csv
import io
import json
import sys
from email.message import EmailMessage
from pathlib import Path

import epub
import odf
import outlook
import source
import tex
import web
import word
from office import Office, print_page

ENCODINGS = {
    "en": ["utf-8", "utf-16", "utf-16-be", "utf-32"], "de": ["cp1252", "utf-8-sig"], "fr": ["cp1252", "iso-8859-15"], "es": ["cp1252"],
    "pl": ["cp1250", "iso-8859-2"], "cs": ["cp1250"], "el": ["cp1253"], "ru": ["cp1251", "koi8-r", "iso-8859-5"], "tr": ["cp1254"], "vi": ["cp1258", "utf-8"],
    "ar": ["cp1256", "utf-8"], "he": ["cp1255"], "fa": ["utf-8"], "hi": ["utf-8"], "ja": ["shift_jis", "euc_jp", "iso2022_jp"],
    "zh-hans": ["gb18030"], "zh-hant": ["big5"], "ko": ["euc_kr"],
}
PAGE_NUMBER = r"[-–—\s]*\d+[-–—\s]*"


class Made:
    """The output folder and its index."""

    def __init__(self, folder):
        self.folder = folder
        self.entries = []

    def path(self, kind, producer, text, extension=None):
        folder = self.folder / kind / producer.replace(" ", "-").replace(",", "")
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{text.name}.{extension or kind}"

    def add(self, path, kind, producer, text, reference, ignore=(), running=()):
        if not Path(path).exists():
            print(f"could not make {path}", file=sys.stderr)
            return
        if kind == "pdf":
            # A table that continues on the next page repeats its heading row there.
            running = [*running, *(" ".join(map(source.plain, rows[0])) for rows in text.tables())]
        entry = {"path": str(Path(path).relative_to(self.folder)), "format": kind, "producer": producer, "language": text.language}
        self.entries.append({**entry, **reference, "ignore": list(ignore), "running": list(running)})

    def write(self):
        lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in self.entries)
        (self.folder / "index.jsonl").write_text(lines, encoding="utf-8")


def reference(text):
    """The body in reading order, and the notes, which may appear anywhere except inside a sentence."""
    body = []
    for block in text.blocks:
        if block.kind == "table":
            body += [" | ".join(source.plain(cell) for cell in row) for row in block.rows]
        elif block.text:
            body.append(source.plain(block.text))
    return {"body": body, "notes": [source.plain(note) for note in text.notes.values()]}


def text_documents(made, office, texts, drafts):
    plain, running = drafts / "plain", drafts / "running"
    for folder, with_bands in ((plain, False), (running, True)):
        folder.mkdir(exist_ok=True)
        for text in texts:
            (folder / f"{text.name}.fodt").write_text(odf.document(text, with_bands), encoding="utf-8")
    # LibreOffice drops the heading rows of tables from e-books, so they are not expected.
    headless = [source.Text(t.name, t.language, [source.Block(b.kind, b.text, b.rows[1:]) for b in t.blocks], t.notes) for t in texts]
    for kind in ("odt", "docx", "doc", "rtf", "html", "epub", "pdf"):
        for folder, producer in ((plain, "LibreOffice"), (running, "LibreOffice, running head")):
            if folder is running and kind in ("html", "epub"):
                continue
            target = made.path(kind, producer, texts[0]).parent
            office.convert([folder / f"{text.name}.fodt" for text in texts], kind, target)
            for text in headless if kind == "epub" else texts:
                bands = [odf.header(text)] if folder is running else []
                ignore = [PAGE_NUMBER] if folder is running else []
                made.add(target / f"{text.name}.{kind}", kind, producer, text, reference(text), ignore, bands)


def pages(made, texts, drafts):
    styles = {
        "Chromium": ("", False),
        "Chromium, columns": ("body { columns: 2; column-gap: 8mm; font-size: 10pt; text-align: justify } table { font-size: 7pt; width: 100% }", False),
        "Chromium, running foot": (".columns { columns: 2 }", True),
    }
    for text in texts:
        font = odf.FONTS.get(text.language, "")
        path = made.path("html", "ours", text)
        path.write_text(web.page(text, font=font), encoding="utf-8")
        made.add(path, "html", "ours", text, reference(text))
        path = made.path("docx", "as Word writes", text)
        path.write_bytes(word.document(text, odf.header(text)))
        made.add(path, "docx", "as Word writes", text, reference(text), running=[odf.header(text)])
        path = made.path("epub", "ours, chapters", text)
        path.write_bytes(epub.book(text))
        made.add(path, "epub", "ours, chapters", text, reference(text))
        for producer, (style, banded) in styles.items():
            band = odf.header(text) if banded else ""
            draft = drafts / "page.html"
            draft.write_text(web.page(text, style, band, font), encoding="utf-8")
            path = made.path("pdf", producer, text)
            print_page(draft, path)
            made.add(path, "pdf", producer, text, reference(text), running=[band] if band else [])


def typeset(made, texts):
    for text in texts:
        for two in (False, True):
            for program, name in (("lualatex", "LuaTeX"), ("xelatex", "XeTeX"), ("pdflatex", "pdfTeX")):
                fits = {"lualatex": text.language in source.RIGHT_TO_LEFT, "xelatex": text.language not in source.RIGHT_TO_LEFT, "pdflatex": text.language in tex.OLD_FONTS}
                if not fits[program]:
                    continue
                producer = f"{name}, two columns" if two else name
                path = made.path("pdf", producer, text)
                tex.typeset(tex.document(text, two, program == "pdflatex"), path, program)
                made.add(path, "pdf", producer, text, reference(text), [PAGE_NUMBER], [odf.header(text)])


def slides(made, office, texts, drafts):
    for text in texts:
        (drafts / f"{text.name}.fodp").write_text(odf.presentation(text), encoding="utf-8")
    decks = office.convert([drafts / f"{text.name}.fodp" for text in texts], "odp", drafts / "decks")
    for kind in ("odp", "pptx", "ppt", "pdf"):
        producer = "LibreOffice, slides" if kind == "pdf" else "LibreOffice"
        target = made.path(kind, producer, texts[0]).parent
        office.convert(decks, kind, target)
        for text in texts:
            # A deck printed to PDF has no speaker notes.
            blocks = [b for b in text.blocks if not (b.kind == "quote" and kind == "pdf")]
            spoken = [source.plain(b.text) for b in blocks if b.kind == "quote"]
            rest = source.Text(text.name, text.language, [b for b in blocks if b.kind != "quote"], {})
            said = {**reference(rest), "notes": spoken}
            made.add(target / f"{text.name}.{kind}", kind, producer, text, said, [r"(?i)slide \d+.*", r"(?i)notes?:?", PAGE_NUMBER])


def sheets(made, office, texts, drafts):
    texts = [text for text in texts if text.tables()]

    def rows(text):
        """The rows with numbers as a cell stores them: 0.30 becomes 0.3."""
        return [[[f"{value:g}" if (value := odf.number(cell)) is not None else source.plain(cell) for cell in row] for row in table] for table in text.tables()]

    for text in texts:
        named = [(f"Sheet {n}", table) for n, table in enumerate(rows(text), 1)]
        (drafts / f"{text.name}.fods").write_text(odf.workbook(named), encoding="utf-8")
    books = [drafts / f"{text.name}.fods" for text in texts]
    for kind in ("ods", "xlsx", "xls"):
        target = made.path(kind, "LibreOffice", texts[0]).parent
        office.convert(books, kind, target)
        for text in texts:
            body = [" | ".join(row) for table in rows(text) for row in table]
            made.add(target / f"{text.name}.{kind}", kind, "LibreOffice", text, {"body": body, "notes": []}, [r"(?i)#* *(sheet:? )?sheet \d+.*"])
    for text in texts:
        out = io.StringIO()
        csv.writer(out).writerows(rows(text)[0])
        path = made.path("csv", "ours", text)
        path.write_text(out.getvalue(), encoding="utf-8")
        made.add(path, "csv", "ours", text, {"body": out.getvalue().splitlines(), "notes": []})


def plain_lines(text):
    said = reference(text)
    return said["body"] + said["notes"]


def encoded(made, texts):
    for text in texts:
        for encoding in ENCODINGS[text.language]:
            content = "\n\n".join(plain_lines(text)) + "\n"
            stored = content.encode(encoding, "ignore")
            if encoding == "utf-16-be":
                stored = b"\xfe\xff" + stored
            path = made.path("txt", encoding, text)
            path.write_bytes(stored)
            # Characters that the encoding lacks are not expected.
            lines = stored.removeprefix(b"\xfe\xff").decode(encoding, "ignore").split("\n\n") if encoding == "utf-16-be" else stored.decode(encoding).split("\n\n")
            made.add(path, "txt", encoding, text, {"body": lines, "notes": []})


HEADERS = [r"(?i)(from|to|cc|date|sent|subject|attachments?|message-id|reply-to)\b.*"]


def mails(made, texts):
    for text in texts:
        lines = [line for line in plain_lines(text)[1:]]
        said = {"body": lines, "notes": []}
        charset = next((e for e in ENCODINGS[text.language] if e not in ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "cp1258")), "utf-8")
        body = "\n\n".join(lines) + "\n"
        letters = []
        for producer, mark, transfer in (("quoted-printable", charset, "quoted-printable"), ("base64", "utf-8", "base64"), ("web page", "utf-8", None)):
            letter = EmailMessage()
            letter["Subject"], letter["From"], letter["To"] = text.title, "Works <works@works.example>", "Committee <committee@works.example>"
            letter["Date"] = "Tue, 14 May 2024 07:30:00 +0000"
            if transfer:
                letter.set_content(body.encode(mark, "ignore").decode(mark), charset=mark, cte=transfer)
            else:
                letter.set_content(web.page(text), subtype="html", cte="quoted-printable")
            path = made.path("eml", producer, text)
            path.write_bytes(letter.as_bytes())
            kept = [line.encode(mark, "ignore").decode(mark) for line in lines] if transfer else plain_lines(text)
            made.add(path, "eml", producer, text, {"body": kept, "notes": []}, HEADERS)
            letters.append(letter)
        path = made.path("msg", "ours", text)
        path.write_bytes(outlook.message(text.title, ("Works", "works@works.example"), [("Committee", "committee@works.example")], body, [], 1_715_671_800))
        made.add(path, "msg", "ours", text, said, HEADERS)


def notebooks(made, texts):
    for text in texts:
        lines = plain_lines(text)
        cells = [
            {"cell_type": "markdown", "id": f"c{n}", "metadata": {}, "source": line} if n % 3 else
            {"cell_type": "code", "id": f"c{n}", "metadata": {}, "execution_count": n, "source": "", "outputs": [{"output_type": "stream", "name": "stdout", "text": [line + "\n"]}]}
            for n, line in enumerate(lines, 1)
        ]
        path = made.path("ipynb", "ours", text)
        path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}), encoding="utf-8")
        made.add(path, "ipynb", "ours", text, {"body": lines, "notes": []}, [r"(?i)(cell|output|in|out)\b.{0,20}", r"```.*"])


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "/tmp/quality").resolve()
    drafts = folder / ".drafts"
    drafts.mkdir(parents=True, exist_ok=True)
    made, office = Made(folder), Office(drafts)
    texts, decks = source.documents(), source.slides()
    text_documents(made, office, texts, drafts)
    slides(made, office, decks, drafts)
    sheets(made, office, texts, drafts)
    encoded(made, texts)
    mails(made, texts)
    notebooks(made, texts)
    pages(made, texts, drafts)
    typeset(made, texts)
    made.write()
    print(f"{len(made.entries)} documents in {folder}")


if __name__ == "__main__":
    sys.exit(main())
