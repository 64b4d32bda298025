//! `plumb doctor`.

use crate::outcome::Exit;
use plumb_api::{
    Plumb,
    types::{ApiError, Nothing},
};
use serde_json::json;

/// Prints what was examined; ends with 1 when something is not as it should be.
pub async fn run(plumb: &Plumb, as_json: bool) -> Result<Exit, ApiError> {
    let doctor = plumb.doctor(Nothing {}).await?;
    if as_json {
        println!("{}", json!(doctor));
    } else {
        println!("Plumb {}, Python {}", doctor.version, doctor.python.as_deref().unwrap_or("not available"));
        for check in &doctor.checks {
            println!("{} {}: {}", if check.ok { "ok  " } else { "LOOK" }, check.name, check.found);
            if let Some(advice) = &check.advice {
                println!("     {advice}");
            }
        }
        println!("Data: {}\nCache: {}", doctor.data_folder, doctor.cache_folder);
    }
    // Without a keychain Plumb works; without the seal it does not.
    let sealed = doctor.checks.iter().filter(|check| check.id == "seal" || check.id == "seal_attempt").all(|check| check.ok);
    Ok(if sealed { Exit::Answered } else { Exit::Failed })
}
