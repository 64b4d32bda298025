//! The sub-calls of one step of a node: each is answered from the record, or asked within the budget and recorded.

use crate::{
    calls::call::{Called, Prompt},
    fault,
    fault::{Code, Fault},
    ids::{BlobId, CallId},
    node::spec::NodeSpec,
    record::{
        event::EventKind,
        replay::{CallRecord, NodeRecord, RecordedReply},
        terms::Terms,
    },
    run::state::Run,
    stop::Stop,
    usage::Finish,
};
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};

/// Characters of a prompt shown in the trace.
const PROMPT_HEAD_CHARS: usize = 200;

/// A sub-call's reply, or the reason that there is none.
pub type Outcome = Result<RecordedReply, Fault>;

/// A prompt's whole text, which identifies the call in the record.
pub struct Rendered {
    pub text: String,
    /// Its beginning, or the part that tells it from others, for the trace.
    head: String,
    id: BlobId,
}

impl Rendered {
    /// A prompt that its beginning tells from others.
    pub fn new(text: String) -> Self {
        let head = text.chars().take(PROMPT_HEAD_CHARS).collect();
        Rendered { id: BlobId::of(&text), head, text }
    }

    /// A prompt after instructions that many share: `part` tells it from others.
    pub fn of_part(text: String, part: &str) -> Self {
        Rendered { head: part.chars().take(PROMPT_HEAD_CHARS).collect(), ..Self::new(text) }
    }
}

/// The sub-calls of one step.
pub struct SubCalls<'a> {
    run: &'a Arc<Run>,
    spec: &'a NodeSpec,
    cell: u32,
    /// The node's record, to which sub-calls are added.
    record: &'a Mutex<NodeRecord>,
    /// Number of times that each prompt was requested in this step, so that equal ones keep their own replies.
    requested: Mutex<HashMap<(BlobId, bool), usize>>,
}

impl<'a> SubCalls<'a> {
    /// For step number `cell`.
    pub fn new(run: &'a Arc<Run>, spec: &'a NodeSpec, cell: u32, record: &'a Mutex<NodeRecord>) -> Self {
        SubCalls { run, spec, cell, record, requested: Mutex::default() }
    }

    /// The recorded call for the next request of this prompt.
    pub fn recorded(&self, text: &Rendered, recursive: bool) -> Option<CallRecord> {
        let mut requested = self.requested.lock();
        let occurrence = requested.entry((text.id.clone(), recursive)).or_default();
        *occurrence += 1;
        self.record.lock().call(self.cell, &text.id, recursive, *occurrence - 1).cloned()
    }

    /// Takes back a request that led to no call: a loop that goes on without allowance must not fill the memory.
    fn forget(&self, text: &Rendered, recursive: bool) {
        let mut requested = self.requested.lock();
        let key = (text.id.clone(), recursive);
        match requested.get_mut(&key) {
            Some(1) | None => drop(requested.remove(&key)),
            Some(times) => *times -= 1,
        }
    }

    /// Counts a call, and gives it a number. A `resumed` one was counted, and keeps its own.
    pub fn begin(&self, text: &Rendered, recursive: bool, resumed: Option<CallId>) -> Result<Result<CallId, Fault>, Stop> {
        let run = self.run;
        if run.halt.is_set() {
            return Err(run.halt.reason());
        }
        if resumed.is_none()
            && let Err(fault) = run.calls.take()
        {
            self.forget(text, recursive);
            // The node can still answer with the results so far.
            return Ok(Err(fault));
        }
        Ok(Ok(resumed.unwrap_or_else(|| run.calls.new_call())))
    }

    /// Asks the model of sub-calls. `resumed`: the number of a recorded call that was in flight.
    pub async fn ask(&self, text: Rendered, prompt: Prompt, resumed: Option<CallId>) -> Result<Outcome, Stop> {
        let run = self.run;
        let slot = run.calls.slot().await.ok();
        let call = match self.begin(&text, false, resumed)? {
            Ok(call) => call,
            Err(fault) => return Ok(Err(fault)),
        };
        let announced = async {
            match resumed {
                Some(_) => Ok(()),
                None => self.announce(call, &text, false).await,
            }
        };
        // The server is reached meanwhile. The event of the request is numbered later, so it is on disk later.
        let asked = async { Ok::<_, Stop>(run.calls.call(&run.sub_model, self.spec.node, Some(call), prompt).await) };
        let ((), asked) = tokio::try_join!(biased; announced, asked)?;
        drop(slot);
        match asked {
            Ok(called) => {
                let error = empty_reply(&called, &run.sub_model.profile().name);
                self.conclude(call, called, error).await
            }
            Err(broken) if broken.is_of_this_call => self.conclude(call, broken.called, Some(broken.fault)).await,
            Err(broken) => {
                let broken = *broken;
                let _ = self.conclude(call, broken.called, Some(broken.fault.clone())).await?;
                // The money is gone, not the run: the node can answer with the results so far.
                match broken.stop {
                    Stop::Limit(_) if broken.fault.code != Code::Stopped => Ok(Err(broken.fault)),
                    stop => Err(stop),
                }
            }
        }
    }

    /// Records that a call begins.
    pub async fn announce(&self, call: CallId, text: &Rendered, recursive: bool) -> Result<(), Stop> {
        let started = EventKind::CallStarted {
            call,
            cell: self.cell,
            model: self.run.sub_model.profile().name.clone(),
            prompt: text.id.clone(),
            prompt_head: text.head.clone(),
            recursive,
            terms: Some(Terms::of(self.run.sub_model.profile())),
        };
        {
            let mut record = self.record.lock();
            let called = CallRecord { call, prompt: text.id.clone(), recursive, result: None };
            record.cells.entry(self.cell).or_default().calls.push(called);
        }
        Ok(self.run.log.append_with(self.spec.node, started, &text.text).await?)
    }

    /// Records how a call ended.
    pub async fn conclude(&self, call: CallId, called: Called, error: Option<Fault>) -> Result<Outcome, Stop> {
        let result = match &error {
            Some(fault) => Err(fault.clone()),
            None => Ok(RecordedReply { text: called.text.clone(), finish: called.finish, usage: called.usage }),
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
        self.run.log.append(self.spec.node, finished).await?;
        let mut record = self.record.lock();
        let calls = record.cells.entry(self.cell).or_default().calls.iter_mut();
        if let Some(record) = calls.into_iter().find(|record| record.call == call) {
            record.result = Some(result.clone());
        }
        Ok(result)
    }
}

/// The fault of a reply without text.
fn empty_reply(called: &Called, model: &str) -> Option<Fault> {
    if !called.text.trim().is_empty() {
        return None;
    }
    Some(match called.finish {
        Finish::Stop => fault!(Code::EmptyReply, "{model} ended its reply without a word.", model = model),
        Finish::Length => fault!(
            Code::EmptyReply,
            "{model} reached its limit of {tokens} tokens before it said a word. Ask for less at once.",
            model = model,
            tokens = called.usage.output_tokens
        ),
        Finish::Refused => {
            fault!(Code::Refused, "{model} refused to answer, or its provider withheld the reply.", model = model)
        }
    })
}
