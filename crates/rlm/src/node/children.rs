//! Children: nodes that answer a sub-call of a node's code.

use crate::{
    calls::call::Called,
    fault::{Code, Fault},
    ids::CallId,
    node::{
        spec::{NodeEnd, NodeSpec},
        turns,
    },
    run::state::Run,
    stop::Stop,
    strategy::route::repl_mode,
    traits::repl::Context,
};
use std::sync::Arc;

/// Characters of a context of its own that a child's first message shows.
const CONTEXT_HEAD_CHARS: usize = 1_000;

/// Runs the child that answers `call` about its own context, or else its parent's. Returns its answer, and the fault that left it without one.
pub async fn answer(
    run: &Arc<Run>,
    parent: &NodeSpec,
    call: CallId,
    question: String,
    context: Option<String>,
) -> Result<(Called, Option<Fault>), Stop> {
    let spec = child(run, parent, call, question, context).await?;
    let NodeEnd { answer, stop, elapsed_ms } = Box::pin(turns::run(run, spec)).await;
    let error = match stop {
        None => None,
        Some(Stop::Fault(fault)) => Some(fault),
        // The best answer at the child's own limit of turns is an answer for its parent.
        Some(Stop::Limit(fault)) if fault.code == Code::LimitTurns && !answer.is_empty() => None,
        Some(stop) => return Err(stop),
    };
    Ok((Called::of_child(answer, elapsed_ms), error))
}

async fn child(run: &Run, parent: &NodeSpec, call: CallId, question: String, context: Option<String>) -> Result<NodeSpec, Fault> {
    let node = run.children.get(&call).copied().unwrap_or_else(|| run.new_node());
    let (context, context_head) = match context {
        None => (parent.context.clone(), parent.context_head.clone()),
        Some(text) => {
            let placement = run.corpus.place_text(&text).await?;
            (Context::Placed { placement }, Some(text.chars().take(CONTEXT_HEAD_CHARS).collect()))
        }
    };
    let model = run.sub_model.clone();
    let mode = repl_mode(model.profile());
    Ok(NodeSpec { node, parent: Some(call), depth: parent.depth + 1, question, context, context_head, mode, model })
}
