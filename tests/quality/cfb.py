"""Writes an OLE compound file (version 3), the container of Outlook's .msg format."""

import struct

SECTOR, MINI, CUTOFF = 512, 64, 4096
FREE, END, FAT, NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF


class Storage(dict):
    """Maps names to bytes or to another Storage."""


def write(root):
    entries = [["Root Entry", 5, NONE, NONE, NONE, END, 0]]
    streams = []

    def add(storage, at):
        def tree(names):
            """Builds a balanced search tree over the names and returns its root's entry."""
            if not names:
                return NONE
            middle = len(names) // 2
            name = names[middle]
            content = storage[name]
            entry = len(entries)
            is_storage = isinstance(content, Storage)
            entries.append([name, 1 if is_storage else 2, NONE, NONE, NONE, 0 if is_storage else END, 0])
            if is_storage:
                add(content, entry)
            else:
                streams.append((entry, content))
            entries[entry][2] = tree(names[:middle])
            entries[entry][3] = tree(names[middle + 1 :])
            return entry

        entries[at][4] = tree(sorted(storage, key=lambda name: (len(name), name.upper())))

    add(root, 0)
    fat, sectors, minifat, mini = [], [], [], b""

    def chain(table, count):
        start = len(table)
        table.extend(range(start + 1, start + count))
        table.append(END)
        return start

    def place(content):
        count = -(-len(content) // SECTOR)
        padded = content.ljust(count * SECTOR, b"\0")
        sectors.extend(padded[n * SECTOR : (n + 1) * SECTOR] for n in range(count))
        return chain(fat, count)

    for entry, content in streams:
        entries[entry][6] = len(content)
        if not content:
            continue
        if len(content) < CUTOFF:
            count = -(-len(content) // MINI)
            mini += content.ljust(count * MINI, b"\0")
            entries[entry][5] = chain(minifat, count)
        else:
            entries[entry][5] = place(content)
    if mini:
        entries[0][5], entries[0][6] = place(mini), len(mini)
    table = b"".join(struct.pack("<I", n) for n in minifat)
    table = table.ljust(-(-len(table) // SECTOR) * SECTOR, b"\xff")
    minifat_start = place(table) if minifat else END
    directory = b""
    for name, kind, left, right, child, start, size in entries:
        wide = name.encode("utf-16-le") + b"\0\0"
        directory += struct.pack("<64sHBBIII16sIQQIQ", wide, len(wide), kind, 1, left, right, child, b"", 0, 0, 0, start, size)
    unused = struct.pack("<64sHBBIII16sIQQIQ", b"", 0, 0, 0, NONE, NONE, NONE, b"", 0, 0, 0, 0, 0)
    directory += unused * (-len(entries) % 4)
    directory_start = place(directory)
    fat_sectors = 1
    while fat_sectors * (SECTOR // 4) < len(fat) + fat_sectors:
        fat_sectors += 1
    fat_start = len(fat)
    fat += [FAT] * fat_sectors
    packed = b"".join(struct.pack("<I", n) for n in fat).ljust(fat_sectors * SECTOR, b"\xff")
    difat = list(range(fat_start, fat_start + fat_sectors)) + [FREE] * (109 - fat_sectors)
    head = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, fat_sectors,
        directory_start, 0, CUTOFF, minifat_start, len(table) // SECTOR if minifat else 0, END, 0,
    )
    return head + b"".join(struct.pack("<I", n) for n in difat) + b"".join(sectors) + packed
