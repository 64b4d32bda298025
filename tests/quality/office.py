"""Runs LibreOffice and Chromium headless."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

FILTERS = {
    "docx": "docx:MS Word 2007 XML", "doc": "doc:MS Word 97", "rtf": "rtf:Rich Text Format", "odt": "odt:writer8", "epub": "epub:EPUB",
    "pptx": "pptx:Impress MS PowerPoint 2007 XML", "ppt": "ppt:MS PowerPoint 97", "odp": "odp:impress8", "xlsx": "xlsx:Calc MS Excel 2007 XML",
    "xls": "xls:MS Excel 97", "ods": "ods:calc8", "csv": "csv:Text - txt - csv (StarCalc):44,34,76", "txt": "txt:Text (encoded):UTF8",
    "html": "html:HTML (StarWriter)", "pdf": "pdf",
}
# Saves a document again with a password. Runs in the system's Python, which has LibreOffice's UNO bridge.
PROTECT = """
import sys, time, uno
from com.sun.star.beans import PropertyValue
pipe, source, target, filter, password = sys.argv[1:]
def value(name, of):
    made = PropertyValue(); made.Name = name; made.Value = of; return made
context = uno.getComponentContext()
resolver = context.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", context)
for _ in range(100):
    try:
        office = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext"); break
    except Exception:
        time.sleep(0.2)
desktop = office.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", office)
document = desktop.loadComponentFromURL(source, "_blank", 0, (value("Hidden", True),))
document.storeToURL(target, (value("FilterName", filter), value("Password", password)))
document.close(True)
try: desktop.terminate()
except Exception: pass
"""


class Office:
    """LibreOffice with its own profile."""

    def __init__(self, folder):
        self.profile = Path(folder) / "office-profile"
        self.start = ["soffice", f"-env:UserInstallation={self.profile.as_uri()}", "--headless", "--norestore"]

    def convert(self, sources, target, folder):
        """Converts all `sources` to the format `target`. Returns the files that were written."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        command = [*self.start, "--convert-to", FILTERS.get(target, target), "--outdir", str(folder), *map(str, sources)]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=900, check=False)
        extension = target.split(":")[0]
        return [made for source in sources if (made := folder / f"{Path(source).stem}.{extension}").exists()]

    def protect(self, source, target, filter_name, password):
        Path(target).unlink(missing_ok=True)
        pipe = f"quality-{os.getpid()}"
        office = subprocess.Popen([*self.start, f"--accept=pipe,name={pipe};urp"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            arguments = [pipe, Path(source).resolve().as_uri(), Path(target).resolve().as_uri(), filter_name, password]
            subprocess.run(["/usr/bin/python3", "-c", PROTECT, *arguments], check=False, timeout=120)
            office.wait(30)
        finally:
            office.kill()
        # The UNO bridge often crashes on exit, after the work is done.
        if not Path(target).exists():
            raise RuntimeError(f"could not make {target}")


def print_page(source, target):
    """Prints a web page to PDF with Chromium."""
    with tempfile.TemporaryDirectory() as profile:
        command = [
            "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={profile}",
            f"--print-to-pdf={target}", Path(source).resolve().as_uri(),
        ]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120, check=False)
    return Path(target).exists()


def draw_pages(source, folder, dots):
    """Renders the pages of a PDF to PNG with poppler."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["pdftoppm", "-r", str(dots), "-gray", "-png", str(source), str(folder / "page")], check=True)
    return sorted(folder.glob("page*.png"))


def missing():
    return [name for name in ("soffice", "chromium", "xelatex", "pdflatex", "pdftotext", "pdftoppm", "qpdf", "zip") if not shutil.which(name)]
