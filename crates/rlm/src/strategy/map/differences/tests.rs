use super::{values::Kind, *};

fn folder(documents: &[(&str, &str)]) -> Vec<(String, String)> {
    documents.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

/// The differing values of the candidates, each pair in order of the texts.
fn found(documents: &[(&str, &str)]) -> Vec<(String, String)> {
    let candidates = candidates(&folder(documents), 10);
    candidates.into_iter().map(|pair| (pair.a.values[0].text.clone(), pair.b.values[0].text.clone())).collect()
}

fn pair(a: &str, b: &str) -> (String, String) {
    (a.to_owned(), b.to_owned())
}

const GARDEN: &str = "# Garden rules

Visitors leave the glasshouse at dusk. The pond is drained every 3 years by the volunteers.

Dogs stay on a lead. The gardener keeps 40 beehives behind the orchard wall.
";

#[test]
fn prose_contradicts_prose() {
    let letter = "# Letter to the members\n\nThank you for the cake. Our orchard now shelters 55 beehives, says the gardener.\n";
    let all = candidates(&folder(&[("garden.md", GARDEN), ("letter.md", letter)]), 10);
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].a.path.as_str(), all[0].a.line, all[0].b.line), ("garden.md", 5, 3));
    assert_eq!(all[0].a.text, "Garden rules: The gardener keeps 40 beehives behind the orchard wall.");
    assert_eq!(all[0].b.values[0].unit, "beehi");
    assert!(all[0].score > 0.2);
}

#[test]
fn equal_values_are_no_candidate() {
    let letter = "# Letter\n\nOur orchard shelters 40 beehives, says the gardener.\n";
    assert!(found(&[("garden.md", GARDEN), ("letter.md", letter)]).is_empty());
}

#[test]
fn number_words_compare_with_digits() {
    let same = "# Letter\n\nThe volunteers drain the pond every three years.\n";
    assert!(found(&[("garden.md", GARDEN), ("letter.md", same)]).is_empty());
    let other = "# Letter\n\nThe volunteers drain the pond every twelve years.\n";
    assert_eq!(found(&[("garden.md", GARDEN), ("letter.md", other)]), [pair("3", "twelve")]);
}

#[test]
fn wrapped_sentence_keeps_the_line_of_its_value() {
    let letter = "# Letter\n\nThe gardener told the whole committee last night that behind the wall of the\n\
                  orchard there are 55 beehives, which is a lot more than the bees can fill.\n";
    let all = candidates(&folder(&[("garden.md", GARDEN), ("letter.md", letter)]), 10);
    assert_eq!((all.len(), all[0].b.line), (1, 4));
    assert!(all[0].b.text.contains("the orchard there"));
}

#[test]
fn prose_contradicts_a_table() {
    let table = "boat,berth,length m,built\nKittiwake,north,9.5,1974\nPuffin,south,7,1988\nRazorbill,north,12,1991\n";
    let prose = "# Harbour\n\nThe Puffin was built in 1979 by two brothers. The Razorbill is 14 metres long.\n";
    let mut found = found(&[("boats.csv", table), ("harbour.md", prose)]);
    found.sort();
    assert_eq!(found, [pair("12", "14"), pair("1988", "1979")]);
}

#[test]
fn markdown_table_is_read_by_row() {
    let table = "# Boats\n\n| boat | crew |\n|---|---|\n| Kittiwake | 4 |\n| Puffin | 6 |\n";
    let parts = texts::parts("boats.md", table);
    assert_eq!(
        parts.sentences.iter().map(|row| (row.line, row.text.as_str())).collect::<Vec<_>>(),
        [(5, "boat: Kittiwake; crew: 4"), (6, "boat: Puffin; crew: 6"),]
    );
}

#[test]
fn prose_contradicts_a_constant() {
    let code = "// Retries of the mailer.\nconst MAX_ATTEMPTS: u32 = 7;\nconst IDLE_SECONDS: u32 = 90;\n";
    let prose = "# Mailer\n\nThe mailer makes five attempts. A connection idle for 60 seconds is closed.\n";
    let mut found = found(&[("mailer.rs", code), ("guide.md", prose)]);
    found.sort();
    assert_eq!(found, [pair("7", "five"), pair("90", "60")]);
}

#[test]
fn settings_and_flags_hold_values() {
    let yaml = "server:\n  timeout: 30\n  port: 8366\n";
    let prose = "# Guide\n\nStart it with --port 9000 on the server.\n";
    assert_eq!(found(&[("server.yaml", yaml), ("guide.md", prose)]), [pair("8366", "9000")]);
}

#[test]
fn products_and_units_of_code_are_read() {
    let code = "WINDOW = 60 * 60  # seconds\nBODY = 40 * MEBIBYTE\n";
    let parts = texts::parts("a.py", code);
    let values = parts.sentences.iter().flat_map(|sentence| &sentence.values).map(|held| &held.placed.value);
    assert_eq!(values.map(|value| (value.amount, value.unit.as_str())).collect::<Vec<_>>(), [(3600.0, "second"), (40.0, "mb")]);
}

#[test]
fn parallel_documents_are_not_reported() {
    let report = |name: &str, spans: u32, cracks: u32, load: u32| {
        format!(
            "# Survey of the {name} viaduct\n\nThe viaduct has {spans} spans of brick. The surveyor counted {cracks} cracks in the parapet.\n\n\
             Lorries above {load} tonnes have to take the diversion.\n"
        )
    };
    let (a, b) = (report("Heronsgate", 9, 14, 18), report("Millbank", 6, 3, 26));
    assert!(found(&[("heronsgate.md", &a), ("millbank.md", &b)]).is_empty());
}

#[test]
fn amendments_rank_below_contradictions() {
    let amendment =
        "# Change to the rules\n\nThe number of beehives behind the orchard wall goes from 40 beehives to 70 beehives.\n";
    let letter = "# Letter\n\nOur orchard shelters 55 beehives, says the gardener.\n";
    let all = candidates(&folder(&[("garden.md", GARDEN), ("change.md", amendment), ("letter.md", letter)]), 10);
    assert_eq!((all[0].a.values[0].text.as_str(), all[0].b.values[0].text.as_str()), ("40", "55"));
    let amended = all.iter().find(|pair| pair.a.path == "garden.md" && pair.b.path == "change.md");
    assert!(amended.is_none_or(|pair| pair.score < all[0].score / 2.0));
}

#[test]
fn sections_of_one_document_contradict_with_a_lower_score() {
    let text = "# Rules\n\n## Keys\n\nA lost locker key costs the member 15 euros.\n\n## Fees\n\nFor a lost locker key the member pays 25 euros.\n\n\
                ## Sauna\n\nTowels are compulsory. Children come with a grown-up. The pool shuts early on Sundays.\n";
    let all = candidates(&folder(&[("rules.md", text)]), 10);
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].a.line, all[0].b.line), (5, 9));
}

#[test]
fn places_and_ordinals_are_no_values() {
    for text in ["clause 4", "No. 34", "page 12", "the 3rd door", "A105", "R7-0042", "src/2/x", "at six", "#12", "10-12 people"] {
        assert_eq!(values::find(text), [], "{text}");
    }
}

#[test]
fn values_are_read_with_their_units() {
    let read = |text: &str| {
        let value = values::find(text).remove(0).value;
        (value.kind, value.amount, value.unit)
    };
    assert_eq!(read("£1,250.50 a term"), (Kind::Number, 1250.5, "gbp".into()));
    assert_eq!(read("1.250,50 € im Monat"), (Kind::Number, 1250.5, "eur".into()));
    assert_eq!(read("EUR 275"), (Kind::Number, 275.0, "eur".into()));
    assert_eq!(read("nine rainy days"), (Kind::Number, 9.0, "day".into()));
    assert_eq!(read("7.25 per cent"), (Kind::Number, 7.25, "%".into()));
    assert_eq!(read("20kg"), (Kind::Number, 20.0, "kg".into()));
    assert_eq!(read("since 1987"), (Kind::Year, 1987.0, String::new()));
    for date in ["2019-08-21", "21 August 2019", "August 21, 2019", "21. August 2019", "21.08.2019", "21st of August 2019"] {
        assert_eq!(read(date), (Kind::Date, 20_190_821.0, String::new()), "{date}");
    }
    assert_eq!(read("at 14:20"), (Kind::Time, 860.0, String::new()));
    for (time, hour) in
        [("closed from ten at night", 22.0), ("7 in the morning", 7.0), ("until 7.00 pm", 19.0), ("ab 22 Uhr", 22.0)]
    {
        assert_eq!(read(time), (Kind::Time, hour * 60.0, String::new()), "{time}");
    }
    assert_eq!(read("on Tuesdays at the pier"), (Kind::Weekday, 1.0, String::new()));
    assert_eq!(read("on Tuesday, 7 May 2024"), (Kind::Date, 20_240_507.0, String::new()));
    assert_eq!(read("ring **0131 555 0101**, day or night"), (Kind::Telephone, 1_315_550_101.0, String::new()));
    assert_eq!(read("thirty-five boats"), (Kind::Number, 35.0, "boat".into()));
    assert_eq!(read("to desk@example.org."), (Kind::Address, 0.0, "mail".into()));
}

#[test]
fn months_of_four_languages_have_numbers() {
    for (name, month) in
        [("octubre", 10), ("Dezember", 12), ("juillet", 7), ("juin", 6), ("Jänner", 1), ("août", 8), ("März", 3), ("mayo", 5)]
    {
        assert_eq!(values::find(&format!("5 {name} 2020"))[0].value.amount, f64::from(20_200_005 + month * 100), "{name}");
    }
}

#[test]
fn mail_heads_and_quoted_lines_are_skipped() {
    let mail = "From: a@b.org\nTo: c@d.org\nSubject: Bees\nDate: Mon, 3 Jan 2022 10:00:00 +0000\n\nWe have 55 beehives.\n\n> We have 40 beehives.\n";
    let parts = texts::parts("bees.eml", mail);
    assert_eq!(parts.title, "Bees");
    assert_eq!(
        parts.sentences.iter().map(|sentence| (sentence.line, sentence.text.as_str())).collect::<Vec<_>>(),
        [(6, "We have 55 beehives.")]
    );
}

#[test]
fn empty_binary_and_odd_texts_do_no_harm() {
    let binary: String = (0..4_000_u32).filter_map(|i| char::from_u32(i % 256)).collect();
    let odd = "5\u{300} dí\u{301}as – 7\u{2013}é 3\u{a0}\u{202f}km № ١٢ 5– 9—ß.\u{200d}👩\u{200d}🌾 12ﬀ ǅ4. İ7 --x 9\n|é|5|\n|ß|\n;;;\n\"\"\"7";
    let long = "é".repeat(5_000) + " 7 " + &"ü5,".repeat(3_000);
    let texts = ["", "\n\n", "....", "5", binary.as_str(), odd, long.as_str()];
    for (a, b) in texts.iter().flat_map(|a| texts.iter().map(move |b| (a, b))) {
        for name in ["x.md", "x.csv", "x.py", "", ".", "é/é.eml"] {
            candidates(&folder(&[(name, a), ("y.txt", b)]), 5);
        }
    }
    assert!(candidates(&[], 5).is_empty());
    assert!(texts::parts("x.bin", &binary).sentences.is_empty());
}

#[test]
fn repetitive_texts_are_compared_in_bounded_time() {
    let line = |i: usize| {
        format!(
            "Sensor {} of hall {} measured {} degrees and {} percent after {} hours.\n",
            i % 977,
            i % 13,
            i % 41,
            i % 100,
            i % 24
        )
    };
    let documents: Vec<(String, String)> =
        (0..8).map(|d| (format!("log{d}.txt"), (0..300).map(|i| line(i * 31 + d * 7)).collect())).collect();
    let start = std::time::Instant::now();
    candidates(&documents, 20);
    // Unoptimised builds on a busy computer take about ten times as long as a release.
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn everyday_values_contradict_each_other() {
    let book = "# Hut book\n\nThe boatman Otto Lind is on 0131 555 0101. Rubbish from the hut is fetched on Tuesdays.\n\n\
                Report damage to the boats within fourteen days. Vera keeps her canoe in bay 3 of the boathouse.\n";
    let differing = [
        ("Call the boatman Otto Lind on 0131 555 0110.", "0131 555 0101", "0131 555 0110"),
        ("The rubbish of the hut is fetched on Thursdays now.", "Tuesdays", "Thursdays"),
        ("Damage to the boats must be reported within thirty days.", "fourteen", "thirty"),
        ("Vera's canoe lies in her bay, number 4, in the boathouse.", "3", "4"),
    ];
    for (sentence, a, b) in differing {
        let letter = format!("# Letter\n\nThank you for the cake. {sentence}\n");
        assert_eq!(found(&[("book.md", book), ("letter.md", &letter)]), [pair(a, b)], "{sentence}");
    }
}
