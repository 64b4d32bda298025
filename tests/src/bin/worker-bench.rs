//! Measures workers: start-up time, memory and throughput. Prints one line per measure beside its target.
//! `make bench` runs it.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use async_trait::async_trait;
use plumb_repl::{SealedPython, Worker};
use plumb_rlm::traits::repl::{CellEnding, CellLimits, Context, HostCall, HostError, HostReply, Repl, ReplHost, ReplSpec};
use std::{
    fs::{self, File},
    future::pending,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;

const MEMORY: u64 = 1 << 30;

fn launcher() -> SealedPython {
    SealedPython::new([std::env::current_exe().unwrap().with_file_name("plumb-python")], MEMORY)
}

fn spec(snapshot: &File) -> ReplSpec {
    ReplSpec { snapshot: snapshot.try_clone().unwrap(), context: Context::Folder { documents: 0 }, seed: 7, sending: None }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn show(what: &str, value: f64, unit: &str, wanted: &str) {
    println!("{what:<60} {value:9.2} {unit:<3} wanted {wanted}");
}

/// Time until a worker is sealed and self-tested, including the start of the zygote.
async fn cold(snapshot: &File) -> Duration {
    let since = Instant::now();
    let launcher = launcher();
    let started = launcher.start(spec(snapshot)).await.unwrap();
    let elapsed = since.elapsed();
    drop(started);
    elapsed
}

/// Memory that a process shares with no other, in MB.
fn private_megabytes(id: u32) -> f64 {
    let rollup = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap();
    let kilobytes = |line: &str| line.split_whitespace().nth(1)?.parse::<f64>().ok();
    rollup.lines().filter(|line| line.starts_with("Private")).filter_map(kilobytes).sum::<f64>() / 1024.0
}

/// A host whose models never answer.
struct Silent;

#[async_trait]
impl ReplHost for Silent {
    async fn answer(&self, _call: HostCall) -> Result<HostReply, HostError> {
        pending().await
    }
}

/// Time from the user's stop to the end of the interrupted cell.
async fn interrupted(worker: &mut Worker, code: &str) -> Duration {
    let limits = CellLimits { compute: Duration::from_secs(60), output_chars: 1000 };
    let stop = CancellationToken::new();
    let (stopping, ended) = tokio::join!(
        async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            stop.cancel();
            Instant::now()
        },
        async {
            let outcome = worker.run(code, limits, &Silent, &stop).await.unwrap();
            assert_eq!(outcome.ending, CellEnding::Interrupted);
            Instant::now()
        }
    );
    ended - stopping
}

#[tokio::main]
async fn main() {
    let snapshot = File::open("/dev/null").unwrap();
    let mut times = Vec::new();
    for _ in 0..15 {
        times.push(cold(&snapshot).await);
    }
    show("worker ready from nothing, sealed and measured", median(times), "ms", "< 100");

    let launcher = launcher();
    let mut kept = Vec::new();
    let mut times = Vec::new();
    for _ in 0..50 {
        let since = Instant::now();
        kept.push(launcher.start(spec(&snapshot)).await.unwrap());
        times.push(since.elapsed());
    }
    show("worker ready by fork from the zygote", median(times), "ms", "< 5");
    let private: Vec<f64> = kept.iter().map(|(worker, _)| private_megabytes(worker.id().unwrap())).collect();
    show("private memory of a worker, mean of 50", private.iter().sum::<f64>() / 50.0, "MB", "< 15");
    drop(kept);

    let (mut worker, _) = launcher.start(spec(&snapshot)).await.unwrap();
    for (what, code) in [
        ("an endless loop", "while True: pass"),
        ("code that sleeps", "import time\ntime.sleep(60)"),
        ("code that waits for a model", "llm_query('?')"),
        (
            "code whose threads wait for models",
            "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(4) as p: list(p.map(llm_query, 'abcd'))",
        ),
    ] {
        let mut times = Vec::new();
        for _ in 0..10 {
            times.push(interrupted(&mut worker, code).await);
        }
        show(&format!("interrupt of {what}"), median(times), "ms", "< 50");
    }

    let since = Instant::now();
    for _ in 0..1000 {
        drop(launcher.start(spec(&snapshot)).await.unwrap());
    }
    show("1,000 workers in turn", since.elapsed().as_secs_f64(), "s", "< 5");
}
