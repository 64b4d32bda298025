//! Forks: a new run that begins as a copy of another one's events.

use crate::{
    store::Store,
    write::{
        Write,
        books::Asked,
        event::{EventWrite, ToClear},
        fork::Fork,
    },
};
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
    ids::{NodeId, RunId},
    record::event::{EVENT_VERSION, Event, EventKind},
};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

impl Store {
    /// Makes a new run of the events of `run` up to number `seq`, with the texts and pins it keeps, in one transaction. The new run stands as
    /// interrupted until someone claims it. Nothing is booked for it: the original paid for its past.
    ///
    /// # Errors
    /// `no_such_run`; `bad_request` where the run has no event `seq`.
    pub async fn fork_run(&self, run: &RunId, seq: u64) -> Result<RunId, Fault> {
        let events = self.events(run).await?;
        if !events.iter().any(|event| event.seq == seq) {
            let last = events.last().map_or(0, |event| event.seq);
            return Err(fault!(
                Code::BadRequest,
                "Run {run} has no event {seq}, so it cannot be forked there. Choose an event from 0 to {last}.",
                run = run,
                seq = seq,
                last = last,
            ));
        }
        let at_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as u64);
        let kind = EventKind::Forked { from: run.clone(), up_to: seq };
        let event = Event { version: EVENT_VERSION, seq: seq + 1, at_ms, node: NodeId(0), kind };
        let new = RunId(Uuid::now_v7().to_string());
        let nothing = ToClear { partials: false, reserved: false };
        let forked = EventWrite::new(&new.0, self.owner_id(), &event, None, &mut Asked::default(), nothing)?;
        let (from, run_id) = (run.0.clone(), new.0.clone());
        let fork = Fork { from, up_to: seq as i64, run_id, at_ms: at_ms as i64, forked };
        self.writer().write(Write::Fork(Box::new(fork))).await?;
        Ok(new)
    }
}
