//! Ways to run the suite: with which layers, and as which user.

use plumb_repl::SealedPython;
use std::path::PathBuf;

/// Id of the ordinary user `nobody`.
const NOBODY: u32 = 65_534;

/// Private memory of a worker, in bytes.
const WORKER_MEMORY_BYTES: u64 = 256 << 20;

#[derive(Clone, Copy, Default)]
pub struct Way {
    landlock: Option<&'static str>,
    namespaces: Option<&'static str>,
    /// Id of another user than the one who runs the tests.
    pub user: Option<u32>,
    /// Texts are copied into the worker instead of mapped.
    pub copying: bool,
}

/// A program beside the tests.
pub fn program(name: &str) -> PathBuf {
    let path = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join(name);
    assert!(path.exists(), "{} is missing: build it first (make build)", path.display());
    path
}

pub fn am_root() -> bool {
    rustix::process::geteuid().is_root()
}

impl Way {
    pub fn without(mut self, layer: &'static str) -> Self {
        match layer {
            "landlock" => self.landlock = Some(layer),
            _ => self.namespaces = Some(layer),
        }
        self
    }

    pub fn user(mut self) -> Self {
        self.user = Some(NOBODY);
        self
    }

    pub fn copying(mut self) -> Self {
        self.copying = true;
        self
    }

    pub fn is_root(&self) -> bool {
        am_root() && self.user.is_none()
    }

    /// Returns this way if it is possible here: only root can become another user. Ways without a user run as the user of the tests.
    pub fn possible(self) -> Option<Self> {
        if self.user.is_some() && !am_root() {
            eprintln!("skipped: only root can become another user");
            return None;
        }
        Some(self)
    }

    pub fn launcher(&self) -> SealedPython {
        let mut command = vec![program("kernel-without").into_os_string()];
        command.extend(self.words().into_iter().map(Into::into));
        command.extend(["--".into(), program("plumb-python").into_os_string()]);
        let launcher = SealedPython::new(command, WORKER_MEMORY_BYTES);
        if self.copying { launcher.copying() } else { launcher }
    }

    /// Arguments for `kernel-without`.
    pub fn words(&self) -> Vec<String> {
        self.lacks().map(str::to_owned).chain(self.user.map(|user| format!("user={user}"))).collect()
    }

    fn lacks(&self) -> impl Iterator<Item = &'static str> {
        self.landlock.into_iter().chain(self.namespaces)
    }

    /// Asserts that the worker reports exactly these layers.
    pub async fn is_real(&self, launcher: &SealedPython) {
        let seal = launcher.examine().await.unwrap().seal;
        for layer in ["Landlock", "namespaces"] {
            let lacking = self.lacks().any(|lack| lack.eq_ignore_ascii_case(layer));
            assert_eq!(seal.layers.iter().any(|on| on.contains(layer)), !lacking, "{layer}: {seal:?}");
        }
    }
}
