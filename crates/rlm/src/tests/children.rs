//! Children with a REPL of their own.

use super::*;
use crate::{ids::NodeId, options::Limits};

/// A parent that runs `code` and then answers, and a model for its children.
fn family(code: &'static str, limits: Limits, child: impl Fn(&str, usize) -> Reaction + Send + Sync + 'static) -> Stage {
    let code = format!("```repl\n{code}\n```");
    let parent = ScriptedModel::replies(Strength::Strong, [Reaction::Reply(code), "FINAL(done)".into()]);
    let sub_model = ScriptedModel::new(Strength::Strong, move |request, number| {
        child(&request.messages.last().map(|message| message.content.clone()).unwrap_or_default(), number)
    });
    Stage::new(ModeChoice::Rlm, parent).with_sub_model(sub_model).with_limits(limits)
}

#[tokio::test]
async fn a_child_answers_from_a_repl_of_its_own() {
    let stage = family("rlm What is due?\nprint got $", Limits::default(), |_, number| {
        ["```repl\nprint looking\n```", "FINAL(in May)"][number].into()
    });
    let events = ask(&stage).await;
    assert!(stage.model.asked()[1].contains("in May\ngot in May\n"));
    assert_eq!(stage.launcher.launches(), 2);
    let of_child =
        |kind: &EventKind| matches!(kind, EventKind::NodeStarted { depth: 1, question, .. } if question == "What is due?");
    assert_eq!(count(&events, of_child), 1);
    let finished = events.iter().find_map(|event| match &event.kind {
        EventKind::CallFinished { usage, cost_usd, .. } => Some((*usage, *cost_usd)),
        _ => None,
    });
    assert_eq!(finished, Some((crate::usage::Usage::default(), Some(crate::money::Usd::ZERO))), "its turns carry its usage");
}

#[tokio::test]
async fn a_child_sees_the_head_of_its_own_context() {
    let stage = family("with A text of its own rlm What is it?", Limits::default(), |_, _| "FINAL(a text)".into());
    ask(&stage).await;
    let first = &stage.sub_model.asked()[0];
    assert!(first.contains("in `context` (17 characters; it begins: \"A text of its own\")"), "{first}");
    assert!(first.ends_with("Question: What is it?"), "{first}");
}

#[tokio::test]
async fn a_child_at_the_depth_limit_is_a_plain_call() {
    let limits = Limits { max_depth: 0, ..Limits::default() };
    let stage = family("with A text rlm What is it?", limits, |_, _| "words".into());
    let events = ask(&stage).await;
    assert_eq!(stage.sub_model.asked(), ["A text\n\nWhat is it?"]);
    assert_eq!(count(&events, |kind| matches!(kind, EventKind::NodeStarted { .. })), 1);
}

#[tokio::test]
async fn a_child_that_fails_leaves_a_note_and_its_siblings_answers() {
    let stage = family("rlm good | bad", Limits::default(), |first, _| match first {
        first if first.contains("bad") => Reaction::Breaks("ha".into(), Fault::new(Code::Server, "The server failed.")),
        _ => "FINAL(fine)".into(),
    });
    let events = ask(&stage).await;
    assert!(stage.model.asked()[1].contains("fine | [no reply: The server failed.]"), "{:?}", stage.model.asked());
    let lost = count(&events, |kind| matches!(kind, EventKind::ReplyLost { .. }));
    assert_eq!(lost, 1, "its part of the allowance is released");
    assert_eq!(ended(&events).1, "done");
}

#[tokio::test]
async fn the_output_of_a_child_at_its_turn_limit_is_its_answer() {
    let limits = Limits { max_turns: 3, ..Limits::default() };
    let stage = family("rlm What is due?", limits, |_, _| "```repl\nprint so far\n```".into());
    let events = ask(&stage).await;
    assert!(stage.model.asked()[1].contains("Output:\nso far\n"), "{:?}", stage.model.asked());
    assert_eq!(ended(&events).1, "done");
}

#[tokio::test]
async fn children_count_as_sub_calls_and_share_their_limit() {
    let limits = Limits { max_calls: 2, ..Limits::default() };
    let stage = family("rlm a\nrlm b", limits, |first, _| match first {
        first if first.contains("Question: ") => "```repl\nllm inner\n```".into(),
        "inner" => "yes".into(),
        _ => "FINAL(fine)".into(),
    });
    let events = ask(&stage).await;
    assert!(stage.model.asked()[1].contains("RuntimeError: The limit of 2 sub-calls is reached."));
    assert_eq!(count(&events, |kind| matches!(kind, EventKind::CallStarted { .. })), 2);
}

#[tokio::test]
async fn nodes_below_a_child_have_their_own_numbers() {
    let limits = Limits { max_depth: 2, ..Limits::default() };
    let stage = family("rlm a | b", limits, |first, _| match first {
        first if first.contains("Question: a") || first.contains("Question: b") => "```repl\nrlm deep\n```".into(),
        _ => "FINAL(fine)".into(),
    });
    let events = ask(&stage).await;
    let nodes = |event: &Event| match event.kind {
        EventKind::NodeStarted { depth, .. } => Some((event.node, depth)),
        _ => None,
    };
    let mut nodes: Vec<(NodeId, u32)> = events.iter().filter_map(nodes).collect();
    nodes.sort_unstable();
    assert_eq!(nodes.iter().map(|(node, _)| node.0).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    let mut depths: Vec<u32> = nodes.iter().map(|(_, depth)| *depth).collect();
    depths.sort_unstable();
    assert_eq!(depths, [0, 1, 1, 2, 2]);
}
