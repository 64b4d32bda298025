"""The jobs that run by themselves (`python -m larkway work`).

No cron, no queue: a loop that wakes up once a second and looks what is due. Jobs are
short. A job that raises is logged and tried again at its next turn.
"""

from __future__ import annotations

import logging
import signal
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Callable

log = logging.getLogger(__name__)

SLOW_SECONDS = 10


@dataclass
class Job:
    name: str
    run: Callable[[datetime], object]
    every: timedelta | None = None
    at: tuple[int, int] | None = None      # hour, minute; once a day
    next: datetime | None = None

    def plan(self, now: datetime) -> None:
        if self.every:
            self.next = now + self.every
            return
        hour, minute = self.at
        turn = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
        self.next = turn if turn > now else turn + timedelta(days=1)


class Scheduler:
    def __init__(self, clock: Callable[[], datetime] = datetime.now):
        self.jobs: list[Job] = []
        self.clock = clock
        self.stopping = False

    def every(self, name: str, run, **delta) -> None:
        self.jobs.append(Job(name, run, every=timedelta(**delta)))

    def daily(self, name: str, run, hour: int, minute: int = 0) -> None:
        self.jobs.append(Job(name, run, at=(hour, minute)))

    def tick(self) -> None:
        now = self.clock()
        for job in self.jobs:
            if job.next is None:
                job.plan(now)
            elif job.next <= now:
                started = time.monotonic()
                try:
                    job.run(now)
                except Exception:
                    log.exception("job %s", job.name)
                took = time.monotonic() - started
                if took > SLOW_SECONDS:
                    log.warning("job %s took %.0f s", job.name, took)
                job.plan(now)

    def loop(self) -> None:
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "stopping", True))
        while not self.stopping:
            self.tick()
            time.sleep(1)


def build(app) -> Scheduler:
    """All jobs of the service. `app` is an `api.App`."""
    s = Scheduler()
    s.every("release unpaid windows", app.slots.release_expired, seconds=45)
    s.every("offer paid deliveries", app.dispatcher.offer_due, seconds=30)
    s.every("ask the next rider", app.dispatcher.reoffer_silent, seconds=20)
    s.every("webhooks", app.webhooks.run_due, seconds=15)
    s.every("held-back texts", app.notifier.flush_waiting, minutes=10)
    s.every("pause dead webhooks", app.webhooks.pause_dead, hours=1)
    s.daily("compare with Monetta", app.compare_books, hour=3, minute=40)
    s.daily("forget old logins", app.forget_failed_logins, hour=4, minute=15)
    # s.daily("statements", app.statements, hour=5)   # monthly now, run by hand: `larkway statements`
    return s
