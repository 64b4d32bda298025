//! Keys that a command prints, usually a password manager's.

use super::key::Key;
use crate::system;
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
};
use std::{process::Stdio, time::Duration};
use tokio::{io::AsyncReadExt, time::timeout};

/// Maximum length of a key, in bytes.
const MAX_KEY_BYTES: u64 = 16 << 10;

/// Runs a command, and returns the first line that it prints. Its errors go to Plumb's own standard error unread, because they could hold a part of
/// the key.
///
/// # Errors
/// `refused_key` when the command cannot be started, fails, prints nothing, or takes longer than `limit`.
pub async fn ask(command: &str, limit: Duration) -> Result<Key, Fault> {
    let mut shell = system::shell(command);
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child =
        shell.spawn().map_err(|error| {
            fault!(
                Code::RefusedKey,
                "The command for the key could not be started ({error}). Check it in a terminal.",
                error = error,
            )
        })?;
    let out = child.stdout.take();
    let answered = timeout(limit, async {
        let mut said = Vec::new();
        if let Some(out) = out {
            // Anything longer is no key. Dropping the pipe ends a command that goes on printing.
            let _ = out.take(MAX_KEY_BYTES).read_to_end(&mut said).await;
        }
        (said, child.wait().await)
    });
    let Ok((said, status)) = answered.await else {
        return Err(fault!(
            Code::RefusedKey,
            "The command for the key did not end within {seconds} seconds. Try it in a terminal.",
            seconds = limit.as_secs(),
        ));
    };
    let failed =
        |why: String| fault!(Code::RefusedKey, "The command for the key failed ({why}). Try it in a terminal.", why = why);
    let status = status.map_err(|error| failed(error.to_string()))?;
    if !status.success() {
        return Err(failed(status.to_string()));
    }
    let said = String::from_utf8(said).unwrap_or_default();
    match said.lines().next().map(str::trim).filter(|line| !line.is_empty()) {
        Some(line) => Ok(Key::new(line)),
        None => Err(fault!(Code::RefusedKey, "The command for the key printed no key on its first line. Try it in a terminal.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn the_first_line_alone_is_the_key() {
        assert_eq!(ask("printf ' sk-1 \\nuser: me\\n'", LIMIT).await, Ok(Key::new("sk-1")));
    }

    #[tokio::test]
    async fn a_failing_command_is_reported_without_its_output() {
        for command in ["echo sk-half; exit 3", "true", "printf '\\n'", "/no/such/program-of-passwords", "printf '\\377'"] {
            let said = ask(command, LIMIT).await.unwrap_err().message;
            assert!(said.contains("terminal") && !said.contains("sk-half"), "{command}: {said}");
        }
    }

    #[tokio::test]
    async fn a_command_that_does_not_end_is_given_up() {
        assert!(ask("echo sk-1; exec sleep 600", Duration::from_millis(200)).await.unwrap_err().message.contains("did not end"));
    }
}
