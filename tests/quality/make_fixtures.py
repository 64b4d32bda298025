#!/usr/bin/env python3
"""Makes tests/fixtures/formats: one small document of every format that Plumb reads.

The results are committed; run this again only to change them. It needs what run.sh installs or names. expected.toml beside them is written
by hand: what must be found in each.
"""

import bz2
import csv
import gzip
import io
import json
import lzma
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from email.message import EmailMessage
from email.utils import format_datetime
from datetime import datetime, timezone
from pathlib import Path

import zstandard
from msoffcrypto.format.ooxml import OOXMLFile

import epub
import odf
import outlook
import source
import web
import xlsb
from office import Office, draw_pages, print_page

FORMATS = Path(__file__).parents[1] / "fixtures" / "formats"
MOMENT = datetime(2024, 5, 14, 7, 30, tzinfo=timezone.utc)

REPORT = """# The pumping station at Alder Bridge

The station lifts 340 litres a second from the low canal to the reservoir. Its office keeps this report for the *three* parishes that share the cost.[^1]

[^1]: The shares were settled by the agreement of the ninth of June.

## Scope

Only the two electric pumps are described here, not the old beam engine, whose difficult history fills a file of its own.

- The north pump was fitted with a new shaft.
- The south pump runs on windy days only.

| Pump | Power, kW | Hours run |
| North | 55 | 2140 |
| South | 37 | 618 |

Both pumps were stopped for nineteen hours when the affluent channel froze.

---

## Findings

The bearing of the north pump was found worn by 0.4 mm. It should be replaced before the autumn floods.

### Recommendations

1. Order the bearing from the maker before the end of July.
2. Have the screens at the intake cleaned every second week.

The keeper reads the meters at six in the morning and writes the figures into the blue ledger.
"""

DECK = """# Alder Bridge in three slides

What the parishes pay for.

---

## Water lifted

- 340 litres a second from the low canal
- 2140 hours by the north pump

> Say that the figures come from the blue ledger.

---

## Money

| Parish | Share |
| Alder | 50 |
| Hythe | 30 |
| Marden | 20 |
"""

BUDGET = [["Item", "Cost", "Paid"], ["Bearing", "1850", "yes"], ["Screens", "420.5", "no"], ["Paint for the gauge house", "96", "yes"]]
METERS = [["Day", "Reading"], ["Monday", "118204"], ["Tuesday", "118467"]]

ENCODED = {
    "windows-1252.txt": ("cp1252", "Die Wasserwerke prüften am Dienstag die Schleuse; die Geschäftsführung erhielt einen Bericht über das Überlaufbauwerk. Die Kosten betragen 1.850 € für beide Jahre.\n"),
    "windows-1250.txt": ("cp1250", "Przepompownia została sprawdzona we wtorek, a łożysko północnej pompy wymaga wymiany. Zarządca zapisał wskazania liczników w niebieskiej księdze i wysłał je do urzędu gminy.\n"),
    "windows-1251.txt": ("cp1251", "Насосная станция была осмотрена во вторник. Подшипник северного насоса изношен, и его следует заменить до осенних паводков.\n"),
    "koi8-r.txt": ("koi8-r", "Смотритель записывает показания счётчиков в шесть часов утра в синюю книгу, а копию отправляет в контору водоканала.\n"),
    "iso-8859-7.txt": ("iso-8859-7", "Το αντλιοστάσιο ελέγχθηκε την Τρίτη. Το ρουλεμάν της βόρειας αντλίας πρέπει να αντικατασταθεί πριν από τις πλημμύρες.\n"),
    "windows-1254.txt": ("cp1254", "Pompa istasyonu salı günü denetlendi. Kuzey pompasının yatağı aşınmış; sonbahar taşkınlarından önce değiştirilmesi gerekiyor.\n"),
    "shift-jis.txt": ("shift_jis", "揚水場は火曜日に点検された。北側のポンプの軸受が摩耗しており、秋の増水の前に交換しなければならない。\n"),
    "euc-jp.txt": ("euc_jp", "管理人は毎朝六時に水量計を読み、青い帳簿に数字を書き込む。写しは役場の水道課へ送られる。\n"),
    "gb18030.txt": ("gb18030", "星期二检查了泵站。北泵的轴承已经磨损，应当在秋汛之前更换。管理员每天早上六点读取水表，并把数字写进蓝色账簿。\n"),
    "big5.txt": ("big5", "星期二檢查了抽水站。北側抽水機的軸承已經磨損，應當在秋汛之前更換。管理員每天早上六點讀取水表，並把數字寫進藍色帳簿。\n"),
    "euc-kr.txt": ("euc_kr", "화요일에 양수장을 점검하였다. 북쪽 펌프의 베어링이 닳았으므로 가을 홍수가 오기 전에 교체해야 한다.\n"),
    "windows-1255.txt": ("cp1255", "תחנת השאיבה נבדקה ביום שלישי. המסב של המשאבה הצפונית שחוק, ויש להחליף אותו לפני שיטפונות הסתיו.\n"),
    "windows-1256.txt": ("cp1256", "فُحصت محطة الضخ يوم الثلاثاء. محمل المضخة الشمالية متآكل ويجب استبداله قبل فيضانات الخريف.\n"),
    "utf-16le.txt": ("utf-16-le", "\ufeffThe sluice was opened at noon; Überlauf, écluse, śluza.\n"),
    "utf-16be.txt": ("utf-16-be", "\ufeffThe sluice was closed at dusk; Überlauf, écluse, śluza.\n"),
    "utf-32le.txt": ("utf-32-le", "\ufeffThe sluice was oiled on Friday; Überlauf, écluse, śluza.\n"),
    "utf-8-mark.txt": ("utf-8", "\ufeffThe sluice was painted in spring; Überlauf, écluse, śluza.\n"),
}

PLAIN = {
    "note.txt": "The key of the gauge house hangs behind the door.\r\nThe keeper has the second one.\r\n",
    "readme.md": "# Ledger\n\nThe blue ledger has **four** columns.\n\n## Columns\n\nDay, hour, reading, remark.\n",
    "readings.csv": "day,hour,reading\nMonday,6,118204\nTuesday,6,\"118,467\"\n",
    "readings.tsv": "day\thour\treading\nWednesday\t6\t118731\nThursday\t6\t118990\n",
    "pumps.json": json.dumps({"pumps": [{"name": "north", "kilowatts": 55}, {"name": "south", "kilowatts": 37}]}, indent=1) + "\n",
    "pumps.xml": '<?xml version="1.0"?>\n<pumps><pump name="north">fifty-five kilowatts</pump></pumps>\n',
    "pumps.yaml": "pumps:\n  - name: south\n    runs: on windy days\n",
    "pumps.toml": "[north]\nkilowatts = 55\nremark = \"new shaft\"\n",
    "paper.tex": "\\documentclass{article}\n\\begin{document}\n\\section{Seepage}\nThe loss through the bank is $q = k\\,i\\,A$, about 2 litres a second.\n\\end{document}\n",
    "station.log": "2024-05-14 06:00:01 INFO north pump started\n2024-05-14 06:00:09 WARN bearing at 71 degrees\n",
    "lift.py": "def lifted(hours, litres):\n    \"\"\"Cubic metres that a pump lifts.\"\"\"\n    return hours * 3600 * litres / 1000\n",
    "poll-meters": "#!/bin/sh\n# Reads the meters every hour.\nwhile sleep 3600; do cat /dev/meters; done\n",
    "film.srt": "1\n00:00:01,000 --> 00:00:03,500\nThis is the north pump.\n\n2\n00:00:04,000 --> 00:00:07,000\n<i>The water rises four metres.</i>\n",
    "film.vtt": "WEBVTT\n\n00:01.000 --> 00:03.500\nThe keeper opens the sluice.\n\n00:04.000 --> 00:07.000\n<v Keeper>Mind the wet step.\n",
}

NOTEBOOK = {
    "nbformat": 4, "nbformat_minor": 5, "metadata": {"language_info": {"name": "python"}},
    "cells": [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# Hours of the pumps\n", "The ledger of May is read here."]},
        {"cell_type": "code", "id": "b", "metadata": {}, "execution_count": 1, "source": ["hours = [2140, 618]\n", "sum(hours)"],
         "outputs": [{"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/plain": ["2758"]}}]},
        {"cell_type": "code", "id": "c", "metadata": {}, "execution_count": 2, "source": "print('the south pump rests')",
         "outputs": [{"output_type": "stream", "name": "stdout", "text": ["the south pump rests\n"]},
                     {"output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBORw0KGgo=", "text/plain": ["<Figure>"]}}]},
    ],
}


def mail(subject, body, attachments=(), page=None):
    message = EmailMessage()
    message["From"] = "Water office <office@alder.example>"
    message["To"] = "The three parishes <parishes@alder.example>"
    message["Date"] = format_datetime(MOMENT)
    message["Subject"] = subject
    message["Message-ID"] = f"<{len(subject)}.{len(body)}@alder.example>"
    message.set_content(body)
    if page:
        message.add_alternative(page, subtype="html")
    for name, mime, content in attachments:
        main, sub = mime.split("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message


def archive(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries:
            made.writestr(zipfile.ZipInfo(name, MOMENT.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def tarred(entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), int(MOMENT.timestamp())
            made.addfile(info, io.BytesIO(content))
    return out.getvalue()


def short_page(title, sentence):
    return source.parse("en", [f"# {title}", "", sentence])


def make(out, drafts):
    def put(name, content):
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def draft(name, content):
        (drafts / name).write_text(content, encoding="utf-8")
        return drafts / name

    office = Office(drafts)
    for name, content in PLAIN.items():
        put(name, content)
    for name, (encoding, text) in ENCODED.items():
        put(f"encodings/{name}", text.encode(encoding))
    put("hours.ipynb", json.dumps(NOTEBOOK, indent=1) + "\n")

    report = source.parse("en", REPORT.splitlines())
    put("page.html", web.page(report))
    flat = draft("report.fodt", odf.document(report))
    for target in ("odt", "docx", "doc", "rtf", "pdf"):
        office.convert([flat], target, out)
    put("report.epub", epub.book(report))
    deck = draft("slides.fodp", odf.presentation(source.parse("en", DECK.splitlines())))
    deck, = office.convert([deck], "odp", drafts)
    for target in ("odp", "pptx", "ppt"):
        office.convert([deck], target, out)
    book = draft("budget.fods", odf.workbook([("Budget", BUDGET), ("Meters", METERS)]))
    for target in ("ods", "xlsx", "xls"):
        office.convert([book], target, out)
    values = [[cell if odf.number(cell) is None else odf.number(cell) for cell in row] for row in BUDGET]
    put("budget.xlsb", xlsb.workbook([("Budget", values)]))

    # Printed by Chromium, a second PDF producer besides LibreOffice.
    print_page(draft("printed.html", web.page(report)), out / "printed.pdf")

    # Pages that are only pictures, like scans.
    scanned = draft("scanned.html", web.page(short_page("Ledger, sheet 9", "The bearing was greased on the first of May.")))
    print_page(scanned, drafts / "scanned.pdf")
    picture = draw_pages(drafts / "scanned.pdf", drafts / "pages", 60)[0]
    pictured = draft("pictured.html", f'<style>@page {{ margin: 0 }} body {{ margin: 0 }} img {{ width: 200mm }}</style><img src="{picture.as_uri()}">')
    print_page(pictured, out / "scan.pdf")
    shutil.copy(picture, out / "sheet.png")
    subprocess.run(["qpdf", "--empty", "--pages", str(out / "report.pdf"), "1", str(out / "scan.pdf"), "1", str(out / "report.pdf"), "2", "--", str(out / "partly-scanned.pdf")], check=True)

    # Encrypted. The password of locked-open.pdf only forbids changes, so it is readable.
    small = draft("locked.fodt", odf.document(short_page("Sealed", "Nobody reads this without the word."), running=False))
    office.protect(small, out / "locked.odt", "writer8", "alder")
    office.protect(small, out / "locked.doc", "MS Word 97", "alder")
    book = draft("locked.fods", odf.workbook([("Sealed", METERS)]))
    for sealed, source_file in (("docx", small), ("xlsx", book)):
        # LibreOffice's UNO bridge cannot encrypt these.
        opened, = office.convert([source_file], sealed, drafts)
        with opened.open("rb") as plain, (out / f"locked.{sealed}").open("wb") as target:
            OOXMLFile(plain).encrypt("alder", target)
    plain, = office.convert([small], "pdf", drafts)
    subprocess.run(["qpdf", "--encrypt", "alder", "owner", "256", "--", str(plain), str(out / "locked.pdf")], check=True)
    subprocess.run(["qpdf", "--encrypt", "", "owner", "256", "--modify=none", "--", str(plain), str(out / "locked-open.pdf")], check=True)
    (drafts / "note.txt").write_bytes((out / "note.txt").read_bytes())
    (out / "locked.zip").unlink(missing_ok=True)
    subprocess.run(["zip", "-q", "-X", "-P", "alder", str(out / "locked.zip"), "note.txt"], cwd=drafts, check=True)

    # Damaged files, and files with a wrong extension.
    put("truncated.docx", (out / "report.docx").read_bytes()[:3000])
    put("truncated.pdf", (out / "report.pdf").read_bytes()[:2000])
    put("in-truth-a-pdf.docx", plain.read_bytes())
    put("in-truth-rich-text.doc", (out / "report.rtf").read_bytes())
    put("empty.txt", b"")
    put("gauge.bin", bytes(range(256)) * 4)

    # E-mails and archives.
    offer = short_page("Offer", "We offer one bearing for 1850 and fit it in two days.")
    print_page(draft("offer.html", web.page(offer)), drafts / "offer.pdf")
    terms, = office.convert([draft("terms.fodt", odf.document(short_page("Terms", "Payment is due within thirty days."), running=False))], "docx", drafts)
    attached = [
        ("offer.pdf", "application/pdf", (drafts / "offer.pdf").read_bytes()),
        ("terms.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", terms.read_bytes()),
    ]
    body = "Dear parishes,\n\nplease find the offer for the bearing attached.\nAn answer before Whitsun would help.\n"
    put("offer.eml", mail("Offer for the bearing – Überprüfung", body, attached).as_bytes())
    page = "<html><body><p>The meters were read at <b>six</b>.</p><p>Nothing was unusual.</p></body></html>"
    put("only-html.eml", mail("Readings", "", page=page).get_payload()[-1].as_bytes().replace(b"Content-Type", b"From: office@alder.example\nTo: parishes@alder.example\nSubject: Readings\nDate: Tue, 14 May 2024 07:30:00 +0000\nContent-Type", 1))
    to = [("The three parishes", "parishes@alder.example")]
    put("offer.msg", outlook.message("Offer for the bearing", ("Water office", "office@alder.example"), to, body, attached[:1], int(MOMENT.timestamp())))
    letters = [
        mail("First letter", "The north pump was stopped on Monday.\n"),
        mail("Second letter", "From here on the south pump runs.\n", [("note.txt", "text/plain", PLAIN["note.txt"].encode())]),
        mail("Third letter", "The bearing has come.\n"),
    ]
    put("inbox.mbox", b"".join(
        b"From office@alder.example Tue May 14 07:30:00 2024\n" + letter.as_bytes().replace(b"\nFrom ", b"\n>From ") + b"\n" for letter in letters
    ))
    inner = archive([("note.txt", PLAIN["note.txt"].encode()), ("readings.csv", PLAIN["readings.csv"].encode())])
    files = [("readme.md", PLAIN["readme.md"].encode()), ("papers/offer.pdf", (drafts / "offer.pdf").read_bytes()), ("inner.zip", inner)]
    put("backup.zip", archive(files))
    packed = tarred([("logs/station.log", PLAIN["station.log"].encode()), ("budget.xlsx", (out / "budget.xlsx").read_bytes())])
    put("backup.tar", packed)
    put("backup.tar.gz", gzip.compress(packed, mtime=0))
    put("backup.tar.bz2", bz2.compress(packed))
    put("backup.tar.xz", lzma.compress(packed))
    put("backup.tar.zst", zstandard.compress(packed))
    put("station.log.gz", gzip.compress(PLAIN["station.log"].encode(), mtime=0))


def main():
    with tempfile.TemporaryDirectory() as drafts:
        make(FORMATS, Path(drafts))
    sizes = sum(path.stat().st_size for path in FORMATS.rglob("*") if path.is_file())
    print(f"{len(list(FORMATS.rglob('*')))} files, {sizes / 1e6:.2f} MB")


if __name__ == "__main__":
    sys.exit(main())
