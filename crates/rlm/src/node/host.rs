//! Answers the requests of code in a node's REPL: sub-calls, texts, searches. Everything is counted here; the worker counts nothing.

use crate::{
    calls::call::Prompt,
    fault::{Code, Fault},
    ids::CallId,
    node::{
        children,
        spec::{Found, Line, NodeSpec},
        sub_calls::{Outcome, Rendered, SubCalls},
    },
    prompts::{given, render},
    record::{event::EventKind, replay::NodeRecord},
    run::state::Run,
    stop::Stop,
    traits::{
        model::{Message, Role},
        repl::{HostCall, HostError, HostReply, ReplHost},
    },
};
use async_trait::async_trait;
use futures_util::future::join_all;
use minijinja::context;
use parking_lot::Mutex;
use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
};

/// Maximum number of prompts in one batch.
const MAX_PROMPTS: usize = 10_000;
/// Maximum number of hits of one grep.
const MAX_HITS: usize = 5_000;
/// Maximum number of passages of one search.
const MAX_PASSAGES: usize = 100;
/// Maximum number of lines of one search that a guided node reads.
const MAX_LINES_OF_SEARCH: usize = 40;
/// Maximum number of lines of all searches of a cell together.
const MAX_LINES_OF_CELL: usize = 400;
/// Characters of a query that are recorded.
const QUERY_HEAD_CHARS: usize = 300;
/// Maximum text that a run hands to its children, in bytes.
const MAX_HANDED_BYTES: u64 = 1 << 30;
/// Bytes for each token of a model's window above which no text can fit.
const MAX_BYTES_PER_TOKEN: u64 = 64;
/// Maximum text that one `lines()` returns, in bytes.
const MAX_LINES_BYTES: usize = 16 << 20;
/// Maximum number of paths listed at once.
const MAX_PATHS: usize = 200_000;

/// Answers one cell of one node.
pub struct CellHost<'a> {
    run: &'a Arc<Run>,
    spec: &'a NodeSpec,
    cell: u32,
    calls: SubCalls<'a>,
    /// The cell ran before: its sub-calls are answered from the record.
    is_replaying: bool,
    /// Results of its searches.
    found: Mutex<Found>,
    /// The reason of a call to end the run.
    stop: Mutex<Option<Stop>>,
}

/// A sub-call's reply, or the reason that there is none.
type SubReply = Result<String, Fault>;

impl<'a> CellHost<'a> {
    /// For cell number `cell`.
    pub fn new(run: &'a Arc<Run>, spec: &'a NodeSpec, cell: u32, record: &'a Mutex<NodeRecord>, is_replaying: bool) -> Self {
        CellHost {
            run,
            spec,
            cell,
            calls: SubCalls::new(run, spec, cell, record),
            is_replaying,
            found: Mutex::new(Found::Unknown),
            stop: Mutex::default(),
        }
    }

    /// Results of the cell's searches, and the reason to end the run, if any.
    pub fn into_parts(self) -> (Found, Option<Stop>) {
        (self.found.into_inner(), self.stop.into_inner())
    }

    /// Ends the run after this cell.
    fn end_with(&self, stop: Stop) -> Fault {
        let fault = stop.fault();
        self.stop.lock().get_or_insert(stop);
        fault
    }

    /// Answers one sub-call from the record or by a model.
    async fn sub_call(&self, prompt: String, context: Option<String>, recursive: bool) -> SubReply {
        let text = Rendered::new(prompt);
        let recorded = self.calls.recorded(&text, recursive);
        if let Some(result) = recorded.as_ref().and_then(|record| record.result.clone()) {
            return result.map(|reply| given(&reply));
        }
        if self.is_replaying {
            return Err(Fault::new(Code::ReplayDiffers, render("replay_differs", context! {})));
        }
        // Checked before anything is kept: a text that no window holds is not sent, so it need not fill the disk either.
        let window = u64::from(self.run.sub_model.profile().window_tokens);
        if text.text.len() as u64 > window * MAX_BYTES_PER_TOKEN {
            return Err(Fault::new(Code::TooLong, render("prompt_too_long", context! { bytes => text.text.len() })));
        }
        let handed = context.as_ref().map_or(0, |context| context.len() as u64);
        if self.run.handed_bytes.fetch_add(handed, Ordering::Relaxed) + handed > MAX_HANDED_BYTES {
            return Err(Fault::new(Code::TooLong, render("contexts_too_long", context! {})));
        }
        // A call that was in flight keeps its number: a plain one is sent again, a recursive one goes on where its child stopped.
        let resumed = recorded.map(|record| record.call);
        let reply = if recursive {
            self.child(text, context, resumed).await
        } else {
            let prompt = Prompt::new(vec![Message::new(Role::User, text.text.clone())]);
            self.calls.ask(text, prompt, resumed).await
        };
        match reply {
            Ok(reply) => reply.map(|reply| given(&reply)),
            Err(stop) => Err(self.end_with(stop)),
        }
    }

    /// Has a child answer a recursive sub-call.
    async fn child(&self, text: Rendered, context: Option<String>, resumed: Option<CallId>) -> Result<Outcome, Stop> {
        let run = self.run;
        // A child takes none of the slots that its own calls need, but one of its depth: each is a process.
        let slot = match run.child_slots.get(self.spec.depth as usize) {
            Some(slots) => slots.acquire().await.ok(),
            None => None,
        };
        let call = match self.calls.begin(&text, true, resumed)? {
            Ok(call) => call,
            Err(fault) => return Ok(Err(fault)),
        };
        if resumed.is_none() {
            self.calls.announce(call, &text, true).await?;
        }
        let (called, error) = children::answer(run, self.spec, call, text.text, context).await?;
        drop(slot);
        self.calls.conclude(call, called, error).await
    }

    /// Answers several sub-calls at the same time. A call that fails leaves a note in its place; the code gets an exception only when all fail, or a
    /// limit is reached.
    async fn sub_calls(
        &self,
        prompts: Vec<String>,
        contexts: Option<Vec<String>>,
        recursive: bool,
    ) -> Result<HostReply, HostError> {
        if prompts.len() > MAX_PROMPTS {
            let values = context! { prompts => prompts.len(), max_prompts => MAX_PROMPTS };
            return Err(HostError { kind: VALUE_ERROR, message: render("batch_too_large", values) });
        }
        let mut contexts = contexts.unwrap_or_default().into_iter();
        let calls = prompts.into_iter().map(|prompt| self.sub_call(prompt, contexts.next(), recursive));
        let results = join_all(calls).await;
        let is_fatal = |fault: &&Fault| fault.code.is_limit() || matches!(fault.code, Code::ReplayDiffers | Code::Stopped);
        let faults: Vec<&Fault> = results.iter().filter_map(|result| result.as_ref().err()).collect();
        if let Some(fault) = faults.iter().copied().find(is_fatal) {
            return Err(HostError {
                kind: RUNTIME_ERROR,
                message: render("answer_now", context! { fault => fault.message.clone() }),
            });
        }
        if let (Some(first), true) = (faults.first(), faults.len() == results.len()) {
            return Err(HostError { kind: RUNTIME_ERROR, message: first.message.clone() });
        }
        let noted = |fault: Fault| render("no_reply", context! { fault => fault.message });
        Ok(HostReply::Texts(results.into_iter().map(|result| result.unwrap_or_else(noted)).collect()))
    }

    /// Freezes a document for the run, and records that.
    async fn touch(&self, path: &str) -> Result<(), HostError> {
        self.run.touch(self.spec.node, path).await.map_err(|fault| self.broken(fault))
    }

    /// The exception of a fault that ends the run.
    fn broken(&self, fault: Fault) -> HostError {
        HostError { kind: RUNTIME_ERROR, message: self.end_with(fault.into()).message }
    }

    /// Records a search with `hits` in all, and keeps the first of them as lines.
    async fn searched<'p>(
        &self,
        query: String,
        hits: u64,
        paths: impl Iterator<Item = &'p String>,
        documents: u64,
        mut lines: Vec<Line>,
    ) -> Result<(), HostError> {
        // On a replay too: the documents may have changed since.
        self.run.given.lines(&self.run.log, self.spec.node, paths).await.map_err(|fault| self.broken(fault))?;
        {
            let mut found = self.found.lock();
            match &mut *found {
                Found::Something(known) => known.extend(lines.drain(..).take(MAX_LINES_OF_CELL.saturating_sub(known.len()))),
                _ if hits > 0 => *found = Found::Something(lines),
                _ => *found = Found::Nothing(query.clone()),
            }
        }
        if self.is_replaying {
            return Ok(());
        }
        let query = query.chars().take(QUERY_HEAD_CHARS).collect();
        let event = EventKind::Searched { cell: self.cell, query, hits, documents };
        self.run.log.append(self.spec.node, event).await.map_err(|fault| self.broken(fault))
    }
}

#[async_trait]
impl ReplHost for CellHost<'_> {
    async fn answer(&self, call: HostCall) -> Result<HostReply, HostError> {
        let corpus = &self.run.corpus;
        match call {
            HostCall::Llm { prompts, model } => {
                if model.is_some_and(|name| name != self.run.sub_model.profile().name) {
                    return Err(HostError { kind: VALUE_ERROR, message: render("other_model", context! {}) });
                }
                self.sub_calls(prompts, None, false).await
            }
            HostCall::Rlm { prompts, contexts } => {
                // At the depth limit a child is a plain call; a context of its own goes into the prompt.
                if self.run.nests_at(self.spec.depth) {
                    return self.sub_calls(prompts, contexts, true).await;
                }
                let prompts = match contexts {
                    Some(contexts) => prompts.into_iter().zip(contexts).map(|(p, c)| format!("{c}\n\n{p}")).collect(),
                    None => prompts,
                };
                self.sub_calls(prompts, None, false).await
            }
            HostCall::Text { path } => {
                let placement = corpus.placement(&path).await.map_err(in_python)?;
                self.touch(&path).await?;
                Ok(HostReply::Placement(placement))
            }
            HostCall::Lines { path, first, last } => {
                let text = corpus.text(&path).await.map_err(in_python)?;
                self.touch(&path).await?;
                lines(text.as_str(), first, last).map(|lines| HostReply::Text(lines.to_owned()))
            }
            HostCall::Files { pattern } => {
                let entries = corpus.files(pattern.as_deref(), MAX_PATHS).await.map_err(in_python)?;
                let askable = entries.into_iter().filter(|entry| entry.state.is_askable());
                Ok(HostReply::Paths(askable.map(|entry| entry.path).collect()))
            }
            HostCall::Grep(mut query) => {
                query.limit = query.limit.min(MAX_HITS);
                let result = corpus.grep(&query).await.map_err(in_python)?;
                let lines = result.hits.iter().take(MAX_LINES_OF_SEARCH).map(Line::from).collect();
                let paths = result.hits.iter().map(|hit| &hit.path);
                self.searched(query.pattern, result.total, paths, result.documents, lines).await?;
                Ok(HostReply::Grep(result))
            }
            HostCall::Search { query, k, path } => {
                let passages = corpus.search(&query, k.min(MAX_PASSAGES), path.as_deref()).await.map_err(in_python)?;
                let paths = passages.iter().map(|passage| &passage.path);
                let documents = paths.clone().collect::<HashSet<_>>().len() as u64;
                let lines = passages.iter().flat_map(Line::of_passage).take(MAX_LINES_OF_SEARCH).collect();
                self.searched(query, passages.len() as u64, paths, documents, lines).await?;
                Ok(HostReply::Passages(passages))
            }
        }
    }
}

/// Lines `first` to `last` of a text, numbered from 1, without the end of the last.
fn lines(text: &str, first: u64, last: Option<u64>) -> Result<&str, HostError> {
    let mut ends = memchr::memchr_iter(b'\n', text.as_bytes());
    let begin = match first {
        0 | 1 => 0,
        _ => ends.nth(first as usize - 2).map_or(text.len(), |end| end + 1),
    };
    let end = match last {
        Some(last) if last < first => begin,
        Some(last) => ends.nth((last - first) as usize).unwrap_or(text.len()),
        None => text.len(),
    };
    let found = &text[begin..end.max(begin)];
    if found.len() > MAX_LINES_BYTES {
        let values = context! { bytes => found.len(), max_bytes => MAX_LINES_BYTES };
        return Err(HostError { kind: VALUE_ERROR, message: render("lines_too_long", values) });
    }
    Ok(found)
}

const KEY_ERROR: &str = "KeyError";
const RUNTIME_ERROR: &str = "RuntimeError";
const VALUE_ERROR: &str = "ValueError";

/// A fault of the corpus as the exception that a Python programmer expects.
fn in_python(fault: Fault) -> HostError {
    let kind = match fault.code {
        Code::NoSuchPath => KEY_ERROR,
        Code::BadPattern => VALUE_ERROR,
        _ => RUNTIME_ERROR,
    };
    HostError { kind, message: fault.message }
}
