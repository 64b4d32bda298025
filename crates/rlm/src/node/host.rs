//! Answers what code in a node's REPL asks: sub-calls, texts, searches. Everything is counted here; the worker counts nothing.

use crate::{
    calls::call::{Called, Prompt},
    fault::{Code, Fault},
    ids::{BlobId, CallId},
    node::turns::{Found, NodeSpec},
    record::{
        event::EventKind,
        replay::{CallRecord, NodeRecord, given},
        terms::Terms,
    },
    shared::{Shared, Stop},
    strategy::guided::evidence::Line,
    traits::{
        corpus::Passage,
        model::{Message, Role},
        repl::{HostCall, HostError, HostReply, ReplHost},
    },
    usage::{Finish, Usage},
};
use async_trait::async_trait;
use futures_util::future::join_all;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
};

/// The most prompts of one batch.
const MOST_PROMPTS: usize = 10_000;
/// The most hits of one grep.
const MOST_HITS: usize = 5_000;
/// The most passages of one search.
const MOST_PASSAGES: usize = 100;
/// The most lines of one search that a guided node reads.
const MOST_LINES: usize = 40;
/// The most lines of all searches of a cell together.
const MOST_FOUND: usize = 400;
/// Characters of a query that are written down.
const QUERY_HEAD: usize = 300;
/// The most text that a run hands to its children, in bytes.
const MOST_HANDED: u64 = 1 << 30;
/// More bytes than this for each token of a model's window are no text that it could read.
const MOST_BYTES_A_TOKEN: u64 = 64;
/// The most text that one `lines()` gives, in bytes.
const MOST_LINES_BYTES: usize = 16 << 20;
/// The most paths listed at once.
const MOST_PATHS: usize = 200_000;
/// Output of a sub-call, in tokens.
const SUB_OUTPUT: u32 = 8_192;
/// Characters of a prompt shown in the trace.
const HEAD: usize = 200;

/// Answers one cell of one node.
pub struct CellHost<'a> {
    pub shared: &'a Arc<Shared>,
    pub spec: &'a NodeSpec,
    pub cell: u32,
    /// What is on record of the node; sub-calls that end are added.
    pub record: &'a Mutex<NodeRecord>,
    /// The cell ran before: everything is answered from the record.
    pub replaying: bool,
    /// How often each prompt was asked in this cell, so that equal ones keep their own replies.
    asked: Mutex<HashMap<(BlobId, bool), usize>>,
    /// What its searches found.
    pub found: Mutex<Found>,
    /// What ended the run from inside of a call.
    pub stop: Mutex<Option<Stop>>,
}

/// How a sub-call ended: its reply, or why there is none.
type SubReply = Result<String, Fault>;

impl<'a> CellHost<'a> {
    /// For cell number `cell`.
    pub fn new(shared: &'a Arc<Shared>, spec: &'a NodeSpec, cell: u32, record: &'a Mutex<NodeRecord>, replaying: bool) -> Self {
        CellHost {
            shared,
            spec,
            cell,
            record,
            replaying,
            asked: Mutex::default(),
            found: Mutex::new(Found::Unknown),
            stop: Mutex::default(),
        }
    }

    fn recorded(&self, prompt: &BlobId, recursive: bool) -> Option<CallRecord> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let occurrence = asked.entry((prompt.clone(), recursive)).or_default();
        *occurrence += 1;
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.call(self.cell, prompt, recursive, *occurrence - 1).cloned()
    }

    /// A call that was never made was not asked: a loop that goes on without allowance must not fill the memory.
    fn forget(&self, prompt: &BlobId, recursive: bool) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (prompt.clone(), recursive);
        match asked.get_mut(&key) {
            Some(1) | None => drop(asked.remove(&key)),
            Some(times) => *times -= 1,
        }
    }

    /// Ends the run after this cell.
    fn end_with(&self, stop: Stop) -> Fault {
        let fault = match &stop {
            Stop::Limit(fault) | Stop::Fault(fault) => fault.clone(),
            Stop::ByUser => Fault::new(Code::Stopped, "The run was stopped."),
        };
        self.stop.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(stop);
        fault
    }

    /// One sub-call, from the record or from a model.
    async fn sub_call(&self, prompt: String, context: Option<String>, recursive: bool) -> SubReply {
        let prompt_id = BlobId::of(&prompt);
        let recorded = self.recorded(&prompt_id, recursive);
        if let Some(result) = recorded.as_ref().and_then(|record| record.result.clone()) {
            return result;
        }
        if self.replaying {
            let message = "On replay the code asked for something else than it did; its record ends here.".to_owned();
            return Err(Fault::new(Code::ReplayDiffers, message));
        }
        // Before anything of it is kept: what no window holds is not sent, so it need not fill the disk either.
        let window = u64::from(self.shared.sub_model.profile().window_tokens);
        if prompt.len() as u64 > window * MOST_BYTES_A_TOKEN {
            let message = format!("A prompt of {} bytes is longer than the model can read. Send less at once.", prompt.len());
            return Err(Fault::new(Code::TooLong, message));
        }
        let handed = context.as_ref().map_or(0, |context| context.len() as u64);
        if self.shared.handed.fetch_add(handed, Ordering::Relaxed) + handed > MOST_HANDED {
            let message = "The texts handed to rlm_query() are too large together. Hand over less, or let the child use grep() and search().";
            return Err(Fault::new(Code::TooLong, message.to_owned()));
        }
        // A call that was in flight keeps its number: a plain one is asked again, a recursive one goes on where its child stopped.
        let resumed = recorded.map(|record| record.call);
        match self.sub_call_anew(prompt, prompt_id, context, recursive, resumed).await {
            Ok(reply) => reply,
            Err(stop) => Err(self.end_with(stop)),
        }
    }

    async fn sub_call_anew(
        &self,
        prompt: String,
        prompt_id: BlobId,
        context: Option<String>,
        recursive: bool,
        resumed: Option<CallId>,
    ) -> Result<SubReply, Stop> {
        let shared = self.shared;
        // A child takes none of the slots that its own calls need, but one of its depth: each is a process.
        let slots = if recursive { shared.child_slots.get(self.spec.depth as usize) } else { Some(&shared.slots) };
        let slot = match slots {
            Some(slots) => slots.acquire().await.ok(),
            None => None,
        };
        if shared.stop.is_cancelled() {
            return Err(shared.why());
        }
        if resumed.is_none()
            && let Err(fault) = shared.budget.take_call()
        {
            self.forget(&prompt_id, recursive);
            // The model may still answer with what it has.
            return Ok(Err(fault));
        }
        let call = resumed.unwrap_or_else(|| shared.new_call());
        let text = prompt.clone();
        let announced = async {
            match resumed {
                Some(_) => Ok(()),
                None => self.announce(call, &text, prompt_id, recursive).await,
            }
        };
        let (called, error) = if recursive {
            announced.await?;
            let child = NodeSpec::child(self.spec, shared, call, prompt, context).await?;
            let end = Box::pin(crate::node::turns::run(shared, child)).await;
            let error = match end.stop {
                None => None,
                Some(Stop::Fault(fault)) => Some(fault),
                // What the child found up to its own limit of turns is an answer for its parent.
                Some(Stop::Limit(fault)) if fault.code == Code::LimitTurns && !end.answer.is_empty() => None,
                Some(stop) => return Err(stop),
            };
            (Called::nothing_of_its_own(end.answer, end.elapsed_ms), error)
        } else {
            let prompt = Prompt {
                messages: vec![Message::new(Role::User, prompt)],
                temperature: 0.0,
                prefill: None,
                stop: Vec::new(),
                most_output: SUB_OUTPUT,
                grows: false,
            };
            // A server is reached meanwhile. What leaves for it is written down later than this, and so on disk later.
            let asked = async { Ok(shared.call(&shared.sub_model, self.spec.node, Some(call), prompt).await) };
            let ((), asked) = tokio::try_join!(biased; announced, asked)?;
            match asked {
                Ok(called) => {
                    let error = said_nothing(&called, &shared.sub_model.profile().name);
                    (called, error)
                }
                Err(broken) if broken.of_this_call => (broken.called, Some(broken.fault)),
                Err(broken) => {
                    let broken = *broken;
                    let _ = self.conclude(call, broken.called, Some(broken.fault.clone())).await?;
                    // The money is gone, not the run: the code is told, and the model may answer with what it has.
                    return match broken.stop {
                        Stop::Limit(_) if broken.fault.code != Code::Stopped => Ok(Err(broken.fault)),
                        stop => Err(stop),
                    };
                }
            }
        };
        drop(slot);
        self.conclude(call, called, error).await
    }

    async fn announce(&self, call: CallId, prompt: &str, prompt_id: BlobId, recursive: bool) -> Result<(), Stop> {
        let head = prompt.chars().take(HEAD).collect();
        let started = EventKind::CallStarted {
            call,
            cell: self.cell,
            model: self.shared.sub_model.profile().name.clone(),
            prompt: prompt_id.clone(),
            prompt_head: head,
            recursive,
            terms: Some(Terms::of(self.shared.sub_model.profile())),
        };
        {
            let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
            let called = CallRecord { call, prompt: prompt_id, recursive, result: None };
            record.cells.entry(self.cell).or_default().calls.push(called);
        }
        Ok(self.shared.log.append_with(self.spec.node, started, prompt).await?)
    }

    async fn conclude(&self, call: CallId, called: Called, error: Option<Fault>) -> Result<SubReply, Stop> {
        let result = match &error {
            Some(fault) => Err(fault.clone()),
            None => Ok(given(&called.text, called.finish, called.usage)),
        };
        let finished = EventKind::CallFinished {
            call,
            text: called.text,
            error,
            usage: called.usage,
            usage_estimated: called.usage_estimated,
            cost_usd: called.cost_usd,
            elapsed_ms: called.elapsed_ms,
            finish: called.finish,
        };
        self.shared.log.append(self.spec.node, finished).await?;
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = record.cells.entry(self.cell).or_default().calls.iter_mut();
        if let Some(record) = calls.into_iter().find(|record| record.call == call) {
            record.result = Some(result.clone());
        }
        Ok(result)
    }

    /// Several sub-calls at the same time. One that fails leaves a note in its place; only when all fail, or a limit is reached, the code gets an exception.
    async fn sub_calls(
        &self,
        prompts: Vec<String>,
        contexts: Option<Vec<String>>,
        recursive: bool,
    ) -> Result<HostReply, HostError> {
        if prompts.len() > MOST_PROMPTS {
            return Err(value_error(format!(
                "{} prompts are too many for one batch; send at most {MOST_PROMPTS}",
                prompts.len()
            )));
        }
        let mut contexts = contexts.unwrap_or_default().into_iter();
        let calls = prompts.into_iter().map(|prompt| self.sub_call(prompt, contexts.next(), recursive));
        let results = join_all(calls).await;
        let fatal = |fault: &&Fault| fault.code.is_limit() || fault.code == Code::ReplayDiffers || fault.code == Code::Stopped;
        let faults: Vec<&Fault> = results.iter().filter_map(|result| result.as_ref().err()).collect();
        if let Some(fault) = faults.iter().find(|fault| fatal(fault)) {
            return Err(runtime_error(format!("{} Answer now with what you have.", fault.message)));
        }
        if let (Some(first), true) = (faults.first(), faults.len() == results.len()) {
            return Err(runtime_error(first.message.clone()));
        }
        Ok(HostReply::Texts(results.into_iter().map(|r| r.unwrap_or_else(|f| format!("[no reply: {}]", f.message))).collect()))
    }

    /// Notes that a document is frozen for this run from now on.
    async fn touch(&self, path: &str) -> Result<(), HostError> {
        touch(self.shared, self.spec, path).await.map_err(|stop| runtime_error(self.end_with(stop).message))
    }

    /// Notes what a search came to: `hits` in all, the first of them as lines.
    async fn searched<'p>(
        &self,
        query: String,
        hits: u64,
        paths: impl Iterator<Item = &'p String>,
        documents: u64,
        mut lines: Vec<Line>,
    ) -> Result<(), HostError> {
        let ended = |e: Fault| runtime_error(self.end_with(e.into()).message);
        // On a replay too: the documents may have changed since.
        self.shared.given.lines(&self.shared.log, self.spec.node, paths).await.map_err(ended)?;
        {
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            match &mut *found {
                Found::Something(known) => known.extend(lines.drain(..).take(MOST_FOUND.saturating_sub(known.len()))),
                _ if hits > 0 => *found = Found::Something(lines),
                _ => *found = Found::Nothing(query.clone()),
            }
        }
        if self.replaying {
            return Ok(());
        }
        let query = query.chars().take(QUERY_HEAD).collect();
        let event = EventKind::Searched { cell: self.cell, query, hits, documents };
        self.shared.log.append(self.spec.node, event).await.map_err(ended)
    }
}

/// Freezes a document's text for the run, and records that the first time.
pub async fn touch(shared: &Shared, spec: &NodeSpec, path: &str) -> Result<(), Stop> {
    let Ok(text) = shared.corpus.text(path).await else { return Ok(()) };
    Ok(shared.given.whole(&shared.log, spec.node, path, text.as_ref()).await?)
}

#[async_trait]
impl ReplHost for CellHost<'_> {
    async fn answer(&self, call: HostCall) -> Result<HostReply, HostError> {
        let corpus = &self.shared.corpus;
        match call {
            HostCall::Llm { prompts, model } => {
                if model.is_some_and(|name| name != self.shared.sub_model.profile().name) {
                    return Err(value_error("only the run's own model can be asked: leave `model` out".to_owned()));
                }
                self.sub_calls(prompts, None, false).await
            }
            HostCall::Rlm { prompts, contexts } => {
                // Below the depth limit a child is a plain call; a context of its own goes into the prompt.
                if (self.spec.depth as usize) < self.shared.child_slots.len() {
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
                let entries = corpus.files(pattern.as_deref(), MOST_PATHS).await.map_err(in_python)?;
                let askable = entries.into_iter().filter(|entry| entry.state.is_askable());
                Ok(HostReply::Paths(askable.map(|entry| entry.path).collect()))
            }
            HostCall::Grep(mut query) => {
                query.limit = query.limit.min(MOST_HITS);
                let result = corpus.grep(&query).await.map_err(in_python)?;
                let lines = result.hits.iter().take(MOST_LINES).map(Line::from).collect();
                let paths = result.hits.iter().map(|hit| &hit.path);
                self.searched(query.pattern, result.total, paths, result.documents, lines).await?;
                Ok(HostReply::Grep(result))
            }
            HostCall::Search { query, k, path } => {
                let passages = corpus.search(&query, k.min(MOST_PASSAGES), path.as_deref()).await.map_err(in_python)?;
                let paths = passages.iter().map(|passage| &passage.path);
                let documents = paths.clone().collect::<std::collections::HashSet<_>>().len() as u64;
                let lines = passages.iter().flat_map(Passage::lines).take(MOST_LINES).collect();
                self.searched(query, passages.len() as u64, paths, documents, lines).await?;
                Ok(HostReply::Passages(passages))
            }
        }
    }
}

impl Called {
    /// What a child's call counts for itself: nothing, its turns carry their own figures.
    fn nothing_of_its_own(text: String, elapsed_ms: u64) -> Self {
        Called {
            text,
            usage: Usage::default(),
            usage_estimated: false,
            cost_usd: Some(crate::money::Usd::ZERO),
            elapsed_ms,
            finish: Finish::Stop,
        }
    }
}

/// Why a reply without a word is none.
fn said_nothing(called: &Called, model: &str) -> Option<Fault> {
    if !called.text.trim().is_empty() {
        return None;
    }
    let tokens = called.usage.output_tokens;
    let (code, message) = match called.finish {
        Finish::Stop => (Code::EmptyReply, format!("{model} ended its reply without a word.")),
        Finish::Length => (
            Code::EmptyReply,
            format!("{model} reached its limit of {tokens} tokens before it said a word. Ask for less at once."),
        ),
        Finish::Refused => (Code::Refused, format!("{model} refused to answer, or its provider withheld the reply.")),
    };
    Some(Fault::new(code, message))
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
    if found.len() > MOST_LINES_BYTES {
        let found = found.len();
        return Err(value_error(format!(
            "these lines have {found} bytes; lines() gives at most {MOST_LINES_BYTES} at once. Ask for fewer, or slice context"
        )));
    }
    Ok(found)
}

fn in_python(error: Fault) -> HostError {
    let kind = match error.code {
        Code::NoSuchPath => "KeyError",
        Code::BadPattern => "ValueError",
        _ => "RuntimeError",
    };
    HostError { kind, message: error.message }
}

fn value_error(message: String) -> HostError {
    HostError { kind: "ValueError", message }
}

fn runtime_error(message: String) -> HostError {
    HostError { kind: "RuntimeError", message }
}
