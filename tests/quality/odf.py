"""Writes a text as flat OpenDocument: a document, a workbook of its tables, a presentation. LibreOffice converts these to other formats."""

import re
from xml.sax.saxutils import escape

from source import RIGHT_TO_LEFT, WITHOUT_SPACES, groups, runs

SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{what}:1.0"'
    for name, what in [
        ("office", "office"), ("style", "style"), ("text", "text"), ("table", "table"), ("draw", "drawing"),
        ("fo", "xsl-fo-compatible"), ("svg", "svg-compatible"), ("presentation", "presentation"),
    ]
)
MIMES = {"text": "text", "spreadsheet": "spreadsheet", "presentation": "presentation"}
FONTS = {
    "ar": "Noto Naskh Arabic", "fa": "Noto Naskh Arabic", "he": "Noto Serif Hebrew", "hi": "Noto Serif Devanagari",
    "ja": "Noto Serif CJK JP", "zh-hans": "Noto Serif CJK SC", "zh-hant": "Noto Serif CJK TC", "ko": "Noto Serif CJK KR",
}
COUNTRIES = {"zh-hans": ("zh", "CN"), "zh-hant": ("zh", "TW"), "en": ("en", "GB"), "ja": ("ja", "JP"), "ko": ("ko", "KR")}


def flat(kind, styles, body):
    version = 'office:version="1.3"'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document {SPACES} {version} '
        f'office:mimetype="application/vnd.oasis.opendocument.{MIMES[kind]}">{styles}'
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document>\n"
    )


def language(text):
    code, country = COUNTRIES.get(text.language, (text.language, "none"))
    font = FONTS.get(text.language, "Liberation Serif")
    return " ".join(
        f'{space}:{name}{end}="{value}"'
        for end in ("", "-asian", "-complex")
        for space, name, value in (
            ("fo" if not end else "style", "language", code), ("fo" if not end else "style", "country", country),
            ("style" if end else "fo", "font-family", font),
            ("fo" if not end else "style", "font-size", "11pt"),
        )
    )


def paragraph_runs(text, notes=None, anchor_notes=True):
    """The runs of a paragraph as XML, with its notes at their anchors."""
    out = []
    for kind, words in runs(text):
        if kind == "plain":
            out.append(escape(words))
        elif kind == "note":
            if notes and anchor_notes:
                out.append(
                    f'<text:note text:id="n{words}" text:note-class="footnote"><text:note-citation>{words}</text:note-citation>'
                    f'<text:note-body><text:p text:style-name="Footnote">{escape(notes[words])}</text:p></text:note-body></text:note>'
                )
        else:
            out.append(f'<text:span text:style-name="{kind}">{escape(words)}</text:span>')
    return "".join(out)


def table(rows, name, heading_rows=True):
    def row(cells):
        return "".join(
            f'<table:table-cell table:style-name="cell" office:value-type="string"><text:p>{paragraph_runs(cell)}</text:p></table:table-cell>'
            for cell in cells
        )

    head, *rest = rows
    first = f"<table:table-row>{row(head)}</table:table-row>"
    return (
        f'<table:table table:name="{name}"><table:table-column table:style-name="column" table:number-columns-repeated="{len(head)}"/>'
        + (f"<table:table-header-rows>{first}</table:table-header-rows>" if heading_rows else first)
        + "".join(f"<table:table-row>{row(cells)}</table:table-row>" for cells in rest)
        + "</table:table>"
    )


def document(text, running=True):
    """Writes a document. `running` adds a header and footer to each page."""
    direction = "rl-tb" if text.language in RIGHT_TO_LEFT else "lr-tb"
    align = 'fo:text-align="start"' if text.language in RIGHT_TO_LEFT else 'fo:text-align="justify"'
    bands = ""
    if running:
        bands = (
            f'<style:header><text:p text:style-name="Header">{escape(header(text))}</text:p></style:header>'
            f'<style:footer><text:p text:style-name="Header"><text:page-number>1</text:page-number></text:p></style:footer>'
        )
    heading = "".join(
        f'<style:style style:name="Heading_20_{n}" style:display-name="Heading {n}" style:family="paragraph" style:default-outline-level="{n}" '
        f'style:parent-style-name="Standard"><style:paragraph-properties fo:margin-top="4mm" fo:margin-bottom="2mm" fo:keep-with-next="always" fo:text-align="start"/>'
        f'<style:text-properties fo:font-size="{20 - 3 * n}pt" fo:font-weight="bold"/></style:style>'
        for n in (1, 2, 3)
    )
    fresh_headings = "".join(
        f'<style:style style:name="Break_{n}" style:family="paragraph" style:parent-style-name="Heading_20_{n}"><style:paragraph-properties fo:break-before="page"/></style:style>'
        for n in (1, 2, 3)
    )
    styles = f"""<office:styles>
<style:default-style style:family="paragraph"><style:paragraph-properties style:writing-mode="{direction}"/><style:text-properties {language(text)} fo:hyphenate="true" fo:hyphenation-remain-char-count="2" fo:hyphenation-push-char-count="2"/></style:default-style>
<style:style style:name="Standard" style:family="paragraph"><style:paragraph-properties fo:margin-bottom="2mm" {align}/></style:style>
{heading}
<style:style style:name="Footnote" style:family="paragraph" style:parent-style-name="Standard"><style:text-properties fo:font-size="9pt"/></style:style>
<style:style style:name="Header" style:family="paragraph"><style:text-properties fo:font-size="9pt"/></style:style>
<style:style style:name="Quotations" style:family="paragraph" style:parent-style-name="Standard"><style:paragraph-properties fo:margin-left="10mm" fo:margin-right="10mm"/></style:style>
<text:notes-configuration text:note-class="footnote" style:num-format="1" text:footnotes-position="page" text:start-numbering-at="document"/>
</office:styles>
<office:automatic-styles>
<style:style style:name="bold" style:family="text"><style:text-properties fo:font-weight="bold" style:font-weight-complex="bold"/></style:style>
<style:style style:name="slanted" style:family="text"><style:text-properties fo:font-style="italic"/></style:style>
<style:style style:name="cell" style:family="table-cell"><style:table-cell-properties fo:border="0.5pt solid #888888" fo:padding="1mm"/></style:style>
<style:style style:name="break" style:family="paragraph" style:parent-style-name="Standard"><style:paragraph-properties fo:break-before="page"/></style:style>
{fresh_headings}
<style:style style:name="columns" style:family="section"><style:section-properties><style:columns fo:column-count="2" fo:column-gap="6mm"/></style:section-properties></style:style>
<text:list-style style:name="bullets"><text:list-level-style-bullet text:level="1" text:bullet-char="•"><style:list-level-properties text:space-before="5mm" text:min-label-width="5mm"/></text:list-level-style-bullet></text:list-style>
<text:list-style style:name="numbers"><text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."><style:list-level-properties text:space-before="5mm" text:min-label-width="6mm"/></text:list-level-style-number></text:list-style>
<style:page-layout style:name="page"><style:page-layout-properties fo:page-width="210mm" fo:page-height="297mm" fo:margin="22mm" style:writing-mode="{direction}"/><style:header-style/><style:footer-style/></style:page-layout>
</office:automatic-styles>
<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="page">{bands}</style:master-page></office:master-styles>
"""
    body, tables, fresh = [], 0, False
    for kind, blocks in groups(text.blocks):
        first = blocks[0]
        if kind in ("title", "heading", "subheading"):
            level = ["title", "heading", "subheading"].index(kind) + 1
            style = f"Break_{level}" if fresh else f"Heading_20_{level}"
            fresh = False
            body.append(f'<text:h text:style-name="{style}" text:outline-level="{level}">{paragraph_runs(first.text, text.notes)}</text:h>')
        elif kind in ("item", "numbered"):
            style = "bullets" if kind == "item" else "numbers"
            items = "".join(f'<text:list-item><text:p text:style-name="Standard">{paragraph_runs(b.text, text.notes)}</text:p></text:list-item>' for b in blocks)
            body.append(f'<text:list text:style-name="{style}">{items}</text:list>')
        elif kind == "table":
            tables += 1
            body.append(table(first.rows, f"Table{tables}"))
        elif kind == "columns":
            body.append('<text:section text:style-name="columns" text:name="Columns">')
        elif kind == "end":
            body.append("</text:section>")
        elif kind == "page":
            fresh = True
        else:
            style = "break" if fresh else "Quotations" if kind == "quote" else "Standard"
            fresh = False
            body.append(f'<text:p text:style-name="{style}">{paragraph_runs(first.text, text.notes)}</text:p>')
    return flat("text", styles, "".join(body))


def header(text):
    """The page header: the title's first words and a file number, so that it equals no line of the text."""
    return f"{text.title[:6]} 7" if text.language in WITHOUT_SPACES else " ".join([*text.title.split()[:3], "7"])


def number(cell):
    """The value of a cell that holds a plain number."""
    return float(cell) if re.fullmatch(r"\d+(\.\d+)?", cell) else None


def workbook(sheets):
    """Writes a workbook. `sheets` is a list of (name, rows)."""
    body = []
    for name, rows in sheets:
        lines = []
        for cells in rows:
            line = ""
            for cell in cells:
                value = number(cell)
                kind = 'office:value-type="string"' if value is None else f'office:value-type="float" office:value="{value:g}"'
                line += f"<table:table-cell {kind}><text:p>{escape(cell)}</text:p></table:table-cell>"
            lines.append(f"<table:table-row>{line}</table:table-row>")
        body.append(f'<table:table table:name="{escape(name)}">{"".join(lines)}</table:table>')
    return flat("spreadsheet", "", "".join(body))


def frame(kind, top, height, content):
    return (
        f'<draw:frame presentation:class="{kind}" draw:style-name="box" svg:x="20mm" svg:y="{top}mm" svg:width="240mm" svg:height="{height}mm">{content}</draw:frame>'
    )


def presentation(text):
    """Writes one slide for each part between `---`; lines that begin with "> " become its speaker notes."""
    parts = [[]]
    for block in text.blocks:
        if block.kind == "page":
            parts.append([])
        else:
            parts[-1].append(block)
    direction = "rl-tb" if text.language in RIGHT_TO_LEFT else "lr-tb"
    styles = f"""<office:styles><style:default-style style:family="graphic"><style:paragraph-properties style:writing-mode="{direction}"/><style:text-properties {language(text)}/></style:default-style></office:styles>
<office:automatic-styles><style:page-layout style:name="page"><style:page-layout-properties fo:page-width="280mm" fo:page-height="210mm" fo:margin="0mm"/></style:page-layout>
<style:style style:name="column" style:family="table-column"><style:table-column-properties style:column-width="60mm"/></style:style>
<style:style style:name="box" style:family="presentation"><style:graphic-properties draw:stroke="none" draw:fill="none"/></style:style>
<style:style style:name="bold" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>
<style:style style:name="slanted" style:family="text"><style:text-properties fo:font-style="italic"/></style:style>
<text:list-style style:name="bullets"><text:list-level-style-bullet text:level="1" text:bullet-char="•"><style:list-level-properties text:space-before="5mm" text:min-label-width="5mm"/></text:list-level-style-bullet></text:list-style></office:automatic-styles>
<office:master-styles><style:master-page style:name="Default" style:page-layout-name="page"/></office:master-styles>"""
    pages = []
    for n, blocks in enumerate(parts, 1):
        title = next((b for b in blocks if b.kind in ("title", "heading")), None)
        said = [b for b in blocks if b.kind == "quote"]
        rest = [b for b in blocks if b is not title and b not in said]
        frames = frame("title", 15, 30, f"<draw:text-box><text:p>{paragraph_runs(title.text)}</text:p></draw:text-box>") if title else ""
        words, tables = "", ""
        for kind, group in groups(rest):
            if kind == "table":
                tables += frame("table", 120, 60, table(group[0].rows, f"T{n}", False))
            elif kind in ("item", "numbered"):
                items = "".join(f"<text:list-item><text:p>{paragraph_runs(b.text)}</text:p></text:list-item>" for b in group)
                words += f'<text:list text:style-name="bullets">{items}</text:list>'
            else:
                words += f"<text:p>{paragraph_runs(group[0].text)}</text:p>"
        if words:
            frames += frame("outline", 50, 65, f"<draw:text-box>{words}</draw:text-box>")
        frames += tables
        if said:
            spoken = "".join(f"<text:p>{paragraph_runs(b.text)}</text:p>" for b in said)
            frames += f'<presentation:notes>{frame("notes", 120, 100, f"<draw:text-box>{spoken}</draw:text-box>")}</presentation:notes>'
        pages.append(f'<draw:page draw:name="page{n}" draw:master-page-name="Default">{frames}</draw:page>')
    return flat("presentation", styles, "".join(pages))
