"""Corpus `office`: contracts, minutes, two handbooks, a sales list and a server log of a small furniture firm."""
from datetime import timedelta

import office_lists
import office_minutes
from common import (Corpus, add_months, and_list, claim, date_regex, long_date, lure, money, number, quantity, unless_denied, word,
                    wrong_winner)


def build(seed):
    corpus = Corpus("office", seed)
    facts = invent_facts(corpus)
    write_contracts(corpus, facts)
    write_small_contracts(corpus, facts)
    office_minutes.write(corpus, facts)
    office_lists.write(corpus, facts)
    ask(corpus, facts)
    office_minutes.ask(corpus, facts)
    return corpus


def invent_facts(corpus):
    rng = corpus.rng
    year = rng.choice([2021, 2022, 2023, 2024])
    firm, landlord, shed_owner, cleaner, it_firm, courier, coffee, insurer = corpus.firms(8)
    notices = rng.sample([3, 4, 5, 6, 8, 9], 3)
    rents = rng.sample(range(2150, 4900, 35), 3)
    renewing = rng.sample(["cleaning", "courier", "coffee", "insurance"], 2) + ["it"]
    it_start = corpus.day(year - 1, 2, 9).replace(day=1)
    return dict(
        year=year, firm=firm, landlord=landlord, shed_owner=shed_owner, cleaner=cleaner, it_firm=it_firm, courier=courier,
        coffee=coffee, insurer=insurer, people=corpus.people(8),
        office_notice_old=notices[0], office_notice=notices[1], shed_notice=notices[2],
        office_rent_old=rents[0], office_rent=rents[0] + corpus.steps(110, 390, 20), shed_rent=rents[1] + 3300,
        deposit=rents[0] * 3, lease_start=corpus.day(year - 4, 1, 6).replace(day=1), shed_end=corpus.day(year + 3, 3, 11),
        amended=corpus.day(year - 1, 2, 10), renewing=renewing,
        cleaning_fee=corpus.steps(410, 980, 15), cleaning_extra=corpus.steps(22, 39, 1), cleaning_weeks=rng.choice([5, 7, 9, 10]),
        cleaning_start=corpus.day(year - 2).replace(day=1),
        it_start=it_start, it_end=add_months(it_start, 24) - timedelta(days=1), it_notice_days=rng.choice([45, 60, 75, 90]),
        it_fee=corpus.steps(1450, 2950, 50),
        response_hours=rng.choice([3, 4, 5]), response_hours_minutes=rng.choice([6, 7, 8]),
        late_fee=corpus.steps(12, 19, 1), late_fee_minutes=corpus.steps(23, 31, 1),
        parcel=corpus.steps(610, 990, 15) / 100, courier_end=corpus.day(year + 1, 2, 11), coffee_end=corpus.day(year + 2, 1, 10),
        coffee_rent=corpus.steps(83, 119, 3), coffee_rent_minutes=corpus.steps(132, 175, 3),
        policy_start=corpus.day(year, 1, 5).replace(day=1), excess=dict(zip(("fire", "water", "theft"), rng.sample(range(350, 2600, 50), 3))),
        premium=corpus.steps(2900, 5900, 70))


def renewal(facts, contract, yes, no):
    return yes if contract in facts["renewing"] else no


def write_contracts(corpus, f):
    firm = f"{f['firm']} Furniture Ltd"
    corpus.write("contracts/lease-office.md", f"""
        # Lease of the premises at 14 Tanner's Row

        between {f['landlord']} Estates LLP ("the Landlord") and {firm} ("the Tenant")

        ## 1. Premises
        The Landlord lets to the Tenant the first and second floors at 14 Tanner's Row, with the use in common of the
        stairs, the lift and the yard. The premises shall be used as offices and as a showroom and for no other purpose.

        ## 2. Term
        The lease begins on {long_date(f['lease_start'])} and runs for an indefinite period until one of the parties ends it under
        clause 4.

        ## 3. Rent and deposit
        The Tenant shall pay £{money(f['office_rent_old'])} a calendar month in advance, on or before the third working day. On signature
        the Tenant has placed £{money(f['deposit'])} with the Landlord as security, which is returned within eight weeks of the keys being
        handed back, less the cost of damage beyond fair wear.

        ## 4. Ending the lease
        Either party may bring this lease to an end by giving the other at least {word(f['office_notice_old'])} months' warning in writing, such
        warning to expire on the last day of a quarter. Rent remains due until that day even where the Tenant moves out before it.

        ## 5. Repairs
        The Landlord keeps the roof, the outside walls and the lift in repair. The Tenant repairs the inside and repaints it every
        fifth year. Shelving that is screwed to the walls passes to the Landlord unless it is removed and the holes are filled.

        ## 6. Subletting
        The Tenant shall not sublet without consent, which shall not be withheld without a good reason.
        """)
    corpus.write("contracts/lease-office-amendment.md", f"""
        # First amendment to the lease of 14 Tanner's Row

        dated {long_date(f['amended'])}

        {f['landlord']} Estates LLP and {firm} refer to the lease that began on {long_date(f['lease_start'])} and agree as follows, with
        effect from the first day of the month after this date.

        1. In clause 3 the sum payable each calendar month is raised from £{money(f['office_rent_old'])} to £{money(f['office_rent'])}. In return
           the Landlord has renewed the heating at its own expense.
        2. In clause 4 the words "{word(f['office_notice_old'])} months" are struck out and replaced by "{word(f['office_notice'])} months". The rule that
           the warning expires on the last day of a quarter stays as it is.
        3. All other terms of the lease remain in force. The security that was placed on signature is not increased.

        Signed for the Landlord and for the Tenant.
        """)
    corpus.write("contracts/lease-warehouse.md", f"""
        # Tenancy agreement: Unit 7, Saltmarsh Trading Park

        Owner: {f['shed_owner']} Storage Company. Occupier: {firm}.

        **The unit.** The occupier takes Unit 7, a steel-framed shed of about 620 square metres with one loading bay, to keep
        timber, finished furniture and packing material. Paints and solvents may be kept only in the locked cabinet by the bay.

        **How long.** The tenancy ends on {long_date(f['shed_end'])} without either side having to do anything. It is not
        extended by the occupier staying on. Before then the occupier may leave early if it tells the owner {word(f['shed_notice'])} months
        ahead; the owner has no such right.

        **What it costs.** Rent is £{money(f['shed_rent'])} a quarter, billed on the first of January, April, July and October. Water is
        included. Electricity is read from the unit's own meter and passed on without a margin.

        **Care of the unit.** The occupier has the roller door serviced once a year and keeps the report. Forklifts weighing more
        than 3.5 tonnes when laden may not be driven on the floor. The owner may enter by appointment, and in an emergency at any time.

        **Insurance.** The owner insures the building; the occupier insures what is inside it.
        """)
    it_renewal = f"""Unless one side has told the other in writing no later than {f['it_notice_days']} days before that date that it
        does not wish to go on, the term is extended by a further twelve months, and so on after that."""
    corpus.write("contracts/it-support.txt", f"""
        SERVICE AGREEMENT - IT SUPPORT
        {f['it_firm']} Systems and {firm}

        1  {f['it_firm']} looks after the Customer's server, its network and up to 22 workstations. Telephones and printers are not covered.

        2  The initial term starts on {long_date(f['it_start'])} and its last day is {long_date(f['it_end'])}. {it_renewal}

        3  The Customer pays £{money(f['it_fee'])} every quarter. Work outside office hours is charged by the hour and only after the
        Customer has agreed to it.

        4  When the server is down, an engineer starts work within {f['response_hours']} hours of the call. Any other fault is taken up on the
        next working day. Response is counted between 07:30 and 18:00, Monday to Friday.

        5  {f['it_firm']} makes a copy of the Customer's data every night and keeps 35 of them. Restoring a single file is free; restoring
        the whole server is free twice a year.

        6  Liability is limited to the fees of the past twelve months, except for loss caused on purpose.
        """)


def write_small_contracts(corpus, f):
    firm = f"{f['firm']} Furniture Ltd"
    yearly = "The agreement runs for one year and is prolonged by another year each time, unless it has been cancelled."
    corpus.write("contracts/cleaning.txt", f"""
        AGREEMENT ON CLEANING
        {f['cleaner']} Property Care / {firm}, in force from {long_date(f['cleaning_start'])}

        Scope. On three evenings a week {f['cleaner']} cleans the offices, the showroom and the washrooms at 14 Tanner's Row. Windows
        are done in April and October. The warehouse is not part of this agreement.

        Price. A flat £{money(f['cleaning_fee'])} is invoiced at the end of every month. It covers materials. Additional work, for instance after
        an event in the showroom, is charged at £{f['cleaning_extra']} for each hour begun.

        Duration. {renewal(f, 'cleaning', yearly, 'The agreement runs for three years and is then over; a new one has to be signed if both sides want one.')}
        It may be cancelled at any time by a letter that reaches the other side {word(f['cleaning_weeks'])} weeks in advance.

        Keys. {f['cleaner']} is given two sets of keys and pays for new locks should it lose one.
        """)
    corpus.write("contracts/courier-framework.md", f"""
        # Framework agreement for deliveries

        {f['courier']} Couriers delivers small goods and samples for {firm}. The customer is free to use other carriers; there is
        no minimum volume.

        - Parcels up to 20 kg: £{money(f['parcel'])} each, collected daily at 15:30.
        - If goods are not ready when the driver calls, a second collection on the same day is charged at £{f['late_fee']}.
        - Goods are insured up to £750 a parcel. Glass and mirrors travel at the customer's risk.
        - Claims are made within ten days of delivery, with photographs.

        {renewal(f, 'courier', f"These prices hold until {long_date(f['courier_end'])}. The agreement then carries on for a year at a time unless one of us objects in writing before the year is out.",
                 f"These prices and this agreement hold until {long_date(f['courier_end'])}. After that day neither of us is bound; we will sit down together in good time if both wish to go on.")}
        """)
    corpus.write("contracts/coffee-machine.txt", f"""
        RENTAL CONTRACT No. {corpus.rng.randrange(20000, 89999)}
        {f['coffee']} Vending rents to {firm} one bean-to-cup machine with milk cooler, for the kitchen on the second floor.

        The rent is £{f['coffee_rent']} a month and includes two services a year and spare parts. Beans and milk are bought separately. The
        machine stays the property of {f['coffee']} Vending.

        {renewal(f, 'coffee', f"The rental lasts until {long_date(f['coffee_end'])}. If the machine is not called back or returned by then, the rental is prolonged by twelve months.",
                 f"The rental lasts until {long_date(f['coffee_end'])}. The machine is collected in the week after, and the rental is over.")}

        Descaling is done by the customer once a month. Damage from hard water is not a defect. If the machine stands still for more
        than three working days, {f['coffee']} Vending lends another.
        """)
    corpus.write("contracts/insurance-contents.md", f"""
        # Contents insurance: schedule and summary of terms

        **Insurer:** {f['insurer']} Mutual. **Insured:** {firm}. **Period:** twelve months from {long_date(f['policy_start'])}.

        The policy covers stock, machines and furnishings at 14 Tanner's Row and at Unit 7, Saltmarsh Trading Park, against fire,
        escape of water, and theft after forced entry. The yearly premium is £{money(f['premium'])}.

        Of each claim the insured bears the following part:

        | Cause | Borne by the insured |
        |---|---|
        | Fire, lightning, explosion | £{money(f['excess']['fire'])} |
        | Burst pipes and other escape of water | £{money(f['excess']['water'])} |
        | Theft after forced entry | £{money(f['excess']['theft'])} |

        Goods must stand at least 12 cm above the floor in any room below ground level. The alarm is set whenever the building is empty.

        {renewal(f, 'insurance', "At the end of the period cover goes on for a further twelve months each time, unless the insured or the insurer gives it up in writing a month before.",
                 "Cover ceases at the end of the period. The insurer sends an offer for the following year, which takes effect only when it has been accepted and paid.")}
        """)


CONTRACT_WORDS = {"it": "IT", "cleaning": "clean", "courier": "courier|deliver", "coffee": "coffee", "insurance": "insurance"}


def ask(corpus, f):
    names = {"it": f["it_firm"], "cleaning": f["cleaner"], "courier": f["courier"], "coffee": f["coffee"], "insurance": f["insurer"]}
    files = {"it": "it-support.txt", "cleaning": "cleaning.txt", "courier": "courier-framework.md", "coffee": "coffee-machine.txt",
             "insurance": "insurance-contents.md"}
    titles = {"it": "IT support", "cleaning": "cleaning", "courier": "courier", "coffee": "coffee machine", "insurance": "contents insurance"}

    def mention(key):
        return rf"\b(?:{CONTRACT_WORDS[key]}|{names[key]})"
    corpus.ask("tuning", "lookup", "lease-notice", "How many months ahead do we have to say so if we want to get out of the office lease now?",
               f"Since the amendment, {f['office_notice']} months' written notice is needed, ending on the last day of a quarter.",
               all=[quantity(f["office_notice"], "months?")], cite=["contracts/lease-office-amendment.md"])
    corpus.ask("held_out", "lookup", "water-damage", "A pipe burst and soaked our stock. How much of the damage do we have to bear ourselves?",
               f"We bear £{money(f['excess']['water'])} of a water claim.", all=[number(f["excess"]["water"])],
               cite=["contracts/insurance-contents.md"])
    corpus.ask("held_out", "list", "self-renewing", "Which of our contracts go on by themselves if we do nothing?",
               f"The contracts for {and_list([titles[k] + ' (' + names[k] + ')' for k in sorted(f['renewing'])])} renew by themselves.",
               items=[[mention(key)] for key in sorted(f["renewing"])],
               wrong=[unless_denied(mention(key)) for key in sorted(names) if key not in f["renewing"]],
               cite=["contracts/" + files[key] for key in sorted(f["renewing"])])
    office_year, shed_year = f["office_rent"] * 12, f["shed_rent"] * 4
    winner, loser = ("office", "warehouse") if office_year > shed_year else ("warehouse", "office")
    corpus.ask("tuning", "compare", "two-rents", "What do we pay a year at present for the office and for the warehouse, and which of them costs more?",
               f"The office costs £{money(office_year)} a year and the warehouse £{money(shed_year)}, so the {winner} costs more.",
               all=[number(office_year), number(shed_year)], none=[wrong_winner(rf"\b{loser}\b", "more|higher|dearer")],
               cite=["contracts/lease-office-amendment.md", "contracts/lease-warehouse.md"])
    cleaning_days = f["cleaning_weeks"] * 7
    longer, shorter = ("cleaning", "it") if cleaning_days > f["it_notice_days"] else ("it", "cleaning")
    difference = abs(cleaning_days - f["it_notice_days"])
    corpus.ask("held_out", "compare", "cancel-earlier", "Which do we have to cancel further in advance, the cleaners or the IT support, and by how many days?",
               f"The {titles[longer]} contract, by {difference} days: the cleaners want {f['cleaning_weeks']} weeks, the IT support {f['it_notice_days']} days.",
               all=[mention(longer), quantity(difference, "days?")], none=[wrong_winner(mention(shorter), "longer|earlier|further")],
               cite=["contracts/cleaning.txt", "contracts/it-support.txt"])
    last_day = f["it_end"] - timedelta(days=f["it_notice_days"])
    corpus.ask("held_out", "multi_hop", "it-last-day", "We don't want to keep our IT people after the first term. On which day must they have our letter at the latest?",
               f"By {long_date(last_day)}, which is {f['it_notice_days']} days before the term ends on {long_date(f['it_end'])}.",
               all=[date_regex(last_day)], cite=["contracts/it-support.txt"])
    corpus.ask("tuning", "absent", "warehouse-deposit", "How big a deposit did we leave with the owner of the warehouse?",
               "The documents do not mention a deposit for the warehouse.", none=[lure(number(f["deposit"]), r"office|Tanner"), claim("deposit", "office|Tanner")],
               absent_terms=[r"deposit[^.]*(?:Unit 7|warehouse)", r"(?:Unit 7|warehouse)[^.]*deposit"])
    corpus.ask("tuning", "overview", "whole-folder", "What is in here? Give me an overview.",
               f"Contracts of {f['firm']} Furniture (two leases, cleaning, IT support, courier, coffee machine, insurance), minutes of three "
               "meetings, a staff handbook and an operations handbook, a list of sales and a server log.",
               points=[[r"contract|agreement"], [r"lease|rent|tenan"], [r"minutes|meeting"], [r"handbook|staff|polic"],
                       [r"sales|orders"], [r"\blogs?\b|backup|server"]])
    corpus.ask("held_out", "summary", "warehouse-lease", "Sum up the agreement for the warehouse for me.",
               f"Unit 7 is let to {f['firm']} until {long_date(f['shed_end'])} at £{money(f['shed_rent'])} a quarter. Only the tenant may leave early, with "
               f"{f['shed_notice']} months' notice. Water is included, electricity is metered. The owner insures the building, the tenant the contents.",
               points=[[date_regex(f["shed_end"])], [number(f["shed_rent"])], [quantity(f["shed_notice"], "months?")],
                       [r"water|electric"], [r"insur|forklift|roller|door|solvent|paint"]], cite=["contracts/lease-warehouse.md"])
    corpus.ask("tuning", "contradiction", "minutes-and-contracts", "Do our minutes and our contracts contradict each other anywhere?",
               f"Yes. The IT response time is {f['response_hours']} hours in the contract but {f['response_hours_minutes']} hours in the minutes; the second "
               f"collection costs £{f['late_fee']} in the courier agreement but £{f['late_fee_minutes']} in the minutes; the coffee machine costs "
               f"£{f['coffee_rent']} a month in its contract but £{f['coffee_rent_minutes']} in the minutes.",
               points=[[number(f["response_hours"]), number(f["response_hours_minutes"])],
                       [number(f["late_fee"]), number(f["late_fee_minutes"])], [number(f["coffee_rent"]), number(f["coffee_rent_minutes"])]])
