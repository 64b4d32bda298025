"""Writes a text as Word would: words cut into runs, fields, tracked changes, text boxes, content controls, merged cells."""

import io
import zipfile
from xml.sax.saxutils import escape

from source import RIGHT_TO_LEFT, groups, runs

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
SPACES = (
    f'{W} xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
START = "application/vnd.openxmlformats-officedocument.wordprocessingml"
DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def run(words, look=""):
    """A run of text; non-breaking hyphens and tabs become elements."""
    inner = ""
    for n, part in enumerate(words.split("\u2011")):
        inner += ("<w:noBreakHyphen/>" if n else "") + f'<w:t xml:space="preserve">{escape(part)}</w:t>'
    return f'<w:r w:rsidR="00A77427"><w:rPr>{look}<w:lang w:val="en-GB"/></w:rPr>{inner}</w:r>'


def scattered(words):
    """Splits words into runs, as editing does, with spell-checker marks between them."""
    out, at = "", 0
    for n, size in enumerate([7, 13, 5, 29] * (len(words) // 50 + 1)):
        piece = words[at : at + size]
        if not piece:
            break
        out += run(piece) + ('<w:proofErr w:type="spellStart"/><w:bookmarkStart w:id="9" w:name="_x"/><w:bookmarkEnd w:id="9"/>' if n % 3 == 0 else "")
        at += size
    return out + run(words[at:])


def paragraph(text, style="", number=0, wrap=None):
    looks = {"bold": "<w:b/>", "slanted": "<w:i/>"}
    inner = ""
    for kind, words in runs(text):
        if kind == "note":
            inner += f'<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteReference w:id="{int(words) + 1}"/></w:r>'
        else:
            inner += run(words, looks[kind]) if kind in looks else scattered(words)
    if wrap:
        inner = wrap(inner)
    numbering = f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>' if number else ""
    style = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{style}{numbering}</w:pPr>{inner}</w:p>"


def changed(inner):
    """Adds a tracked deletion, which is not part of the text, and a tracked insertion, which is."""
    struck = '<w:del w:id="3" w:author="office"><w:r><w:delText xml:space="preserve">This was struck out. </w:delText></w:r></w:del>'
    return f'{struck}<w:ins w:id="4" w:author="office">{inner}</w:ins>'


def linked(inner):
    field = '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> HYPERLINK "https://works.example/" </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    return f'{field}{inner}<w:r><w:fldChar w:fldCharType="end"/></w:r>'


def boxed(inner):
    """A text box, stored twice: for current and for older versions of Word."""
    content = f"<w:txbxContent><w:p>{inner}</w:p></w:txbxContent>"
    today = f'<w:drawing><wp:anchor><a:graphic><a:graphicData uri="x"><wps:wsp><wps:txbx>{content}</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing>'
    return f'<w:r><mc:AlternateContent><mc:Choice Requires="wps">{today}</mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox>{content}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>'


def table(rows):
    out = ""
    for cells in rows:
        out += "<w:tr>" + "".join(f"<w:tc><w:tcPr/>{paragraph(cell)}</w:tc>" for cell in cells) + "</w:tr>"
    return f"<w:tbl><w:tblPr/>{out}</w:tbl>"


def document(text, header):
    body, plain = [], 0
    for kind, blocks in groups(text.blocks):
        first = blocks[0]
        if kind in ("title", "heading", "subheading"):
            level = ["title", "heading", "subheading"].index(kind) + 1
            body.append(paragraph(first.text, f"Heading{level}"))
        elif kind in ("item", "numbered"):
            body += [paragraph(b.text, "ListParagraph", 1 if kind == "item" else 2) for b in blocks]
        elif kind == "table":
            body.append(table(first.rows))
        elif kind == "quote":
            body.append(paragraph(first.text, wrap=boxed))
        elif kind in ("columns", "end"):
            continue
        elif kind == "page":
            body.append('<w:p><w:r><w:br w:type="page"/></w:r></w:p>')
        else:
            plain += 1
            wrap = {2: changed, 3: linked}.get(plain)
            made = paragraph(first.text, wrap=wrap)
            body.append(f"<w:sdt><w:sdtPr/><w:sdtContent>{made}</w:sdtContent></w:sdt>" if plain == 4 else made)
    section = '<w:sectPr><w:headerReference w:type="default" r:id="rId2"/><w:pgSz w:w="11906" w:h="16838"/></w:sectPr>'
    notes = "".join(
        f'<w:footnote w:id="{int(n) + 1}"><w:p><w:r><w:footnoteRef/></w:r>{run(" " + note)}</w:p></w:footnote>' for n, note in text.notes.items()
    )
    apart = '<w:footnote w:type="separator" w:id="0"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    heads = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{n}"><w:name w:val="heading {n}"/><w:pPr><w:outlineLvl w:val="{n - 1}"/></w:pPr></w:style>' for n in (1, 2, 3)
    )
    lists = "".join(
        f'<w:abstractNum w:abstractNumId="{n}"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{mark}"/></w:lvl></w:abstractNum>'
        for n, form, mark in ((1, "bullet", "•"), (2, "decimal", "%1."))
    ) + "".join(f'<w:num w:numId="{n}"><w:abstractNumId w:val="{n}"/></w:num>' for n in (1, 2))
    direction = "<w:bidi/>" if text.language in RIGHT_TO_LEFT else ""
    parts = {
        "word/document.xml": f"<w:document {SPACES}><w:body>{''.join(body)}{section}</w:body></w:document>",
        "word/footnotes.xml": f"<w:footnotes {W}>{apart}{notes}</w:footnotes>",
        "word/header1.xml": f"<w:hdr {W}><w:p>{run(header)}</w:p></w:hdr>",
        "word/styles.xml": f'<w:styles {W}><w:docDefaults><w:pPrDefault><w:pPr>{direction}</w:pPr></w:pPrDefault></w:docDefaults>{heads}</w:styles>',
        "word/numbering.xml": f"<w:numbering {W}>{lists}</w:numbering>",
    }
    named = {"document": "document.main", "header1": "header"}
    types = "".join(
        f'<Override PartName="/{name}" ContentType="{START}.{named.get(short := name[5:-4], short)}+xml"/>' for name in parts
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{RELATIONS}/{kind}" Target="{target}.xml"/>'
        for n, (kind, target) in enumerate([("styles", "styles"), ("header", "header1"), ("footnotes", "footnotes"), ("numbering", "numbering")], 1)
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", f'{DECLARED}<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>{types}</Types>')
        made.writestr("_rels/.rels", f'{DECLARED}<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="word/document.xml"/></Relationships>')
        made.writestr("word/_rels/document.xml.rels", f'{DECLARED}<Relationships xmlns="{package}/relationships">{links}</Relationships>')
        for name, content in parts.items():
            made.writestr(name, DECLARED + content)
    return out.getvalue()
