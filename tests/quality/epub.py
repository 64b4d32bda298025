"""Writes a text as an e-book with one chapter per heading, as publishers do; LibreOffice puts everything into one."""

import io
import zipfile
from html import escape

import source
import web
from source import Block, Text


def chapters(text):
    parts = [[]]
    for block in text.blocks:
        if block.kind == "heading" and any(b.kind != "title" for b in parts[-1]):
            parts.append([])
        parts[-1].append(block)
    for blocks in parts:
        title = next((source.plain(b.text) for b in blocks if b.kind in ("title", "heading")), "")
        marked = {n for b in blocks for kind, n in source.runs(b.text) if kind == "note"}
        yield title, Text(text.name, text.language, blocks or [Block("text", "")], {n: text.notes[n] for n in sorted(marked)})


def book(text):
    parts = list(chapters(text))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        def put(name, content):
            made.writestr(zipfile.ZipInfo(name, (2024, 5, 14, 7, 30, 0)), content, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)

        put("mimetype", "application/epub+zip")
        put("META-INF/container.xml", '<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>')
        items = "".join(f'<item id="c{n}" href="part%20{n}.xhtml" media-type="application/xhtml+xml"/>' for n in range(1, len(parts) + 1))
        spine = "".join(f'<itemref idref="c{n}"/>' for n in range(1, len(parts) + 1))
        put("OEBPS/book.opf", f'<?xml version="1.0" encoding="UTF-8"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">{escape(text.name)}</dc:identifier><dc:title>{escape(text.title)}</dc:title><dc:language>{text.language}</dc:language></metadata><manifest><item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>{items}</manifest><spine>{spine}</spine></package>')
        links = "".join(f'<li><a href="part%20{n}.xhtml">{escape(title)}</a></li>' for n, (title, _) in enumerate(parts, 1))
        put("OEBPS/nav.xhtml", f'<?xml version="1.0" encoding="UTF-8"?><html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><head><title>Contents</title></head><body><nav epub:type="toc"><ol>{links}</ol></nav></body></html>')
        for n, (title, part) in enumerate(parts, 1):
            put(f"OEBPS/part {n}.xhtml", f'<?xml version="1.0" encoding="UTF-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>{escape(title)}</title></head><body>{web.body(part)}</body></html>')
    return out.getvalue()
