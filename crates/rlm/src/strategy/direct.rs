//! The whole text in one call, for texts that fit comfortably.

use crate::{
    calls::call::Prompt,
    documents::no_readable_text,
    fault,
    fault::Code,
    node::spec::NodeSpec,
    prompts::render,
    run::state::Run,
    stop::Stop,
    strategy::{Step, Strategy, Taken},
    traits::model::{Message, Role},
};
use async_trait::async_trait;
use minijinja::context;

/// Maximum number of documents in one prompt.
const MAX_DOCUMENTS: usize = 2_000;

/// Asks once, with all texts in the prompt, each line numbered.
pub struct Direct<'a> {
    run: &'a Run,
    spec: &'a NodeSpec,
}

impl<'a> Direct<'a> {
    /// For the node `spec`.
    pub fn new(run: &'a Run, spec: &'a NodeSpec) -> Self {
        Direct { run, spec }
    }
}

#[async_trait]
impl Strategy for Direct<'_> {
    fn max_turns(&self, _limit: u32) -> u32 {
        1
    }

    fn max_output_chars(&self) -> usize {
        0
    }

    /// Fails with `no_readable_text` where no document has text.
    async fn open(&mut self) -> Result<Vec<Message>, Stop> {
        let Direct { run, spec } = self;
        let mut documents = Vec::new();
        let mut unread = run.corpus.overview().await.skipped;
        for path in run.askable(MAX_DOCUMENTS).await {
            match run.corpus.text(&path).await {
                Ok(text) => {
                    run.touch(spec.node, &path).await?;
                    let numbered = text.as_str().lines().enumerate().map(|(n, line)| format!("{}\t{line}", n + 1));
                    documents.push(context! { path, text => numbered.collect::<Vec<_>>().join("\n") });
                }
                Err(fault) if fault.code == Code::DiskFull => return Err(fault.into()),
                Err(_) => unread += 1,
            }
        }
        if documents.is_empty() {
            return Err(no_readable_text(unread).into());
        }
        let first = render("direct_first", context! { documents, skipped => unread, question => spec.question.clone() });
        Ok(vec![Message::new(Role::System, render("direct_system", context! {})), Message::new(Role::User, first)])
    }

    fn prompt(&self, conversation: Vec<Message>, _is_last: bool) -> Prompt {
        Prompt::new(conversation)
    }

    async fn take(&mut self, taken: Taken<'_>, is_last: bool) -> Result<Step, Stop> {
        match taken {
            Taken::Reply { reply, .. } if !reply.text.trim().is_empty() => Ok(Step::Said(reply.text.clone())),
            // An empty reply on record is asked for again on resume.
            _ if !is_last => Ok(Step::Again),
            _ => Err(Stop::Fault(fault!(
                Code::EmptyReply,
                "{model} ended its reply without a word of an answer. Continue to ask it again, or choose another model.",
                model = &self.spec.model.profile().name
            ))),
        }
    }
}
