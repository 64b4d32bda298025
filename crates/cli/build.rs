//! The page that `plumb serve` shows is linked in. Where it has not been built yet, an empty folder lets the rest be built.

fn main() {
    println!("cargo::rerun-if-changed=../../ui/dist");
    if let Err(e) = std::fs::create_dir_all("../../ui/dist") {
        println!("cargo::error=ui/dist: {e}");
    }
}
