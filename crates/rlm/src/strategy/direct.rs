//! The whole text in one call, for what fits comfortably.

use crate::{
    calls::call::Prompt,
    fault::{Code, Fault},
    ids::NodeId,
    node::{host::touch, turns::NodeSpec},
    record::{event::EventKind, terms::Terms},
    shared::{Shared, Stop},
    strategy::{free::askable, prompt::render},
    traits::model::{Message, Role},
};
use minijinja::context;
use std::sync::PoisonError;

/// Output tokens of the answer.
const OUTPUT: u32 = 8_192;

/// The most documents put into one prompt.
const MOST_DOCUMENTS: usize = 2_000;

/// Asks once, with all texts in the prompt, each line numbered.
///
/// # Errors
/// `no_readable_text` where no document has any; `too_long` where they do not fit.
pub async fn run(shared: &Shared, spec: &NodeSpec) -> Result<String, Stop> {
    let record = shared.records.lock().unwrap_or_else(PoisonError::into_inner).remove(&NodeId(0)).unwrap_or_default();
    if let Some(reply) = record.replies.get(&1).filter(|reply| says_something(&reply.text)) {
        return Ok(reply.text.clone());
    }
    if !record.started {
        let (question, model) = (spec.question.clone(), spec.model.profile().name.clone());
        let terms = Some(Terms::of(spec.model.profile()));
        shared.log.append(spec.node, EventKind::NodeStarted { parent: None, depth: 0, question, model, terms }).await?;
    }
    let mut documents = Vec::new();
    let mut unread = shared.corpus.overview().await.skipped;
    for path in askable(shared, MOST_DOCUMENTS).await {
        match shared.corpus.text(&path).await {
            Ok(text) => {
                touch(shared, spec, &path).await?;
                let numbered = text.as_str().lines().enumerate().map(|(n, line)| format!("{}\t{line}", n + 1));
                documents.push(context! { path, text => numbered.collect::<Vec<_>>().join("\n") });
            }
            Err(e) if e.code == Code::DiskFull => return Err(Stop::Fault(e)),
            Err(_) => unread += 1,
        }
    }
    if documents.is_empty() {
        return Err(Stop::Fault(no_readable_text(unread)));
    }
    let first = render("direct_first", context! { documents, skipped => unread, question => spec.question.clone() });
    let messages = vec![Message::new(Role::System, render("direct_system", context! {})), Message::new(Role::User, first)];
    let prompt = Prompt { messages, temperature: 0.0, prefill: None, stop: Vec::new(), most_output: OUTPUT, grows: false };
    let reply = shared.turn(&spec.model, spec.node, 1, prompt).await?;
    if says_something(&reply.text) {
        shared.tell_if_cut(spec.node, reply.finish).await?;
        return Ok(reply.text);
    }
    let message = format!(
        "{} ended its reply without a word of an answer. Continue to ask it again, or choose another model.",
        spec.model.profile().name
    );
    Err(Stop::Fault(Fault::new(Code::EmptyReply, message)))
}

fn says_something(reply: &str) -> bool {
    !reply.trim().is_empty()
}

/// Nothing that was asked about has text.
pub fn no_readable_text(left_out: u64) -> Fault {
    Fault::new(
        Code::NoReadableText,
        format!(
            "There is no text to ask about: {left_out} files were left out, because they are images, programs or scans without text. \
             Choose a folder with documents in it."
        ),
    )
}
