//! Plans of the engine: what they ask, and the answers that they put together.

use super::*;
use crate::{
    record::event::{EventKind as Kind, PlanKind, PlanStep},
    testing::{corpus::MemoryCorpus, embedder::Topics},
};

/// A small model that sorts every question as `kind`, and otherwise answers by `reply`.
pub fn planned(kind: &'static str, reply: impl Fn(&str) -> String + Send + Sync + 'static) -> ScriptedModel {
    ScriptedModel::new(Strength::Small, move |request, _| {
        let scored = |best: &str| {
            request
                .choices
                .iter()
                .map(|choice| format!("{} {}", if choice.trim() == best { -0.1 } else { -9.0 }, choice.trim()))
                .collect::<Vec<_>>()
                .join("\n")
        };
        let asked = text(request);
        Reaction::Reply(match request.choices.len() {
            0 => reply(&asked),
            4 => scored("things"),
            2 => scored(if says_nothing(&asked) { "no" } else { "yes" }),
            _ => scored(kind),
        })
    })
}

/// Whether a passage says nothing of what is asked for.
fn says_nothing(asked: &str) -> bool {
    let is_of = |document: &str, question: &str| asked.contains(document) && asked.contains(question);
    asked.contains("Who owns") || is_of("User: boats.md", "What is the fee?") || is_of("User: fees.md", "What does Vera mend?")
}

pub fn folder() -> MemoryCorpus {
    MemoryCorpus::new([
        ("fees.md", "Fees of the club\nThe fee is 40 pounds.\nIt is due on 1 May.\n"),
        ("boats.md", "Boats of the club\nVera mends the canoe by 3 June.\n"),
    ])
}

/// What the model says of a passage.
pub fn says(asked: &str) -> String {
    match asked {
        _ if asked.contains("take a comparison apart") => "What is the fee?\n2. What does Vera mend?",
        _ if asked.contains("User: - ") => "The fee is 40 pounds, and Vera mends the canoe.",
        _ if asked.contains("User: fees.md") => "- The fee is 40 pounds\n- It is due on 1 May",
        _ if asked.contains("User: boats.md") => "- Vera: mend the canoe, by 3 June",
        _ => "The fee is 40 pounds, and Vera mends the canoe.",
    }
    .to_owned()
}

async fn asked(kind: &'static str, question: &str) -> (Vec<Event>, String) {
    let stage = Stage::new(ModeChoice::Map, planned(kind, says)).with_corpus(folder());
    let (events, ended) = stage.ask(question).await;
    ended.unwrap();
    let (status, answer, fault) = end(&events).unwrap();
    assert_eq!((status, fault), (RunStatus::Answered, None));
    (events, answer)
}

#[tokio::test]
async fn a_fact_is_read_checked_and_marked() {
    let (events, answer) = asked("fact", "What is the fee?").await;
    assert_eq!(answer, "The fee is 40 pounds [[fees.md#L2]]");
    let steps: Vec<&PlanStep> = events
        .iter()
        .filter_map(|event| if let Kind::StepStarted { step, .. } = &event.kind { Some(step) } else { None })
        .collect();
    assert_eq!(steps, [&PlanStep::Read { passages: 2, documents: 2 }, &PlanStep::Check { findings: 1 }]);
    let drafts = events.iter().filter(|event| matches!(event.kind, Kind::Drafted { .. }));
    assert_eq!(drafts.count(), 2);
}

#[tokio::test]
async fn a_fact_that_no_passage_states_is_not_found() {
    let stage = Stage::new(ModeChoice::Map, planned("fact", |_| "not found".to_owned())).with_corpus(folder());
    let (events, _) = stage.ask("Who owns the hut?").await;
    assert!(end(&events).unwrap().1.starts_with("Not found"));
}

#[tokio::test]
async fn a_list_holds_each_entry_once_with_its_place() {
    let (_, answer) = asked("list", "What do the fees and the boats ask of members?").await;
    let mut lines: Vec<&str> = answer.lines().collect();
    lines.sort_unstable();
    let wanted = [
        "- It is due on 1 May. [[fees.md#L3]]",
        "- The fee is 40 pounds. [[fees.md#L2]]",
        "- Vera mends the canoe by 3 June. [[boats.md#L2]]",
    ];
    assert_eq!(lines, wanted);
}

#[tokio::test]
async fn a_comparison_is_asked_about_each_of_its_things() {
    let (_, answer) = asked("compare", "Is the fee more than what Vera mends?").await;
    let wanted = "The fee is 40 pounds, and Vera mends the canoe.\n\n\
                  - What is the fee? The fee is 40 pounds [[fees.md#L2]]\n\
                  - What does Vera mend? Vera: mend the canoe, by 3 June [[boats.md#L2]]";
    assert!(answer.starts_with(wanted), "{answer}");
}

#[tokio::test]
async fn an_overview_has_a_card_for_each_document() {
    let (events, answer) = asked("overview", "What is in here?").await;
    assert!(
        answer.contains("2 documents:") && answer.contains("- **boats.md**: ") && answer.contains("[[fees.md#L1]]"),
        "{answer}"
    );
    let planned = events.iter().any(|event| matches!(event.kind, Kind::Planned { kind: PlanKind::Overview, .. }));
    assert!(planned);
}

#[tokio::test]
async fn a_stopped_plan_keeps_its_draft() {
    let model = ScriptedModel::new(Strength::Small, |request, _| match request.choices.len() {
        0 if text(request).contains("take a comparison apart") => "What is the fee?\n2. Who owns the hut?".into(),
        0 if text(request).contains("User: fees.md") => "The fee is 40 pounds".into(),
        2 => {
            if text(request).contains("Who owns") {
                "no".into()
            } else {
                "yes".into()
            }
        }
        0 => Reaction::Breaks(String::new(), Fault::new(Code::LocalModel, "The model ended.")),
        _ => "compare".into(),
    });
    let (events, _) = Stage::new(ModeChoice::Map, model).with_corpus(folder()).ask("Is the fee high?").await;
    let (status, answer, _) = end(&events).unwrap();
    assert_eq!(
        (status, answer.as_str()),
        (RunStatus::Failed, "- What is the fee? The fee is 40 pounds [[fees.md#L2]]\n- Who owns the hut? Not found.")
    );
}

#[tokio::test]
async fn dates_are_taken_from_the_text_itself() {
    let model = ScriptedModel::new(Strength::Small, |request, _| match request.choices.len() {
        4 => "dates".into(),
        _ => "list".into(),
    });
    let corpus = MemoryCorpus::new([
        ("a.md", "Notes\n\nThe fence is due on 4 May 2024.\n"),
        ("b.md", "Letter of Vera\n\nThe hut opens on 2 March 2024 at noon.\n"),
    ]);
    let (events, _) = Stage::new(ModeChoice::Map, model).with_corpus(corpus).ask("List every date.").await;
    let answer = end(&events).unwrap().1;
    let [first, second] =
        ["**2 March 2024**: The hut opens", "**4 May 2024**: The fence is due"].map(|entry| answer.find(entry).unwrap());
    assert!(first < second && answer.starts_with("2 dates in 2 documents") && answer.contains("[[b.md#L3]]"), "{answer}");
}

#[tokio::test]
async fn a_question_over_rows_is_a_query() {
    let model = planned("rows", |_| "COUNT(*) FROM boats".to_owned());
    let corpus = MemoryCorpus::new([("boats.csv", "boat,harbour\nCanoe,North\nRaft,South\n"), ("a.md", "The hut is closed.\n")]);
    let (events, _) = Stage::new(ModeChoice::Map, model).with_corpus(corpus).ask("How many boats are there?").await;
    let answer = end(&events).unwrap().1;
    assert!(answer.starts_with("**2**\n\nWorked out from boats.csv: ") && answer.contains("[[boats.csv#L2]]"), "{answer}");
}

#[tokio::test]
async fn contradictions_are_pairs_of_statements_with_their_places() {
    let corpus = MemoryCorpus::new([
        ("rules.md", "Rules of the hut\n\nThe lake hut sleeps twelve guests in summer.\n"),
        ("letter.md", "Letter to members\n\nIn summer the lake hut sleeps nine guests.\n"),
        ("boats.md", "Boats\n\nA canoe carries three people.\n"),
    ]);
    let stage = Stage::new(ModeChoice::Map, planned("differences", |_| String::new())).with_corpus(corpus);
    let (events, _) = stage.ask("What disagrees?").await;
    let answer = end(&events).unwrap().1;
    assert!(answer.starts_with("1 place where the documents say different things:"), "{answer}");
    assert!(
        ["[[rules.md#L3]]", "[[letter.md#L3]]", "**twelve**", "**nine**"].iter().all(|part| answer.contains(part)),
        "{answer}"
    );
}

#[tokio::test]
async fn a_chain_is_answered_from_passages_that_lead_to_each_other() {
    let corpus = MemoryCorpus::new([
        ("people.md", "Who does what\nVera looks after the boats.\n"),
        ("list.md", "List of members\nVera 4192\nOtto 4177\n"),
    ]);
    let model = ScriptedModel::new(Strength::Small, |request, _| match (request.choices.len(), text(request)) {
        (0, asked) if asked.contains("who or what the question means") && asked.contains("User: people.md") => {
            "Vera looks after the boats.".into()
        }
        (0, asked) if asked.contains("User: list.md") && asked.contains("It is known: Vera looks") => {
            "Her number is 4192.".into()
        }
        (0, _) => "not found".into(),
        (2, asked) if asked.contains("User: list.md") && asked.contains("It is known: Vera looks") => "yes".into(),
        (2, asked) if asked.contains("User: people.md") => "-0.9 yes\n-0.5 no".into(),
        (2, _) => "no".into(),
        _ => "steps".into(),
    });
    let (events, _) = Stage::new(ModeChoice::Map, model).with_corpus(corpus).ask("Which number do I call about the boats?").await;
    let answer = end(&events).unwrap().1;
    assert_eq!(answer, "Her number is 4192. [[list.md#L2]]\n\nThis rests on: Vera looks after the boats. [[people.md#L2]]");
}

#[tokio::test]
async fn a_later_document_that_changes_a_value_comes_first() {
    let corpus = MemoryCorpus::new([
        ("hut/rules.md", "Rules of the hut\nGuests pay 90 pounds a night.\n"),
        ("hut/change.md", "Change of the rules of the hut\nThe 90 pounds become 120 pounds.\n"),
    ]);
    let model = ScriptedModel::new(Strength::Small, |request, _| match (request.choices.len(), text(request)) {
        (0, asked) if asked.contains("rules.md says: Guests pay 90") => "120 pounds a night (before, 90 pounds)".into(),
        (0, _) => "Guests pay 90 pounds a night.".into(),
        (2, asked) => {
            if asked.contains("User: hut/rules.md") {
                "yes".into()
            } else {
                "no".into()
            }
        }
        _ => "fact".into(),
    });
    let (events, _) = Stage::new(ModeChoice::Map, model).with_corpus(corpus).ask("What does a guest pay?").await;
    let answer = end(&events).unwrap().1;
    assert!(answer.starts_with("120 pounds a night (before, 90 pounds) [[hut/change.md#L2]]"), "{answer}");
    assert!(answer.contains("- Guests pay 90 pounds a night. [[hut/rules.md#L2]]"), "{answer}");
}

#[tokio::test]
async fn amounts_are_converted_out_of_the_passage_that_was_read() {
    let corpus = MemoryCorpus::new([
        ("hut.md", "Rent of the hut\nThe hut costs £100 a month.\n"),
        ("boat.md", "Rent of the boat\nThe boat costs £40 a month.\n"),
    ]);
    let model = planned("fact", |asked| {
        if asked.contains("User: hut.md") { "The hut costs £100 a month." } else { "not found" }.to_owned()
    });
    let (events, _) = Stage::new(ModeChoice::Map, model).with_corpus(corpus).ask("What does it cost a year?").await;
    let answer = end(&events).unwrap().1;
    assert_eq!(answer, "The hut costs £100 a month. [[hut.md#L2]] (£100 a month is £1,200 a year)");
}

#[tokio::test]
async fn a_passage_is_found_by_its_meaning() {
    let others: Vec<(String, String)> = (100..140)
        .map(|number| (format!("n{number}.md"), format!("Note {number}\nWhere the rope number {number} hangs.\n")))
        .collect();
    let bunks = ("z.md", "The hut\nTwelve bunks stand under the roof.\n");
    let corpus = MemoryCorpus::new(others.iter().map(|(path, text)| (path.as_str(), text.as_str())).chain([bunks]));
    let model = ScriptedModel::new(Strength::Small, |request, _| match (request.choices.len(), text(request)) {
        (0, asked) if asked.contains("User: z.md") => "Twelve bunks stand under the roof.".into(),
        (0, _) => "not found".into(),
        (2, asked) if asked.contains("User: z.md") => "yes".into(),
        (2, _) => "no".into(),
        _ => "fact".into(),
    });
    let mut stage = Stage::new(ModeChoice::Map, model).with_corpus(corpus);
    let by_words = end(&stage.ask("Where is it possible to sleep?").await.0).unwrap().1;
    stage.embedder = Some(std::sync::Arc::new(Topics(vec![vec!["sleep", "bunks"]])));
    let by_meaning = end(&stage.ask("Where is it possible to sleep?").await.0).unwrap().1;
    assert!(by_words.starts_with("Not found"), "{by_words}");
    assert_eq!(by_meaning, "Twelve bunks stand under the roof. [[z.md#L2]]");
}

#[tokio::test]
async fn entries_without_a_table_are_counted() {
    let corpus = MemoryCorpus::new([
        ("hut.md", "Rules of the hut\nVera mends the roof.\n"),
        ("boat.md", "Care of the boat\nOtto mends the sail.\n"),
    ]);
    let model = ScriptedModel::new(Strength::Small, |request, _| match (request.choices.len(), text(request)) {
        (0, asked) if asked.contains("User: hut.md") => "Vera mends the roof".into(),
        (0, asked) if asked.contains("User: boat.md") => "Otto mends the sail".into(),
        (7, _) => "-0.1 count\n-3.0 one".into(),
        (2, _) => "-0.7 yes\n-0.7 no".into(),
        _ => "rows".into(),
    });
    let (events, _) = Stage::new(ModeChoice::Map, model).with_corpus(corpus).ask("How many people mend something?").await;
    let answer = end(&events).unwrap().1;
    assert!(answer.starts_with("**2**, from:\n\n") && answer.contains("- Vera mends the roof. [[hut.md#L2]]"), "{answer}");
}
