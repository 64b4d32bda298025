//! The golden runs in `tests/fixtures/runs`: each record derives to the values in the files beside it. `ui/src/run/golden.test.ts` holds the
//! window's derivation to the same files. After a wanted change, `UPDATE_GOLDEN=1` writes them anew: read the difference before you commit it.

#![allow(clippy::unwrap_used, reason = "a fixture that cannot be read fails the test")]

use plumb_rlm::record::{
    event::Event,
    ledger::Ledger,
    story::{Step, Story, Told},
    totals::Totals,
};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn runs() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/runs");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut runs: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "jsonl")).collect();
    runs.sort();
    runs
}

fn events(run: &Path) -> Vec<Event> {
    fs::read_to_string(run).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn assert_is_golden(run: &Path, end: &str, derived: &Value) {
    let file = run.with_extension(end);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&file, format!("{derived:#}\n")).unwrap();
    }
    let golden: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(*derived, golden, "{} differs", file.display());
}

#[test]
fn golden_runs_have_their_totals() {
    let runs = runs();
    assert!(runs.len() >= 6, "{runs:?}");
    for run in runs {
        let events = events(&run);
        let derived = json!({"totals": Totals::of(&events), "ledger": Ledger::of(&events)});
        assert_is_golden(&run, "totals.json", &derived);
    }
}

#[test]
fn golden_runs_have_their_story() {
    for run in runs() {
        let mut story = Story::default();
        let told = events(&run).into_iter().map(|event| story.tell(event));
        let told = told.filter(|told| !told.steps.is_empty() || told.facts.is_some());
        let meaning = |told: Told| {
            let mut of_event = json!({"seq": told.event.seq});
            if !told.steps.is_empty() {
                of_event["steps"] = json!(told.steps);
            }
            if let Some(facts) = told.facts {
                of_event["facts"] = json!(facts);
            }
            of_event
        };
        assert_is_golden(&run, "story.json", &told.map(meaning).collect());
    }
}

#[test]
fn an_event_reads_back_as_it_was_told() {
    for run in runs() {
        for told in Story::tell_all(events(&run)) {
            let wire = serde_json::to_string(&told).unwrap();
            assert_eq!(serde_json::from_str::<Told>(&wire).unwrap(), told, "{wire}");
        }
    }
}

#[test]
fn a_whole_run_is_told_with_the_last_form_of_each_step() {
    for run in runs() {
        let mut story = Story::default();
        let one_by_one: Vec<Step> = events(&run).into_iter().flat_map(|event| story.tell(event).steps).collect();
        let at_once: Vec<Step> = Story::tell_all(events(&run)).into_iter().flat_map(|told| told.steps).collect();
        assert!(at_once.len() < one_by_one.len());
        for step in &one_by_one {
            let last = one_by_one.iter().rfind(|other| other.key == step.key);
            assert_eq!(at_once.iter().filter(|other| other.key == step.key).collect::<Vec<_>>(), Vec::from_iter(last));
        }
    }
}

#[test]
fn golden_runs_hold_every_kind_of_event() {
    let mut kinds: Vec<String> = Vec::new();
    for event in runs().iter().flat_map(|run| events(run)) {
        kinds.push(serde_json::to_value(&event).unwrap()["type"].as_str().unwrap().to_owned());
    }
    kinds.sort();
    kinds.dedup();
    // The kinds in TypeScript are made from the enum itself.
    let union = <Event as ts_rs::TS>::inline(&ts_rs::Config::default());
    assert_eq!(kinds.len(), union.matches(r#""type": ""#).count(), "{kinds:?}");
}
