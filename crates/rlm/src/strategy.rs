//! Strategies to answer a question, and the choice between them.

pub mod route;

pub(crate) mod cells;
pub(crate) mod direct;
pub(crate) mod fence;
pub(crate) mod free;
pub(crate) mod guided;
pub(crate) mod map;

use crate::{calls::call::Prompt, node::spec::Ran, record::replay::ReplyRecord, stop::Stop, traits::model::Message};
use async_trait::async_trait;

/// A node's way to answer its question. The loop of turns asks it for prompts and gives it replies.
///
/// On resume it gets the recorded replies and outcomes again, so its prompts depend on nothing but these, the documents and the model.
#[async_trait]
pub(crate) trait Strategy: Send + Sync {
    /// Maximum number of turns, where the user's limit is `limit`.
    fn max_turns(&self, limit: u32) -> u32 {
        limit.max(1)
    }

    /// Maximum output of one cell that the model sees, in characters.
    fn max_output_chars(&self) -> usize;

    /// Prompts depend on the results of the code's searches, which are not on record: on resume recorded cells run again to search again.
    fn uses_findings(&self) -> bool {
        false
    }

    /// The first messages of the conversation.
    async fn open(&mut self) -> Result<Vec<Message>, Stop>;

    /// The prompt of the next turn.
    fn prompt(&self, conversation: Vec<Message>, is_last: bool) -> Prompt;

    /// Takes a turn's reply, or the outcome of the code that the last step ran.
    async fn take(&mut self, taken: Taken<'_>, is_last: bool) -> Result<Step, Stop>;

    /// The best answer so far, for a node that ends without one.
    fn best(&self) -> &str {
        ""
    }
}

/// The input of [`Strategy::take`].
pub(crate) enum Taken<'a> {
    /// A turn's reply.
    Reply {
        reply: &'a ReplyRecord,
        /// Cells of this turn on record.
        cells_on_record: usize,
    },
    /// The code of the last step ran.
    Ran(Ran),
}

/// The next step of a node.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The node ends with an answer that code gave.
    Answer(String),
    /// The node ends with an answer that stands in the reply itself, and so is cut off where the reply is.
    Said(String),
    /// The node runs code, and this turn goes on with its outcome.
    Run(String),
    /// The reply and these words join the conversation.
    Tell(String),
    /// The reply adds nothing to the conversation.
    Again,
}
