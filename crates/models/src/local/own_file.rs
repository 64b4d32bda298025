//! Files of models that the user has, in the GGUF format.

use super::child;
use parking_lot::Mutex;
use plumb_llama_protocol::FileFacts;
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::SystemTime;

/// Metadata by file, valid while neither length nor date changes: reading it takes a process and a tenth of a second.
static KNOWN: LazyLock<Mutex<HashMap<Stamp, FileFacts>>> = LazyLock::new(Mutex::default);

/// A file with its length and its date.
type Stamp = (PathBuf, u64, SystemTime);

/// Whether a model's name is the path of a file.
pub fn is_file(name: &str) -> bool {
    name.contains(std::path::MAIN_SEPARATOR) || name.to_lowercase().ends_with(".gguf")
}

/// The metadata of a model's file, which a sealed process reads.
///
/// # Errors
/// `wrong_file` where it is no model that can run; `local_model` where it cannot be opened.
pub async fn file_facts(file: &Path) -> Result<FileFacts, Fault> {
    let cannot = |error: std::io::Error| {
        fault!(
            Code::LocalModel,
            "{file} cannot be opened ({error}). Choose the model\u{2019}s file again.",
            file = file.display(),
            error = error,
        )
    };
    let metadata = tokio::fs::metadata(file).await.map_err(cannot)?;
    let key = (file.to_owned(), metadata.len(), metadata.modified().map_err(cannot)?);
    if let Some(facts) = KNOWN.lock().get(&key) {
        return Ok(facts.clone());
    }
    let facts = child::describe(file).await?;
    KNOWN.lock().insert(key, facts.clone());
    Ok(facts)
}
