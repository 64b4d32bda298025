//! Puts llama.cpp's shared libraries, which its build leaves in a folder of its own, beside the program, where the loader looks for them.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    // The old kind of run path also applies to the libraries' own dependencies.
    println!("cargo:rustc-link-arg-bins=-Wl,-rpath,$ORIGIN,--disable-new-dtags");
    let from = |name: &str| env::var_os(name).map(PathBuf::from).ok_or_else(|| io::Error::other(format!("{name} is not set")));
    let out = from("OUT_DIR")?;
    // OUT_DIR is TARGET/PROFILE/build/PACKAGE-HASH/out.
    let beside_the_program = out.ancestors().nth(3).ok_or_else(|| io::Error::other("OUT_DIR is not deep enough"))?;
    // The loader asks for `libllama.so.0`; `libllama.so` and `libllama.so.0.6.0` are other names of the same file.
    copy_all(&from("DEP_LLAMA_ROOT")?.join("lib"), beside_the_program, |name| name.ends_with(".so.0"))?;
    if cfg!(feature = "every-processor") {
        // One library for each kind of processor.
        copy_all(&from("DEP_LLAMA_BACKENDS_DIR")?, beside_the_program, |name| name.ends_with(".so"))?;
    }
    Ok(())
}

fn copy_all(from: &Path, to: &Path, wanted: impl Fn(&str) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if wanted(&name.to_string_lossy()) {
            let copy = to.join(&name);
            // A running program may have the old file open, so replace it and never write into it.
            let _ = fs::remove_file(&copy);
            fs::copy(entry.path(), copy)?;
        }
    }
    Ok(())
}
