//! Resolving the folders and files that a user asks about.

use crate::{
    document::Root,
    remote::{PATIENCE, SILENT, within},
    system,
};
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
};
use std::{collections::HashSet, io, path::PathBuf, sync::Arc};

/// Resolves sources. Each gets a prefix of its own where there are several.
///
/// # Errors
/// `no_such_folder`.
pub fn roots(sources: &[PathBuf]) -> Result<Vec<Arc<Root>>, Fault> {
    let mut taken = HashSet::new();
    let mut roots = Vec::new();
    for source in sources {
        let asked = source.clone();
        let look = move || {
            let path = asked.canonicalize()?;
            let is_file = !path.metadata()?.is_dir();
            if !is_file {
                std::fs::read_dir(&path)?;
            }
            Ok((path, is_file))
        };
        let found = within(PATIENCE, look).unwrap_or_else(|| Err(io::Error::other(SILENT)));
        let (path, is_file) = found.map_err(|error| missing(source, &error))?;
        let remote = system::remote_mounts(&path);
        let name = path.file_name().map_or_else(|| "root".to_owned(), |name| name.to_string_lossy().into_owned());
        let mut prefix = name.clone();
        let mut number = 2;
        while !taken.insert(prefix.clone()) {
            prefix = format!("{name}-{number}");
            number += 1;
        }
        roots.push(Root { path, prefix, is_file, remote });
    }
    if let [only] = roots.as_mut_slice()
        && !only.is_file
    {
        only.prefix.clear();
    }
    Ok(roots.into_iter().map(Arc::new).collect())
}

fn missing(source: &std::path::Path, error: &io::Error) -> Fault {
    let path = source.display();
    match error.kind() {
        io::ErrorKind::NotFound => fault!(
            Code::NoSuchFolder,
            "There is no file or folder \"{path}\". Check the spelling, or whether its disk is connected.",
            path = path,
        ),
        _ => {
            fault!(
                Code::NoSuchFolder,
                "Plumb cannot open \"{path}\": {error}. Check its permissions.",
                path = path,
                error = error
            )
        }
    }
}

/// The name of a corpus: "contracts", or "contracts and 2 more".
///
/// # Errors
/// `no_such_folder` where there is no source.
pub fn name(sources: &[PathBuf]) -> Result<String, Fault> {
    let name = |path: &PathBuf| {
        let path = path.canonicalize().unwrap_or_else(|_| path.clone());
        path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
    };
    match sources {
        [] => Err(Fault::new(Code::NoSuchFolder, "Name at least one file or folder to ask about.")),
        [only] => Ok(name(only)),
        [first, rest @ ..] => Ok(format!("{} and {} more", name(first), rest.len())),
    }
}
