"""Corpus container, invented names, file writers and regex builders shared by all corpora."""
import csv
import io
import random
import re
import textwrap
import zipfile
from datetime import date, timedelta
from xml.sax.saxutils import escape

FIRST_NAMES = """Adela Bastian Carys Dorian Elspeth Fergal Greta Hamish Ilona Jorah Katrin Leopold Maren Nadia Orla Pavel
Quentin Rosalind Soren Tamsin Ulrika Viktor Wanda Xenia Yannick Zelda Benedikt Cosima Delphine Emrys""".split()
LAST_NAMES = """Abernethy Brockwell Castellan Dunmore Eskdale Farrowby Gantry Hollins Ivanek Jessop Kestrin Lomax Marwick
Nettleship Oxenham Pellworth Quillan Ravensby Sandoval Thornley Umbers Vantongeren Wexcombe Yarrick Zellner Ashdown Birkett
Copley Drummond Ellery""".split()
FIRM_WORDS = """Arkwell Brindlow Corvane Dellmont Elverton Fennick Garrowhill Hexley Inverloch Jarrold Kelmscar Lintwhite
Mossgrave Norbeck Ostrander Pinhallow Quarrend Rushbeck Stavely Tarnside Ullock Verrinder Wharram Yewdale""".split()
NUMBER_WORDS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty""".split()
MONTHS = """January February March April May June July August September October November December""".split()


class Corpus:
    """Files and questions of one corpus. `absent_terms` maps an absent question to regexes no file may match."""

    def __init__(self, name, seed):
        self.name = name
        self.rng = random.Random(f"{name}-{seed}")
        self.files = {}
        self.texts = {}
        self.questions = []
        self.absent_terms = {}

    def write(self, path, text):
        text = textwrap.dedent(text).strip("\n") + "\n"
        self.texts[path] = text
        self.files[path] = text.encode("utf-8")

    def write_csv(self, path, rows, delimiter=","):
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=delimiter, lineterminator="\n").writerows(rows)
        self.write(path, buffer.getvalue())

    def write_pdf(self, path, text):
        text = textwrap.dedent(text).strip("\n")
        self.texts[path] = text
        self.files[path] = pdf_bytes(text)

    def write_xlsx(self, path, sheet_name, rows):
        self.texts[path] = "\n".join("\t".join(map(str, row)) for row in rows)
        self.files[path] = xlsx_bytes(sheet_name, rows)

    def ask(self, half, kind, name, question, answer, **rest):
        absent_terms = rest.pop("absent_terms", None)
        identifier = f"{self.name}-{name}"
        if absent_terms:
            self.absent_terms[identifier] = absent_terms
        if "all" in rest:
            rest = {"expect": {"all": rest.pop("all"), "none": rest.pop("none", [])}, **rest}
        self.questions.append({"id": identifier, "half": half, "kind": kind, "corpus": self.name,
                               "question": question, "answer": answer, **rest})

    def people(self, count):
        """Distinct full names with distinct first and last names."""
        pairs = zip(self.rng.sample(FIRST_NAMES, count), self.rng.sample(LAST_NAMES, count))
        return [" ".join(pair) for pair in pairs]

    def firms(self, count):
        return self.rng.sample(FIRM_WORDS, count)

    def day(self, year, first_month=1, last_month=12):
        """A weekday."""
        day = date(year, self.rng.randint(first_month, last_month), self.rng.randint(1, 28))
        return day - timedelta(days=max(0, day.weekday() - 4)) if day.day > 2 else day + timedelta(days=(7 - day.weekday()) % 7)

    def steps(self, low, high, step):
        return self.rng.randrange(low, high + 1, step)


def long_date(day):
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def dotted(day):
    return f"{day:%d.%m.%Y}"


def add_months(day, months):
    """The same day of another month, or that month's last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def money(value):
    return f"{value:,.2f}" if round(value, 2) != int(value) else f"{int(value):,}"


def word(number):
    return NUMBER_WORDS[number] if number <= 20 else str(number)


def first(name):
    return name.split()[0]


def and_list(parts):
    return ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else parts[0]


# Regex builders

def number(value):
    """A number with or without separators, as a word up to twenty; cents may be rounded away from 100 up."""
    value = round(value, 2)
    forms = [_digits(int(value)) + (r"(?:[.,]00?)?" if value == int(value) else r"[.,]" + _cents(value))]
    if value != int(value) and value >= 100:
        forms.append(_digits(int(value + 0.5)))
    pattern = rf"(?<![\d#])(?<!\d[.,':-])(?:{'|'.join(forms)})(?!\d)(?![.,:-]\d)"
    if value == int(value) and 0 < value <= 31:
        pattern += rf"(?!(?:st|nd|rd|th)?\s+(?:of\s+)?(?:{'|'.join(MONTHS).replace('May', 'May,? [0-9]')})\b)"
    if value == int(value) and 0 <= value <= 20:
        pattern = rf"(?:{pattern}|\b{NUMBER_WORDS[int(value)]}\b)"
    return pattern


def _digits(value):
    return r"[,.'’\s\u202f]?".join(f"{value:,}".split(","))


def _cents(value):
    cents = f"{round(value * 100) % 100:02d}"
    return cents if cents[1] != "0" else cents[0] + "0?"


def quantity(value, unit):
    """A number followed by its unit, at most two words between ("3 full calendar months", "3-month")."""
    return rf"{number(value)}(?:\s*\([\w ]+\))?[\s-]*(?:\w+\s+){{0,2}}(?:{unit})"


def date_regex(day):
    """A date in any usual form. The year may be missing, but not another one."""
    month = MONTHS[day.month - 1]
    names = month if len(month) == 3 else rf"{month}|{month[:3]}\.?" + (r"|Sept\.?" if day.month == 9 else "")
    year = rf"(?:,?\s*(?:of\s+)?{day.year}|(?!,?\s*\d{{4}}))"
    d, m = rf"0?{day.day}", rf"0?{day.month}"
    return (rf"(?<!\d)(?:{day.year}[-/.]{m}[-/.]{d}(?!\d)|{d}[./-]{m}[./-](?:{day.year}|{day.year % 100})(?!\d)"
            rf"|{m}[./-]{d}[./-]{day.year}|{d}(?:st|nd|rd|th)?\.?\s+(?:of\s+)?(?:{names})\b{year}"
            rf")|\b(?:{names})\s+(?:the\s+)?{d}(?:st|nd|rd|th)?(?!\d){year}")


def name_regex(name):
    """A person by first or last name."""
    return rf"\b(?:{'|'.join(map(re.escape, name.split()))})\b"


def together(left, right, others=(), gap=160):
    """Both regexes in either order, with none of `others` between."""
    step = rf"(?:(?!{'|'.join(others)})[\s\S])" if others else r"[\s\S]"
    return rf"(?:{left}){step}{{0,{gap}}}?(?:{right})|(?:{right}){step}{{0,{gap}}}?(?:{left})"


def wrong_winner(loser, words):
    """A clause in which the loser of a comparison wins."""
    return rf"(?:{loser})(?:(?!\bnot\b|\bless\b|\bno\b|\bthan\b)[^.;,\n]){{0,30}}\b(?:is|has|was|had|may|can|must|costs?|takes?|holds?|gets?|gives?|needs?)\b" \
           rf"(?:(?!\bnot\b|\bless\b|\bno\b)[^.;,\n]){{0,20}}\b(?:{words})\b"


def unless_denied(thing):
    """The thing in a sentence that does not say that it ends or does not go on."""
    denial = (r"\b(?:does|do|will|would|did)\s+not\b|n't\b|\bnot\s+(?:\w+ly\s+)?(?:renew|prolong|extend|continu|go\b|carr)|\bno\s+(?:auto|renew|exten)"
              r"|\b(?:ends?|expires?|ceases?|over|fixed|except|unlike|neither|only\s+when|new\s+one)\b")
    return rf"(?:\A|[.\n])(?![^.\n]*(?:{denial}))[^.\n]*?(?:{thing})"


def lure(value, owner):
    """A value given without naming the thing it belongs to."""
    return rf"\A(?![\s\S]*(?:{owner}))[\s\S]*(?:{value})"


def claim(subject, owner):
    """A number asserted of the subject in a sentence that does not name `owner` ("The deposit for it is £900")."""
    return (rf"\b(?:{subject})\s+(?:(?!{owner})[\w']+\s+){{0,5}}?(?:is|was|of|are|were|costs?|gets?|charge[sd]?|takes?|receives?)\s+"
            rf"(?:about\s+|approximately\s+|around\s+|a\s+total\s+of\s+)?(?:£|EUR|€)?\s*\d(?![^.\n]*(?:{owner}))")


# File formats

def pdf_bytes(text):
    """A text PDF: '# ' begins a heading, '| ' a monospaced table row, form feed a page; other lines are wrapped."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", None]
    for font in "Helvetica", "Helvetica-Bold", "Courier":
        objects.append(f"<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>")
    kids, pages = [], text.split("\f")
    for page_number, page in enumerate(pages, 1):
        lines = []
        for line in page.strip("\n").split("\n"):
            if line.startswith("# "):
                lines.append(("F2 12", line[2:]))
            elif line.startswith("| "):
                lines.append(("F3 9", line[2:]))
            else:
                lines += [("F1 10", part) for part in textwrap.wrap(line, 92) or [""]]
        lines += [("F1 8", ""), ("F1 8", f"Page {page_number} of {len(pages)}")]
        body = "\n".join(_pdf_line(font, line) for font, line in lines)
        stream = f"BT 56 800 Td\n{body}\nET"
        objects.append(f"<< /Length {len(stream.encode('cp1252'))} >>\nstream\n{stream}\nendstream")
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects)} 0 R "
                       "/Resources << /Font << /F1 3 0 R /F2 4 0 R /F3 5 0 R >> >> >>")
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out, offsets = b"%PDF-1.4\n", []
    for index, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{index} 0 obj\n{body}\nendobj\n".encode("cp1252")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    return out + (f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(objects) + 1} "
                  f"/Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n").encode()


def _pdf_line(font, line):
    escaped = re.sub(r"([()\\])", r"\\\1", line)
    return f"/{font} Tf 0 -14 Td ({escaped}) Tj"


def xlsx_bytes(sheet_name, rows):
    """A workbook of one sheet. Dates become serial numbers in a date format."""
    def cell(column, row, value):
        place = f'r="{chr(65 + column)}{row}"'
        if isinstance(value, date):
            return f'<c {place} s="1"><v>{(value - date(1899, 12, 30)).days}</v></c>'
        if isinstance(value, (int, float)):
            return f"<c {place}><v>{value}</v></c>"
        return f'<c {place} t="inlineStr"><is><t>{escape(str(value))}</t></is></c>' if value else f"<c {place}/>"
    data = "".join(f'<row r="{r}">{"".join(cell(c, r, value) for c, value in enumerate(row))}</row>'
                   for r, row in enumerate(rows, 1))
    main, rel = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package, kind = "http://schemas.openxmlformats.org/package/2006", "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets><sheet name="{escape(sheet_name)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{rel}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><fonts count="1"><font/></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>'
        '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{data}</sheetData></worksheet>',
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, xml in parts.items():
            entry = zipfile.ZipInfo(path, (2024, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + xml)
    return buffer.getvalue()
