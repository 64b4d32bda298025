//! Packs Python's standard library into a zip that is linked into the worker: once sealed, it can open no file to import from.

use std::{env, path::PathBuf, process::Command};

fn main() {
    println!("cargo::rerun-if-env-changed=PYO3_PYTHON");
    println!("cargo::rerun-if-changed=pack_stdlib.py");
    let python = env::var("PYO3_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let zip = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("stdlib.zip");
    let packed = Command::new(&python).arg("pack_stdlib.py").arg(&zip).status();
    match packed {
        Ok(status) if status.success() => {}
        Ok(status) => println!("cargo::error=packing the standard library with {python} ended with {status}"),
        Err(e) => println!("cargo::error={python} could not be started: {e}"),
    }
}
