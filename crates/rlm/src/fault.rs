//! Faults, in the form in which they cross every boundary.

pub mod remedy;

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};
use ts_rs::TS;

/// The kind of a fault, for programs: front ends switch on it and may word it in another language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Several runs have a name that begins like this.
    AmbiguousRun,
    /// The answer is not whole, because the reply that holds it is not.
    AnswerCut,
    /// A limit is not a usable number.
    BadLimit,
    /// A month is not of the form YYYY-MM.
    BadMonth,
    /// A regular expression or glob cannot be read.
    BadPattern,
    /// A price is not a usable number.
    BadPrice,
    /// The file of model profiles cannot be read.
    BadProfiles,
    /// A query over tables is not one SELECT, is not understood, or takes too long.
    BadQuery,
    /// A server's reply cannot be understood.
    BadReply,
    /// A command's request is not of its form.
    BadRequest,
    /// The same thing is under way already.
    Busy,
    /// It was cancelled before it was done.
    Cancelled,
    /// Plumb itself failed.
    Crashed,
    /// A reply broke off.
    CutShort,
    /// The history is damaged.
    Damaged,
    /// The disk has no space left.
    DiskFull,
    /// There is nothing to ask about.
    EmptyFolder,
    /// A reply has no text.
    EmptyReply,
    /// A graphics card's driver failed.
    Graphics,
    /// A file could not be read or written.
    Io,
    /// A key was given, and no model needs it.
    KeyForNobody,
    /// The limit of sub-calls is reached.
    LimitCalls,
    /// The limit of cost is reached.
    LimitCost,
    /// The month's limit is reached.
    LimitMonth,
    /// The time limit is reached.
    LimitTime,
    /// The limit of tokens is reached.
    LimitTokens,
    /// The limit of turns is reached.
    LimitTurns,
    /// The model on this computer failed.
    LocalModel,
    /// The library may not leave this computer.
    LocalOnly,
    /// Another program holds the history.
    Locked,
    /// Little is left of the month's limit.
    MonthAlmostSpent,
    /// A newer version of Plumb wrote this.
    NewerVersion,
    /// Plumb may not read or write its data folder.
    NoAccess,
    /// No model is chosen.
    NoModel,
    /// The question is empty.
    NoQuestion,
    /// No document has text.
    NoReadableText,
    /// The disk has no room for a model.
    NoSpace,
    /// There is no such file or folder.
    NoSuchFolder,
    /// There is no such library.
    NoSuchLibrary,
    /// There is no such model.
    NoSuchModel,
    /// The document has no such page.
    NoSuchPage,
    /// The corpus has no such document.
    NoSuchPath,
    /// There is no such run.
    NoSuchRun,
    /// The document has no text.
    NoText,
    /// The Python worker cannot be started.
    NoWorker,
    /// It is not allowed in this place.
    NotAllowed,
    /// The run is not under way.
    NotRunning,
    /// The worker cannot be sealed.
    NotSealed,
    /// The browser has not signed in.
    NotSignedIn,
    /// No file or folder is chosen.
    NothingChosen,
    /// The port cannot be used.
    PortTaken,
    /// A limit cannot be kept, because a price is unknown.
    PriceUnknown,
    /// A server limits how often it can be called.
    RateLimited,
    /// The model, or its provider, refused to answer.
    Refused,
    /// A server refused the key.
    RefusedKey,
    /// On replay the code asked for something else than it had.
    ReplayDiffers,
    /// The run is under way.
    RunIsActive,
    /// The run has its answer already.
    RunIsAnswered,
    /// Pages cannot be served.
    Serve,
    /// A server failed.
    Server,
    /// The conversation was shortened to fit.
    Shortened,
    /// Signals cannot be listened for.
    Signals,
    /// The user stopped it.
    Stopped,
    /// The history could not be read or written.
    Store,
    /// A model needs more memory than there is.
    TooLarge,
    /// A text is longer than the model can take.
    TooLong,
    /// There is no such command.
    UnknownCommand,
    /// A server cannot be reached.
    Unreachable,
    /// A document cannot be read.
    Unreadable,
    /// A file could not be written.
    Unwritable,
    /// Some figures are estimates.
    UsageEstimated,
    /// The Python worker ended.
    WorkerDied,
    /// A file is not a model's, or not whole.
    WrongFile,
    /// A request came from another page.
    WrongOrigin,
    /// A code that this version does not know: another version wrote it.
    #[serde(other)]
    Unknown,
}

impl Code {
    /// The code as it is written in records and shown to programs: `disk_full`.
    pub fn name(self) -> String {
        // A unit variant serialises to its name.
        serde_json::to_value(self).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Whether a limit of the run or of the month was reached.
    pub fn is_limit(self) -> bool {
        matches!(
            self,
            Code::LimitCalls | Code::LimitCost | Code::LimitMonth | Code::LimitTime | Code::LimitTokens | Code::LimitTurns
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// A fault: its kind, its words, and the values that stand in them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// The kind.
    pub code: Code,
    /// What happened, why, and what to do, in English.
    pub message: String,
    /// The values in the message, by name, from which a front end can word it anew.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(as = "Option<BTreeMap<String, String>>", optional)]
    pub arguments: BTreeMap<String, String>,
}

impl Fault {
    /// A fault without arguments. [`fault!`](crate::fault!) makes one with them.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Fault { code, message: message.into(), arguments: BTreeMap::new() }
    }

    /// The same fault with one more argument.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.arguments.insert(name.to_owned(), value.to_string());
        self
    }
}

/// Makes a [`Fault`](crate::fault::Fault) whose message and arguments come from the same values:
/// `fault!(Code::LimitTurns, "The limit of {most} steps is reached.", most = 20)`.
#[macro_export]
macro_rules! fault {
    ($code:expr, $message:literal $(, $name:ident = $value:expr)* $(,)?) => {{
        $(
            #[allow(clippy::redundant_locals, reason = "a value may be named as its argument")]
            let $name = $value;
        )*
        $crate::fault::Fault::new($code, format!($message $(, $name = $name)*))$(.with(stringify!($name), &$name))*
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_carries_the_values_of_its_message() {
        let fault = fault!(Code::LimitTurns, "The limit of {most} steps is reached.", most = 20);
        assert_eq!(fault.message, "The limit of 20 steps is reached.");
        assert_eq!(fault.arguments, BTreeMap::from([("most".to_owned(), "20".to_owned())]));
    }

    #[test]
    fn a_recorded_fault_without_arguments_still_reads() {
        let kept = r#"{"code": "limit_turns", "message": "The limit of 20 steps is reached."}"#;
        let fault: Fault = serde_json::from_str(kept).unwrap();
        assert_eq!((fault.code, fault.arguments.len()), (Code::LimitTurns, 0));
        assert_eq!(serde_json::to_value(&fault).unwrap(), serde_json::from_str::<serde_json::Value>(kept).unwrap());
    }

    #[test]
    fn a_code_of_another_version_reads_as_unknown() {
        assert_eq!(serde_json::from_str::<Code>(r#""from_the_future""#).unwrap(), Code::Unknown);
    }
}
