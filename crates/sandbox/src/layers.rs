//! The layers that a kernel may or may not offer: namespaces and Landlock.

use landlock::{ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus, Scope};

/// Moves the process into namespaces without a network. Must be called first of all: the kernel refuses it once there is a second thread.
///
/// # Errors
/// The kernel's reason, where it does not allow this. The other layers stand without it.
pub fn isolate() -> Result<String, String> {
    let flags = libc::CLONE_NEWUSER | libc::CLONE_NEWNET | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS;
    // SAFETY: a plain call with an integer argument.
    if unsafe { libc::unshare(flags) } == 0 {
        Ok("namespaces (user, network, IPC, host name)".to_owned())
    } else {
        Err(format!("namespaces: {}", std::io::Error::last_os_error()))
    }
}

/// Landlock without a single rule: no file, no port, no signal or abstract socket outside.
pub fn landlock() -> Result<String, String> {
    let newest = ABI::V6;
    let restrict = || {
        Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(newest))?
            .handle_access(AccessNet::from_all(newest))?
            .scope(Scope::from_all(newest))?
            .create()?
            .restrict_self()
    };
    match restrict() {
        Ok(status) => match status.ruleset {
            RulesetStatus::FullyEnforced => Ok("Landlock".to_owned()),
            RulesetStatus::PartiallyEnforced => Ok("Landlock (the part this kernel has)".to_owned()),
            RulesetStatus::NotEnforced => Err("Landlock: this kernel does not have it".to_owned()),
        },
        Err(e) => Err(format!("Landlock: {e}")),
    }
}
