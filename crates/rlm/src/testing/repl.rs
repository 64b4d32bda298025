//! A REPL that runs a small language of one command a line, in place of Python.
//!
//! `print WORDS`, `llm A | B`, `rlm A | B`, `with CONTEXT rlm A`, `grep PATTERN`, `search WORDS`, `text PATH`, `lines PATH FIRST LAST`, `files`,
//! `final WORDS`, `raise MESSAGE`, `die`, `hang`. `$` in an argument stands for the last result. Each result is printed. The words after
//! `FINAL("` and before `")` on a line are an answer too.

use crate::{
    fault::{Code, Fault},
    traits::{
        corpus::GrepQuery,
        repl::{CellEnding, CellLimits, CellOutcome, HostCall, HostError, HostReply, Repl, ReplHost, ReplLauncher, ReplSpec},
    },
};
use async_trait::async_trait;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Starts scripted REPLs and records the cells they ran.
#[derive(Default)]
pub struct ScriptedLauncher {
    cells: Arc<Mutex<Vec<String>>>,
    launches: Mutex<usize>,
}

impl ScriptedLauncher {
    /// The code of all cells that ran, rebuilding included.
    pub fn cells(&self) -> Vec<String> {
        self.cells.lock().clone()
    }

    /// The number of workers that were started.
    pub fn launches(&self) -> usize {
        *self.launches.lock()
    }
}

#[async_trait]
impl ReplLauncher for ScriptedLauncher {
    async fn launch(&self, _spec: ReplSpec) -> Result<Box<dyn Repl>, Fault> {
        *self.launches.lock() += 1;
        Ok(Box::new(ScriptedRepl { cells: self.cells.clone(), is_gone: false, last: String::new() }))
    }
}

struct ScriptedRepl {
    cells: Arc<Mutex<Vec<String>>>,
    is_gone: bool,
    last: String,
}

enum Halted {
    Raised(String),
    Died,
    Hung,
}

#[async_trait]
impl Repl for ScriptedRepl {
    async fn run(
        &mut self,
        code: &str,
        limits: CellLimits,
        host: &dyn ReplHost,
        stop: &CancellationToken,
    ) -> Result<CellOutcome, Fault> {
        if self.is_gone {
            return Err(Fault::new(Code::WorkerDied, "The worker is gone."));
        }
        self.cells.lock().push(code.to_owned());
        let mut outcome = CellOutcome::ended(CellEnding::Done);
        for line in code.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let ran = tokio::select! {
                ran = self.line(line, host, &mut outcome) => ran,
                () = stop.cancelled() => Err(Halted::Hung),
            };
            match ran {
                Ok(()) => {}
                Err(Halted::Raised(error)) => (outcome.error, outcome.ending) = (Some(error), CellEnding::Raised),
                Err(Halted::Hung) => outcome.ending = CellEnding::Interrupted,
                Err(Halted::Died) => {
                    self.is_gone = true;
                    (outcome.error, outcome.ending) = (Some("The worker died.".to_owned()), CellEnding::Killed);
                }
            }
            if outcome.ending != CellEnding::Done {
                break;
            }
        }
        let omitted = outcome.output.chars().count().saturating_sub(limits.output_chars);
        if omitted > 0 {
            outcome.output = outcome.output.chars().take(limits.output_chars).collect();
            outcome.omitted_chars = omitted as u64;
        }
        Ok(outcome)
    }
}

impl ScriptedRepl {
    async fn line(&mut self, line: &str, host: &dyn ReplHost, outcome: &mut CellOutcome) -> Result<(), Halted> {
        if let Some(answer) = line.strip_prefix("FINAL(\"").and_then(|rest| rest.strip_suffix("\")")) {
            outcome.answer = Some(answer.to_owned());
            return Ok(());
        }
        let (command, argument) = line.split_once(' ').unwrap_or((line, ""));
        let argument = argument.replace('$', &self.last);
        let pieces = |text: &str| text.split(" | ").map(str::to_owned).collect::<Vec<_>>();
        let call = match command {
            "print" => {
                self.show(argument, outcome);
                return Ok(());
            }
            "final" => {
                outcome.answer = Some(argument);
                return Ok(());
            }
            "raise" => return Err(Halted::Raised(argument)),
            "die" => return Err(Halted::Died),
            "hang" => return std::future::pending().await,
            "llm" => HostCall::Llm { prompts: pieces(&argument), model: None },
            "rlm" => HostCall::Rlm { prompts: pieces(&argument), contexts: None },
            "with" => {
                let (context, prompt) = argument.split_once(" rlm ").unwrap_or((&argument, ""));
                HostCall::Rlm { prompts: vec![prompt.to_owned()], contexts: Some(vec![context.to_owned()]) }
            }
            "grep" => HostCall::Grep(GrepQuery { pattern: argument, path: None, ignore_case: false, limit: 100 }),
            "search" => HostCall::Search { query: argument, k: 5, path: None },
            "text" => HostCall::Text { path: argument },
            "files" => HostCall::Files { pattern: None },
            "lines" => {
                let mut words = argument.split_whitespace();
                let path = words.next().unwrap_or_default().to_owned();
                let mut number = || words.next().and_then(|word| word.parse().ok());
                HostCall::Lines { path, first: number().unwrap_or(1), last: number() }
            }
            _ => return Err(Halted::Raised(format!("SyntaxError: {line}"))),
        };
        let reply =
            host.answer(call).await.map_err(|HostError { kind, message }| Halted::Raised(format!("{kind}: {message}")))?;
        let text = match reply {
            HostReply::Texts(texts) => texts.join(" | "),
            HostReply::Text(text) => text,
            HostReply::Json(value) => value.to_string(),
            HostReply::Placement(placement) => format!("{} characters", placement.chars),
            HostReply::Paths(paths) => paths.join(" "),
            HostReply::Grep(found) => {
                let shown = found.hits.iter().map(|hit| format!("{}:{}: {}", hit.path, hit.line, hit.text)).collect::<Vec<_>>();
                if shown.is_empty() { "nothing found".to_owned() } else { shown.join("\n") }
            }
            HostReply::Passages(passages) => passages.iter().map(|passage| passage.text.clone()).collect::<Vec<_>>().join("\n"),
        };
        self.show(text, outcome);
        Ok(())
    }

    fn show(&mut self, text: String, outcome: &mut CellOutcome) {
        outcome.output.push_str(&text);
        outcome.output.push('\n');
        self.last = text;
    }
}
