//! One attack in a sealed worker.

use crate::{
    data::Attack,
    host::{Counting, PRICE},
    outside::Outside,
};
use plumb_repl::{SealedPython, Worker};
use plumb_rlm::traits::repl::{CellEnding, CellLimits, CellOutcome, Context, Repl, ReplSpec};
use std::{
    fs::{self, File},
    io::Write,
    os::fd::AsRawFd,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

const LIMITS: CellLimits = CellLimits { compute: Duration::from_millis(400), output_chars: 20_000 };
/// Maximum time of an attack, including waiting and killing, on a busy machine.
const LONGEST: Duration = Duration::from_secs(60);

async fn worker(launcher: &SealedPython) -> Worker {
    let mut snapshot: File = tempfile::tempfile().unwrap();
    snapshot.write_all(b"first\nsecond\0").unwrap();
    let snapshot = File::open(format!("/proc/self/fd/{}", snapshot.as_raw_fd())).unwrap();
    launcher.start(ReplSpec { snapshot, context: Context::Folder { documents: 1 }, seed: 7, sending: None }).await.unwrap().0
}

async fn run(worker: &mut Worker, code: &str, host: &Counting) -> CellOutcome {
    worker.run(code, LIMITS, host, &CancellationToken::new()).await.unwrap()
}

async fn computes(worker: &mut Worker) -> bool {
    let outcome = run(worker, "1 + 1", &Counting::default()).await;
    outcome.output == "2\n" && outcome.answer.is_none()
}

/// Makes the attack. Returns a description of its success, if any.
pub async fn held(launcher: &SealedPython, outside: &Outside, attack: Attack) -> Option<String> {
    let tried = tokio::time::timeout(LONGEST, try_it(launcher, outside, &attack)).await;
    let failed = tried.unwrap_or_else(|_| Err("it hangs".to_owned())).err();
    failed.map(|why| format!("{}: {why}", attack.name))
}

async fn try_it(launcher: &SealedPython, outside: &Outside, attack: &Attack) -> Result<(), String> {
    let host = Counting::default();
    let mut other = worker(launcher).await;
    let mut attacked = worker(launcher).await;
    let id = attacked.id().unwrap();
    let memory = peak();
    let source = format!("{}{}", outside.prologue(), attack.source());
    let since = Instant::now();
    let outcome = run(&mut attacked, &source, &host).await;
    let elapsed = since.elapsed();
    if let Some(reached) = outcome.output.lines().find(|line| line.starts_with("REACHED: ")) {
        return Err(reached.to_owned());
    }
    let killed = outcome.ending == CellEnding::Killed;
    if attack.ends.as_deref() == Some("killed") && !killed {
        return Err(format!("the worker had to be ended, but {outcome:?}"));
    }
    let fail = |what: &str| Err(format!("{what}: {:.600}", format!("{outcome:?}")));
    match attack.checks.as_deref() {
        None => {}
        // These two begin with a number that may be used.
        Some("call_ids")
            if host.prompts.load(Ordering::Relaxed)
                > u64::from(matches!(attack.name.as_str(), "replayed_call_number" | "call_number_wraps_around")) =>
        {
            return fail("a call was answered whose number may not be used");
        }
        Some("forged_outcome") if !killed && (outcome.answer.is_some() || outcome.output.contains("forged")) => {
            return fail("a forged outcome was believed");
        }
        Some("answer_of_other_node") if !computes(&mut other).await || (!killed && outcome.answer.is_some()) => {
            return fail("another node has an answer that it never gave");
        }
        Some("budget") if host.charged.load(Ordering::Relaxed) != PRICE * host.prompts.load(Ordering::Relaxed) => {
            return fail("the budget is wrong");
        }
        Some("seal") if !killed => return fail("a second seal was listened to"),
        Some("ending") if matches!(outcome.ending, CellEnding::Interrupted) && elapsed < LIMITS.compute => {
            return fail("it ended in a way that nobody ended it");
        }
        Some("outcome_size") => {
            let texts = [Some(&outcome.output), outcome.error.as_ref(), outcome.answer.as_ref()];
            if texts.into_iter().flatten().map(|text| text.chars().count()).sum::<usize>() > 3_000_000 {
                return fail("the outcome is too large");
            }
        }
        Some("host_memory") if peak().saturating_sub(memory) > 200 << 10 => return fail("the host's memory grew"),
        Some("quiet") => {
            let before = processor_time(id);
            tokio::time::sleep(Duration::from_millis(500)).await;
            let after = processor_time(id);
            if let (Some(before), Some(after)) = (before, after)
                && after - before > 20
            {
                return fail("it computes after its end");
            }
        }
        Some("others_unharmed") if !computes(&mut other).await => return fail("another worker is harmed"),
        Some("next_cell") if !killed => {
            let next = run(&mut attacked, "1 + 1", &host).await;
            if next.ending != CellEnding::Killed && next.output != "2\n" {
                return Err(format!("1 + 1 is {next:?}"));
            }
        }
        Some(
            "call_ids"
            | "forged_outcome"
            | "answer_of_other_node"
            | "budget"
            | "seal"
            | "ending"
            | "host_memory"
            | "others_unharmed"
            | "next_cell",
        ) => {}
        Some(unknown) => return Err(format!("there is no check {unknown:?}")),
    }
    // The next worker must be sound after any attack.
    if computes(&mut worker(launcher).await).await { Ok(()) } else { Err("no sound worker can be had".to_owned()) }
}

/// Peak memory of this process since the last call, in KB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let _ = fs::write("/proc/self/clear_refs", "5");
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Processor time of a process, in hundredths of a second; absent if it is gone.
fn processor_time(id: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}
