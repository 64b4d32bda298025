"""Corpus `mail`: some 30 messages in which a choir plans its anniversary weekend."""
import textwrap
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

from common import Corpus, claim, date_regex, first, long_date, lure, money, name_regex, number, together

HALLS = ["Corn Exchange", "Lock Barn", "Old Tannery", "Parish Rooms"]


class Mailbox:
    """Writes numbered messages, a few hours or days apart."""

    def __init__(self, corpus, addresses, start):
        self.corpus, self.addresses, self.moment, self.count = corpus, addresses, start, 0
        self.last_messages = {}

    def send(self, sender, subject, body, attachment=None, reply=False):
        self.count += 1
        self.moment += timedelta(hours=self.corpus.rng.randrange(5, 40), minutes=self.corpus.rng.randrange(60))
        message = EmailMessage()
        message["From"] = f"{sender} <{self.addresses[sender]}>"
        message["To"] = "Anniversary group <group@choir.example>"
        message["Date"] = format_datetime(self.moment)
        message["Subject"] = ("Re: " if reply else "") + subject
        message["Message-ID"] = f"<{self.count:03d}.{self.moment:%Y%m%d%H%M}@choir.example>"
        text = "\n\n".join(" ".join(part.split()) if not part.lstrip().startswith("-- ") else "\n".join(line.strip() for line in part.strip().split("\n"))
                           for part in body.strip().split("\n\n"))
        own_text = text
        if reply:
            last_id, last_sender, last_text = self.last_messages[subject]
            message["In-Reply-To"] = last_id
            text += f"\n\n{last_sender} wrote:\n" + "\n".join("> " + line for line in textwrap.wrap(last_text.split("\n\n--")[0], 76))
        self.last_messages[subject] = message["Message-ID"], sender, own_text
        message.set_content(text + "\n", cte="8bit")
        if attachment:
            name, content = attachment
            message.add_attachment(content, filename=name)
            message.set_boundary(f"=====part{self.count:03d}=====")
        slug = "-".join(word for word in "".join(c if c.isalnum() else " " for c in subject.lower()).split()[:4])
        path = f"{self.count:02d}-{slug}.eml"
        self.corpus.files[path] = message.as_bytes()
        self.corpus.texts[path] = f"{sender} {long_date(self.moment.date())}\n{message['Subject']}\n{text}\n{attachment or ''}"
        return path


def build(seed):
    corpus = Corpus("mail", seed)
    rng = corpus.rng
    year, people = rng.choice([2022, 2023, 2024]), corpus.people(8)
    lead, treasurer, singer, bus, cook, printer, sound, guest = people
    start = datetime(year, 1, rng.randrange(5, 20), 9, 10)
    halls = rng.sample(HALLS, 3)
    prices = rng.sample(range(310, 890, 15), 3)
    weekend = corpus.day(year, 6, 6) + timedelta(days=7)
    weekend += timedelta(days=5 - weekend.weekday())
    f = dict(year=year, people=people, halls=halls, prices=prices, saturday=weekend, first_date=weekend + timedelta(days=rng.choice([14, 21])),
             deposit_day=corpus.day(year, 3, 4), deposit=corpus.steps(120, 290, 10), saturday_votes=rng.choice([13, 14, 16, 17, 18]),
             friday_votes=rng.choice([7, 8, 9, 11]), phone=f"07{rng.randrange(100, 999)} {rng.randrange(100000, 999999)}",
             other_phone=f"07{rng.randrange(100, 999)} {rng.randrange(100000, 999999)}", sound_fee=corpus.steps(180, 340, 10), seats=rng.choice([33, 49, 57]))
    f["coach_fee"], f["coach_day"] = corpus.steps(310, 480, 10), f["deposit_day"] + timedelta(days=rng.choice([12, 19, 23]))
    f["leaves"], f["leaves_other"] = rng.sample(["8:15", "8:40", "9:05", "9:20", "9:50"], 2)
    f["ticket"], f["ticket_other"] = rng.sample([9, 11, 12, 14, 16], 2)
    f["guests"], f["guests_other"] = rng.sample(range(64, 148, 4), 2)
    f["brings"] = list(zip(rng.sample([singer, cook, sound, guest, printer], 4), ["extension leads", "trestle tables", "tea urn", "photograph boards"]))
    addresses = {name: f"{first(name).lower()}@choir.example" for name in people}
    write(corpus, f, Mailbox(corpus, addresses, start))
    ask(corpus, f)
    return corpus


def write(corpus, f, box):
    lead, treasurer, singer, bus, cook, printer, sound, guest = f["people"]
    (hall_a, hall_b, hall_c), (price_a, price_b, price_c), send = f["halls"], f["prices"], box.send
    send(lead, "Forty years of the choir", f"""Dear all,\n\nthis summer the choir turns forty, and the committee would like more than a cake. The idea is a weekend: a concert on the
        Saturday, an outing on the Sunday, old members invited. My first thought for a date was {long_date(f['first_date'])}. Who would help?\n\n{lead}""")
    send(singer, "Forty years of the choir", f"""I am in. But that Saturday is the regatta, and nobody will find a bed for the night within twenty miles.\n\n{first(singer)}""",
         reply=True)
    send(cook, "Forty years of the choir", f"I'll see to the food, as long as somebody else counts the forks. {first(cook)}", reply=True)
    send(lead, "Date", f"""{first(singer)} is right about the regatta. I have asked the conductor, and the Saturday that suits her is {long_date(f['saturday'])}. Unless I hear a
        shriek by Friday, we take that one.\n\n{first(lead)}""")
    send(treasurer, "Date", "No shriek from me. It is in the diary, in ink.", reply=True)
    f["offers"] = send(treasurer, "Halls", f"""I rang round. The {hall_a} asks £{price_a} a day, with chairs, and has a piano that was tuned this century. The {hall_b} is £{price_b} a day; chairs have
        to be brought. The {hall_c} would be £{price_c} a day and has the best kitchen. All three are free on our weekend, and we would need whichever it is for two days, since
        we have to put things up on the Friday.\n\n{first(treasurer)}""", attachment=("hall-offers.csv", f"hall,per day\n{hall_a},{price_a}\n{hall_b},{price_b}\n{hall_c},{price_c}\n"))
    send(cook, "Halls", f"I'd go for the kitchen, so the {hall_c}. Carrying soup across a yard is no fun.", reply=True)
    send(sound, "Halls", f"Have you ever heard a choir in the {hall_c}? It swallows every consonant. The {hall_b} rings nicely, bare as it is.", reply=True)
    send(singer, "Halls", f"Whoever votes for the {hall_b} carries the chairs.", reply=True)
    f["decision"] = send(lead, "Halls: settled", f"""The committee met last night and it was unanimous in the end. We sing in the {hall_b}. The school lends us its chairs, so the one argument against it is gone.
        {first(treasurer)}, would you confirm with them?\n\n{first(lead)}""")
    f["deposit_mail"] = send(treasurer, "Halls: settled", f"""Confirmed. They hold it for us as soon as £{f['deposit']} is in their account, and that has to have happened by {long_date(f['deposit_day'])}; after
        that they let it to the next caller.\n\n{first(treasurer)}""", reply=True)
    send(bus, "Getting there on the Sunday", f"""I organise the coach for the outing. It has {f['seats']} seats and leaves from the church at {f['leaves']} sharp on Sunday. The driver does not wait, I know him.\n\n
        -- \n{bus}\nTransport, lost property and bad jokes\nTel. {f['phone']}""")
    send(treasurer, "Getting there on the Sunday", f"""Thank you. The coach firm wants £{f['coach_fee']} in advance, by {long_date(f['coach_day'])}, and gives us half of it back if we call off a week
        before. I shall pay it out of the jumble sale.\n\n{first(treasurer)}""", reply=True)
    send(printer, "Leaflet", f"""Here is the text for the leaflet. I have put in that a ticket costs £{f['ticket']}, children free, and that the doors open at six. Tell me if anything should be
        changed before it goes to the printer's.\n\n{printer}""", attachment=("leaflet-draft.txt", f"Forty years of song. Tickets £{f['ticket']}, children free.\n"))
    send(guest, "Old members", f"""I have gone through the old address books. {f['guests']} former members and partners have said yes to the dinner, and I am not expecting more.\n\n-- \n{guest}\nAddress book
        Tel. {f['other_phone']}""", attachment=("former-members.txt", "Names are left out here on purpose.\n"))
    send(singer, "Leaflet", """Two small things. It is "fortieth" without a u. And could the picture be one in which the altos have their eyes open? There must be one from the
        spring concert.""", reply=True)
    send(printer, "Old photographs", """Whoever has pictures from the early years, please lend them to me for a fortnight. I scan them and give them back. I am looking above all for the tour to the
        coast, when the bus broke down and we sang in the garage, and for anything with our first conductor in it. Write names on the back in pencil.""")
    send(cook, "Menu", f"""For the dinner I have ordered food for {f['guests_other']} former members and partners, as that is how many accepted. Soup, pie, and three kinds of pudding. Please
        nobody bring salad.\n\n{first(cook)}""")
    send(sound, "Microphones", f"""We need two microphones for the speeches and none for the choir. The technician I know takes £{f['sound_fee']} for the evening, including the lights. Shall I book him?\n\n{first(sound)}""")
    send(treasurer, "Microphones", "Yes please, if he writes an invoice.", reply=True)
    send(lead, "Dance afterwards?", """Some of you asked for dancing after dinner. I would like a band rather than records. Suggestions are welcome, preferably such as can play a waltz.""")
    send(singer, "Dance afterwards?", "Anything but bagpipes. My nephew knows some people and will ask them.", reply=True)
    send(guest, "How we did it at thirty", """I found the folder from our thirtieth. We took six pounds a head then, sixty-one people came to the supper in the school, and the whole thing made a loss
        because somebody had hired a marquee. Lessons: no marquee, and a list of who has paid. The programme had too many pieces in it; people began to leave during the
        madrigals. I can copy the folder for anyone who wants to read more.""")
    send(lead, "How we did it at thirty", "Thank you. The conductor promises not a minute more than seventy, interval not counted.", reply=True)
    f["poll"] = send(singer, "When do we rehearse?", f"""The result of the show of hands: {f['friday_votes']} of us would like the extra rehearsal on Friday evening, {f['saturday_votes']} on Saturday morning, and two do not
        mind. So Saturday it is, at half past nine, and not in the hall but in the vestry.\n\n{first(singer)}""")
    send(treasurer, "Money so far", f"""So that nobody is surprised: we plan for evening tickets at £{f['ticket_other']} each, children free. With that, and the gift from the savings bank, we
        break even if 110 people come.\n\n{first(treasurer)}""", attachment=("budget.csv", f"item,amount\ntickets at {f['ticket_other']},\ngift,400\n"))
    (p1, t1), (p2, t2), (p3, t3), (p4, t4) = f["brings"]
    f["brings_mail"] = send(lead, "Who carries what", f"""This is where we stand after Tuesday. The {t1} come from {p1}. {p2} has {t2} in the garage and will bring them on the Friday. {p3}'s sister lends a {t3}, and
        {first(p3)} carries it in. The {t4} are with {p4}, who puts them up. Flowers are still open.\n\n{first(lead)}""")
    send(guest, "Sunday", f"""A reminder for those whom I talked into the outing: the coach sets off from the church at {f['leaves_other']} on Sunday, so have an early breakfast. It goes to the
        abbey and to the lake, and is back for tea.\n\n{first(guest)}""")
    send(bus, "Sunday", "Walking boots, please. The path to the abbey is wet even in summer.", reply=True)
    send(lead, "Thank you already", f"""Posters are up and the first tickets are sold. Last committee meeting before the weekend on the Monday before, at mine.\n\n{first(lead)}""")


def ask(corpus, f):
    lead, treasurer, singer, bus, cook, printer, sound, guest = f["people"]
    hall, cost = f["halls"][1], f["prices"][1] * 2
    corpus.ask("held_out", "lookup", "hall-deposit", "Until when does the deposit for the hall have to be paid?", f"By {long_date(f['deposit_day'])}.",
               all=[date_regex(f["deposit_day"])], cite=[f["deposit_mail"]])
    corpus.ask("held_out", "count", "rehearsal-votes", "How many people wanted the extra rehearsal on Saturday?", f"{f['saturday_votes']} people wanted Saturday morning.",
               all=[number(f["saturday_votes"])], cite=[f["poll"]])
    names = [name_regex(person) for person, _ in f["brings"]]
    things = [r"extension|leads|cable", r"trestle|tables", r"\burn\b|tea", r"photo|boards"]
    corpus.ask("tuning", "list", "who-brings-what", "Who is bringing which things to the hall?",
               "\n".join(f"- {person}: {thing}" for person, thing in f["brings"]),
               items=[[together(name, thing, [other for other in names if other != name], gap=110)] for name, thing in zip(names, things)], cite=[f["brings_mail"]])
    digits = r"\s?".join(f["phone"].replace(" ", ""))
    corpus.ask("tuning", "multi_hop", "coach-phone", "I left my umbrella on the coach. What number can I ring to reach the one who organised it?",
               f"{bus} organises the coach; the number is {f['phone']}.", all=[digits])
    corpus.ask("held_out", "multi_hop", "hall-cost", "What will the hall that we decided on cost us altogether?",
               f"The {hall} costs £{money(cost)} for the two days.", all=[number(cost)], cite=[f["offers"], f["decision"]])
    corpus.ask("held_out", "absent", "band-fee", "How much does the dance band get for the evening?", "The messages do not say which band plays or what it gets.",
               none=[lure(number(f["sound_fee"]), "technician|sound|microphone|light"), claim("band", "technician|sound")], absent_terms=[r"band (?:costs|takes|gets|charges|wants)", "musicians"])
    corpus.ask("held_out", "overview", "mailbox", "What is all this mail about, in a few sentences?",
               f"The group plans the choir's fortieth anniversary: the date, the hall ({hall}), the coach outing on Sunday, tickets and leaflet, food and guests, sound and a dance.",
               points=[[r"choir", r"anniversar|fort(?:y|ieth)|40"], [r"hall|venue|" + hall], [r"coach|bus\b|outing|transport|trip"],
                       [r"ticket|leaflet|budget|money|cost"], [r"food|dinner|menu|cater"], [r"date|weekend|rehears"]])
    corpus.ask("tuning", "summary", "date-and-hall", "Tell me in short how the choice of the date and the hall went.",
               f"{first(lead)} first proposed {long_date(f['first_date'])}, which clashed with the regatta, so it became {long_date(f['saturday'])}. Of three halls, {', '.join(f['halls'])}, the {hall} "
               "was chosen once the school lent its chairs.",
               points=[[date_regex(f["first_date"])], ["regatta"], [date_regex(f["saturday"])], [hall], [r"chairs|school|unanimous|committee"]])
    corpus.ask("held_out", "contradiction", "disagreeing-messages", "Do any of these messages tell different stories about the same thing?",
               f"Yes: the coach leaves at {f['leaves']} or at {f['leaves_other']}; a ticket costs £{f['ticket']} or £{f['ticket_other']}; {f['guests']} or {f['guests_other']} former members come to dinner.",
               points=[[clock(f["leaves"]), clock(f["leaves_other"])], [number(f["ticket"]), number(f["ticket_other"])], [number(f["guests"]), number(f["guests_other"])]])


def clock(time):
    return rf"\b0?{time.replace(':', '[:.]')}\b"
