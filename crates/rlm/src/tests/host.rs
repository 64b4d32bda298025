//! The host's answers to code.

use super::*;
use crate::{options::Limits, testing::corpus::MemoryCorpus};
use std::fmt::Write;

fn with_sub_model(code: &'static str, script: impl Fn(&str, usize) -> Reaction + Send + Sync + 'static) -> Stage {
    let code = format!("```repl\n{code}\n```");
    let model = ScriptedModel::replies(Strength::Strong, [Reaction::Reply(code), "FINAL(done)".into()]);
    let sub_model = ScriptedModel::new(Strength::Strong, move |request, number| script(&request.messages[0].content, number));
    Stage::new(ModeChoice::Rlm, model).with_sub_model(sub_model)
}

/// The output that the model was told after its first cell.
async fn told(stage: &Stage) -> String {
    ask(stage).await;
    stage.model.asked()[1].clone()
}

fn broken() -> Reaction {
    Reaction::Breaks("ha".into(), Fault::new(Code::Server, "The server failed."))
}

#[tokio::test]
async fn a_batch_keeps_the_order_of_its_prompts() {
    let stage = with_sub_model("llm c | a | b", |prompt, _| Reaction::Reply(prompt.to_uppercase()));
    assert!(told(&stage).await.contains("C | A | B\n"));
}

#[tokio::test]
async fn a_failed_call_of_a_batch_leaves_a_note_in_its_place() {
    let stage = with_sub_model("llm a | b | c", |prompt, _| if prompt == "b" { broken() } else { prompt.into() });
    assert!(told(&stage).await.contains("a | [no reply: The server failed.] | c\n"));
}

#[tokio::test]
async fn a_batch_without_any_reply_raises_its_fault() {
    let stage = with_sub_model("llm a | b", |_, _| broken());
    assert!(told(&stage).await.contains("RuntimeError: The server failed."));
}

#[tokio::test]
async fn replies_that_are_not_whole_say_so_to_code() {
    let stage = with_sub_model("llm cut | refused | empty | said", |prompt, _| match prompt {
        "cut" => Reaction::CutOff("a part".into()),
        "refused" => Reaction::Refused("I would".into()),
        "empty" => "".into(),
        _ => "yes".into(),
    });
    let told = told(&stage).await;
    assert!(
        told.contains("a part\n[the reply was cut off here, at its limit of 2 tokens] | I would\n[the model refused"),
        "{told}"
    );
    assert!(told.contains(" | [no reply: scripted:model ended its reply without a word.] | yes"), "{told}");
}

#[tokio::test]
async fn the_limit_of_sub_calls_raises_and_the_run_goes_on() {
    let stage = with_sub_model("llm a\nllm b\nllm c", |_, _| "yes".into());
    let stage = stage.with_limits(Limits { max_calls: 2, ..Limits::default() });
    let events = ask(&stage).await;
    assert!(stage.model.asked()[1].contains("RuntimeError: The limit of 2 sub-calls is reached. Answer now with what you have."));
    assert_eq!((ended(&events).1.as_str(), stage.sub_model.requests().len()), ("done", 2));
}

#[tokio::test]
async fn a_batch_that_is_too_large_is_refused_whole() {
    let mut code = "llm x".to_owned();
    (0..10_000).for_each(|_| write!(code, " | x").unwrap());
    let stage = with_sub_model(code.leak(), |_, _| "yes".into());
    assert!(told(&stage).await.contains("ValueError: 10001 prompts are too many for one batch; send at most 10000"));
    assert!(stage.sub_model.requests().is_empty());
}

#[tokio::test]
async fn a_prompt_that_no_window_holds_is_not_sent() {
    let stage = with_sub_model(format!("llm {}", "x".repeat(9_000)).leak(), |_, _| "yes".into());
    let mut small = ScriptedModel::replies(Strength::Strong, ["yes"]);
    small.profile.window_tokens = 100;
    let stage = stage.with_sub_model(small);
    let events = ask(&stage).await;
    assert!(stage.model.asked()[1].contains("RuntimeError: A prompt of 9000 bytes is longer than the model can read."));
    assert_eq!(count(&events, |kind| matches!(kind, EventKind::CallStarted { .. })), 0);
}

#[tokio::test]
async fn a_document_is_frozen_once_and_before_code_gets_it() {
    let stage = free(&["```repl\ntext a.md\ntext a.md\nlines a.md 2 2\n```", "FINAL(done)"]);
    let events = ask(&stage).await;
    assert!(stage.model.asked()[1].contains("42 characters\n42 characters\nIt is due on 1 May.\n"));
    let touched = |kind: &EventKind| matches!(kind, EventKind::Touched { path, .. } if path == "a.md");
    let finished = |kind: &EventKind| matches!(kind, EventKind::CellFinished { .. });
    let position = |is: &dyn Fn(&EventKind) -> bool| events.iter().position(|event| is(&event.kind)).unwrap();
    assert_eq!(count(&events, touched), 1);
    assert!(position(&touched) < position(&finished));
}

#[tokio::test]
async fn missing_documents_and_bad_patterns_raise_what_python_would() {
    let stage = free(&["```repl\ntext b.md\n```", "```repl\ngrep (\n```", "FINAL(done)"]);
    ask(&stage).await;
    let asked = stage.model.asked();
    assert!(asked[1].contains("KeyError: There is no document b.md.") && asked[2].contains("ValueError: "), "{asked:?}");
}

#[tokio::test]
async fn lines_outside_a_document_are_empty() {
    let stage = free(&["```repl\nlines a.md 3 9\nlines a.md 2 1\nlines a.md 1 1\n```", "FINAL(done)"]);
    ask(&stage).await;
    assert!(stage.model.asked()[1].starts_with("Output:\n\n\nThe fee is 40 pounds.\n"), "{:?}", stage.model.asked());
}

#[tokio::test]
async fn searches_are_recorded_with_their_documents() {
    let corpus = MemoryCorpus::new([("a.md", "one fee\nno"), ("b.md", "two fees\nthree fees")]);
    let stage = free(&["```repl\ngrep fee\n```", "FINAL(done)"]).with_corpus(corpus);
    let events = ask(&stage).await;
    let searched =
        |kind: &EventKind| matches!(kind, EventKind::Searched { cell: 1, query, hits: 3, documents: 2 } if query == "fee");
    let read = |kind: &EventKind| matches!(kind, EventKind::LinesRead { paths } if *paths == ["a.md", "b.md"]);
    assert_eq!((count(&events, searched), count(&events, read)), (1, 1));
}
