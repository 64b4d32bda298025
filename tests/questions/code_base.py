"""Corpus `code`: a small made-up Python service that mirrors map tiles, with settings and notes."""
from common import Corpus, lure, number, word, wrong_winner

# Names to choose from for each variable: verbose output, upstream host, cache folder, area, upload key.
ENVIRONMENT = [("TRACE", "VERBOSE", "CHATTY"), ("UPSTREAM", "ORIGIN", "SOURCE"), ("CACHE_DIR", "TILE_DIR", "DISK"),
               ("REGION", "AREA", "ZONE"), ("TOKEN", "UPLOAD_KEY", "WRITE_KEY")]


def build(seed):
    corpus = Corpus("code", seed)
    rng = corpus.rng
    prefix = rng.choice(["TESSERA", "MOSAIC", "QUILT", "LATTICE", "PARQUET"])
    f = dict(package=prefix.lower(), prefix=prefix, names=[f"{prefix}_{rng.choice(names)}" for names in ENVIRONMENT],
             attempts=rng.choice([4, 5, 6, 7]), base_delay=rng.choice([3, 5, 7, 9]), upload=rng.choice([12, 18, 24, 36, 48]),
             batch=rng.choice([150, 225, 275, 325]), keep_days=rng.choice([14, 21, 28]), keep_days_readme=rng.choice([30, 45, 60]),
             port=rng.randrange(8100, 8900, 7), port_readme=rng.randrange(9100, 9900, 7), threads=rng.choice([3, 5, 6]),
             threads_readme=rng.choice([8, 10, 12]), zoom=rng.choice([15, 16, 17]), code=rng.randrange(20, 70), secret=f"{rng.getrandbits(40):010x}",
             lease=rng.choice([90, 150, 210]), heartbeat=rng.choice([10, 15, 25]), owner=corpus.people(1)[0])
    times = rng.sample(range(25, 400, 5), 4)
    if (times[0] > times[1]) == (times[2] > times[3]):
        times[2:] = times[:1:-1]  # production reverses the order of the defaults
    f.update(zip(("import_default", "export_default", "import_production", "export_production"), times))
    write_files(corpus, f)
    write_modules(corpus, f)
    ask(corpus, f)
    return corpus


def write_files(corpus, f):
    p = f["package"]
    corpus.write("README.md", f"""
        # {p}

        {p} keeps a copy of map tiles close to the people who use them. It fetches tiles from an upstream server, keeps them on disk,
        and hands them out over HTTP. Tiles that a surveyor has drawn can be sent to it and are served in place of the upstream ones.

        ## Starting

            pip install .
            python -m {p} serve

        It listens on port {f['port_readme']} unless told otherwise. {word(f['threads_readme']).capitalize()} threads fetch tiles side by side. Tiles nobody has asked
        for in {f['keep_days_readme']} days are thrown away at night.

        ## Where things are

        - `{p}/fetch.py` gets tiles from upstream and tries again when that fails
        - `{p}/store.py` is the cache on disk
        - `{p}/jobs.py` runs imports and exports in the background
        - `{p}/web.py` answers requests and takes uploads
        - `docs/jobs.md` explains how background jobs survive a crash

        Questions go to {f['owner']}.
        """)
    corpus.write("pyproject.toml", f"""
        [project]
        name = "{p}"
        version = "0.{f['code']}.1"
        requires-python = ">=3.11"

        [project.scripts]
        {p} = "{p}.__main__:main"
        """)
    corpus.write("config/default.toml", f"""
        # Values for a developer's machine. production.toml overrides them.
        [jobs]
        import_seconds = {f['import_default']}
        export_seconds = {f['export_default']}
        log_level = "debug"

        [tiles]
        deepest_zoom = {f['zoom']}
        """)
    corpus.write("config/production.toml", f"""
        # Loaded after default.toml on the servers.
        [jobs]
        import_seconds = {f['import_production']}
        export_seconds = {f['export_production']}
        log_level = "warning"
        """)
    corpus.write("docs/jobs.md", f"""
        # Background jobs

        Imports and exports take too long for a request, so they run as jobs. A job is a row in the table `jobs`. A worker claims the
        oldest row that nobody holds by writing its own name and a time into it. This claim is a lease: it is good for {f['lease']} seconds.

        While it works, the worker renews its lease every {f['heartbeat']} seconds. If the process dies, renewals stop, the lease runs out, and
        another worker may claim the row. It starts from the last checkpoint, which is written after each {f['batch']} tiles, and not from the
        beginning.

        Because two workers may for a moment believe that they hold the same row, every step has to be harmless when it is done twice. Tiles are
        therefore written under a temporary name first and renamed afterwards.

        A job that has been started over too many times is parked. Parked jobs are listed by the command `jobs --parked` and are never
        removed without a person's say-so.
        """)
    corpus.write("tests/test_fetch.py", f"""
        from {p}.fetch import fetch


        class Flaky:
            def __init__(self, failures):
                self.failures = failures

            def get(self, url):
                if self.failures:
                    self.failures -= 1
                    raise ConnectionError("upstream went away")
                return b"tile"


        def test_second_try_succeeds():
            assert fetch(Flaky(1), "/3/4/5", sleep=lambda seconds: None) == b"tile"


        def test_session_cookie_is_signed():
            secret = "{f['secret']}"  # any value will do here
            assert len(secret) == 10
        """)


def write_modules(corpus, f):
    p, (one, two, three, four, five) = f["package"], f["names"]
    corpus.write(f"{p}/__init__.py", f'"""{p}: a cache of map tiles."""\n')
    corpus.write(f"{p}/__main__.py", f'''
        """Command line: serve, import, export, jobs."""
        import argparse
        import os

        from . import jobs, web


        def main():
            parser = argparse.ArgumentParser(prog="{p}")
            parser.add_argument("command", choices=["serve", "import", "export", "jobs"])
            parser.add_argument("--parked", action="store_true")
            arguments = parser.parse_args()
            verbose = os.environ.get("{one}") is not None
            if arguments.command == "serve":
                web.serve(verbose)
            else:
                jobs.run(arguments.command, arguments.parked)


        if __name__ == "__main__":
            main()
        ''')
    corpus.write(f"{p}/limits.py", f'''
        """Numbers that more than one module needs."""
        KIBIBYTE = 1024
        MEBIBYTE = 1024 * KIBIBYTE

        # A tile is rarely over 200 KiB; drawn ones with photographs are larger.
        TILE_WARNING = 512 * KIBIBYTE
        BODY_CAP = {f['upload']} * MEBIBYTE
        HEADER_CAP = 16 * KIBIBYTE

        FIRST_PAUSE = {f['base_delay']}  # seconds; doubled after each failure
        CHECKPOINT_EVERY = {f['batch']}
        ''')
    corpus.write(f"{p}/fetch.py", f'''
        """Gets tiles from the upstream server."""
        import os
        import time

        from .limits import FIRST_PAUSE

        TRIES = {f['attempts']}
        HOST = os.environ.get("{two}", "")


        class GaveUp(Exception):
            pass


        def fetch(client, path, sleep=time.sleep):
            """Returns a tile. Between two tries it pauses, each time twice as long as before."""
            pause = FIRST_PAUSE
            for attempt in range(1, TRIES + 1):
                try:
                    return client.get(HOST + path)
                except ConnectionError:
                    if attempt == TRIES:
                        raise GaveUp(path)
                    sleep(pause)
                    pause *= 2
        ''')
    corpus.write(f"{p}/store.py", f'''
        """The cache on disk. A tile's name is made from zoom, column and row."""
        import os
        import time
        from pathlib import Path

        UNUSED_DAYS = {f['keep_days']}
        ROOT = Path(os.environ["{three}"]) if "{three}" in os.environ else Path("tiles")


        def path_of(zoom, column, row):
            return ROOT / str(zoom) / str(column) / f"{{row}}.png"


        def write(zoom, column, row, content):
            target = path_of(zoom, column, row)
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = target.with_suffix(".part")
            draft.write_bytes(content)
            draft.rename(target)


        def sweep(now=None):
            """Deletes tiles that nobody has read for UNUSED_DAYS."""
            oldest = (now or time.time()) - UNUSED_DAYS * 86400
            for tile in ROOT.rglob("*.png"):
                if tile.stat().st_atime < oldest:
                    tile.unlink()
        ''')
    corpus.write(f"{p}/pool.py", f'''
        """Threads that fetch tiles side by side."""
        import os
        from concurrent.futures import ThreadPoolExecutor

        WORKERS = {f['threads']}
        AREA = os.getenv("{four}")


        def fetch_all(fetch, paths):
            with ThreadPoolExecutor(WORKERS) as pool:
                return list(pool.map(fetch, paths))
        ''')
    corpus.write(f"{p}/jobs.py", f'''
        """Runs imports and exports. See docs/jobs.md."""
        import tomllib
        from pathlib import Path

        from .limits import CHECKPOINT_EVERY


        def settings():
            """default.toml, overridden by production.toml where that exists."""
            merged = {{}}
            for name in ("default.toml", "production.toml"):
                path = Path("config") / name
                if path.exists():
                    merged |= tomllib.loads(path.read_text())["jobs"]
            return merged


        def run(command, parked):
            """A job that takes longer than its setting allows is stopped and claimed again."""
            allowed = settings().get(f"{{command}}_seconds")
            print(command, "allowed", allowed, "checkpoint every", CHECKPOINT_EVERY, "parked" if parked else "")
        ''')
    corpus.write(f"{p}/web.py", f'''
        """Answers requests for tiles and takes drawn tiles."""
        import os
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        from .limits import BODY_CAP

        DEFAULT_PORT = {f['port']}


        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self):
                length = int(self.headers["Content-Length"])
                if length > BODY_CAP:
                    self.send_error(413)
                    return
                if self.headers.get("Authorization") != os.environ["{five}"]:
                    self.send_error(401)
                    return
                self.rfile.read(length)
                self.send_response(204)
                self.end_headers()


        def serve(verbose):
            ThreadingHTTPServer(("", DEFAULT_PORT), Handler).serve_forever()
        ''')


def ask(corpus, f):
    p = f["package"]
    corpus.ask("tuning", "lookup", "tries", "How often does it try to get a tile before it gives up?",
               f"It tries {f['attempts']} times.", all=[number(f["attempts"])], cite=[f"{p}/fetch.py"])
    corpus.ask("held_out", "lookup", "largest-upload", "What is the biggest file somebody can upload to it?",
               f"{f['upload']} MiB.", all=[rf"{number(f['upload'])}\s*(?:\*\s*)?(?:MiB|MB|mebi|mega|M\b)|{number(f['upload'] * 1024 ** 2)}"],
               cite=[f"{p}/limits.py", f"{p}/web.py"])
    corpus.ask("tuning", "list", "environment", "Which environment variables does the program look at?",
               f"It reads {', '.join(f['names'])}.", items=[[rf"\b{name}\b"] for name in f["names"]],
               wrong=[rf"\b(?:{f['prefix']}_)?{name}\b" for name in ("UNUSED_DAYS", "DEFAULT_PORT", "BODY_CAP", "HOME")])
    imports, exports = f["import_production"], f["export_production"]
    longer, shorter = ("import", "export") if imports > exports else ("export", "import")
    corpus.ask("held_out", "compare", "import-export-time", "On the live servers, is an import or an export allowed to take longer, and how long is that?",
               f"An {longer} may take longer: {max(imports, exports)} seconds.", all=[longer, number(max(imports, exports))],
               none=[wrong_winner(shorter, "longer|more")], cite=["config/production.toml"])
    waiting = f["base_delay"] * (2 ** (f["attempts"] - 1) - 1)
    corpus.ask("tuning", "multi_hop", "total-wait", "If the upstream server is down, how many seconds does it spend waiting between tries before it gives up on a tile?",
               f"{waiting} seconds in all.", all=[number(waiting)], cite=[f"{p}/fetch.py", f"{p}/limits.py"])
    corpus.ask("tuning", "absent", "admin-password", "What is the admin password that it comes with?",
               "No admin password is set in the code.", none=[lure(f["secret"], "test|cookie|session")], absent_terms=["password", r"\badmin"])
    corpus.ask("tuning", "overview", "code-base", "What does this project do and how is it put together?",
               f"{p} is a cache of map tiles: it fetches tiles from an upstream server, keeps them on disk, serves them over HTTP and takes uploads. "
               "Background jobs run imports and exports; settings are in config, notes on jobs in docs, and there are tests.",
               points=[[r"tile"], [r"cach|copy|mirror|on disk|store"], [r"upstream|fetch"], [r"HTTP|web|serve"], [r"job|import|export|background"],
                       [r"config|setting|toml|docs|test"]])
    corpus.ask("held_out", "summary", "jobs", "Explain briefly how background jobs get through a crash.",
               f"A worker claims a job with a lease of {f['lease']} seconds and renews it every {f['heartbeat']} seconds. If it dies, the lease runs out and another worker "
               f"takes over from the last checkpoint, written every {f['batch']} tiles. Steps may be done twice, so tiles are renamed into place. Jobs restarted too often are parked.",
               points=[[number(f["lease"])], [number(f["heartbeat"])], [r"checkpoint"], [number(f["batch"])],
                       [r"another worker|other worker|different worker|new worker|claim|taken? over|pick(?:ed|s)? up"],
                       [r"twice|idempot|temporar|renam|parked|harmless"]], cite=["docs/jobs.md"])
    corpus.ask("tuning", "contradiction", "readme-and-code", "Does the README say anything that the code does differently?",
               f"Yes: the port is {f['port_readme']} in the README but {f['port']} in the code; {f['threads_readme']} threads against {f['threads']}; unused tiles are kept "
               f"{f['keep_days_readme']} days against {f['keep_days']}.",
               points=[[number(f["port_readme"]), number(f["port"])], [number(f["threads_readme"]), number(f["threads"])],
                       [number(f["keep_days_readme"]), number(f["keep_days"])]])
