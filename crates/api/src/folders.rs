//! Where Plumb keeps its files.

use std::{
    env,
    path::{Path, PathBuf},
};

/// Plumb's folders on this computer.
#[derive(Clone, Debug)]
pub struct Folders {
    /// The database, which must not be lost.
    pub data: PathBuf,
    /// Models and snapshots, which Plumb can download or make again.
    pub cache: PathBuf,
}

impl Folders {
    /// Under `PLUMB_HOME` if it is set, else the platform's usual folders.
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

    /// Folder of the built-in models' files.
    pub fn models(&self) -> PathBuf {
        self.cache.join("models")
    }

    /// The file of the user's own facts about models, which may not exist.
    pub fn own_profiles(&self) -> PathBuf {
        self.data.join("models.toml")
    }

    /// A program shipped beside this one. Tests run from a folder below, so that their programs are one folder up.
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
