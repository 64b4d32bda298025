//! Resume: recorded calls are not sent again, and the prompts stay the same.

use super::*;
use crate::{
    options::Limits,
    record::event::EventKind as Kind,
    testing::{corpus::MemoryCorpus, model::silent},
    traits::repl::CellOutcome,
};
use std::collections::{BTreeSet, HashMap};

/// A run of every strategy, with children and a batch where it has code.
fn stages() -> Vec<(&'static str, Stage)> {
    let sub_model = || {
        ScriptedModel::new(Strength::Strong, |request, _| match text(request) {
            asked if asked.contains("reply inner") => "FINAL(words of a child)".into(),
            asked if asked.contains("a child's own text") => "```repl\nllm inner | inner\n```".into(),
            asked => Reaction::Reply(format!("reply {}", asked.trim_start_matches("User: ").trim())),
        })
    };
    let corpus =
        || MemoryCorpus::new([("a.md", "The fee is 40 pounds.\nIt is due on 1 May.\n"), ("b.md", "Nobody sails alone.\n")]);
    let free = by_turn(
        Strength::Strong,
        &[
            "```repl\ngrep fee\nllm a | a | b\n```\n```repl\ntext b.md\n```",
            "```repl\nwith a child's own text rlm What is it?\nraise ValueError: no\n```",
            "I shall answer.",
            "```repl\nfinal It is $ [[a.md#L1]]\n```",
        ],
    );
    let guided = ScriptedModel::new(Strength::Small, |request, _| match request.prefill.as_deref() {
        Some("Answer:") => "Answer: not found".into(),
        _ => {
            let turn = request.messages.iter().filter(|message| message.role == Role::Assistant).count();
            Reaction::from(
                ["```python\n# Look\ngrep boat\nprint no\n```", "```python\ngrep sails\nfinal Nobody\n```"][turn.min(1)],
            )
        }
    });
    let direct = by_turn(Strength::Strong, &["40 pounds [[a.md#L1]]"]);
    vec![
        ("free", Stage::new(ModeChoice::Rlm, free).with_sub_model(sub_model()).with_corpus(corpus())),
        ("guided", Stage::new(ModeChoice::Guided, guided).with_corpus(corpus())),
        ("direct", Stage::new(ModeChoice::Direct, direct).with_corpus(corpus())),
        ("fact", Stage::new(ModeChoice::Map, plans::planned("fact", plans::says)).with_corpus(plans::folder())),
        ("list", Stage::new(ModeChoice::Map, plans::planned("list", plans::says)).with_corpus(plans::folder())),
        ("overview", Stage::new(ModeChoice::Map, plans::planned("overview", plans::says)).with_corpus(plans::folder())),
    ]
}

fn requests(stage: &Stage) -> Vec<String> {
    let mut requests: Vec<String> = stage.model.requests().iter().map(text).collect();
    if !std::sync::Arc::ptr_eq(&stage.model, &stage.sub_model) {
        requests.extend(stage.sub_model.requests().iter().map(text));
    }
    requests
}

fn counted(requests: Vec<String>) -> HashMap<String, usize> {
    let mut count = HashMap::new();
    requests.into_iter().for_each(|request| *count.entry(request).or_default() += 1);
    count
}

/// Calls whose beginning is on record, and not their end: these alone may be sent again.
fn in_flight(events: &[Event]) -> usize {
    let begun = count(events, |kind| matches!(kind, Kind::TurnStarted { .. } | Kind::CallStarted { recursive: false, .. }));
    let ended = events.iter().filter(|event| match &event.kind {
        Kind::Reply { .. } => true,
        Kind::CallFinished { call, .. } => {
            let plain =
                |other: &Event| matches!(&other.kind, Kind::CallStarted { call: begun, recursive: false, .. } if begun == call);
            events.iter().any(plain)
        }
        _ => false,
    });
    begun - ended.count()
}

#[tokio::test]
async fn a_run_that_is_killed_at_any_event_ends_alike_and_sends_nothing_twice() {
    let undisturbed: Vec<_> = {
        let mut all = Vec::new();
        for (name, stage) in stages() {
            let events = ask(&stage).await;
            assert_eq!(ended(&events).0, RunStatus::Answered, "{name}: {events:?}");
            all.push((events.clone(), ended(&events).1, counted(requests(&stage))));
        }
        all
    };
    for (index, (events, answer, sent)) in undisturbed.into_iter().enumerate() {
        for capacity in 1..events.len() {
            let (name, mut stage) = stages().remove(index);
            stage.journal_capacity = Some(capacity);
            let (recorded, ended_with) = stage.ask("How much is the fee?").await;
            assert!(ended_with.is_err() && recorded.len() <= capacity, "{name} at {capacity}");
            stage.journal_capacity = None;
            let (events, resumed) = stage.resume(&recorded).await;
            resumed.unwrap();
            assert_eq!(ended(&events).1, answer, "{name} at {capacity}");
            let again = counted(requests(&stage));
            let prompts = |of: &HashMap<String, usize>| of.keys().cloned().collect::<BTreeSet<String>>();
            assert_eq!(prompts(&again), prompts(&sent), "{name} at {capacity}");
            assert!(again.iter().all(|(request, times)| *times >= sent[request]), "{name} at {capacity}");
            let twice = again.values().sum::<usize>() - sent.values().sum::<usize>();
            assert!(twice <= in_flight(&recorded), "{name} at {capacity}: {twice} of {}", in_flight(&recorded));
        }
    }
}

#[tokio::test]
async fn resume_replays_recorded_cells_and_sends_nothing() {
    let (_, stage) = stages().remove(0);
    let events = ask(&stage).await;
    // All but the last turn's cell and the end.
    let last = events.iter().rposition(|event| matches!(event.kind, Kind::CellStarted { .. })).unwrap();
    let launches = stage.launcher.launches();
    let stage = stage.with_model(silent(Strength::Strong));
    let stage = Stage { sub_model: silent(Strength::Strong), ..stage };
    let (resumed, _) = stage.resume(&events[..last]).await;
    assert_eq!(ended(&resumed).1, ended(&events).1);
    assert_eq!(stage.launcher.launches(), launches + 1, "the child is not started again");
    let cells = stage.launcher.cells();
    let rebuilt = ["grep fee\nllm a | a | b\n", "text b.md\n", "with a child's own text rlm What is it?\nraise ValueError: no\n"];
    assert_eq!(cells[cells.len() - 4..cells.len() - 1], rebuilt);
}

#[tokio::test]
async fn equal_prompts_of_a_cell_keep_their_own_replies() {
    let stage = free(&["```repl\nllm same | same\n```\n```repl\nprint seen $\n```", "FINAL(done)"]);
    let stage = stage.with_sub_model(ScriptedModel::new(Strength::Strong, |_, number| ["first", "second"][number].into()));
    let events = ask(&stage).await;
    let second = events.iter().position(|event| matches!(event.kind, Kind::CellStarted { cell: 2, .. })).unwrap();
    let (events, _) = stage.resume(&events[..second]).await;
    assert_eq!(ended(&events).1, "done");
    let told = stage.model.asked();
    assert!(told.last().unwrap().contains("seen first | second"), "{told:?}");
    assert_eq!(stage.sub_model.requests().len(), 2);
}

#[tokio::test]
async fn a_call_that_was_in_flight_keeps_its_number() {
    let stage = free(&["```repl\nllm a | b\n```", "FINAL(done)"]).with_sub_model(by_turn(Strength::Strong, &["yes"]));
    let events = ask(&stage).await;
    let first_end = events.iter().position(|event| matches!(event.kind, Kind::CallFinished { .. })).unwrap();
    let (events, _) = stage.resume(&events[..=first_end]).await;
    assert_eq!(stage.sub_model.asked().len(), 3, "one of two was sent again");
    assert_eq!(count(&events, |kind| matches!(kind, Kind::CallStarted { .. })), 2);
}

#[tokio::test]
async fn a_cell_that_was_killed_is_not_run_again() {
    let replies: &[&str] = &["```repl\nprint one\n```", "```repl\ndie\n```", "```repl\nprint three\n```", "FINAL(done)"];
    let stage = Stage::new(ModeChoice::Rlm, by_turn(Strength::Strong, replies));
    let events = ask(&stage).await;
    assert!(stage.model.asked()[2].contains("The worker died."));
    assert_eq!(stage.launcher.cells(), ["print one\n", "die\n", "print one\n", "print three\n"]);
    assert_eq!(ended(&events).1, "done");
}

#[tokio::test]
async fn a_run_that_the_user_stopped_goes_on_where_it_was() {
    let mut stage = free(&["```repl\nllm a\nllm b\n```", "FINAL(done)"]);
    let stop = stage.stop.clone();
    let sub_model = ScriptedModel::new(Strength::Strong, move |_, number| match number {
        1 => {
            stop.cancel();
            Reaction::Hangs("half of b".into())
        }
        _ => "yes".into(),
    });
    stage = stage.with_sub_model(sub_model);
    let events = ask(&stage).await;
    assert_eq!((ended(&events).0, ended(&events).2.unwrap().code), (RunStatus::Stopped, Code::Stopped));
    assert_eq!(count(&events, |kind| matches!(kind, Kind::CellFinished { .. })), 0);
    stage.stop = Default::default();
    let (events, _) = stage.resume(&events).await;
    assert_eq!(ended(&events).1, "done");
    assert_eq!(stage.sub_model.asked(), ["a", "b", "b"], "only the call in flight is sent again");
}

#[tokio::test]
async fn a_compacted_conversation_has_the_same_prompts_on_resume() {
    let long = "many words of output ".repeat(120);
    let stage = || {
        let long = long.clone();
        let model = ScriptedModel::new(Strength::Strong, move |request, _| {
            let words: usize = request.messages.iter().map(|message| message.content.split_whitespace().count()).sum();
            let turn = request.messages.iter().filter(|message| message.role == Role::Assistant).count();
            match turn {
                _ if words > 1_800 => Reaction::Breaks(String::new(), Fault::new(Code::TooLong, "The conversation is too long.")),
                0..4 => Reaction::Reply(format!("```repl\nprint {turn} {long}\n```")),
                _ => "FINAL(done)".into(),
            }
        });
        Stage::new(ModeChoice::Rlm, model)
    };
    let undisturbed = stage();
    let events = ask(&undisturbed).await;
    let compacted: Vec<usize> = (0..events.len()).filter(|&at| matches!(events[at].kind, Kind::Compacted { .. })).collect();
    assert!(!compacted.is_empty() && notices(&events).contains(&Code::Shortened));
    let all: Vec<String> = undisturbed.model.requests().iter().map(text).collect();
    assert!(all.last().unwrap().contains("\n(shortened)\n"));
    for at in compacted {
        let resumed = stage();
        let (events, _) = resumed.resume(&events[..=at]).await;
        assert_eq!(ended(&events).1, "done");
        let sent: Vec<String> = resumed.model.requests().iter().map(text).collect();
        assert_eq!(all[all.len() - sent.len()..], sent, "after event {at}");
    }
}

#[tokio::test]
async fn a_resumed_run_counts_its_earlier_calls() {
    let stage = free(&["```repl\nllm a\n```", "```repl\nllm b\n```", "FINAL(done)"]);
    let stage =
        stage.with_sub_model(by_turn(Strength::Strong, &["yes"])).with_limits(Limits { max_calls: 1, ..Limits::default() });
    let events = ask(&stage).await;
    let first = events.iter().position(|event| matches!(event.kind, Kind::CellFinished { .. })).unwrap();
    let resumed =
        Stage { model: std::sync::Arc::new(by_turn(Strength::Strong, &["x", "```repl\nllm b\n```", "FINAL(done)"])), ..stage };
    resumed.resume(&events[..=first]).await.1.unwrap();
    assert_eq!(resumed.sub_model.asked(), ["a"]);
}

#[test]
fn outcomes_from_before_typed_answers_still_read() {
    let kept = r#"{"output": "40\n", "omitted_chars": 0, "ending": "done", "answer": "40"}"#;
    let outcome: CellOutcome = serde_json::from_str(kept).unwrap();
    assert_eq!((outcome.answer.as_deref(), &outcome.answer_value), (Some("40"), &None));
    assert_eq!(serde_json::to_value(&outcome).unwrap(), serde_json::from_str::<serde_json::Value>(kept).unwrap());
    let typed = CellOutcome { answer_value: Some(serde_json::json!([{"fee": 40}])), ..outcome };
    assert_eq!(serde_json::from_value::<CellOutcome>(serde_json::to_value(&typed).unwrap()).unwrap(), typed);
}
