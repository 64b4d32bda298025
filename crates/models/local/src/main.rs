//! `plumb-llama`: the built-in model in a process of its own, so that a crash or a bad model file takes down nothing else.
//!
//! It reads frames from standard input and writes frames to standard output (`plumb_models::frame`), and ends when its input does:
//! however the program that started it dies, it does not stay behind.

mod engine;
mod prompt;
mod slots;
mod stop;

use engine::Engine;
use plumb_models::frame::{self, FromLlama, Job, ToLlama};
use plumb_sandbox::Policy;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};

/// The job that is no longer wanted. Jobs come one at a time with rising ids.
static CANCELLED: AtomicU64 = AtomicU64::new(0);

enum Work {
    Complete(u64, Job),
    Count(u64, String),
}

fn main() {
    // While there is one thread: the kernel refuses it later.
    let isolated = plumb_sandbox::isolate();
    llama_cpp_2::send_logs_to_tracing(llama_cpp_2::LogOptions::default().with_logs_enabled(false));
    let Ok(Some(ToLlama::Load { model, n_ctx })) = frame::read::<ToLlama>(&mut io::stdin()) else { return };
    match load(&model, n_ctx).and_then(|(engine, cpu)| Ok((engine, cpu, seal(isolated)?))) {
        Ok((engine, cpu, sealed)) => serve(engine, cpu, sealed),
        Err(message) => say(&FromLlama::Failed { id: None, code: "local_model".into(), message }),
    }
}

fn load(model: &Path, n_ctx: u32) -> Result<(Engine, String), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let engine = Engine::load(program.parent().unwrap_or(Path::new(".")), model, n_ctx)?;
    Ok((engine, loaded_arithmetic()))
}

/// From here on nothing can be opened: a model file made to break its reader gains nothing.
fn seal(isolated: Result<String, String>) -> Result<Vec<String>, String> {
    let policy = Policy { memory_bytes: memory_now() + WORK_MEMORY, cpu_seconds: None, threads: true, joins: true };
    plumb_sandbox::seal(&policy, isolated).map(|seal| seal.layers).map_err(|error| error.to_string())
}

/// For what a call needs beyond the loaded model.
const WORK_MEMORY: u64 = 1 << 30;

/// Private writable memory in use.
fn memory_now() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmData:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

fn serve(mut engine: Engine, cpu: String, sealed: Vec<String>) {
    let (work, queue) = channel();
    std::thread::spawn(move || listen(&work));
    say(&FromLlama::Loaded { n_ctx: engine.n_ctx(), threads: engine.threads(), cpu, sealed });
    for next in queue {
        match next {
            Work::Count(id, text) => say(&FromLlama::Count { id, tokens: engine.count(&text) }),
            Work::Complete(id, job) => answer(&mut engine, id, &job),
        }
    }
}

fn answer(engine: &mut Engine, id: u64, job: &Job) {
    let wanted = || CANCELLED.load(Ordering::Relaxed) < id;
    let mut emit = |text: &str| say(&FromLlama::Text { id, text: text.into() });
    say(&match engine.complete(job, &wanted, &mut emit) {
        Ok(done) => FromLlama::Done {
            id,
            finish: done.finish,
            usage: done.usage,
            prompt_ms: done.prompt_time.as_millis() as u64,
            reply_ms: done.reply_time.as_millis() as u64,
        },
        Err((code, message)) => FromLlama::Failed { id: Some(id), code: code.into(), message },
    });
}

/// Hears a cancellation while the model is at work, and the end of the program that started us.
fn listen(work: &Sender<Work>) {
    let mut input = io::stdin();
    loop {
        let sent = match frame::read::<ToLlama>(&mut input) {
            Ok(Some(ToLlama::Cancel { id })) => {
                CANCELLED.fetch_max(id, Ordering::Relaxed);
                Ok(())
            }
            Ok(Some(ToLlama::Complete { id, job })) => work.send(Work::Complete(id, job)),
            Ok(Some(ToLlama::Count { id, text })) => work.send(Work::Count(id, text)),
            Ok(Some(ToLlama::Load { .. }) | None) | Err(_) => leave(),
        };
        if sent.is_err() {
            leave();
        }
    }
}

fn say(event: &FromLlama) {
    if frame::write(&mut io::stdout().lock(), event).is_err() {
        leave();
    }
}

/// Ends at once: the threads of llama.cpp may be at work, and tidying up around them could crash.
fn leave() -> ! {
    // SAFETY: takes no memory of ours; it only ends the process.
    unsafe { libc::_exit(0) }
}

/// Which of llama.cpp's builds for kinds of processors was taken, as its file is named.
fn loaded_arithmetic() -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let name = |line: &str| Some(line.rsplit_once("libggml-cpu-")?.1.trim_end_matches(".so").to_owned());
    maps.lines().find_map(name).unwrap_or_else(|| "unknown".into())
}
