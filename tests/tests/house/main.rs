//! Who may use whom: the walls of the house, held over `cargo metadata`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod circles;
mod engine;
mod lexer;

use serde_json::Value;
use std::{collections::BTreeMap, process::Command};

/// Every package of ours, and which of ours it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("plumb-sandbox", &[]),
    ("plumb-frames", &[]),
    ("plumb-llama-protocol", &[]),
    ("plumb-python-protocol", &[]),
    ("plumb-rlm", &[]),
    ("plumb-extract", &[]),
    ("plumb-extract-worker", &["plumb-extract", "plumb-sandbox"]),
    ("plumb-corpus", &["plumb-extract", "plumb-rlm"]),
    ("plumb-repl", &["plumb-frames", "plumb-python-protocol", "plumb-sandbox", "plumb-rlm"]),
    ("plumb-python", &["plumb-frames", "plumb-python-protocol", "plumb-sandbox"]),
    ("plumb-models", &["plumb-frames", "plumb-llama-protocol", "plumb-rlm"]),
    ("plumb-llama", &["plumb-frames", "plumb-llama-protocol", "plumb-sandbox"]),
    ("plumb-store", &["plumb-rlm"]),
    ("plumb-api", &["plumb-corpus", "plumb-models", "plumb-repl", "plumb-rlm", "plumb-sandbox", "plumb-store"]),
    ("plumb-cli", &["plumb-api"]),
    ("plumb-app", &["plumb-api"]),
    // It attacks and times what lies below the programs.
    ("plumb-tests", &["plumb-repl", "plumb-rlm", "plumb-sandbox"]),
];

/// For each package of ours: all it depends on, outside of tests.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let metadata = Command::new(cargo).args(["metadata", "--no-deps", "--offline", "--format-version", "1"]).output().unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .map(|package| {
            let used = package["dependencies"].as_array().unwrap().iter().filter(|used| used["kind"] != "dev");
            (package["name"].as_str().unwrap().to_owned(), used.map(|used| used["name"].as_str().unwrap().to_owned()).collect())
        })
        .collect()
}

#[test]
fn no_crate_uses_one_that_it_must_not_know() {
    let found = dependencies();
    assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>().len(), MAY_USE.len(), "every package has a rule: {found:?}");
    for (name, allowed) in MAY_USE {
        let ours = found[*name].iter().filter(|used| used.starts_with("plumb-"));
        for used in ours {
            assert!(allowed.contains(&used.as_str()), "{name} must not use {used}");
        }
    }
}

#[test]
fn only_the_window_knows_tauri_and_only_the_store_knows_sql() {
    for (name, used) in dependencies() {
        let knows = |library: &str| used.iter().any(|used| used.starts_with(library));
        assert!(name == "plumb-app" || !knows("tauri"), "{name} knows Tauri");
        assert!(name == "plumb-store" || !knows("sqlx"), "{name} knows SQL");
        assert!(name != "plumb-rlm" || !(knows("reqwest") || knows("axum")), "the engine knows HTTP");
        assert!(name == "plumb-python" || !knows("pyo3"), "{name} links Python");
    }
}

/// Libraries that reach a network or the desktop's bus.
const NETWORK: &[&str] = &["hyper", "reqwest", "rustls", "zbus"];

#[test]
fn sealed_programs_link_no_network_library() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    for program in ["plumb-llama", "plumb-python"] {
        let tree =
            ["tree", "--offline", "--locked", "--package", program, "--edges", "normal", "--prefix", "none", "--format", "{p}"];
        let tree = Command::new(&cargo).args(tree).output().unwrap();
        let linked = String::from_utf8(tree.stdout).unwrap();
        let names: Vec<&str> = linked.lines().filter_map(|line| line.split_whitespace().next()).collect();
        assert!(names.contains(&program) && names.contains(&"plumb-sandbox"), "{}", String::from_utf8_lossy(&tree.stderr));
        let reached: Vec<_> = names.iter().filter(|name| NETWORK.contains(name)).collect();
        assert!(reached.is_empty(), "{program} links {reached:?}");
    }
}
