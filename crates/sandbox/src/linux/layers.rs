//! The layers that a kernel may lack: namespaces and Landlock. Each is tested before the layer above it hides whether it holds.

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
    path_beneath_rules,
};
use std::{io, mem, path::PathBuf};

/// Moves the process into namespaces without a network. Call this before anything else: the kernel refuses it once there is a second thread.
///
/// # Errors
/// The kernel's reason for refusing. The other layers hold without this one.
pub fn isolate() -> Result<String, String> {
    let flags = libc::CLONE_NEWUSER | libc::CLONE_NEWNET | libc::CLONE_NEWIPC | libc::CLONE_NEWUTS;
    // SAFETY: plain calls; the name outlives the call.
    unsafe {
        if libc::unshare(flags) != 0 {
            return Err(format!("namespaces: {}", io::Error::last_os_error()));
        }
        // Sealed code must not learn the computer's name.
        libc::sethostname(c"plumb".as_ptr(), 5);
    }
    Ok("namespaces (user, network, IPC, host name)".to_owned())
}

/// Checks that an isolated process has no network. It tries the loopback address, the last one to become unreachable.
pub fn try_network() -> Result<String, String> {
    // SAFETY: the address is a plain structure that outlives the call.
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        if socket < 0 {
            return Ok(format!("opening a socket: {}", io::Error::last_os_error()));
        }
        let mut address: libc::sockaddr_in = mem::zeroed();
        address.sin_family = libc::AF_INET as libc::sa_family_t;
        address.sin_port = 9u16.to_be();
        address.sin_addr.s_addr = u32::from_be_bytes([127, 0, 0, 1]).to_be();
        let length = mem::size_of::<libc::sockaddr_in>() as libc::socklen_t;
        let returned = libc::connect(socket, (&raw const address).cast(), length);
        let error = io::Error::last_os_error();
        libc::close(socket);
        if returned == 0 {
            Err("namespaces: 127.0.0.1 can still be reached".to_owned())
        } else {
            Ok(format!("127.0.0.1: {error}"))
        }
    }
}

/// The device files of the graphics cards.
pub fn graphics_devices() -> Vec<PathBuf> {
    // Mesa's devices, NVIDIA's, and the card of Windows as its Linux subsystem sees it.
    let known = ["dri", "dxg"].map(|name| PathBuf::from("/dev").join(name));
    let entries = std::fs::read_dir("/dev").into_iter().flatten().flatten();
    let nvidia = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("nvidia")).map(|entry| entry.path());
    known.into_iter().filter(|path| path.exists()).chain(nvidia).collect()
}

/// Applies Landlock with rules for these devices only: no other file, no port, no signal or abstract socket outside.
pub fn landlock(devices: &[PathBuf]) -> Result<String, String> {
    let newest = ABI::V6;
    let drive = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev;
    let restrict = || {
        Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(newest))?
            .handle_access(AccessNet::from_all(newest))?
            .scope(Scope::from_all(newest))?
            .create()?
            .add_rules(path_beneath_rules(devices, drive))?
            .restrict_self()
    };
    match restrict() {
        Ok(status) => match status.ruleset {
            RulesetStatus::FullyEnforced => Ok("Landlock".to_owned()),
            RulesetStatus::PartiallyEnforced => Ok("Landlock (the part this kernel supports)".to_owned()),
            RulesetStatus::NotEnforced => Err("Landlock: this kernel does not support it".to_owned()),
        },
        Err(e) => Err(format!("Landlock: {e}")),
    }
}

/// Checks that Landlock alone refuses to open a folder.
pub fn try_open() -> Result<String, String> {
    // SAFETY: a static path.
    unsafe {
        let opened = libc::open(c"/".as_ptr(), libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC);
        if opened < 0 {
            return Ok(format!("opening /: {}", io::Error::last_os_error()));
        }
        libc::close(opened);
    }
    Err("Landlock: / can still be opened".to_owned())
}
