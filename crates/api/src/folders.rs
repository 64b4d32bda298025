//! Where things lie.

use std::{
    env,
    path::{Path, PathBuf},
};

/// Plumb's folders on this computer.
#[derive(Clone, Debug)]
pub struct Folders {
    /// The database: what must not be lost.
    pub data: PathBuf,
    /// Models and snapshots: what can be fetched or made again.
    pub cache: PathBuf,
}

impl Folders {
    /// Under `PLUMB_HOME` where that is set, else where the platform keeps such things.
    pub fn of_this_user() -> Self {
        match env::var_os("PLUMB_HOME").filter(|home| !home.is_empty()) {
            Some(home) => Folders::under(Path::new(&home)),
            None => {
                let here = env::temp_dir();
                Folders {
                    data: dirs::data_dir().unwrap_or_else(|| here.clone()).join("plumb"),
                    cache: dirs::cache_dir().unwrap_or(here).join("plumb"),
                }
            }
        }
    }

    /// Both under one folder.
    pub fn under(home: &Path) -> Self {
        let home = std::path::absolute(home).unwrap_or_else(|_| home.to_owned());
        Folders { data: home.join("data"), cache: home.join("cache") }
    }

    /// The built-in models' files.
    pub fn models(&self) -> PathBuf {
        self.cache.join("models")
    }

    /// What the user wrote down of models; there may be no such file.
    pub fn own_profiles(&self) -> PathBuf {
        self.data.join("models.toml")
    }

    /// A program that is shipped beside this one; for tests, which run from a folder below, beside that.
    pub fn program(name: &str) -> PathBuf {
        let own = env::current_exe().unwrap_or_default();
        let beside = own.with_file_name(name);
        let above = own.parent().and_then(Path::parent).map(|folder| folder.join(name));
        match above {
            Some(above) if !beside.exists() && above.exists() => above,
            _ => beside,
        }
    }
}
