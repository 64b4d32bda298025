"""Corpus `tables`: a wholesaler's staff workbook, stock list, orders and suppliers, with a page of notes."""
from datetime import date, timedelta

from common import FIRST_NAMES, LAST_NAMES, Corpus, dotted, money, number, wrong_winner

STORES = ["Calderbury", "Netherwick", "Portmoor"]
DEPARTMENTS = ["Picking", "Purchasing", "Transport", "Accounts", "Sales"]
THINGS = ["hinge", "bracket", "castor", "drawer runner", "handle", "wood screw", "cam lock", "shelf pin", "cable grommet", "felt pad"]
FINISHES = ["brass", "zinc", "black", "steel"]


def build(seed):
    corpus = Corpus("tables", seed)
    rng = corpus.rng
    f = dict(year=rng.choice([2021, 2022, 2023, 2024]))
    write_staff(corpus, f)
    write_stock(corpus, f)
    write_suppliers(corpus, f)
    write_orders(corpus, f)
    write_notes(corpus, f)
    ask(corpus, f)
    return corpus


def write_staff(corpus, f):
    rng = corpus.rng
    names = rng.sample([f"{one} {two}" for one in FIRST_NAMES for two in LAST_NAMES], 74)
    managers = {}
    for name in names:  # managers and buyers have last names of their own, so that a surname identifies them
        if len(managers) < 5 and name.split()[1] not in {other.split()[1] for other in managers.values()}:
            managers[DEPARTMENTS[len(managers)]] = name
    rows = []
    for index, name in enumerate(names):
        department = next((key for key, value in managers.items() if value == name), None) or rng.choice(DEPARTMENTS)
        boss = "" if name in managers.values() else managers[department]
        hired = date(f["year"] - rng.randrange(1, 14), rng.randrange(1, 13), rng.randrange(1, 28))
        gone = date(f["year"], rng.randrange(1, 11), 28) if boss and rng.random() < .18 else ""
        rows.append((f"P{index + 301}", name, department, rng.choice(STORES), boss, hired, gone, rng.randrange(21400, 47900, 130)))
    header = ("No", "Name", "Department", "Site", "Reports to", "Hired", "Left", "Yearly pay")
    corpus.write_xlsx("staff.xlsx", "Staff", [header] + rows)
    f["staff"], f["managers"] = rows, managers


def decimal_comma(value):
    return f"{value:.2f}".replace(".", ",")


def write_stock(corpus, f):
    rng = corpus.rng
    goods = rng.sample([f"{finish} {thing}" for thing in THINGS for finish in FINISHES], 38)
    prices = {name: rng.randrange(15, 940) / 100 for name in goods}
    short = {store: rng.sample(goods, 4) for store in STORES}
    rows = []
    for index, name in enumerate(goods):
        for store in STORES:
            minimum = rng.randrange(40, 200, 10)
            amount = rng.randrange(2, minimum - 8) if name in short[store] else minimum + rng.randrange(0, 700)
            counted = date(f["year"], rng.randrange(9, 13), rng.randrange(1, 29))
            rows.append((f"A{index + 100}", name, store, amount, minimum, prices[name], counted))
    rng.shuffle(rows)
    corpus.write_csv("stock.csv", [("article", "description", "store", "on hand", "minimum", "unit cost EUR", "last counted")]
                     + [(*row[:5], decimal_comma(row[5]), dotted(row[6])) for row in rows], delimiter=";")
    f["stock"], f["goods"] = rows, goods


def write_suppliers(corpus, f):
    rng = corpus.rng
    leavers = {row[1] for row in f["staff"] if row[6]}
    bosses, surnames, buyers = set(f["managers"].values()), set(), []
    for row in f["staff"]:
        surname = row[1].split()[1]
        if row[1] not in leavers | bosses and surname not in surnames and surname not in {b.split()[1] for b in bosses} \
                and row[2] not in {other[2] for other in buyers}:
            buyers.append(row)
            surnames.add(surname)
    f["suppliers"] = [dict(name=f"{firm} {kind}", buyer=rng.choice(buyers), days=days, since=rng.randrange(1988, 2019), minimum=rng.randrange(150, 900, 25))
                      for firm, kind, days in zip(corpus.firms(7), ["Hardware", "Fittings", "Metalware", "Trading", "Fasteners", "Supply", "Components"],
                                                  rng.sample([10, 14, 21, 28, 35, 45, 60], 7))]
    rows = [(s["name"], s["buyer"][1], s["days"], s["since"], s["minimum"]) for s in f["suppliers"]]
    corpus.write_csv("suppliers.csv", [("supplier", "handled by", "payment days", "supplier since", "smallest order EUR")] + rows)


def write_orders(corpus, f):
    rng = corpus.rng
    rows = []
    for index in range(230):
        ordered = date(f["year"] - 1, 7, 1) + timedelta(days=index * 540 // 230)
        late = ordered.year == f["year"] and ordered.month >= 11 and rng.random() < .4
        received = "" if late or rng.random() < .02 else (ordered + timedelta(days=rng.randrange(3, 25))).isoformat()
        rows.append((f"B{index + 5001}", ordered.isoformat(), rng.choice(f["suppliers"])["name"], rng.choice(f["goods"]), rng.randrange(50, 900, 10),
                     f"{rng.randrange(9000, 240000) / 100:.2f}", received))
    corpus.write_csv("orders.csv", [("order_no", "ordered_on", "supplier", "article", "pieces", "amount_eur", "received_on")] + rows)
    f["orders"] = rows


def write_notes(corpus, f):
    rng = corpus.rng
    one, two, three = f["suppliers"][:3]
    f["other_days"] = one["days"] + rng.choice([3, 5, 8])
    f["other_since"] = two["since"] + rng.choice([-6, -4, 4, 7])
    f["other_minimum"] = three["minimum"] + rng.choice([60, 110, 140])
    corpus.write("notes.md", f"""
        # Notes on these lists

        For whoever takes over from me at the end of {f['year']}.

        `staff.xlsx` comes from the payroll program. People stay in it after they have gone; the column *Left* then holds their last day. An empty
        field under *Reports to* means that the person heads the department.

        `stock.csv` is written by the scanners. Numbers have a decimal comma there and dates are written the German way, because the scanner
        firm is in Kassel. An article is to be bought when fewer are on hand than the minimum says, and each store is looked at by itself.

        `orders.csv` is kept by hand. As long as goods have not come in, the last column is empty. The amounts are net.

        About suppliers, some things I know by heart: invoices of {one['name']} have to be settled within {f['other_days']} days. {two['name']} has delivered to us since {f['other_since']}
        and deserves a card at Christmas. {three['name']} accepts no order under EUR {f['other_minimum']}, so collect what you need before you write to them.

        The stores count on different days. {STORES[2]} is always the last, and its figures should be taken with a pinch of salt in the week before.
        """)


def ask(corpus, f):
    rng, year = corpus.rng, f["year"]
    present = [row for row in f["staff"] if not row[6]]
    department, paid = rng.sample(["Picking", "Transport", "Sales", "Accounts"], 2)
    working = sum(row[2] == department for row in present)
    corpus.ask("tuning", "count", "people-in-department", f"How many people work in {department} today, without those who have left?",
               f"{working} people work in {department}.", all=[number(working)], cite=["staff.xlsx"])
    pending = sum(not row[6] for row in f["orders"])
    corpus.ask("held_out", "count", "orders-pending", "How many of our orders are still waiting for the goods to arrive?",
               f"{pending} orders have not been received.", all=[number(pending)], cite=["orders.csv"])
    store, short_store, compare_store = rng.sample(STORES, 3)
    worth = sum(round(row[3] * row[5], 2) for row in f["stock"] if row[2] == store)
    corpus.ask("tuning", "aggregate", "stock-worth", f"What is everything that lies in the {store} store worth at cost?",
               f"The stock in {store} is worth EUR {money(worth)}.", all=[number(worth)], cite=["stock.csv"])
    supplier = rng.choice(f["suppliers"])["name"]
    ordered = sum(float(row[5]) for row in f["orders"] if row[2] == supplier and row[1].startswith(str(year)))
    corpus.ask("held_out", "aggregate", "ordered-from-supplier", f"For how much money did we order from {supplier} in {year}?",
               f"We ordered for EUR {money(ordered)}.", all=[number(ordered)], cite=["orders.csv"])
    payroll = sum(row[7] for row in present if row[2] == paid)
    corpus.ask("held_out", "aggregate", "department-pay", f"What do we spend a year on the pay of those who are still with us in {paid}?",
               f"{paid} costs {money(payroll)} a year in pay.", all=[number(payroll)], cite=["staff.xlsx"])
    articles = {row[1]: rf"\b{row[1]}s?\b|\b{row[0]}\b" for row in f["stock"]}
    short = [row[1] for row in f["stock"] if row[2] == short_store and row[3] < row[4]]
    corpus.ask("held_out", "list", "reorder", f"What has to be bought again for the {short_store} store?",
               f"In {short_store} these are below the minimum: {', '.join(short)}.", items=[[articles[name]] for name in short],
               wrong=[articles[name] for name in f["goods"] if name not in short], cite=["stock.csv"])
    held = {(row[1], row[2]): row[3] for row in f["stock"]}
    article = rng.choice([name for name in f["goods"] if held[name, store] != held[name, compare_store]])
    amounts = {store: held[article, store], compare_store: held[article, compare_store]}
    ahead, behind = sorted([store, compare_store], key=amounts.get, reverse=True)
    corpus.ask("tuning", "compare", "two-stores", f"Do we have more of the {article} in {store} or in {compare_store}, and how many more?",
               f"There are {amounts[ahead] - amounts[behind]} more in {ahead} ({amounts[ahead]} against {amounts[behind]}).",
               all=[ahead, number(amounts[ahead] - amounts[behind])], none=[wrong_winner(behind, "more")], cite=["stock.csv"])
    chosen = f["suppliers"][3]
    buyer = chosen["buyer"]
    corpus.ask("held_out", "multi_hop", "buyers-boss", f"I have a complaint about the person who deals with {chosen['name']}. Who is that person's boss?",
               f"{chosen['name']} is handled by {buyer[1]}, who reports to {buyer[4]}.", all=[rf"\b{buyer[4].split()[1]}\b"], cite=["staff.xlsx", "suppliers.csv"])
    corpus.ask("tuning", "overview", "tables", "I got these tables from a colleague. What do they hold?",
               "Staff with department and pay, stock by store with minimum amounts, orders to suppliers, a list of suppliers, and notes on how to read them.",
               points=[[r"staff|employee|personnel|people"], [r"stock|inventory"], [r"\border"], [r"supplier|vendor"], [r"note|explan|handover|guide"]])
    one, two, three = f["suppliers"][:3]
    corpus.ask("tuning", "contradiction", "notes-and-lists", "Do the notes say anything about our suppliers that is different in the list?",
               f"Yes: {one['name']} has to be paid in {f['other_days']} days by the notes and {one['days']} by the list; {two['name']} has delivered since {f['other_since']} or "
               f"{two['since']}; the smallest order at {three['name']} is EUR {f['other_minimum']} or {three['minimum']}.",
               points=[[number(f["other_days"]), number(one["days"])], [number(f["other_since"]), number(two["since"])],
                       [number(f["other_minimum"]), number(three["minimum"])]])
