//! The free REPL, for strong models and those that were trained for one.

use crate::{
    calls::call::Prompt,
    node::spec::{NodeSpec, Ran},
    prompts::render,
    run::state::Run,
    stop::Stop,
    strategy::{Step, Strategy, Taken, cells::Cells},
    traits::{
        model::{Message, Role, Strength},
        repl::Context,
    },
};
use async_trait::async_trait;
use minijinja::context;

/// Maximum output of one cell that the model sees, in characters.
const MAX_OUTPUT_CHARS: usize = 20_000;

/// Maximum number of paths listed in the first message.
const MAX_LISTED: usize = 100;

/// Lets the model write any code, and shows it the output.
pub struct Free<'a> {
    run: &'a Run,
    spec: &'a NodeSpec,
    cells: Cells,
}

impl<'a> Free<'a> {
    /// For the node `spec`.
    pub fn new(run: &'a Run, spec: &'a NodeSpec) -> Self {
        Free { run, spec, cells: Cells::default() }
    }
}

#[async_trait]
impl Strategy for Free<'_> {
    fn max_output_chars(&self) -> usize {
        MAX_OUTPUT_CHARS
    }

    /// Needs the listing, and reads no text.
    async fn open(&mut self) -> Result<Vec<Message>, Stop> {
        let Free { run, spec, .. } = self;
        let overview = run.corpus.overview().await;
        let single = !matches!(spec.context, Context::Folder { .. });
        // A token of English has four characters; other languages and numbers have fewer.
        let sub_chars = u64::from(run.sub_model.profile().window_tokens) * 5 / 2;
        let children = run.nests_at(spec.depth);
        let [system, first, _] = templates(spec);
        let system = render(system, context! { single, children, sub_chars });
        let (mut name, mut listing, mut more, mut skipped, mut reasons) =
            (render("context_name", context! {}), vec!["context".to_owned()], 0, 0, String::new());
        let facts = if let Context::Placed { placement } = &spec.context {
            let head = format!("{:?}", spec.context_head.as_deref().unwrap_or_default());
            context! { head, chars => placement.chars }
        } else {
            listing = run.askable(MAX_LISTED).await;
            more = overview.documents.saturating_sub(listing.len() as u64);
            (skipped, reasons) = (overview.skipped, overview.reasons());
            name = overview.name;
            if single {
                context! { bytes => overview.bytes }
            } else {
                context! { documents => overview.documents, tokens => overview.tokens_estimate }
            }
        };
        let documents_note = render("documents_note", facts);
        let question = &spec.question;
        let first = render(first, context! { single, name, listing, more, documents_note, skipped, reasons, question });
        Ok(vec![Message::new(Role::System, system), Message::new(Role::User, first)])
    }

    fn prompt(&self, conversation: Vec<Message>, is_last: bool) -> Prompt {
        Prompt { grows: !is_last, ..Prompt::new(conversation) }
    }

    async fn take(&mut self, taken: Taken<'_>, is_last: bool) -> Result<Step, Stop> {
        match taken {
            Taken::Reply { reply, cells_on_record } => match self.cells.read(reply, cells_on_record, true, is_last) {
                Some(Step::Again) => return Ok(Step::Tell(hint(self.spec))),
                Some(step) => return Ok(step),
                None => {}
            },
            Taken::Ran(ran) => {
                let answer = ran.outcome.answer.clone();
                self.cells.ran(ran);
                if let Some(answer) = answer {
                    return Ok(Step::Answer(answer));
                }
            }
        }
        Ok(match self.cells.next() {
            Some(step) => step,
            None => Step::Tell(tell(self.spec, &self.cells.codes, &self.cells.ran, self.cells.are_skipped(), is_last)),
        })
    }

    fn best(&self) -> &str {
        &self.cells.best
    }
}

/// Names of the templates of the first two messages and of the one after a turn.
fn templates(spec: &NodeSpec) -> [&'static str; 3] {
    match spec.model.profile().strength {
        Strength::Recursive => ["recursive_system", "recursive_first", "recursive_output"],
        Strength::Strong | Strength::Small => ["free_system", "free_first", "output"],
    }
}

/// The message after cells ran.
fn tell(spec: &NodeSpec, codes: &[String], ran: &[Ran], skipped: bool, last: bool) -> String {
    let cells: Vec<_> = codes
        .iter()
        .zip(ran)
        .map(|(code, Ran { outcome, .. })| {
            context! { code => code.trim_end(), output => outcome.output.clone(), error => outcome.error.clone() }
        })
        .collect();
    let [.., output] = templates(spec);
    render(output, context! { cells, skipped, last, question => spec.question.clone() })
}

/// The message after a reply without code.
pub fn hint(spec: &NodeSpec) -> String {
    match spec.model.profile().strength {
        // In its training, too, such a reply was followed by the question alone.
        Strength::Recursive => tell(spec, &[], &[], false, false),
        Strength::Strong | Strength::Small => render("hint", context! {}),
    }
}
