//! `plumb-llama`: the built-in model in a process of its own, so that a crash or a bad model file takes down nothing else.
//!
//! It reads frames from standard input and writes frames to standard output (`plumb-llama-protocol`). It ends when its input does, so it does not
//! stay behind, however the program that started it dies.

mod attention;
mod embedding;
mod engine;
mod graphics;
mod loading;
mod machine;
mod metadata;
mod prompt;
mod prompt_cache;
mod score;
mod slots;
mod stop;

use embedding::Embedding;
use engine::{Engine, Size};
use graphics::Card;
use llama_cpp_2::llama_backend::LlamaBackend;
use loading::OpenFile;
use plumb_llama_protocol::{FailureKind, FileFacts, FromLlama, Graphics, MAX_FRAME_BYTES, ToLlama};
use plumb_sandbox::Policy;
use prompt_cache::PromptCache;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

/// A failure before the first job.
struct Failure {
    kind: FailureKind,
    /// What happened and what to do next.
    message: String,
}

/// Report loading in steps of this part.
const LOADING_STEP: f32 = 0.02;

fn main() {
    // The kernel refuses this once there is a second thread.
    let isolated = plumb_sandbox::isolate();
    loading::listen_to_errors();
    let done = match plumb_frames::read::<ToLlama>(&mut io::stdin(), MAX_FRAME_BYTES) {
        Ok(Some(ToLlama::Load { model, window, prompt_cache, graphics })) => {
            load(&model, window, &prompt_cache, graphics, isolated)
        }
        Ok(Some(ToLlama::Examine { graphics })) => examine(graphics),
        Ok(Some(ToLlama::Describe { model })) => describe(&model, isolated),
        _ => return,
    };
    if let Err(Failure { kind, message }) = done {
        say(FromLlama::Failed { id: None, kind, message });
    }
}

fn internal(message: impl ToString) -> Failure {
    Failure { kind: FailureKind::Internal, message: message.to_string() }
}

fn wrong_file(message: String) -> Failure {
    Failure { kind: FailureKind::WrongFile, message }
}

/// Everything that this process opened and measured before it was sealed.
struct Sealed {
    file: OpenFile,
    backend: LlamaBackend,
    card: Option<Card>,
    threads: u32,
    cpu: String,
    free: u64,
    layers: Vec<String>,
    open: Vec<String>,
}

/// The folder of the programs and libraries.
fn programs() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    program.parent().unwrap_or(Path::new(".")).to_owned()
}

/// Loads llama.cpp's arithmetic for this computer's processor. A build for one processor has it linked.
fn load_libraries() -> Result<LlamaBackend, Failure> {
    #[cfg(feature = "every-processor")]
    llama_cpp_2::llama_backend::load_backends_from_path(&programs());
    LlamaBackend::init().map_err(internal)
}

/// Opens the file and the devices, and seals the process. It has read nothing of the file yet.
fn seal(model: &Path, graphics: bool, isolated: Result<String, String>) -> Result<Sealed, Failure> {
    let file = OpenFile::open(model).map_err(internal)?;
    let backend = load_libraries()?;
    let mut card = None;
    if graphics {
        say(FromLlama::Opening);
        card = Card::find(&programs());
        if let Some(card) = &card {
            card.open().map_err(|message| Failure { kind: FailureKind::Graphics, message })?;
        }
        say(FromLlama::Opened { card: card.as_ref().map(|card| card.name.clone()) });
    }
    let (threads, cpu, free) = (machine::physical_cores(), machine::arithmetic(), machine::free_memory());
    let memory_bytes = machine::memory_in_use() + free;
    let policy = Policy { memory_bytes, cpu_seconds: None, threads: true, joins: true, graphics: card.is_some() };
    let seal = plumb_sandbox::seal(&policy, isolated).map_err(internal)?;
    Ok(Sealed { file, backend, card, threads, cpu, free, layers: seal.layers, open: seal.missing })
}

fn examine(graphics: bool) -> Result<(), Failure> {
    // Dropping it would unload the libraries that the next lines ask.
    let _libraries = load_libraries()?;
    let (threads, cpu) = (machine::physical_cores(), machine::arithmetic());
    let card = if graphics { Card::find(&programs()) } else { None };
    say(FromLlama::Examined { threads, cpu, card: card.map(|card| card.name) });
    leave()
}

fn describe(model: &Path, isolated: Result<String, String>) -> Result<(), Failure> {
    let file = seal(model, false, isolated)?.file;
    let facts = file.facts().map_err(wrong_file)?;
    file.check().map_err(wrong_file)?;
    say(FromLlama::Described { facts });
    Ok(())
}

fn load(
    model: &Path,
    window: u32,
    prompt_cache: &[PathBuf],
    graphics: bool,
    isolated: Result<String, String>,
) -> Result<(), Failure> {
    let prompt_cache = PromptCache::open(prompt_cache);
    let Sealed { file, backend, card, threads, cpu, free, layers, open } = seal(model, graphics, isolated)?;
    let facts = file.facts().map_err(wrong_file)?;
    let (graphics, card, free) = place(&facts, window, card, free);
    let size = Size { threads, ..size(&facts, window, free)? };
    let mut reported = 0.0;
    let mut on_part = |part: f32| {
        if part - reported >= LOADING_STEP {
            reported = part;
            say(FromLlama::Loading { part });
        }
    };
    let model = file.load(card.as_ref(), &mut on_part).map_err(wrong_file)?;
    let window = size.window;
    let loaded = FromLlama::Loaded { window, threads, cpu, sealed: layers, open, graphics };
    if facts.architecture == Embedding::ARCHITECTURE {
        let embedding = Embedding::new(backend, model, threads).map_err(internal)?;
        say(loaded);
        serve_vectors(embedding);
    }
    let engine = Engine::new(backend, model, size, PromptCache::new(prompt_cache)).map_err(internal)?;
    say(loaded);
    let (orders, queue) = channel();
    std::thread::spawn(move || listen(&orders));
    serve(engine, &queue);
    Ok(())
}

/// Chooses the memory for the model: a card's if all of it fits there. The last value is the free memory in that place, in bytes.
fn place(facts: &FileFacts, window: u32, card: Option<Card>, free: u64) -> (Graphics, Option<Card>, u64) {
    let Some(card) = card else { return (Graphics::None, None, free) };
    let (need, has, name) = (facts.memory(fitting(facts, window)), card.free_memory(), card.name.clone());
    if need <= has {
        return (Graphics::Used { card: name }, Some(card), has);
    }
    let why = format!("{:.1} GB of its memory are free, and the model needs {:.1} GB", gigabytes(has), gigabytes(need));
    (Graphics::Unused { card: name, why }, None, free)
}

/// The window that the model supports, in tokens: at most `window`.
fn fitting(facts: &FileFacts, window: u32) -> u32 {
    if facts.window == 0 { window } else { window.min(facts.window) }
}

fn gigabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e9
}

/// The size of the context: room for one call, and for a second one beside it where memory is plenty.
fn size(facts: &FileFacts, window: u32, free: u64) -> Result<Size, Failure> {
    let window = fitting(facts, window);
    let need = facts.memory(window);
    if need > free {
        let name = if facts.name.is_empty() { "This model" } else { &facts.name };
        let message = format!(
            "{name} needs {:.1} GB of memory with {window} tokens of text, and {:.1} GB are free. Close other programs, set a smaller window, or choose a smaller model.",
            gigabytes(need),
            gigabytes(free)
        );
        return Err(Failure { kind: FailureKind::TooLarge, message });
    }
    let plenty = facts.memory(window * 2) <= free / 2;
    Ok(Size { window, cells: if plenty { window * 2 } else { window }, grows: plenty, threads: 1 })
}

fn serve(mut engine: Engine, queue: &Receiver<ToLlama>) {
    let mut say = say;
    loop {
        let order = if engine.is_idle() { queue.recv().map_err(|_| TryRecvError::Disconnected) } else { queue.try_recv() };
        match order {
            Ok(ToLlama::Complete { id, job }) => engine.add(id, job, &mut say),
            Ok(ToLlama::Cancel { id }) => engine.cancel(id, &mut say),
            Ok(ToLlama::Forget { group }) => engine.forget(group),
            Err(TryRecvError::Empty) => engine.step(&mut say),
            Ok(ToLlama::Load { .. } | ToLlama::Describe { .. } | ToLlama::Examine { .. } | ToLlama::Embed { .. })
            | Err(TryRecvError::Disconnected) => leave(),
        }
    }
}

/// Answers with vectors, and ends this process with the program that started it.
fn serve_vectors(mut embedding: Embedding) -> ! {
    let mut input = io::stdin();
    loop {
        match plumb_frames::read::<ToLlama>(&mut input, MAX_FRAME_BYTES) {
            Ok(Some(ToLlama::Embed { id, texts })) => say(match embedding.embed(&texts) {
                Ok(vectors) => FromLlama::Embedded { id, vectors },
                Err(message) => FromLlama::Failed { id: Some(id), kind: FailureKind::Internal, message },
            }),
            Ok(Some(ToLlama::Complete { id, .. })) => {
                let message = "This file is a model for search by meaning, which writes no replies. Choose another model.".into();
                say(FromLlama::Failed { id: Some(id), kind: FailureKind::WrongFile, message });
            }
            Ok(Some(ToLlama::Cancel { .. } | ToLlama::Forget { .. })) => {}
            _ => leave(),
        }
    }
}

/// Reads orders while the model is at work, and ends this process with the program that started it.
fn listen(orders: &Sender<ToLlama>) {
    let mut input = io::stdin();
    loop {
        match plumb_frames::read::<ToLlama>(&mut input, MAX_FRAME_BYTES) {
            Ok(Some(order)) => orders.send(order).unwrap_or_else(|_| leave()),
            Ok(None) | Err(_) => leave(),
        }
    }
}

fn say(event: FromLlama) {
    if plumb_frames::write(&mut io::stdout().lock(), &event, MAX_FRAME_BYTES).is_err() {
        leave();
    }
}

/// Ends the process at once: llama.cpp's threads may be at work, and destructors around them could crash.
fn leave() -> ! {
    // SAFETY: the call only ends the process.
    unsafe { libc::_exit(0) }
}
