"""`plumb serve`, driven through the API of its page."""

import http.cookiejar
import json
import os
import subprocess
import time
import urllib.error
import urllib.request

import measure


class Served:
    """A running server that may open one folder; it stops at the end of the block."""

    def __init__(self, programs, home, folder):
        home.mkdir(parents=True, exist_ok=True)
        self.started = time.perf_counter()
        command = [programs / "plumb", "serve", folder]
        environment = {**os.environ, "PLUMB_HOME": str(home)}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        address = next((line.strip() for line in self.process.stdout if line.startswith("http://")), None)
        if address is None:
            self.__exit__()
            raise RuntimeError("plumb serve printed no address")
        self.base = address.split("?")[0].rstrip("/")
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        # Exchanges the token for the cookie; the page itself may not be built.
        try:
            self.opener.open(address, timeout=measure.TIMEOUT_SECONDS).close()
        except urllib.error.HTTPError as error:
            error.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def command(self, name, **request):
        body = json.dumps(request).encode()
        sent = urllib.request.Request(f"{self.base}/api/{name}", body, {"Content-Type": "application/json"})
        with self.opener.open(sent, timeout=measure.TIMEOUT_SECONDS) as answer:
            return json.load(answer)

    def open(self, folder):
        """Opens the folder as a library and waits until it is listed. Returns its id, its overview and the seconds taken."""
        since = time.perf_counter()
        library = self.command("open_library", sources=[str(folder)])
        while "overview" not in library:
            time.sleep(0.005)
            library = next(known for known in self.command("libraries") if known["id"] == library["id"])
            if "problem" in library or time.perf_counter() - since > measure.TIMEOUT_SECONDS:
                raise RuntimeError(f"the folder was not listed: {library}")
        return library["id"], library["overview"], time.perf_counter() - since
