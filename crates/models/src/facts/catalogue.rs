//! The built-in models and their files.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// A built-in model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// Its id, as in `ModelChoice::name`.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Its file's name.
    pub file: &'static str,
    /// The file's address at its publisher's.
    pub url: &'static str,
    /// Length of the file.
    pub bytes: u64,
    /// The file's SHA-256, in hexadecimal. A file with this digest is right, wherever it came from.
    pub sha256: &'static str,
    /// Its licence.
    pub licence: &'static str,
    /// Context length in training, in tokens.
    pub window: u32,
}

const CATALOGUE: &[BuiltIn] = &[
    BuiltIn {
        id: "qwen2.5-coder-1.5b",
        name: "Qwen2.5-Coder 1.5B",
        file: "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        url: "https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        bytes: 1_117_320_768,
        sha256: "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        licence: "Apache-2.0",
        window: 32_768,
    },
    BuiltIn {
        id: "qwen2.5-coder-0.5b",
        name: "Qwen2.5-Coder 0.5B",
        file: "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        url: "https://huggingface.co/Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF/resolve/main/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        bytes: 491_400_064,
        sha256: "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        licence: "Apache-2.0",
        window: 32_768,
    },
];

/// All built-in models, the default first.
pub fn catalogue() -> &'static [BuiltIn] {
    CATALOGUE
}

/// The built-in model with this id.
pub fn built_in(id: &str) -> Option<&'static BuiltIn> {
    CATALOGUE.iter().find(|model| model.id == id)
}

/// The state of a model's file on this computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// There is no file.
    Absent,
    /// A download was interrupted, and can continue from here.
    Partial {
        /// Bytes on this computer.
        bytes: u64,
    },
    /// The file is complete, and its checksum is right.
    Ready {
        /// Its path.
        path: PathBuf,
    },
}

/// Looks for a model's file in the folder that the environment variable `PLUMB_MODELS` names, then in `dir`. Blocks: the first look at a file reads
/// all of it, which takes seconds.
pub fn state(model: &BuiltIn, dir: &Path) -> FileState {
    let shared = std::env::var_os("PLUMB_MODELS").map(PathBuf::from);
    state_in(model, shared.as_deref().into_iter().chain([dir]))
}

pub(crate) fn state_in<'a>(model: &BuiltIn, dirs: impl Iterator<Item = &'a Path>) -> FileState {
    let mut partial = 0;
    for dir in dirs {
        let path = dir.join(model.file);
        if is_right(model, &path, &|_| true).unwrap_or(false) {
            return FileState::Ready { path };
        }
        partial = fs::metadata(part_of(&path)).map_or(partial, |found| found.len());
    }
    if partial == 0 { FileState::Absent } else { FileState::Partial { bytes: partial } }
}

/// Deletes a model's file in `dir`, and the remains of an interrupted download.
///
/// # Errors
/// When a file that is there cannot be deleted.
pub fn remove(model: &BuiltIn, dir: &Path) -> io::Result<()> {
    let path = dir.join(model.file);
    for file in [note_of(&path), note_of(&part_of(&path)), part_of(&path), path] {
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The name of a file during its download.
pub(crate) fn part_of(path: &Path) -> PathBuf {
    path.with_added_extension("part")
}

/// The file that records a right checksum.
pub(crate) fn note_of(path: &Path) -> PathBuf {
    path.with_added_extension("verified")
}

/// Records that a file's checksum was right. It holds while neither length nor date changes, so that a start need not read 1.1 GB.
#[derive(Serialize, Deserialize, PartialEq)]
struct Verified {
    bytes: u64,
    modified_ns: u64,
    sha256: String,
}

/// Whether the file at `path` is the model. `on_read` gets the number of bytes read, and ends the reading by returning false.
pub(crate) fn is_right(model: &BuiltIn, path: &Path, on_read: &dyn Fn(u64) -> bool) -> io::Result<bool> {
    let metadata = fs::metadata(path)?;
    if metadata.len() != model.bytes {
        return Ok(false);
    }
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Verified { bytes: model.bytes, modified_ns: modified.as_nanos() as u64, sha256: model.sha256.to_owned() };
    let note = note_of(path);
    if fs::read(&note)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Verified>(&bytes).ok())
        .is_some_and(|recorded| recorded == now)
    {
        return Ok(true);
    }
    let right = sha256(path, on_read)? == model.sha256;
    if right && let Ok(text) = serde_json::to_vec(&now) {
        // Without this record, as in a read-only folder, the next look reads the file again.
        let _ = fs::write(&note, text);
    }
    Ok(right)
}

fn sha256(path: &Path, on_read: &dyn Fn(u64) -> bool) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut read = 0;
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        hash.update(&buffer[..n]);
        read += n as u64;
        if !on_read(read) {
            return Err(io::ErrorKind::Interrupted.into());
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A model whose file holds `content`.
    pub fn model_of(content: &[u8]) -> BuiltIn {
        let sha256: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
        BuiltIn { file: "m.gguf", bytes: content.len() as u64, sha256: sha256.leak(), ..CATALOGUE[0] }
    }

    #[test]
    fn the_catalogue_is_complete() {
        for model in catalogue() {
            assert!(model.url.ends_with(model.file) && model.sha256.len() == 64 && built_in(model.id) == Some(model));
        }
    }

    #[test]
    fn a_file_is_ready_only_with_the_right_checksum() {
        let dir = tempfile::tempdir().unwrap();
        let model = model_of(b"right");
        let state = || state_in(&model, [dir.path()].into_iter());
        assert_eq!(state(), FileState::Absent);
        fs::write(dir.path().join("m.gguf.part"), b"ri").unwrap();
        assert_eq!(state(), FileState::Partial { bytes: 2 });
        fs::write(dir.path().join("m.gguf"), b"wrong").unwrap();
        assert_eq!(state(), FileState::Partial { bytes: 2 });
        fs::write(dir.path().join("m.gguf"), b"right").unwrap();
        assert_eq!(state(), FileState::Ready { path: dir.path().join("m.gguf") });
    }

    #[test]
    fn removing_a_model_leaves_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let model = model_of(b"right");
        fs::write(dir.path().join("m.gguf.part"), b"ri").unwrap();
        fs::write(dir.path().join("m.gguf"), b"right").unwrap();
        assert!(matches!(state_in(&model, [dir.path()].into_iter()), FileState::Ready { .. }));
        remove(&model, dir.path()).unwrap();
        remove(&model, dir.path()).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_checked_file_is_not_read_again_until_it_changes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m.gguf");
        let model = model_of(b"right");
        fs::write(&path, b"right").unwrap();
        assert!(is_right(&model, &path, &|_| true).unwrap());
        assert!(is_right(&model, &path, &|_| panic!("it was read again")).unwrap());
        fs::write(&path, b"wrong").unwrap();
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
        File::options().append(true).open(&path).unwrap().set_modified(later).unwrap();
        assert!(!is_right(&model, &path, &|_| true).unwrap());
    }
}
