"""Corpus `code`: a small made-up Python service that mirrors map tiles, with settings and notes."""
import code_modules
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
    code_modules.write(corpus, f)
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

        It listens on port {f['port_readme']}. {word(f['threads_readme']).capitalize()} threads fetch tiles side by side. Tiles nobody has asked
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
    corpus.write("CHANGELOG.md", f"""
        # Changes

        ## 0.{f['code']}
        - The first pause after a failed fetch was 1 second, which made the upstream server angry. It is longer now.
        - Imports write a checkpoint after each {f['batch']} tiles; before, it was one for every 1,000.
        - Drawn tiles win over upstream ones even if they are older.

        ## 0.{f['code'] - 1}
        - Uploads had a limit of 4 MiB, too little for tiles with photographs. The limit is higher now.
        - A fetch was given up after the second failure. It is now more patient.

        ## 0.{f['code'] - 2}
        - The worker no longer deletes parked jobs.
        - Temporary files end in `.part`, so that a sweep does not take them for tiles.
        """)
    corpus.write("docs/servers.md", f"""
        # Running it on the servers

        There are two machines, each with a disk of its own; tiles are not shared between them. The balancer in front sends a person to the same
        machine for an hour, so that the cache is warm. A new version is put on one machine first and watched for a day.

        The disk is the thing to watch. Tiles from zoom {f['zoom']} make up most of it, though few people look at them. When less than a tenth is
        free, run the sweep by hand instead of waiting for the night. Deleting the folder while the service runs is safe but slow for everyone
        in the following hours.

        After a power cut, jobs go on by themselves once their lease has run out. If one does not, look at the list of parked jobs before anything
        else. Logs go to the journal; the level is set in `config/`.

        Uploads are allowed to the survey office only. The key is handed over by telephone and changed when somebody leaves.
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
               "No admin password is set in the code.", none=[lure(f["secret"], "test|cookie|session"), r"password\s+(?:\w+\s+){0,3}is\s+(?:set\s+to\s+)?[\"“']|password\s*[:=]\s*\S"], absent_terms=["password", r"\badmin"])
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
