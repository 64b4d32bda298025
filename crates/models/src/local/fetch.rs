//! Fetches a built-in model's file: from its publisher, from another address, or from a local file.

use crate::facts::catalogue::{self, BuiltIn, FileState};
use crate::system;
use futures_util::StreamExt;
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
};
use reqwest::{Client, StatusCode, header};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio_util::sync::CancellationToken;

/// A source of a file other than its publisher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file on this computer.
    File(PathBuf),
    /// A web address.
    Url(String),
}

impl Source {
    /// Parses a user's entry: an http or https address, or else a path.
    pub fn parse(text: &str) -> Self {
        if text.starts_with("http://") || text.starts_with("https://") {
            Source::Url(text.into())
        } else {
            Source::File(text.into())
        }
    }
}

/// Progress of a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Bytes are arriving.
    Fetching {
        /// Bytes on this computer.
        done: u64,
        /// Length of the file.
        total: u64,
    },
    /// The file is complete; its checksum is being computed.
    Checking {
        /// Bytes read.
        done: u64,
        /// Length of the file.
        total: u64,
    },
}

/// Maximum number of tries that bring nothing, one after the other.
const MAX_TRIES: u32 = 5;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Space left free on the disk, because a full disk harms everything else on it.
const SPARE_BYTES: u64 = 200 << 20;

/// Makes `model` ready in `dir`, and returns its path. Continues an interrupted download.
///
/// # Errors
/// `unreachable`, `wrong_file`, `no_space`, `io`, `busy`; `stopped` when `cancel` was used. Downloaded bytes stay for the next try.
pub async fn fetch(
    model: &BuiltIn,
    dir: &Path,
    source: Option<Source>,
    on_progress: &(dyn Fn(Progress) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<PathBuf, Fault> {
    let (known, folder) = (*model, dir.to_owned());
    let state = tokio::task::spawn_blocking(move || catalogue::state(&known, &folder)).await;
    if let Ok(FileState::Ready { path }) = state {
        return Ok(path);
    }
    tokio::fs::create_dir_all(dir).await.map_err(|error| at(dir, &error))?;
    let path = dir.join(model.file);
    match source {
        Some(Source::File(file)) => take(model, &file, &path, on_progress, cancel).await?,
        Some(Source::Url(url)) => download(model, &url, &path, on_progress, cancel).await?,
        None => download(model, model.url, &path, on_progress, cancel).await?,
    }
    Ok(path)
}

/// Takes a local file, which stays where it is.
async fn take(
    model: &BuiltIn,
    file: &Path,
    path: &Path,
    on_progress: &(dyn Fn(Progress) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<(), Fault> {
    let length = fs::metadata(file).map_err(|error| at(file, &error))?.len();
    if length != model.bytes {
        return Err(wrong(model));
    }
    let part = catalogue::part_of(path);
    let _ = fs::remove_file(&part);
    if fs::hard_link(file, &part).is_err() {
        has_room(path, model.bytes)?;
        tokio::fs::copy(file, &part).await.map_err(|error| at(&part, &error))?;
    }
    settle(model, &part, path, on_progress, cancel).await
}

/// Gives a complete file its name, if its checksum is right.
async fn settle(
    model: &BuiltIn,
    part: &Path,
    path: &Path,
    on_progress: &(dyn Fn(Progress) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<(), Fault> {
    if !check(model, part, on_progress, cancel).await? {
        // The next try has no use for the wrong file.
        let _ = fs::remove_file(part);
        return Err(wrong(model));
    }
    fs::rename(part, path).map_err(|error| at(path, &error))?;
    // The record of its checksum moves along.
    let _ = fs::rename(catalogue::note_of(part), catalogue::note_of(path));
    Ok(())
}

async fn download(
    model: &BuiltIn,
    url: &str,
    path: &Path,
    on_progress: &(dyn Fn(Progress) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<(), Fault> {
    let part = catalogue::part_of(path);
    let file = File::options().create(true).append(true).open(&part).map_err(|error| at(&part, &error))?;
    // Two programs that write to one file would damage it.
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(fault!(Code::Busy, "{model} is being downloaded already. Wait until that is done.", model = model.name));
        }
        Err(TryLockError::Error(error)) => return Err(at(&part, &error)),
    }
    let mut length = file.metadata().map_err(|error| at(&part, &error))?.len();
    if length > model.bytes {
        file.set_len(0).map_err(|error| at(&part, &error))?;
        length = 0;
    }
    has_room(path, model.bytes - length)?;
    let client = Client::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(IDLE_TIMEOUT).build();
    let client = client.map_err(|error| unreachable(model, &error.to_string()))?;
    let mut file = tokio::fs::File::from_std(file);
    let mut tries = 0;
    while length < model.bytes {
        let before = length;
        let run = run(model, &client, url, &mut file, &mut length, on_progress);
        let result = tokio::select! {
            result = run => result,
            () = cancel.cancelled() => Err(Broken::Lasting(stopped())),
        };
        // All arrived bytes go to the disk before anything else happens.
        file.flush().await.map_err(|error| at(&part, &error))?;
        length = file.metadata().await.map_err(|error| at(&part, &error))?.len();
        match result {
            Ok(()) => {}
            Err(Broken::Lasting(error)) => return Err(error),
            Err(Broken::Passing(why)) => {
                tries = if length > before { 1 } else { tries + 1 };
                if tries >= MAX_TRIES {
                    return Err(unreachable(model, &why));
                }
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_secs(1 << (tries - 1))) => {}
                    () = cancel.cancelled() => return Err(stopped()),
                }
            }
        }
    }
    settle(model, &part, path, on_progress, cancel).await
}

enum Broken {
    Passing(String),
    Lasting(Fault),
}

/// Downloads over one connection, from `length` on.
async fn run(
    model: &BuiltIn,
    client: &Client,
    url: &str,
    file: &mut tokio::fs::File,
    length: &mut u64,
    on_progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<(), Broken> {
    let passing = |error: reqwest::Error| Broken::Passing(error.without_url().to_string());
    let io = |error: io::Error| Broken::Lasting(at(Path::new(model.file), &error));
    let mut get = client.get(url);
    if *length > 0 {
        get = get.header(header::RANGE, format!("bytes={length}-"));
    }
    let response = get.send().await.map_err(passing)?;
    match response.status() {
        StatusCode::PARTIAL_CONTENT => {}
        StatusCode::OK | StatusCode::RANGE_NOT_SATISFIABLE => {
            // The server sends the whole file, or has a shorter one.
            file.set_len(0).await.map_err(io)?;
            *length = 0;
            if response.status() != StatusCode::OK {
                return Err(Broken::Passing("the server has another file".into()));
            }
        }
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            return Err(Broken::Passing(format!("the server answered with status {}", status.as_u16())));
        }
        status => {
            return Err(Broken::Lasting(unreachable(model, &format!("the server answered with status {}", status.as_u16()))));
        }
    }
    let mut body = response.bytes_stream();
    while let Some(bytes) = body.next().await {
        let bytes = bytes.map_err(passing)?;
        *length += bytes.len() as u64;
        if *length > model.bytes {
            file.set_len(0).await.map_err(io)?;
            return Err(Broken::Lasting(wrong(model)));
        }
        file.write_all(&bytes).await.map_err(io)?;
        on_progress(Progress::Fetching { done: *length, total: model.bytes });
    }
    if *length < model.bytes { Err(Broken::Passing("the connection ended early".into())) } else { Ok(()) }
}

/// Computes the checksum on a thread that may block.
async fn check(
    model: &BuiltIn,
    path: &Path,
    on_progress: &(dyn Fn(Progress) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<bool, Fault> {
    let (said, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let (known, file, stop) = (*model, path.to_owned(), cancel.clone());
    let work = tokio::task::spawn_blocking(move || {
        catalogue::is_right(&known, &file, &|done| said.send(done).is_ok() && !stop.is_cancelled())
    });
    while let Some(done) = heard.recv().await {
        on_progress(Progress::Checking { done, total: model.bytes });
    }
    match work.await {
        Ok(Ok(right)) => Ok(right),
        Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => Err(stopped()),
        Ok(Err(error)) => Err(at(path, &error)),
        Err(error) => Err(at(path, &io::Error::other(error))),
    }
}

fn has_room(path: &Path, bytes: u64) -> Result<(), Fault> {
    let dir = path.parent().unwrap_or(path);
    let needed = bytes.saturating_add(SPARE_BYTES);
    // Where the free space is unknown, writing fails in time.
    let Some(free) = system::free_disk_bytes(dir).filter(|free| *free < needed) else { return Ok(()) };
    let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
    Err(fault!(
        Code::NoSpace,
        "The model needs {needed} MB on the disk of {folder}, and {free} MB are free. Make room there.",
        needed = megabytes(needed),
        folder = dir.display(),
        free = megabytes(free),
    ))
}

fn wrong(model: &BuiltIn) -> Fault {
    fault!(
        Code::WrongFile,
        "The file is not {model} as its publisher made it: its length or checksum differs. Download it again, or from another source.",
        model = model.name,
    )
}

fn unreachable(model: &BuiltIn, why: &str) -> Fault {
    fault!(
        Code::Unreachable,
        "{model} could not be downloaded ({why}). Check the network and try again, which continues the download, or give a file that you have.",
        model = model.name,
        why = why,
    )
}

fn stopped() -> Fault {
    Fault::new(Code::Stopped, "The download was stopped. Start it again to continue it.")
}

fn at(path: &Path, error: &io::Error) -> Fault {
    let code = if error.kind() == io::ErrorKind::StorageFull { Code::NoSpace } else { Code::Io };
    fault!(
        code,
        "{file} could not be read or written ({error}). Check the folder's permissions and the disk.",
        file = path.display(),
        error = error,
    )
}

#[cfg(test)]
mod tests;
