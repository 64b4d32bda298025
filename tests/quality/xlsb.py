"""Writes a small binary Excel workbook (MS-XLSB), which no free program can."""

import io
import struct
import zipfile

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def record(number, content=b""):
    size, out = len(content), bytes([number]) if number < 128 else bytes([number & 0x7F | 0x80, number >> 7])
    while True:
        out += bytes([size & 0x7F | (0x80 if size > 0x7F else 0)])
        size >>= 7
        if not size:
            return out + content


def wide(text):
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def sheet(rows):
    out = record(129) + record(148, struct.pack("<4I", 0, len(rows) - 1, 0, max(map(len, rows)) - 1)) + record(145)
    for n, cells in enumerate(rows):
        out += record(0, struct.pack("<IIHHBI", n, 0, 300, 0, 0, 0))
        for column, cell in enumerate(cells):
            where = struct.pack("<II", column, 0)
            out += record(6, where + wide(cell)) if isinstance(cell, str) else record(5, where + struct.pack("<d", cell))
    return out + record(146) + record(130)


def workbook(sheets):
    book = record(131) + record(143)
    for n, (name, _) in enumerate(sheets, 1):
        book += record(156, struct.pack("<II", 0, n) + wide(f"rId{n}") + wide(name))
    book += record(144) + record(132)
    start = "application/vnd.ms-excel"
    types = "".join(f'<Override PartName="/xl/worksheets/sheet{n}.bin" ContentType="{start}.worksheet"/>' for n in range(1, len(sheets) + 1))
    links = "".join(f'<Relationship Id="rId{n}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{n}.bin"/>' for n in range(1, len(sheets) + 1))
    declared = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    package = "http://schemas.openxmlformats.org/package/2006"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", declared + f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="bin" ContentType="{start}.sheet.binary.macroEnabled.main"/>{types}</Types>')
        archive.writestr("_rels/.rels", declared + f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.bin"/></Relationships>')
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/_rels/workbook.bin.rels", declared + f'<Relationships xmlns="{package}/relationships">{links}</Relationships>')
        for n, (_, rows) in enumerate(sheets, 1):
            archive.writestr(f"xl/worksheets/sheet{n}.bin", sheet(rows))
    return out.getvalue()
