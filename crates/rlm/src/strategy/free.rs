//! The free REPL, for strong models and those that were trained for one: its words.

use crate::{
    node::turns::{Found, NodeSpec},
    shared::{Shared, Stop},
    strategy::prompt::render,
    traits::{
        model::{Message, Role, Strength},
        repl::{CellOutcome, Context},
    },
};
use minijinja::context;

/// Output of one cell that a model sees, in characters.
pub const OUTPUT_CHARS: usize = 20_000;

/// Paths listed in the first message.
const LISTED: usize = 100;

/// The first two messages. The listing is needed, no text is.
pub async fn open(shared: &Shared, spec: &NodeSpec) -> Result<Vec<Message>, Stop> {
    let overview = shared.corpus.overview().await;
    let single = !matches!(spec.context, Context::Folder { .. });
    let sub_chars = u64::from(shared.sub_model.profile().window_tokens) * 5 / 2;
    let children = (spec.depth as usize) < shared.child_slots.len();
    let [system, first, _] = words(spec);
    let system = render(system, context! { single, children, sub_chars });
    let (name, listing, more, documents_note, skipped, reasons) = match &spec.context {
        Context::Placed { placement } => {
            let head = spec.context_head.clone().unwrap_or_default();
            let note = format!("{} characters; it begins: {head:?}", placement.chars);
            ("in `context`".to_owned(), vec!["context".to_owned()], 0, note, 0, String::new())
        }
        _ => {
            let listing = askable(shared, LISTED).await;
            let more = overview.documents.saturating_sub(listing.len() as u64);
            let note = if single {
                format!("{} bytes", overview.bytes)
            } else {
                format!("{} documents, about {} tokens of text", overview.documents, overview.tokens_estimate)
            };
            (overview.name.clone(), listing, more, note, overview.skipped, overview.reasons())
        }
    };
    let question = &spec.question;
    let first = render(first, context! { single, name, listing, more, documents_note, skipped, reasons, question });
    Ok(vec![Message::new(Role::System, system), Message::new(Role::User, first)])
}

/// The first `limit` paths that can be asked about.
pub async fn askable(shared: &Shared, limit: usize) -> Vec<String> {
    // Skipped files stand in the listing too, so more is asked for than wanted.
    let entries = shared.corpus.files(None, limit * 4).await.unwrap_or_default();
    entries.into_iter().filter(|entry| entry.state.is_askable()).map(|entry| entry.path).take(limit).collect()
}

/// Templates of the first two messages and of what follows a turn.
fn words(spec: &NodeSpec) -> [&'static str; 3] {
    match spec.model.profile().strength {
        Strength::Recursive => ["recursive_system", "recursive_first", "recursive_output"],
        Strength::Strong | Strength::Small => ["free_system", "free_first", "output"],
    }
}

/// What the model is told after its cells, whose code is `codes`.
pub fn tell(spec: &NodeSpec, codes: &[String], outcomes: &[(CellOutcome, Found)], skipped: bool, last: bool) -> String {
    let cells: Vec<_> = codes
        .iter()
        .zip(outcomes)
        .map(|(code, (cell, _))| context! { code => code.trim_end(), output => cell.output.clone(), error => cell.error.clone() })
        .collect();
    let [.., output] = words(spec);
    render(output, context! { cells, skipped, last, question => spec.question.clone() })
}

/// What the model is told after a reply without code.
pub fn hint(spec: &NodeSpec) -> String {
    match spec.model.profile().strength {
        // In its training, too, such a reply was followed by the question alone.
        Strength::Recursive => tell(spec, &[], &[], false, false),
        Strength::Strong | Strength::Small => render("hint", context! {}),
    }
}
