"""Corpus `reports`: PDF inspection reports on five footbridges and a programme study that partly disagrees with them."""
import re

from common import Corpus, and_list, claim, long_date, lure, money, number, quantity, word, wrong_winner

PLACES = "Alderhope Birchfold Clayburn Dunnock Eelbrook Foxley Gorsebank Heronsgate Ivelet Juniper Kilnside Larkrise".split()
CONDITIONS = {1: "sound", 2: "fair", 3: "poor", 4: "bad"}

# Per bridge: kind, description, and possible findings (element, finding, phrase of the report's text).
KINDS = {
    "timber": ("a timber beam bridge with three spans on oak piles", """It carries the riverside path between the allotments and the school. Pupils use it every
morning, and in summer it is popular with anglers, who lean their rods on the rail. The beams are larch and were renewed once
since the bridge was opened. Moss grows on the northern side, where the planks never dry before noon.""",
               [("Deck", "planks rotten at the ends"), ("Rail", "two posts loose"), ("Pile 2", "soft to 40 mm at water line"),
                ("Beams", "split along the grain"), ("Approach", "step washed out"), ("Deck", "anti-slip strips missing")]),
    "steel": ("a steel truss of a single span on concrete abutments", """It crosses the mill race next to the former goods yard. Cyclists make up most of the
traffic since the yard became a cinema. The truss was built elsewhere, for a quarry, and was moved here in sections. Water stands
in the bottom chord because the drain holes are blocked by leaves.""",
              [("Chord", "rust under blistered paint"), ("Bearings", "east roller does not move"), ("Bolts", "four missing at node 6"),
               ("Drainage", "holes blocked"), ("Deck plate", "worn smooth"), ("Rail", "mesh torn")]),
    "arch": ("a stone arch from the time of the mills", """It is listed, and nothing may be done to its face without the conservation officer. Only walkers and the
occasional pony use it. The arch ring is of local sandstone, the parapets were rebuilt in brick after a lorry had hit them. Ivy
has been cut back twice, but its roots are in the joints.""",
             [("Arch ring", "mortar gone from joints"), ("Parapet", "leans outward 35 mm"), ("Spandrel", "bulge above springing"),
              ("Foot", "scour at west pier"), ("Paving", "setts sunk"), ("Arch ring", "one voussoir cracked")]),
    "slab": ("a reinforced concrete slab of two spans", """It leads from the bus station to the market hall over the mill stream and is the busiest of all the bridges
in the district; on market days traders push their carts across. The slab was cast in place. Salt spread in winter has found its way
through the joint above the pier.""",
             [("Slab", "spalling, bars exposed"), ("Joint", "seal torn"), ("Pier", "crack 0.6 mm wide"), ("Surface", "asphalt lifting"),
              ("Lamps", "two out of order"), ("Kerb", "broken for 2 m")]),
    "suspension": ("a suspension bridge with timber deck", """It hangs above the gorge below the weir and is part of the long-distance path. School classes like to make it
swing. The cables run over cast-iron towers to anchor blocks that are hidden under the turf. Sheep graze around the southern block.""",
                   [("Cable", "broken wires near south saddle"), ("Hangers", "three slack"), ("Anchor", "water in chamber"),
                    ("Towers", "paint flaking"), ("Deck", "boards warped"), ("Signs", "notice illegible")]),
}
URGENCIES = {1: "BCCC", 2: "ABCC", 3: "AABB", 4: "AAAB"}  # drawn from, by mark
WEATHER = ["The weather was dry, with a light wind; the water stood at its usual level.", "It had rained in the night, and the deck was still wet in the shade.",
           "A cold, bright day. The river was low, so that parts could be seen which are otherwise under water.",
           "Drizzle set in towards noon and we finished under umbrellas.", "It was warm and still."]
METHODS = ["We walked the deck, tapped every member that can be reached, and looked at the underside from a boat. Where a doubt remained, we drilled.",
           "The underside was reached from a mobile platform that stood on the bank. Members were sounded with a hammer, and thickness was measured where the hammer told us to.",
           "A camera on a pole was used for the parts that nobody can get close to; everything else was looked at from an arm's length and by lamp.",
           "First we compared the bridge with the drawings, which took longer than expected. Then each part was looked at from both sides and, where it was soft or hollow, opened up."]
REMARKS = ["In passing we noticed litter under the southern end and a wasps' nest in a hollow post. Neither has been counted as a finding.",
           "Somebody has tied padlocks to the mesh, about thirty of them. They do no harm and are not a finding.",
           "A bench beside the eastern end has lost its back. It does not belong to the bridge.",
           "We met two residents who complained of cycling on the deck. This is a matter for the wardens."]
NEIGHBOURS = ["The owner of the fields on the southern side has asked to be told before machines are brought in.",
              "The lane to the site is narrow; a lorry of more than 7.5 tonnes cannot turn there.",
              "A power line crosses the western bank. The network operator has to be called before a crane is put up."]


def build(seed):
    corpus = Corpus("reports", seed)
    rng = corpus.rng
    year, people, firms = rng.choice([2020, 2021, 2022, 2023]), corpus.people(6), corpus.firms(6)
    bridges = []
    marks = rng.sample([1, 2, 3, 4], 4) + [rng.choice([2, 3])]
    worst_first = sorted(range(5), key=lambda index: -marks[index])
    again = {index: months for index, months in zip(worst_first, [6, rng.choice([8, 10]), 9, 24, 36])}
    limits = rng.sample(range(18, 76), 5)
    lengths, painted = rng.sample(range(112, 389, 3), 6), rng.sample(range(1994, 2016), 6)
    for index, (kind, place) in enumerate(zip(rng.sample(list(KINDS), 5), rng.sample(PLACES, 5))):
        elements = rng.sample(KINDS[kind][2], rng.choice([4, 5]))
        findings = [(element, finding, rng.choice(URGENCIES[marks[index]]), corpus.steps(180, 6900, 20)) for element, finding in elements]
        bridges.append(dict(kind=kind, place=place, name=f"{place} Bridge", day=corpus.day(year, 3, 10), inspector=people[index % 3],
                            findings=findings, total=sum(row[3] for row in findings), limit=limits[index], again=again[index],
                            length=lengths[index] / 10, painted=painted[index], painter=firms[index], mark=marks[index], built=rng.randrange(1902, 1962) - (50 if kind in ("arch", "suspension") else 0)))
    if bridges[2]["total"] == bridges[3]["total"]:
        raise_first_cost(bridges[2])
    for bridge in bridges:
        write_report(corpus, bridge, bridges, people[5])
    study = write_study(corpus, bridges, year, people[4], lengths[5] / 10, painted[5])
    ask(corpus, bridges, study)
    return corpus


def raise_first_cost(bridge):
    element, finding, urgency, cost = bridge["findings"][0]
    bridge["findings"][0] = (element, finding, urgency, cost + 20)
    bridge["total"] += 20


def path_of(bridge):
    return f"{bridge['place'].lower()}-bridge-{bridge['day']:%Y-%m}.pdf"


def write_report(corpus, b, bridges, officer):
    rng = corpus.rng
    description, setting, _ = KINDS[b["kind"]]
    neighbour = bridges[(bridges.index(b) + 1) % 5]
    rows = "\n".join(f"| {index:<4}{element:<14}{finding:<36}{urgency:^9}{money(cost):>10}"
                     for index, (element, finding, urgency, cost) in enumerate(b["findings"], 1))
    urgent = [row for row in b["findings"] if row[2] == "A"]
    setting = setting.replace("\n", " ")
    text = f"""# {b['name']}: report on the principal inspection
Tarn Valley District, Department of Paths and Bridges

Inspected on {long_date(b['day'])} by {b['inspector']}, chartered engineer. Accompanied by {officer} of the department. {rng.choice(WEATHER)}

# 1 The structure
{b['name']} is {description}. It was opened in {b['built']} and measures {b['length']:.1f} m between the abutments. {setting}

The last coat of paint or other protection was applied in {b['painted']} by {b['painter']} Coatings. Records of earlier work are kept in the department's cellar and were damaged in the flood; we could not make use of them.

# 2 How we went about it
{rng.choice(METHODS)} Nothing was loaded on purpose. The rails were pulled with a spring balance at six places. Photographs are numbered as in the table and are handed over on a separate disc.
\f# 3 Findings
The last column is our estimate of the cost of putting things right, in EUR without tax. The letter says how soon: A means within four weeks, B before next winter, C with the next routine work.

| No. Element       What we found                       Urgency        EUR
| ------------------------------------------------------------------------
{rows}
| ------------------------------------------------------------------------

{'Nothing here calls for immediate action.' if not urgent else 'Where the letter A is given, users are at risk now, and a barrier should be put up until the work is done.'} The figures do not contain scaffolding where it can be shared with {neighbour['name']}, which is due for work in the same year.

{rng.choice(REMARKS)}
\f# 4 Judgement
On the department's scale, which runs from 1 (sound) to 4 (bad), we give {b['name']} a {b['mark']}: its condition is {CONDITIONS[b['mark']]}. All the work in the table together comes to EUR {money(b['total'])}.

Until it has been carried out, no more than {b['limit']} persons should be on the bridge at a time. A sign to that effect should stand at both ends. Horses should be led.

# 5 What should happen next
{next_visit(b)} Between inspections the warden looks at the deck and the rails each quarter and writes down what has changed since the last visit.

{rng.choice(NEIGHBOURS)} Fish spawn from October to January, and no work may be done in the water during that time.

{b['inspector']}
"""
    corpus.write_pdf(path_of(b), text)


def next_visit(b):
    if b["again"] < 12:
        return f"Because of the state of some members we do not want to wait for the regular date: an engineer should be back after {word(b['again'])} months."
    return f"There is no reason to depart from the regular rhythm. The next principal inspection falls due in {b['again'] // 12} years."


def write_study(corpus, bridges, year, author, other_length, other_painted):
    rng = corpus.rng
    one, two, three = bridges[2:5]
    other_limit = one["limit"] + rng.choice([7, 9, 12, 15])
    budget, growth = corpus.steps(41000, 78000, 500), rng.choice([11, 14, 17, 19])
    path = f"footbridge-programme-{year + 1}.pdf"
    corpus.write_pdf(path, f"""# Footbridges of the Tarn Valley: programme for {year + 1} to {year + 4}
A study for the district council, written by {author}

# 1 Why this study
The district owns five footbridges of quite different kinds: {and_list([b['name'] + ' (' + b['kind'] + ')' for b in bridges])}. All were inspected in {year}. The inspection reports speak about one bridge at a time. The council has asked in which order money should be spent and how many people would be helped by it.

# 2 Who uses the bridges
Volunteers counted on two Saturdays. Compared with the count of five years ago, {growth} per cent more people were on the bridges. Growth is strongest where the path leads to a bus stop. Wheelchairs and prams were seen on three of the five; the other two have steps.

# 3 The structures in short
{one['name']} is the one people ask about most. At most {other_limit} persons are admitted to it at any one time, which has led to queues on the day of the summer fair. {two['name']} spans {other_length:.1f} m from abutment to abutment, and so scaffolding will be a large part of any bill. {three['name']} was last painted in {other_painted}; it will need a new coat within the period of this programme.
\f# 4 Order of work
We advise to begin where users are at risk, and not with what is cheapest. Work in the water has to wait for the end of the spawning season. Where two sites lie close together, one contractor should do both.

# 5 Money
The council has set aside EUR {money(budget)} a year for paths and bridges taken together. About a third of this goes into mowing and signs. Grants for listed structures can be sought from the county; the closing date is at the end of February.

# 6 Open questions
It has not been settled who clears snow. The fishing club has offered to help with the removal of ivy, which we welcome. A sixth bridge has been proposed at the weir; it is not part of this programme.
""")
    return dict(path=path, other_limit=other_limit, other_length=other_length, other_painted=other_painted, growth=growth)


def ask(corpus, bridges, study):
    one, two, three, four, five = bridges
    urgent = sum(row[2] == "A" for b in bridges for row in b["findings"])
    total = sum(b["total"] for b in bridges)
    corpus.ask("tuning", "lookup", "people-at-once", f"How many people may be on {one['name']} at the same time?",
               f"At most {one['limit']} persons.", all=[number(one["limit"])], cite=[path_of(one)])
    corpus.ask("tuning", "count", "urgent-findings", "How many of the defects that the inspectors found have to be fixed within four weeks, counting all the bridges?",
               f"{urgent} findings have urgency A.", all=[number(urgent)])
    corpus.ask("tuning", "aggregate", "all-repairs", "What would it cost to repair everything the inspectors found on the five bridges?",
               f"EUR {money(total)} without tax.", all=[number(total)])
    soon = [b for b in bridges if b["again"] < 12]
    corpus.ask("held_out", "list", "early-return", "At which bridges does an engineer have to come back in less than a year?",
               f"At {and_list([b['name'] for b in soon])}.", items=[[rf"\b{b['place']}"] for b in soon],
               wrong=[rf"\b{b['place']}(?![^.\n]*(?:\bnot?\b|n't|years?|regular))" for b in bridges if b not in soon], cite=[path_of(b) for b in soon])
    worse, better = (one, two) if one["mark"] > two["mark"] else (two, one)
    corpus.ask("tuning", "compare", "worse-condition", f"Which is in the worse state, {one['name']} or {two['name']}, and what mark did it get?",
               f"{worse['name']} is worse, with a mark of {worse['mark']}.", all=[worse["place"], number(worse["mark"])],
               none=[wrong_winner(better["place"], "worse")], cite=[path_of(one), path_of(two)])
    dearer, cheaper = (three, four) if three["total"] > four["total"] else (four, three)
    difference = dearer["total"] - cheaper["total"]
    corpus.ask("held_out", "compare", "dearer-repair", f"Is it dearer to put right {three['name']} or {four['name']}, and by how much?",
               f"{dearer['name']} is dearer, by EUR {money(difference)}.", all=[dearer["place"], number(difference)],
               none=[wrong_winner(cheaper["place"], "dearer|more|higher")], cite=[path_of(three), path_of(four)])
    corpus.ask("tuning", "absent", "inspection-fee", f"What did the engineer charge for inspecting {two['name']}?",
               "The reports do not say what the inspection cost.", none=[lure(number(two["total"]), "repair|work|put(?:ting)? right|remed|finding"), claim("engineer|inspection|inspector", "repair|work|finding")],
               absent_terms=[r"\bfees?\b", "charge[sd]?\\b", "invoice"])
    corpus.ask("held_out", "absent", "builder", f"Which company built {five['name']} back then?",
               "The documents do not mention the builder.", none=[lure(rf"\b{five['painter']}", "paint|coat|preserv"), r"built by\s+(?:the\s+)?\w+\s+(?:ltd|company|construction|engineering|brothers|&)"],
               absent_terms=["builder", "built by", "constructed by", "construction company"])
    corpus.ask("held_out", "overview", "all-reports", "I was sent these files. What are they about?",
               f"Inspection reports on five footbridges in the Tarn Valley ({and_list([b['name'] for b in bridges])}) with defects and estimated costs, and a study on the programme of repairs.",
               points=[[r"inspect"], [r"bridge"], [r"finding|defect|damage|condition|repair"], [r"cost|estimate|EUR|budget|money"],
                       [r"study|programme|program\b|council|order of work"],
                       ["|".join(rf"\b{b['place']}" for b in bridges)]])
    for half, name, b, question in [("tuning", "first-report", one, "Can you summarise this report?"),
                                    ("held_out", "second-report", three, "What are the main points of this?")]:
        worst = max(b["findings"], key=lambda row: row[3])
        words = [w for w in re.findall(r"[a-z]{4,}", f"{worst[0]} {worst[1]}".lower())]
        again = quantity(b["again"], "months?") if b["again"] < 12 else quantity(b["again"] // 12, "years?") + "|" + quantity(b["again"], "months?")
        corpus.ask(half, "summary", name, question,
                   f"{b['name']} was inspected on {long_date(b['day'])} and got a mark of {b['mark']} ({CONDITIONS[b['mark']]}). The dearest finding: {worst[0].lower()}, "
                   f"{worst[1]}. Repairs come to EUR {money(b['total'])}. At most {b['limit']} persons may be on it. The next visit is due in "
                   f"{b['again'] if b['again'] < 12 else b['again'] // 12} {'months' if b['again'] < 12 else 'years'}.",
                   path=path_of(b), cite=[path_of(b)],
                   points=[[b["place"], "inspect"], [rf"\b{CONDITIONS[b['mark']]}\b|(?:mark|rating|grade|scale|score|condition)\W+(?:\w+\W+){{0,5}}{b['mark']}\b|\b{b['mark']}\b (?:on|out of)"],
                           ["|".join(words)], [number(b["total"])], [quantity(b["limit"], "persons?|people|users?|pedestrians?")], [again]])
    corpus.ask("held_out", "contradiction", "study-and-reports", "Are there things in these files that don't agree with each other?",
               f"Yes: {three['name']} may carry {three['limit']} persons by its report and {study['other_limit']} by the study; {four['name']} is {four['length']:.1f} m long in its "
               f"report and {study['other_length']:.1f} m in the study; {five['name']} was last painted in {five['painted']} or in {study['other_painted']}.",
               points=[[number(three["limit"]), number(study["other_limit"])], [number(four["length"]), number(study["other_length"])],
                       [number(five["painted"]), number(study["other_painted"])]])
