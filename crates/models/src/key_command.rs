//! Keys that a command prints: a password manager's, mostly.

use crate::keys::Key;
use std::{process::Stdio, time::Duration};
use tokio::{io::AsyncReadExt, process::Command, time::timeout};

/// No key is longer, in bytes.
const LONGEST: u64 = 16 << 10;

/// The first line that a command prints. What it complains of goes where Plumb's own words go, and is never read: it could hold a part of the key.
///
/// # Errors
/// In plain words: it cannot be started, it fails, it prints nothing, or it takes too long.
pub async fn ask(command: &str, patience: Duration) -> Result<Key, String> {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", command]).stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = shell.spawn().map_err(|error| format!("The command for the key could not be started ({error})."))?;
    let out = child.stdout.take();
    let answered = timeout(patience, async {
        let mut said = Vec::new();
        if let Some(out) = out {
            // More than this is no key, and a command that goes on printing then breaks off.
            let _ = out.take(LONGEST).read_to_end(&mut said).await;
        }
        (said, child.wait().await)
    });
    let Ok((said, status)) = answered.await else {
        return Err(format!("The command for the key did not end within {} seconds. Try it in a terminal.", patience.as_secs()));
    };
    let status = status.map_err(|error| format!("The command for the key could not be waited for ({error})."))?;
    if !status.success() {
        return Err(format!("The command for the key failed ({status}). Try it in a terminal."));
    }
    let said = String::from_utf8(said).unwrap_or_default();
    match said.lines().next().map(str::trim).filter(|line| !line.is_empty()) {
        Some(line) => Ok(Key::new(line)),
        None => Err("The command for the key printed no key on its first line. Try it in a terminal.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn the_first_line_is_the_key_and_nothing_else_of_it_is_kept() {
        assert_eq!(ask("printf ' sk-1 \\nuser: me\\n'", SOON).await, Ok(Key::new("sk-1")));
    }

    #[tokio::test]
    async fn a_command_that_gives_no_key_is_told_without_what_it_printed() {
        for command in ["echo sk-half; exit 3", "true", "printf '\\n'", "/no/such/program-of-passwords", "printf '\\377'"] {
            let said = ask(command, SOON).await.unwrap_err();
            assert!(said.contains("terminal") && !said.contains("sk-half"), "{command}: {said}");
        }
    }

    #[tokio::test]
    async fn a_command_that_does_not_end_is_given_up() {
        assert!(ask("echo sk-1; exec sleep 600", Duration::from_millis(200)).await.unwrap_err().contains("did not end"));
    }
}
