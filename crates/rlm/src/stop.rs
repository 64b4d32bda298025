//! Reasons to end without an answer, and the switch that stops a run.

use crate::{
    fault,
    fault::{Code, Fault},
};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

/// The reason that a node or a run ends without an answer of its own.
#[derive(Clone, Debug)]
pub enum Stop {
    /// A limit is reached.
    Limit(Fault),
    /// The user stopped the run.
    ByUser,
    /// A fault.
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Stop::Fault(fault)
    }
}

impl Stop {
    /// The stop that follows from a refusal of the budget.
    pub fn refused(fault: Fault) -> Self {
        if fault.code.is_limit() { Stop::Limit(fault) } else { Stop::Fault(fault) }
    }

    /// The stop as a fault.
    pub fn fault(&self) -> Fault {
        match self {
            Stop::Limit(fault) | Stop::Fault(fault) => fault.clone(),
            Stop::ByUser => fault!(Code::Stopped, "The run was stopped."),
        }
    }
}

/// The switch that stops all of a run's work, and the reason once it is thrown.
pub struct Halt {
    token: CancellationToken,
    limit: Mutex<Option<Fault>>,
}

impl Halt {
    /// A switch that also follows `token`, which the user cancels.
    pub fn new(token: &CancellationToken) -> Self {
        Halt { token: token.child_token(), limit: Mutex::default() }
    }

    /// Stops the run at a limit.
    pub fn at_limit(&self, fault: Fault) {
        *self.limit.lock() = Some(fault);
        self.token.cancel();
    }

    /// The token that is cancelled when the run stops.
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// The run is to stop.
    pub fn is_set(&self) -> bool {
        self.token.is_cancelled()
    }

    /// The reason: the limit that was reached, or else the user.
    pub fn reason(&self) -> Stop {
        self.limit.lock().clone().map_or(Stop::ByUser, Stop::Limit)
    }
}
