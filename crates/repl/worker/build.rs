//! Links Python into the worker and packs its standard library. A sealed worker can open no file to import from, and users of Plumb need no
//! Python.

use std::{env, process::Command};

fn main() {
    println!("cargo::rerun-if-env-changed=PYO3_PYTHON");
    println!("cargo::rerun-if-changed=pack.py");
    let python = env::var("PYO3_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let out = env::var("OUT_DIR").unwrap_or_default();
    match Command::new(&python).arg("pack.py").arg(&out).status() {
        Ok(status) if status.success() => {}
        Ok(status) => println!("cargo::error=packing the standard library with {python} ended with {status}"),
        Err(e) => println!("cargo::error={python} could not be started: {e}"),
    }
    let asked = ["-c", "import sysconfig; print(sysconfig.get_config_var('LIBPL'))"];
    let folder = Command::new(&python).args(asked).output().map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
    // Links the whole archive and exports its functions, because the extension modules loaded later call them.
    let library = aligned(&format!("{}/libpython3.11-pic.a", folder.unwrap_or_default()), &out);
    for argument in
        ["-Wl,--export-dynamic", "-Wl,--whole-archive", &library, "-Wl,--no-whole-archive", "-l:libexpat.a", "-l:libz.a", "-lm"]
    {
        println!("cargo::rustc-link-arg={argument}");
    }
}

/// The archive with each object's code aligned to 64 bytes. The alignment of its tight loops decides whether `re` takes one cycle or two for a
/// character of a large text; without this, any change to the worker can move them.
fn aligned(library: &str, out: &str) -> String {
    let to = format!("{out}/libpython.a");
    let done = Command::new("objcopy").args(["--set-section-alignment", ".text=64", library, &to]).status();
    if done.is_ok_and(|status| status.success()) { to } else { library.to_owned() }
}
