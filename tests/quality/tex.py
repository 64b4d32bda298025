"""Writes a text for TeX: hyphenated, with running heads, notes, tables, one or two columns."""

import subprocess
import tempfile
from pathlib import Path

from odf import FONTS, header
from source import RIGHT_TO_LEFT, WITHOUT_SPACES, groups, runs

BABEL = {
    "en": "british", "de": "ngerman", "fr": "french", "es": "spanish", "pl": "polish", "cs": "czech", "el": "greek", "ru": "russian", "tr": "turkish",
}
RIGHT = {"ar": "arabic", "fa": "persian", "he": "hebrew"}
# Languages that TeX's original fonts can set; they compose accented letters from two glyphs.
OLD_FONTS = {"en", "de", "fr", "es", "pl", "cs"}
SIGNS = {c: f"\\{c}" for c in "&%$#_{}"} | {"~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "\\": "\\textbackslash{}"}


def escape(text):
    return "".join(SIGNS.get(c, c) for c in text)


def words(text, notes):
    out = []
    for kind, piece in runs(text):
        if kind == "note":
            out.append(f"\\footnote{{{escape(notes[piece])}}}" if notes else "")
        else:
            mark = {"plain": "%s", "bold": "\\textbf{%s}", "slanted": "\\emph{%s}"}[kind]
            out.append(mark % escape(piece))
    return "".join(out)


def table(rows):
    width = f"{0.9 / len(rows[0]):.3f}\\linewidth"
    lines = " \\\\\n".join(" & ".join(words(c, None) for c in row) for row in rows)
    columns = f">{{\\raggedright\\arraybackslash}}p{{{width}}}" * len(rows[0])
    return f"\\medskip\\noindent{{\\small\\setlength{{\\tabcolsep}}{{2pt}}\\begin{{tabular}}{{{columns}}}\n\\toprule\n{lines} \\\\\n\\bottomrule\n\\end{{tabular}}}}\\medskip\n"


def document(text, two_columns, old):
    """Writes a document. `old` targets pdfTeX with its original fonts; otherwise XeTeX, or LuaTeX for right-to-left text."""
    right = text.language in RIGHT_TO_LEFT
    setup = ["\\documentclass[a4paper,%s]{article}" % ("twocolumn,10pt" if two_columns else "11pt")]
    if old:
        setup.append("\\usepackage[utf8]{inputenc}\\usepackage{textcomp}")
        if text.language == "pl":
            setup.append("\\usepackage[OT4]{fontenc}")
    else:
        # The Noto fonts of these scripts lack digits and punctuation, and TeX does not fall back to another font.
        font = "DejaVu Sans" if right else FONTS.get(text.language, "Latin Modern Roman" if text.language in OLD_FONTS else "Noto Serif")
        script = {"hi": "Script=Devanagari"}.get(text.language, "")
        # The upright font stands in where there is no italic.
        slant = f"ItalicFont={{{font}}}," if text.language in FONTS else ""
        if right:
            setup.append("\\usepackage[bidi=basic,layout=tabular.lists.sectioning]{babel}")
            setup.append(f"\\babelprovide[import,main]{{{RIGHT[text.language]}}}\\babelfont{{rm}}{{{font}}}")
        else:
            setup.append(f"\\usepackage{{fontspec}}\\setmainfont{{{font}}}[{slant}{script}]")
    if text.language in BABEL:
        setup.append(f"\\usepackage[{BABEL[text.language]}]{{babel}}")
    if text.language in WITHOUT_SPACES:
        setup.append('\\XeTeXlinebreaklocale "zh"\\XeTeXlinebreakskip=0pt plus 1pt minus 0.1pt')
    setup += [
        "\\usepackage{array,booktabs,fancyhdr,multicol}\\usepackage[margin=24mm]{geometry}\\setlength{\\emergencystretch}{2em}",
        f"\\pagestyle{{fancy}}\\fancyhf{{}}\\fancyhead[C]{{{escape(header(text))}}}\\fancyfoot[C]{{\\thepage}}",
        "\\setcounter{secnumdepth}{0}\\setlength{\\columnsep}{7mm}\\begin{document}",
    ]
    out = []
    for kind, blocks in groups(text.blocks):
        first = blocks[0]
        if kind in ("title", "heading", "subheading"):
            level = {"title": "section", "heading": "subsection", "subheading": "subsubsection"}[kind]
            out.append(f"\\{level}*{{{words(first.text, None)}}}")
        elif kind in ("item", "numbered"):
            name = "itemize" if kind == "item" else "enumerate"
            out.append(f"\\begin{{{name}}}\n" + "\n".join(f"\\item {words(b.text, text.notes)}" for b in blocks) + f"\n\\end{{{name}}}")
        elif kind == "table":
            out.append(table(first.rows))
        elif kind == "columns":
            out.append("" if two_columns else "\\begin{multicols}{2}")
        elif kind == "end":
            out.append("" if two_columns else "\\end{multicols}")
        elif kind == "quote":
            out.append(f"\\begin{{quote}}{words(first.text, text.notes)}\\end{{quote}}")
        elif kind == "page":
            out.append("\\clearpage")
        else:
            out.append(words(first.text, text.notes))
    return "\n".join(setup) + "\n" + "\n\n".join(out) + "\n\\end{document}\n"


def typeset(written, target, program):
    """Runs TeX. Returns whether it made a PDF."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "text.tex").write_text(written, encoding="utf-8")
        command = [program, "-interaction=nonstopmode", "-no-shell-escape", "text.tex"]
        for _ in range(2):
            subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120, check=False)
        made = Path(folder) / "text.pdf"
        if made.exists():
            Path(target).write_bytes(made.read_bytes())
        return made.exists()
