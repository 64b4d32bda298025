//! The loop of turns.

use super::*;
use crate::{
    ids::{CallId, NodeId},
    node::{spec::NodeSpec, turns},
    options::{Limits, Mode},
    record::{log::Log, replay::Record, totals::Totals},
    run::assemble,
    testing::{
        corpus::MemoryCorpus,
        journal::{MemoryJournal, Unwatched},
    },
    traits::repl::Context,
};
use std::sync::Arc;

#[tokio::test]
async fn an_answer_of_code_ends_the_run() {
    let stage = free(&["```repl\nprint 40\nfinal $ pounds\n```\n```repl\nprint never\n```"]);
    let events = ask(&stage).await;
    assert_eq!(ended(&events), (RunStatus::Answered, "40 pounds".to_owned(), None));
    assert_eq!(stage.launcher.cells().len(), 1);
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), (0..events.len() as u64).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_second_reply_without_code_is_the_answer() {
    let stage = free(&["I shall look.", "It is 40 pounds."]);
    assert_eq!(ended(&ask(&stage).await).1, "It is 40 pounds.");
    assert!(stage.model.asked()[1].starts_with("There was no code in your reply."));
}

#[tokio::test]
async fn an_answer_beside_code_that_fails_does_not_count() {
    let stage = free(&["```repl\nraise ValueError: no\n```\nFINAL(too early)", "FINAL(40)"]);
    assert_eq!(ended(&ask(&stage).await).1, "40");
    assert!(stage.model.asked()[1].contains("ValueError: no"));
}

#[tokio::test]
async fn an_answer_beside_code_counts_once_the_code_ran() {
    let stage = free(&["```repl\nprint 40\n```\nFINAL(It is 40)"]);
    assert_eq!(ended(&ask(&stage).await).1, "It is 40");
    assert_eq!(stage.launcher.cells(), ["print 40\n"]);
}

#[tokio::test]
async fn a_variable_is_looked_up_after_the_code_beside_it() {
    let stage = free(&["```repl\nprint 40\n```\nFINAL_VAR(fee)", "FINAL(x)"]);
    ask(&stage).await;
    assert_eq!(stage.launcher.cells(), ["print 40\n", "FINAL_VAR(\"fee\")"]);
}

#[tokio::test]
async fn cells_after_one_that_failed_do_not_run() {
    let stage = free(&["```repl\nraise no\n```\n```repl\nprint never\n```", "FINAL(40)"]);
    ask(&stage).await;
    assert_eq!(stage.launcher.cells(), ["raise no\n"]);
    assert!(stage.model.asked()[1].contains("The blocks after the error did not run."));
}

#[tokio::test]
async fn a_cell_that_was_cut_off_does_not_run() {
    let model = ScriptedModel::new(Strength::Strong, |_, number| match number {
        0 => Reaction::CutOff("```repl\nprint whole\n```\n```repl\nprint ha".to_owned()),
        _ => "FINAL(40)".into(),
    });
    let stage = Stage::new(ModeChoice::Rlm, model);
    assert_eq!(ended(&ask(&stage).await).1, "40");
    assert_eq!(stage.launcher.cells(), ["print whole\n"]);
    let told = &stage.model.asked()[1];
    assert!(told.contains("Output of block 1:\nwhole") && told.contains("this block did not run"), "{told}");
}

#[tokio::test]
async fn guided_code_that_was_cut_off_runs() {
    let model = ScriptedModel::new(Strength::Small, |_, number| match number {
        0 => "Answer: not found".into(),
        _ => Reaction::CutOff("```python\nfinal 40 pounds".to_owned()),
    });
    let stage = Stage::new(ModeChoice::Guided, model);
    assert_eq!(ended(&ask(&stage).await).1, "40 pounds [[a.md#L1]]");
    assert_eq!(stage.launcher.cells(), ["final 40 pounds\n"]);
}

#[tokio::test]
async fn an_answer_that_was_cut_off_is_noticed() {
    for (reaction, is_noticed) in [
        (Reaction::Reply("FINAL(It is 40)".into()), false),
        (Reaction::CutOff("FINAL(It is 4".into()), true),
        (Reaction::Refused("FINAL(It is".into()), true),
    ] {
        let stage = Stage::new(ModeChoice::Rlm, ScriptedModel::replies(Strength::Strong, [reaction]));
        let events = ask(&stage).await;
        assert_eq!(ended(&events).0, RunStatus::Answered);
        assert_eq!(notices(&events).contains(&Code::AnswerCut), is_noticed);
    }
}

#[tokio::test]
async fn the_turn_limit_gives_the_last_output_and_can_be_resumed() {
    let limits = Limits { max_turns: 2, ..Limits::default() };
    let stage = free(&["```repl\nprint one\n```", "```repl\nprint two\n```", "```repl\nprint three\n```", "FINAL(four)"]);
    let stage = stage.with_limits(limits);
    let events = ask(&stage).await;
    let (status, answer, fault) = ended(&events);
    let fault = fault.unwrap();
    assert_eq!((status, answer.as_str(), fault.code), (RunStatus::Limit, "two", Code::LimitTurns));
    assert_eq!((fault.message.as_str(), fault.arguments["limit"].as_str()), ("The limit of 2 steps is reached.", "2"));
    let (events, _) = stage.resume(&events).await;
    assert_eq!(ended(&events).1, "four", "a run that goes on after its limit gets as many turns again");
    assert_eq!(stage.model.requests().len(), 4);
}

#[tokio::test]
async fn direct_mode_answers_in_one_call() {
    let stage = Stage::new(ModeChoice::Direct, ScriptedModel::replies(Strength::Strong, ["40 pounds [[a.md#L1]]"]));
    let events = ask(&stage).await;
    assert_eq!(ended(&events).1, "40 pounds [[a.md#L1]]");
    assert_eq!((stage.model.requests().len(), stage.launcher.launches()), (1, 0));
    assert!(stage.model.asked()[0].contains("1\tThe fee is 40 pounds."));
    assert_eq!(count(&events, |kind| matches!(kind, EventKind::Cited(_))), 1);
}

#[tokio::test]
async fn an_empty_direct_reply_fails_and_is_asked_for_again() {
    let stage = Stage::new(ModeChoice::Direct, ScriptedModel::replies(Strength::Strong, [" ", "40 pounds"]));
    let events = ask(&stage).await;
    let (status, _, fault) = ended(&events);
    assert_eq!((status, fault.unwrap().code), (RunStatus::Failed, Code::EmptyReply));
    let (events, _) = stage.resume(&events).await;
    assert_eq!(ended(&events).1, "40 pounds");
}

fn too_long_at_first(strength: Strength) -> ScriptedModel {
    ScriptedModel::new(strength, |_, number| match number {
        0 => Reaction::Breaks(String::new(), Fault::new(Code::TooLong, "The text is too long.")),
        _ => "FINAL(40)".into(),
    })
}

#[tokio::test]
async fn a_text_that_does_not_fit_is_read_in_the_repl() {
    let stage = Stage::new(ModeChoice::Auto, too_long_at_first(Strength::Strong));
    let events = ask(&stage).await;
    let modes = |event: &Event| match &event.kind {
        EventKind::Routed { mode, .. } => Some(*mode),
        _ => None,
    };
    assert_eq!(events.iter().filter_map(modes).collect::<Vec<_>>(), [Mode::Direct, Mode::Rlm]);
    assert_eq!(ended(&events).1, "40");
}

#[tokio::test]
async fn direct_mode_that_the_user_chose_is_kept() {
    let stage = Stage::new(ModeChoice::Direct, too_long_at_first(Strength::Strong));
    let (status, _, fault) = ended(&ask(&stage).await);
    assert_eq!((status, fault.unwrap().code), (RunStatus::Failed, Code::TooLong));
    assert_eq!(stage.model.requests().len(), 1);
}

#[tokio::test]
async fn documents_without_text_fail_before_anything_is_sent() {
    for mode in [ModeChoice::Direct, ModeChoice::Rlm, ModeChoice::Guided] {
        let model = ScriptedModel::replies(Strength::Strong, ["40"]);
        let stage = Stage::new(mode, model).with_corpus(MemoryCorpus::default().without_text("scan.pdf"));
        let events = ask(&stage).await;
        assert_eq!(ended(&events).2.unwrap().code, Code::NoReadableText);
        assert!(stage.model.requests().is_empty());
    }
}

/// Runs the node `spec` alone.
async fn node(stage: &Stage, mode: Mode, depth: u32) -> (Result<String, Code>, Vec<Event>) {
    let journal = Arc::new(MemoryJournal::default());
    let log = Log::new(journal.clone(), Arc::new(Unwatched), stage.clock.clone(), 0);
    let parts = stage.parts(journal.clone());
    let run = assemble(parts, log, Record::default(), &Totals::default(), stage.options.clone(), &stage.stop);
    let spec = NodeSpec {
        node: NodeId(3),
        parent: Some(CallId(8)),
        depth,
        question: "How much is the fee?".to_owned(),
        context: Context::Folder { documents: 1 },
        context_head: None,
        mode,
        model: stage.model.clone(),
    };
    let end = turns::run(&run, spec).await;
    (end.stop.map_or(Ok(end.answer), |stop| Err(stop.fault().code)), journal.events())
}

#[tokio::test]
async fn a_child_can_take_every_mode() {
    for (mode, reply) in [(Mode::Direct, "40"), (Mode::Rlm, "FINAL(40)"), (Mode::Guided, "Answer: 40")] {
        let stage = Stage::new(ModeChoice::Auto, ScriptedModel::replies(Strength::Strong, [reply]));
        let (answer, events) = node(&stage, mode, 1).await;
        assert!(answer.unwrap().starts_with("40"), "{mode:?}");
        assert!(events.iter().all(|event| event.node == NodeId(3)), "{mode:?}");
        let started = |kind: &EventKind| matches!(kind, EventKind::NodeStarted { parent: Some(CallId(8)), depth: 1, .. });
        assert_eq!(count(&events, started), 1, "{mode:?}");
    }
}
