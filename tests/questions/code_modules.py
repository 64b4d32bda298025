"""Python modules of the corpus `code`."""


def write(corpus, f):
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
