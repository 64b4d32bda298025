"""Writes an e-mail in Outlook's .msg format (MS-OXMSG)."""

import struct

from cfb import Storage, write

WIDE, BINARY, LONG, TIME = 0x001F, 0x0102, 0x0003, 0x0040


def properties(storage, head, values):
    """Adds values, keyed by (number, type), to a storage: short ones to its table, long ones as streams."""
    table = head
    for (tag, kind), value in values.items():
        if kind in (LONG, TIME):
            table += struct.pack("<HHIQ", kind, tag, 6, value)
            continue
        content = value.encode("utf-16-le") if kind == WIDE else value
        storage[f"__substg1.0_{tag:04X}{kind:04X}"] = content
        table += struct.pack("<HHIQ", kind, tag, 6, len(content) + (2 if kind == WIDE else 0))
    storage["__properties_version1.0"] = table


def message(subject, sender, to, body, attachments, sent):
    """Writes a message. `sender` is (name, address), `to` a list of these; `attachments` are (name, type, bytes), `sent` seconds since 1970."""
    root = Storage()
    filetime = (sent + 11_644_473_600) * 10_000_000
    head = struct.pack("<8xIIII8x", len(to), len(attachments), len(to), len(attachments))
    properties(root, head, {
        (0x001A, WIDE): "IPM.Note", (0x0037, WIDE): subject, (0x0E1D, WIDE): subject, (0x0C1A, WIDE): sender[0], (0x0042, WIDE): sender[0],
        (0x0C1E, WIDE): "SMTP", (0x0C1F, WIDE): sender[1], (0x5D01, WIDE): sender[1], (0x0E04, WIDE): "; ".join(name for name, _ in to),
        (0x1000, WIDE): body.replace("\n", "\r\n"), (0x0039, TIME): filetime, (0x0E06, TIME): filetime, (0x340D, LONG): 0x00040000,
        (0x0E07, LONG): 1, (0x3FDE, LONG): 65001,
    })
    for n, (name, address) in enumerate(to):
        recipient = root[f"__recip_version1.0_#{n:08X}"] = Storage()
        properties(recipient, bytes(8), {
            (0x3001, WIDE): name, (0x3002, WIDE): "SMTP", (0x3003, WIDE): address, (0x39FE, WIDE): address, (0x0C15, LONG): 1,
        })
    for n, (name, mime, content) in enumerate(attachments):
        attachment = root[f"__attach_version1.0_#{n:08X}"] = Storage()
        properties(attachment, bytes(8), {
            (0x3701, BINARY): content, (0x3704, WIDE): name[:8], (0x3707, WIDE): name, (0x3001, WIDE): name, (0x370E, WIDE): mime,
            (0x3705, LONG): 1, (0x0E21, LONG): n,
        })
    names = root["__nameid_version1.0"] = Storage()
    for tag in ("00020102", "00030102", "00040102"):
        names[f"__substg1.0_{tag}"] = b""
    return write(root)
