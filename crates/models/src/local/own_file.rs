//! A model's file that the user has: any in the format GGUF.

use super::{child, lock, refusal};
use crate::frame::Facts;
use plumb_rlm::fault::{Code, Fault};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};
use std::time::SystemTime;

/// What was read of a file, as long as neither its length nor its date changes: reading it takes a process and a tenth of a second.
static KNOWN: LazyLock<Mutex<HashMap<Stamp, Facts>>> = LazyLock::new(Mutex::default);

/// A file with its length and its date.
type Stamp = (PathBuf, u64, SystemTime);

/// Whether a model's name stands for a file of the user's.
pub fn is_file(name: &str) -> bool {
    name.contains(std::path::MAIN_SEPARATOR) || name.to_lowercase().ends_with(".gguf")
}

/// What a model's file says of itself. It is read in a sealed process.
///
/// # Errors
/// `wrong_file` where it is no model that can run; `local_model` where it cannot be opened.
pub async fn facts(file: &Path) -> Result<Facts, Fault> {
    let cannot = |error: std::io::Error| {
        let message = format!("{} cannot be opened ({error}). Choose the model\u{2019}s file again.", file.display());
        Fault::new(Code::LocalModel, message)
    };
    let metadata = tokio::fs::metadata(file).await.map_err(cannot)?;
    let key = (file.to_owned(), metadata.len(), metadata.modified().map_err(cannot)?);
    if let Some(facts) = lock(&KNOWN).get(&key) {
        return Ok(facts.clone());
    }
    let facts = child::describe(file).await.map_err(|(code, message)| refusal(&code, message))?;
    lock(&KNOWN).insert(key, facts.clone());
    Ok(facts)
}
