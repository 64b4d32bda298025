"""Command line: serve, work, statements, add-rider."""

from __future__ import annotations

import argparse
import csv
import logging
import sys
from datetime import datetime

from larkway import api, scheduler, settings
from larkway.errors import NotConfigured
from larkway.models import Rider


def statements(app: api.App, month: str, out) -> int:
    """One CSV line per delivery of a business sender in a month such as 2025-04."""
    datetime.strptime(month, "%Y-%m")
    rows = app.store.execute(
        "select sender_id, id, window_start, state from delivery where window_start like ? order by 1, 3", f"{month}%"
    )
    writer = csv.writer(out)
    writer.writerow(["sender", "delivery", "window", "state"])
    writer.writerows(row for row in rows if app.store.sender(row[0]).business)
    return len(rows)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="larkway", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="answer HTTP requests")
    commands.add_parser("work", help="run the timed jobs")
    month = commands.add_parser("statements", help="monthly statement of business senders, as CSV")
    month.add_argument("month", help="YYYY-MM")
    rider = commands.add_parser("add-rider")
    rider.add_argument("name")
    rider.add_argument("phone")
    rider.add_argument("--wheels", type=int, choices=(2, 3), default=2)
    args = parser.parse_args(argv)

    try:
        config = settings.load()
    except NotConfigured as problem:
        print(f"larkway: {problem}", file=sys.stderr)
        return 78
    logging.basicConfig(level=config.secrets["LARKWAY_LOG_LEVEL"], format="%(asctime)s %(name)s %(message)s")
    app = api.App(config)

    if args.command == "serve":
        api.serve(app)
    elif args.command == "work":
        scheduler.build(app).loop()
    elif args.command == "statements":
        statements(app, args.month, sys.stdout)
    else:
        added = app.store.save_rider(Rider(0, args.name, args.phone, wheels=args.wheels))
        print(f"rider {added.id}: {added.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
