"""Minutes and handbooks of the corpus `office`, and their questions."""
from datetime import timedelta

from common import (MONTHS, and_list, claim, date_regex, first, long_date, lure, name_regex, number, quantity, together)


def write(corpus, f):
    rng, year = corpus.rng, f["year"]
    chair, office, sales, store, accounts, design, apprentice, workshop = f["people"]
    f["meetings"] = [corpus.day(year, 2, 2), corpus.day(year, 5, 5), corpus.day(year, 9, 9)]
    f["contract_owner"], f["coffee_owner"] = rng.sample([office, store, accounts, design], 2)
    extensions = rng.sample(range(201, 299), 8)
    f["extensions"] = dict(zip(f["people"], extensions))
    due = [f["meetings"][2] + timedelta(days=offset) for offset in rng.sample(range(8, 75), 4)]
    owners = rng.sample([person for person in f["people"][1:] if person != design], 4)
    f["actions"] = list(zip(owners, ["racking", "brochure", "fire drill", "bad debts|overdue|unpaid"], due))
    f["fair_cost"], f["fair_day"] = corpus.steps(4200, 7900, 50), corpus.day(year, 10, 11)
    f["price_rise"], f["apprentices"] = rng.choice([3.5, 4.5, 5.5, 6.5]), rng.choice([2, 3, 4])
    f["rise_month"] = rng.choice([6, 7, 8])
    f["mileage"], f["mileage_other"] = rng.sample(range(31, 58), 2)
    f["limit"], f["limit_other"] = rng.sample(range(120, 480, 20), 2)
    f["first_aiders"], f["first_aiders_other"] = rng.sample([2, 3, 4, 5, 6], 2)
    f["holiday"], f["sick"], f["probation"] = rng.choice([24, 26, 27, 28]), rng.choice([5, 6, 7]), rng.choice([3, 4, 5])
    write_minutes(corpus, f)
    write_handbooks(corpus, f)


def write_minutes(corpus, f):
    chair, office, sales, store, accounts, design, apprentice, workshop = f["people"]
    one, two, three = f["meetings"]
    corpus.write(f"minutes/{one:%Y-%m-%d}-team.md", f"""
        # Team meeting, {long_date(one)}

        Present: {and_list([chair, office, sales, store, accounts])}. Apologies: {design}. Chair: {chair}.

        **Stock-taking.** {store} reports that the count at the end of December differed from the books by less than one per cent. The
        oak boards that were missing turned up behind the paint cabinet.

        **IT.** The server stood still on two mornings in January. {office} reminded everyone that an engineer has to be at work
        within {f['response_hours_minutes']} hours of our call, and that nobody should try to restart it themselves.

        **Deliveries.** {sales} asked that samples be packed by three. Every time the courier has to come a second time on the same day we pay
        £{f['late_fee_minutes']}, and it happened six times last month.

        **Who looks after which contract.** From now on {f['contract_owner']} is the contact for everything to do with the courier. The coffee
        machine passes to {f['coffee_owner']}, since nobody else wanted it. The leases stay with {chair}.

        **To do.** {first(store)} to have the roller door serviced by the end of the month. {first(accounts)} to send the reminder to the two hotels.
        Next meeting in May.
        """)
    corpus.write(f"minutes/{two:%Y-%m-%d}-team.md", f"""
        # Team meeting, {long_date(two)}

        Present: {and_list([chair, sales, accounts, design, workshop])}. Apologies: {office} and {store}.

        1. *Prices.* Timber has become dearer by more than a tenth since the new year. After some discussion it was decided that our list prices
           go up by {f['price_rise']} per cent from the first of {MONTHS[f['rise_month'] - 1]}. Orders confirmed before that are kept at the old price.
           {first(sales)} had wanted to wait until autumn.
        2. *Trade fair.* We take a stand at the Northern Interiors fair, which opens on {long_date(f['fair_day'])}. The budget is £{f['fair_cost']:,}, stand
           building included. {first(design)} designs the stand and reuses last year's walls.
        3. *Apprentices.* The workshop takes on {f['apprentices']} apprentices in September. {workshop} will be their trainer.
        4. *Kitchen.* The coffee machine, which costs us £{f['coffee_rent_minutes']} a month, is to be kept. A proposal to go back to instant coffee found
           no supporter.
        5. *Not decided.* Whether to close between Christmas and New Year was put off until the autumn.

        To do: {first(sales)} prints the new price list; {first(accounts)} books the stand; {first(workshop)} writes to the college.
        """)
    (racking, _, d1), (brochure, _, d2), (drill, _, d3), (debts, _, d4) = f["actions"]
    corpus.write(f"minutes/{three:%Y-%m-%d}-team.md", f"""
        # Team meeting, {long_date(three)}

        Everyone was there. {chair} was in the chair and {accounts} kept the minutes.

        **Old business.** The price list went out in time. The stand is booked. The college has sent its list, and the apprentices started
        on the first of the month.

        **Warehouse.** The lowest shelves sag and one upright is bent. {racking} was asked to bring in three offers for new racking. We want
        to see them by {long_date(d1)}, because the heavy season starts soon after.

        **Fair.** There is still no brochure. {brochure} writes the text and has it at the printer's no later than {long_date(d2)}; {first(design)} has
        the photographs already and owes nothing more.

        **Safety.** The last fire drill was more than a year ago. {drill} holds one before {long_date(d3)} is over, without telling the
        date beforehand.

        **Money.** Four customers have not paid invoices from the spring. {debts} telephones each of these bad debts and tells us how it stands by
        {long_date(d4)}.

        **Closing days.** We close between Christmas and New Year. These days come out of nobody's holiday.
        """)


def write_handbooks(corpus, f):
    titles = ["Managing director", "Office manager", "Sales", "Warehouse", "Accounts", "Design", "Reception", "Workshop"]
    rows = "\n".join(f"        | {name} | {title} | {f['extensions'][name]} |" for name, title in zip(f["people"], titles))
    corpus.write("handbooks/staff-handbook.md", f"""
        # Staff handbook

        ## Working time
        The working week has 37.5 hours. The core hours, in which everyone is in, are from ten to three. Time worked beyond the
        week's hours is written down and taken off later; it is not paid out.

        ## Time off
        Everyone has {f['holiday']} days of holiday a year, plus public holidays. Ask your supervisor two weeks ahead for anything longer than
        three days. Up to {f['sick']} days that are left over may be carried into the next year, until the end of March. If you are
        ill, ring before nine; from the fourth day on we need a doctor's note. For moving house there is one free day.

        ## Starting with us
        The first {f['probation']} months are a trial period, in which either side can part with two weeks' warning. You are given a laptop, a key and
        a pair of safety shoes.

        ## Expenses
        Those who use their own car on business are paid {f['mileage']} pence a mile. Purchases of up to £{f['limit']} can be made without asking; keep the
        receipt. Above that, {f['people'][0]} signs first.

        ## If something happens
        There are {f['first_aiders']} trained first-aiders in the house; their photographs hang by the lift. Every accident goes into the book, even
        a small one.

        ## Whom to ring

        | Name | Area | Extension |
        |---|---|---|
{rows}

        ## Using computers
        Lock your screen when you leave your desk. Do not install programs yourself. Private use of the network is allowed in breaks.
        """)
    corpus.write("handbooks/operations-handbook.md", f"""
        # Operations handbook

        This book is for everyone who opens, closes, receives, sends or buys something. It is kept by the office manager.

        ## Opening and closing
        The first one in switches off the alarm and starts the extraction in the workshop. The last one out checks the second-floor
        windows, the kitchen and the loading bay, and sets the alarm.

        ## Receiving goods
        Count before you sign. Damage is noted on the driver's slip and photographed. Timber is stacked on battens and left to rest for
        a week before it is cut.

        ## Sending goods
        Tables travel legs off, in blankets. Each consignment carries a delivery note, a copy of which goes to accounts on the same day.

        ## Buying and travelling
        Up to £{f['limit_other']} you may buy what you need for your work on your own decision; anything beyond goes over the managing director's
        desk. Business trips in a private car are refunded at {f['mileage_other']} pence for each mile. Trains are booked second class.

        ## Safety
        Ear protection is worn at the planer and the saw. The {f['first_aiders_other']} first-aiders take a refresher every other year. The
        extinguishers are checked each May. Escape routes are kept clear, above all the one behind the showroom.

        ## Waste
        Sawdust goes into the briquette press, offcuts into the box for the school, and solvents back to the supplier.
        """)


def ask(corpus, f):
    chair = f["people"][0]
    last = f"minutes/{f['meetings'][2]:%Y-%m-%d}-team.md"
    owners = [name_regex(owner) for owner, _, _ in f["actions"]]
    tasks = ["offers for the racking", "the brochure", "the fire drill", "the calls about bad debts"]
    corpus.ask("tuning", "list", "action-items", "Who owes what by when after the September meeting?",
               "\n".join(f"- {owner}: {task}, by {long_date(due)}" for (owner, _, due), task in zip(f["actions"], tasks)),
               items=[[together(name, date_regex(due), [other for other in owners if other != name])]
                      for name, (_, _, due) in zip(owners, f["actions"])], wrong=[], cite=[last])
    corpus.ask("tuning", "multi_hop", "courier-extension", "The courier has lost a parcel. What extension do I ring to reach the colleague in charge of them?",
               f"{f['contract_owner']} looks after the courier: extension {f['extensions'][f['contract_owner']]}.",
               all=[number(f["extensions"][f["contract_owner"]])], cite=["handbooks/staff-handbook.md"])
    corpus.ask("held_out", "absent", "paternity-leave", "My wife and I are expecting a baby. How many days of paternity leave do we fathers get?",
               "The handbooks do not mention paternity leave.",
               none=[lure(quantity(value, "days?"), "holiday|carr|sick|ill") for value in (f["holiday"], f["sick"])] + [claim("paternity leave", "holiday"), r"statutory\s+(?:two|2)\s+weeks"],
               absent_terms=["paternity", "father", "parental", r"\bbaby|birth"])
    corpus.ask("held_out", "overview", "operations-handbook", "What does this cover?",
               "The operations handbook covers opening and closing, receiving and sending goods, buying and travel, safety, and waste.",
               path="handbooks/operations-handbook.md",
               points=[[r"open|clos|alarm"], [r"receiv|deliver|incoming|inbound"], [r"send|ship|dispatch|outgoing|consign"],
                       [r"buy|purchas|travel|trip|expens"], [r"safety|first.aid|extinguish|ear protection"], [r"waste|sawdust|offcut|dispos|recycl"]])
    corpus.ask("tuning", "summary", "may-meeting", "What did we settle at the meeting in May?",
               f"List prices rise by {f['price_rise']} per cent from 1 {MONTHS[f['rise_month'] - 1]}; we take a stand at the Northern Interiors fair for "
               f"£{f['fair_cost']:,}; the workshop takes {f['apprentices']} apprentices; the coffee machine stays; Christmas closing was put off.",
               points=[[number(f["price_rise"])], [number(f["fair_cost"])], [quantity(f["apprentices"], "apprentices?")], [r"coffee"],
                       [r"christmas|new year"]], cite=[f"minutes/{f['meetings'][1]:%Y-%m-%d}-team.md"])
    corpus.ask("held_out", "contradiction", "two-handbooks", "Do the staff handbook and the operations handbook say the same thing everywhere, or do they clash?",
               f"They clash on three points: mileage is {f['mileage']} pence in one and {f['mileage_other']} pence in the other; purchases without asking go up to "
               f"£{f['limit']} or £{f['limit_other']}; there are {f['first_aiders']} or {f['first_aiders_other']} first-aiders.",
               points=[[number(f["mileage"]), number(f["mileage_other"])], [number(f["limit"]), number(f["limit_other"])],
                       [number(f["first_aiders"]), number(f["first_aiders_other"])]])
