//! Makes an empty folder for the page of `plumb serve` if it is not built yet, so that the program still builds.

fn main() {
    println!("cargo::rerun-if-changed=../../ui/dist");
    if let Err(e) = std::fs::create_dir_all("../../ui/dist") {
        println!("cargo::error=ui/dist: {e}");
    }
}
