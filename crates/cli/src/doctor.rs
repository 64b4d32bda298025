//! `plumb doctor`.

use crate::outcome::Exit;
use crate::terminal::{self, say};
use plumb_api::{Plumb, fault::Fault, types::Nothing};

/// Prints the checks of this computer. Fails only if the worker is not sealed.
pub async fn run(plumb: &Plumb, as_json: bool) -> Result<Exit, Fault> {
    let doctor = plumb.doctor(Nothing {}).await?;
    if as_json {
        println!("{}", terminal::json(&doctor));
    } else {
        say!("Plumb {}, Python {}", doctor.version, doctor.python.as_deref().unwrap_or("not available"));
        for check in &doctor.checks {
            say!("{} {}: {}", if check.ok { "ok  " } else { "LOOK" }, check.name, check.found);
            if let Some(advice) = &check.advice {
                say!("     {advice}");
            }
        }
        say!("Data: {}\nCache: {}", doctor.data_folder, doctor.cache_folder);
    }
    // Plumb works without a keychain, but not without the seal.
    let sealed = doctor.checks.iter().filter(|check| check.id == "seal" || check.id == "seal_attempt").all(|check| check.ok);
    Ok(if sealed { Exit::Answered } else { Exit::Failed })
}
