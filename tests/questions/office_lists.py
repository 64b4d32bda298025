"""Sales list and server log of the corpus `office`, and their questions."""
from collections import Counter
from datetime import date, datetime, timedelta

from common import money, number

PRODUCTS = {"Lectern": 214, "Side table": 129, "Bench": 186, "Bookcase": 342, "Stool": 74}
REGIONS = ["North", "South", "East", "West"]
QUIET_LINES = ["smbd[{pid}]: session opened for user {user}", "smbd[{pid}]: session closed for user {user}",
               "cron[{pid}]: (root) CMD (/usr/local/bin/rotate-logs)", "dhcpd[{pid}]: DHCPACK on 10.4.0.{octet} to workstation-{octet}",
               "backup[{pid}]: INFO checking free space on /mnt/vault", "mirror[{pid}]: ERROR nightly mirror failed: remote host closed connection",
               "smartd[{pid}]: Device: /dev/sdb, temperature {octet} Celsius", "backup[{pid}]: WARN retrying /home/shared/old (locked file)"]


def write(corpus, f):
    write_sales(corpus, f)
    write_log(corpus, f)


def write_sales(corpus, f):
    rng, year = corpus.rng, f["year"]
    stems = [firm for firm in corpus.firms(20) if firm not in f.values()][:6]
    customers = [f"{stems[0]} Hotels", f"{stems[0]} Catering", f"{stems[1]} School", f"{stems[2]} & Partners", f"{stems[3]} Library",
                 f"{stems[4]} Interiors", f"{stems[5]} Clinic"]
    prices = {name: price + rng.randrange(0, 40) + rng.choice([0, .5]) for name, price in PRODUCTS.items()}
    days = sorted(date(year, 1, 2) + timedelta(days=rng.randrange(0, 362)) for _ in range(186))
    rows = []
    for index, day in enumerate(days):
        product = rng.choice(list(prices))
        quantity = rng.randrange(1, 13)
        rows.append((day.isoformat(), f"S{year % 100}-{index + 1:04d}", rng.choice(customers), rng.choice(REGIONS), product, quantity,
                     f"{prices[product]:.2f}", f"{quantity * prices[product]:.2f}"))
    path = f"sales-{year}.csv"
    corpus.write_csv(path, [("date", "order", "customer", "region", "product", "quantity", "unit_price", "total")] + rows)
    month = rng.choice([3, 4, 10, 11])
    month_name = date(year, month, 1).strftime("%B")
    region = rng.choice(REGIONS)
    sold = sum(float(row[7]) for row in rows if row[3] == region and int(row[0][5:7]) == month)
    corpus.ask("tuning", "aggregate", "sales-region-month", f"How much did we sell in the {region.lower()} in {month_name}?",
               f"Sales in the {region.lower()} in {month_name} {year} came to £{money(sold)}.", all=[number(sold)], cite=[path])
    revenue = Counter()
    for row in rows:
        revenue[row[4]] += float(row[7])
    (best, amount), *_ = revenue.most_common(1)
    corpus.ask("held_out", "aggregate", "best-product", f"Which product brought in the most money in {year}, and how much was it?",
               f"The {best.lower()} brought in most: £{money(amount)}.", all=[best, number(amount)], cite=[path])
    orders = Counter(row[2] for row in rows)
    corpus.ask("held_out", "count", "customer-orders", f"How many orders did {customers[0]} place with us in {year}?",
               f"{customers[0]} placed {orders[customers[0]]} orders.", all=[number(orders[customers[0]])], cite=[path])


def write_log(corpus, f):
    rng = corpus.rng
    moment = datetime(f["year"], rng.randrange(1, 12), 1, 6, 0)
    month = moment.strftime("%B")
    users = [name.split()[0].lower() for name in f["people"]]
    nights = rng.sample(range(1, 28), rng.randrange(5, 10))
    lines = []
    for day in range(28):
        for _ in range(12):
            moment += timedelta(minutes=rng.randrange(20, 85))
            text = rng.choice(QUIET_LINES).format(pid=rng.randrange(900, 9000), user=rng.choice(users), octet=rng.randrange(21, 48))
            lines.append(f"{moment:%Y-%m-%d %H:%M:%S} vault {text}")
        moment = moment.replace(hour=23, minute=rng.randrange(30, 59))
        reason = rng.choice(["no space left on device", "/mnt/vault not mounted", "time limit exceeded"])
        outcome = f"ERROR nightly run failed: {reason}" if day in nights else f"INFO nightly run finished, {rng.randrange(12, 40)}.{rng.randrange(10)} GB written"
        lines.append(f"{moment:%Y-%m-%d %H:%M:%S} vault backup[{rng.randrange(900, 9000)}]: {outcome}")
        moment = (moment + timedelta(days=1)).replace(hour=6, minute=0)
    corpus.write("server.log", "\n".join(lines))
    corpus.ask("tuning", "count", "failed-backups", f"How many times did the nightly backup fail in {month}?",
               f"The nightly backup failed {len(nights)} times.", all=[number(len(nights))], cite=["server.log"])
