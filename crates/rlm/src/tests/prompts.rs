//! Every request of scripted runs, byte for byte: a model's quality depends on its prompts.

use crate::{
    fault::{Code, Fault},
    options::{Limits, ModeChoice},
    testing::{
        corpus::MemoryCorpus,
        model::{Reaction, ScriptedModel},
        stage::Stage,
    },
    traits::model::{ModelRequest, Strength},
};
use std::fmt::Write;

/// The requests, each message once: where it is sent again, it stands under the number it had.
fn written(requests: &[ModelRequest]) -> String {
    let mut all = String::new();
    let mut known: Vec<&str> = Vec::new();
    for (number, request) in requests.iter().enumerate() {
        let ModelRequest { max_output_tokens, temperature, seed, stop, prefill, choices, grows, limited, .. } = request;
        let facts = format!("{max_output_tokens} {temperature} {seed} {stop:?} {prefill:?} grows={grows} limited={limited}");
        let facts = if choices.is_empty() { facts } else { format!("{facts} {choices:?}") };
        writeln!(all, "=== {number}: {facts}").unwrap();
        for message in &request.messages {
            let number = known.iter().position(|content| *content == message.content).unwrap_or(known.len());
            writeln!(all, "--- message {number}, {:?}", message.role).unwrap();
            if number == known.len() {
                known.push(&message.content);
                writeln!(all, "{}", message.content).unwrap();
            }
        }
    }
    all
}

/// Compares with the recorded prompts; `PLUMB_RECORD=1` records them anew.
async fn hold(name: &str, stage: Stage) {
    let (events, ended) = stage.ask("How often did pump P3 stop, and when is the fee due?").await;
    ended.unwrap();
    let mut found = written(&stage.model.requests());
    if !std::sync::Arc::ptr_eq(&stage.model, &stage.sub_model) {
        found += "=== sub-model\n";
        found += &written(&stage.sub_model.requests());
    }
    writeln!(found, "=== end: {:?}", crate::testing::stage::end(&events).map(|end| (end.0, end.1))).unwrap();
    let path = format!("{}/src/tests/prompts/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("PLUMB_RECORD").is_some() {
        std::fs::create_dir_all(std::path::Path::new(&path).parent().unwrap()).unwrap();
        std::fs::write(&path, &found).unwrap();
    }
    let recorded = std::fs::read_to_string(&path).unwrap();
    for (line, (found, recorded)) in found.lines().zip(recorded.lines()).enumerate() {
        assert_eq!(found, recorded, "{path}, line {}", line + 1);
    }
    assert_eq!(found, recorded);
}

fn folder() -> MemoryCorpus {
    MemoryCorpus::new([
        (
            "log/plant.log",
            "08:14 WARN pump P3 stopped 4\n08:20 WARN pump P3 stopped 5\n08:31 WARN pump P3 stopped 9\n\
             08:40 WARN pump P3 stopped 11\n09:00 INFO valve B opened\n",
        ),
        ("prices.md", "Boat | Per day | Fee due\nCanoe | 20 | in May\nRaft | 35 | in June\n"),
        ("rules.md", "Guests sign the book.\nThe fee is due on 1 May.\n\nNobody sails alone.\nPump P1 is old.\n"),
    ])
    .without_text("scan.pdf")
}

fn prose() -> MemoryCorpus {
    MemoryCorpus::new([
        ("a.md", "The yearly fee is 40 pounds.\nThe fee is due on 1 May.\nGuests pay at the door.\n"),
        ("b.md", "Nobody sails alone.\n\nA pump is kept in the boat house.\n"),
    ])
}

fn limits(max_turns: u32) -> Limits {
    Limits { max_turns, max_depth: 1, ..Limits::default() }
}

#[tokio::test]
async fn guided_counting_prompts_stay_as_recorded() {
    let replies = [
        "```python\n# Count: stops.\ngrep P3 was gone",
        "```python\n# Look again.\nsearch fee due\nprint $",
        "```python\nraise ValueError: no such thing",
        "no code here",
        "```python\nraise ValueError: no such thing",
        "Answer: It stopped 4 times [1]",
    ];
    let model = ScriptedModel::replies(Strength::Small, replies);
    hold("guided_counting", Stage::new(ModeChoice::Guided, model).with_corpus(folder()).with_limits(limits(20))).await;
}

#[tokio::test]
async fn guided_reading_prompts_stay_as_recorded() {
    let replies = [
        "Answer: not found",
        "```python\n# Look\ngrep due on\nFINAL(\"\")",
        "```python\ngrep fee\nFINAL(\"The fee is due on 1 May\")",
    ];
    let model = ScriptedModel::replies(Strength::Small, replies);
    hold("guided_reading", Stage::new(ModeChoice::Guided, model).with_corpus(prose())).await;
}

#[tokio::test]
async fn guided_single_document_prompts_stay_as_recorded() {
    let mut model = ScriptedModel::replies(Strength::Small, ["Answer: not found", "```python\nllm one | two\nprint done", "x"]);
    model.profile.prefill = false;
    hold("guided_single", Stage::new(ModeChoice::Guided, model).with_limits(limits(3))).await;
}

#[tokio::test]
async fn free_folder_prompts_stay_as_recorded() {
    let replies = [
        "```repl\nfiles\n```\nand\n```repl\nraise KeyError: 'x'\n```\n```repl\nprint never\n```",
        "I shall look.",
        "```repl\nllm one | broken | cut | refused | empty\nlines rules.md 2 2\n```",
        "```repl\nrlm what is due\nwith The text of a child rlm what is it\n```",
        "```repl\ntext nowhere.md\n```",
        "```repl\ngrep (\n```",
        "```repl\nllm broken | broken\n```",
        "```repl\nprint last\n```",
    ];
    let model = ScriptedModel::replies(Strength::Strong, replies);
    let sub_model = ScriptedModel::new(Strength::Small, |request, number| {
        let last = request.messages.last().unwrap().content.clone();
        match last.as_str() {
            "broken" => Reaction::Breaks("half".into(), Fault::new(Code::Server, "The server failed.")),
            "cut" => Reaction::CutOff("a part of".into()),
            "refused" => Reaction::Refused("I would".into()),
            "empty" => Reaction::Reply(String::new()),
            _ if last.contains("Question:") => Reaction::Reply(["Answer: in May [1]", "Answer: not found"][number % 2].into()),
            other => Reaction::Reply(format!("reply to {other}")),
        }
    });
    hold(
        "free_folder",
        Stage::new(ModeChoice::Rlm, model).with_sub_model(sub_model).with_corpus(folder()).with_limits(limits(8)),
    )
    .await;
}

#[tokio::test]
async fn free_children_prompts_stay_as_recorded() {
    let model = ScriptedModel::new(Strength::Strong, |request, number| {
        let first = request.messages.get(1).map(|message| message.content.clone()).unwrap_or_default();
        match number {
            0 => "```repl\nwith A text of its own rlm What is it?\n```".into(),
            _ if first.contains("in `context`") => {
                "```repl\nrlm deeper | still\nwith own rlm deeper\nFINAL(\"it is a text\")\n```".into()
            }
            _ => "FINAL(seen)".into(),
        }
    });
    hold("free_children", Stage::new(ModeChoice::Rlm, model)).await;
}

#[tokio::test]
async fn free_limits_prompts_stay_as_recorded() {
    let replies = [
        "```repl\nllm one\nllm two\nllm three | four\n```",
        "```repl\nllm five\n```",
        "```repl\nprint cut off",
        "FINAL(It is due in May [[rules.md#L2]])",
    ];
    let cut = |replies: [&'static str; 4]| {
        move |_: &ModelRequest, number: usize| match number {
            n if replies.get(n).is_some_and(|reply| reply.ends_with("off")) => Reaction::CutOff(replies[n].into()),
            n => Reaction::Reply(replies.get(n).copied().unwrap_or_default().into()),
        }
    };
    let model = ScriptedModel::new(Strength::Strong, cut(replies));
    let sub_model = ScriptedModel::replies(Strength::Strong, ["yes"]);
    let limits = Limits { max_calls: 2, ..Limits::default() };
    hold("free_limits", Stage::new(ModeChoice::Rlm, model).with_sub_model(sub_model).with_corpus(folder()).with_limits(limits))
        .await;
}

#[tokio::test]
async fn shortened_prompts_stay_as_recorded() {
    let long = format!("```repl\nprint {}\n```", "many words of output ".repeat(120));
    let replies = [long.clone(), long.clone(), long, "FINAL(done)".to_owned()];
    let mut model = ScriptedModel::new(Strength::Strong, move |_, number| Reaction::Reply(replies[number.min(3)].clone()));
    model.profile.window_tokens = 2_400;
    hold("shortened", Stage::new(ModeChoice::Rlm, model)).await;
}

#[tokio::test]
async fn refused_length_prompts_stay_as_recorded() {
    let long = format!("```repl\nprint {}\n```", "many words of output ".repeat(120));
    let model = ScriptedModel::new(Strength::Strong, move |request, number| {
        let words: usize = request.messages.iter().map(|message| message.content.split_whitespace().count()).sum();
        match number {
            _ if words > 1_800 => Reaction::Breaks(String::new(), Fault::new(Code::TooLong, "The conversation is too long.")),
            0..4 => Reaction::Reply(long.clone()),
            _ => "FINAL(done)".into(),
        }
    });
    hold("refused_length", Stage::new(ModeChoice::Rlm, model)).await;
}

#[tokio::test]
async fn recursive_prompts_stay_as_recorded() {
    let replies = [
        "Let me think.",
        "```repl\nprint one\n```\n```repl\nraise KeyError: 'x'\n```\n```repl\nprint\n```",
        "```repl\nprint\n```",
        "x",
    ];
    for (name, corpus) in
        [("recursive_folder", folder()), ("recursive_single", MemoryCorpus::new([("a.md", "The fee is 40.\n")]))]
    {
        let model = ScriptedModel::replies(Strength::Recursive, replies);
        hold(name, Stage::new(ModeChoice::Rlm, model).with_corpus(corpus).with_limits(limits(4))).await;
    }
}

#[tokio::test]
async fn prompts_of_plans_stay_as_recorded() {
    for kind in ["fact", "list", "compare", "summary", "overview"] {
        let model = super::plans::planned(kind, super::plans::says);
        hold(&format!("map_{kind}"), Stage::new(ModeChoice::Map, model).with_corpus(super::plans::folder())).await;
    }
}

#[tokio::test]
async fn direct_prompts_stay_as_recorded() {
    let model = ScriptedModel::replies(Strength::Strong, ["It is due in May [[rules.md#L2]]."]);
    hold("direct", Stage::new(ModeChoice::Auto, model).with_corpus(folder())).await;
}

#[tokio::test]
async fn prompts_after_a_text_that_did_not_fit_stay_as_recorded() {
    let model = ScriptedModel::new(Strength::Small, |_, number| match number {
        0 => Reaction::Breaks(String::new(), Fault::new(Code::TooLong, "The text is too long.")),
        _ => "Answer: 1 May [2]".into(),
    });
    hold("direct_too_long", Stage::new(ModeChoice::Auto, model)).await;
}
