"""Makes seeds for the fuzz targets from the fixtures of every format: seeds.py FOLDER."""
import pathlib, sys, zipfile

fixtures = pathlib.Path(__file__).resolve().parents[3] / "tests/fixtures/formats"
out = pathlib.Path(sys.argv[1])
packers = {".gz": 0, ".bz2": 1, ".xz": 2, ".zst": 3}
of_target = {
    "pdf": ["*.pdf"], "zip": ["*.zip", "*.docx", "*.odt", "*.ods", "*.epub", "*.xlsx"], "ole": ["*.doc", "*.xls", "*.msg"],
    "rtf": ["*.rtf"], "html": ["*.html"], "notebook": ["*.ipynb"], "mail": ["*.eml"], "mailbox": ["*.mbox"], "tar": ["*.tar"],
    "plain": ["*.txt", "encodings/*.txt", "*.srt", "*.vtt"],
}
inside = {
    "docx": [("report.docx", "word/document.xml", b"")], "pptx": [("slides.pptx", "ppt/slides/slide*.xml", b"")],
    "xlsx": [("budget.xlsx", "xl/worksheets/sheet*.xml", b"")], "epub": [("report.epub", "*.xhtml", b"")],
    "odf": [("report.odt", "content.xml", b"\0"), ("slides.odp", "content.xml", b"\1"), ("budget.ods", "content.xml", b"\2")],
}


def put(target, name, data):
    folder = out / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name.replace("/", "_")).write_bytes(data)


for target, patterns in of_target.items():
    for path in (path for pattern in patterns for path in fixtures.glob(pattern)):
        if path.stat().st_size < 200_000:
            put(target, path.name, path.read_bytes())
for path in fixtures.iterdir():
    if path.suffix in packers:
        put("compressed", path.name, bytes([packers[path.suffix]]) + path.read_bytes())
for target, parts in inside.items():
    for document, pattern, before in parts:
        with zipfile.ZipFile(fixtures / document) as packed:
            for name in packed.namelist():
                if pathlib.PurePath(name).match(pattern):
                    put(target, document + "_" + name, before + packed.read(name))
