//! Ctrl-C, and the system's request to end.

use plumb_api::fault::{Code, Fault};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears from the moment it is made: what comes while the program is busy with something else is not lost.
pub struct Interrupts {
    keys: Signal,
    system: Signal,
}

impl Interrupts {
    /// From now on neither ends the program by itself.
    ///
    /// # Errors
    /// `signals` where the system refuses.
    pub fn listen() -> Result<Self, Fault> {
        let refused = |e: std::io::Error| Fault::new(Code::Signals, format!("Ctrl-C could not be listened for: {e}. Try again."));
        Ok(Interrupts {
            keys: signal(SignalKind::interrupt()).map_err(refused)?,
            system: signal(SignalKind::terminate()).map_err(refused)?,
        })
    }

    /// The next one, also where it came before this was called.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.keys.recv() => {}
            _ = self.system.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn an_interrupt_that_comes_while_nobody_waits_is_heard() {
        let mut interrupts = Interrupts::listen().unwrap();
        for name in ["-INT", "-TERM"] {
            // A wait that is given up, as when something else happens first.
            tokio::time::timeout(Duration::from_millis(10), interrupts.next()).await.unwrap_err();
            let sent = std::process::Command::new("kill").args([name, &std::process::id().to_string()]).status().unwrap();
            assert!(sent.success());
            tokio::time::sleep(Duration::from_millis(100)).await;
            tokio::time::timeout(Duration::from_secs(10), interrupts.next()).await.unwrap();
        }
    }
}
