//! How the suite is run: which layers there are, and as whom.

use plumb_repl::SealedPython;
use std::path::PathBuf;

/// The ordinary user: `nobody`.
const NOBODY: u32 = 65_534;

/// Private memory of a worker.
const MEMORY: u64 = 256 << 20;

#[derive(Clone, Copy, Default)]
pub struct Way {
    landlock: Option<&'static str>,
    namespaces: Option<&'static str>,
    /// Another user than the one who runs the tests.
    pub user: Option<u32>,
    /// Texts are copied into the worker.
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

    /// Only root can become another user; for an ordinary user, the ways of root are the ways of that user.
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
        let launcher = SealedPython::new(command, MEMORY);
        if self.copying { launcher.copying() } else { launcher }
    }

    /// For `kernel-without`.
    pub fn words(&self) -> Vec<String> {
        self.lacks().map(str::to_owned).chain(self.user.map(|user| format!("user={user}"))).collect()
    }

    fn lacks(&self) -> impl Iterator<Item = &'static str> {
        self.landlock.into_iter().chain(self.namespaces)
    }

    /// The worker itself says that it has the layers meant here, and no others.
    pub async fn is_real(&self, launcher: &SealedPython) {
        let seal = launcher.examine().await.unwrap().seal;
        for layer in ["Landlock", "namespaces"] {
            let lacking = self.lacks().any(|lack| lack.eq_ignore_ascii_case(layer));
            assert_eq!(seal.layers.iter().any(|on| on.contains(layer)), !lacking, "{layer}: {seal:?}");
        }
    }
}
