//! Systems without a seal: every call fails, so nothing runs unsealed.

use crate::{Policy, Seal, SealError};

const REASON: &str = "only Linux on x86-64 and ARM64 is supported so far";

/// Isolates nothing.
///
/// # Errors
/// Always.
pub fn isolate() -> Result<String, String> {
    Err(REASON.to_owned())
}

/// Seals nothing.
///
/// # Errors
/// Always.
pub fn seal(_policy: &Policy, _isolated: Result<String, String>) -> Result<Seal, SealError> {
    Err(SealError(REASON.to_owned()))
}

/// Seals nothing.
///
/// # Errors
/// Always.
pub fn seal_program(_policy: &Policy, _isolated: Result<String, String>) -> Result<Vec<String>, SealError> {
    Err(SealError(REASON.to_owned()))
}
