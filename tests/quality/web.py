"""Writes a text as a web page."""

from html import escape

from source import RIGHT_TO_LEFT, groups, runs


def words(text):
    out = []
    for kind, piece in runs(text):
        if kind == "note":
            out.append(f'<sup><a href="#n{piece}">{piece}</a></sup>')
        elif kind == "plain":
            out.append(escape(piece))
        else:
            tag = "b" if kind == "bold" else "i"
            out.append(f"<{tag}>{escape(piece)}</{tag}>")
    return "".join(out)


def body(text):
    """The body of a page, with its notes at the end."""
    out = []
    for kind, blocks in groups(text.blocks):
        first = blocks[0]
        if kind in ("title", "heading", "subheading"):
            level = ["title", "heading", "subheading"].index(kind) + 1
            out.append(f"<h{level}>{words(first.text)}</h{level}>")
        elif kind in ("item", "numbered"):
            tag = "ul" if kind == "item" else "ol"
            out.append(f"<{tag}>" + "".join(f"<li>{words(b.text)}</li>" for b in blocks) + f"</{tag}>")
        elif kind == "table":
            head, *rest = first.rows
            out.append("<table><thead><tr>" + "".join(f"<th>{words(c)}</th>" for c in head) + "</tr></thead><tbody>")
            out += ["<tr>" + "".join(f"<td>{words(c)}</td>" for c in row) + "</tr>" for row in rest] + ["</tbody></table>"]
        elif kind == "columns":
            out.append('<div class="columns">')
        elif kind == "end":
            out.append("</div>")
        elif kind == "quote":
            out.append(f"<blockquote><p>{words(first.text)}</p></blockquote>")
        elif kind == "page":
            out.append('<hr style="break-after: page"/>')
        else:
            out.append(f"<p>{words(first.text)}</p>")
    notes = "".join(f'<li id="n{n}">{words(note)}</li>' for n, note in text.notes.items())
    notes = f'<section class="notes"><ol>{notes}</ol></section>' if notes else ""
    return "\n".join(out) + notes


def page(text, style="", running="", font=""):
    """Writes a page. `style` is added to the style sheet; `running` repeats on each printed page."""
    direction = "rtl" if text.language in RIGHT_TO_LEFT else "ltr"
    foot = f'@bottom-center {{ content: "{running}"; font-size: 8pt }}' if running else ""
    family = f'"{font}", ' if font else ""
    return f"""<!DOCTYPE html>
<html lang="{text.language}" dir="{direction}">
<head>
<meta charset="utf-8">
<title>{escape(text.title)}</title>
<style>
@page {{ size: A4; margin: 22mm; {foot} }}
body {{ font: 11pt/1.4 {family}serif; hyphens: auto }}
table {{ border-collapse: collapse }} td, th {{ border: 1px solid #888; padding: 1mm 2mm; text-align: start }}
{style}
</style>
</head>
<body>
{body(text)}
</body>
</html>
"""
