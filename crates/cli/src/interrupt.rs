//! Ctrl-C (SIGINT) and the system's request to end (SIGTERM).

use plumb_api::{
    fault,
    fault::{Code, Fault},
};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Receives interrupts from its creation on, also those that arrive while nothing waits for them.
pub struct Interrupts {
    keys: Signal,
    system: Signal,
}

impl Interrupts {
    /// Starts listening. From then on neither signal ends the program by itself.
    ///
    /// # Errors
    /// `signals` if the system refuses.
    pub fn listen() -> Result<Self, Fault> {
        let refused =
            |e: std::io::Error| fault!(Code::Signals, "Plumb could not listen for Ctrl-C: {reason}. Try again.", reason = e);
        Ok(Interrupts {
            keys: signal(SignalKind::interrupt()).map_err(refused)?,
            system: signal(SignalKind::terminate()).map_err(refused)?,
        })
    }

    /// Waits for the next interrupt, which may have arrived before this call.
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
    async fn an_interrupt_that_arrives_unawaited_is_received() {
        let mut interrupts = Interrupts::listen().unwrap();
        for name in ["-INT", "-TERM"] {
            // A wait that is given up must not lose the signal.
            tokio::time::timeout(Duration::from_millis(10), interrupts.next()).await.unwrap_err();
            let sent = std::process::Command::new("kill").args([name, &std::process::id().to_string()]).status().unwrap();
            assert!(sent.success());
            tokio::time::sleep(Duration::from_millis(100)).await;
            tokio::time::timeout(Duration::from_secs(10), interrupts.next()).await.unwrap();
        }
    }
}
