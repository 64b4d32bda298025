//! The engine reads no clock and no file, and its words for models stand in `prompts/`.

use crate::lexer::{Literal, Source, sources};

/// Names that read the time, files, the environment or chance.
const OUTSIDE: &[&str] = &[
    "Instant::now",
    "SystemTime",
    "Uuid::",
    "now_v7",
    "std::env",
    "env::var",
    "std::process",
    "OpenOptions",
    "File::open",
    "File::create",
    "std::fs",
    "fs::",
];

/// A handle of the snapshot passes through these traits.
const HANDLES: [&str; 2] = ["traits/corpus.rs", "traits/repl.rs"];

fn reads_outside(file: &Source) -> Option<&'static str> {
    let code = if HANDLES.contains(&file.path.as_str()) { file.code.replace("fs::File", "File") } else { file.code.clone() };
    OUTSIDE.iter().copied().find(|name| code.contains(name))
}

#[test]
fn the_engine_reads_no_clock_and_no_file() {
    for file in sources("rlm") {
        assert_eq!(reads_outside(&file), None, "{}: times, names and texts are handed in", file.path);
    }
}

/// Files whose words reach models. The reasons of `route.rs` are for people.
fn speaks_to_models(path: &str) -> bool {
    (path.starts_with("node/") || path.starts_with("strategy/") || path == "strategy.rs") && path != "strategy/route.rs"
}

/// Calls in which a literal is for people: faults and notices, or for programmers.
const FOR_PEOPLE: [&str; 8] = ["fault!", "Fault::new", "notice", "expect", "allow", "debug_struct", "assert!", "unreachable!"];

/// A literal that is a sentence, or a part of a message, outside of `prompts/`.
fn is_said_to_a_model(literal: &Literal) -> bool {
    let is_in =
        |names: &[&str]| literal.inside.iter().any(|name| names.iter().any(|n| name.trim_start_matches('.').ends_with(n)));
    let is_pattern = literal.text.contains("(?");
    if is_in(&FOR_PEOPLE) || is_in(&["render"]) || is_pattern {
        return false;
    }
    let words = literal.text.split_whitespace().filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1).count();
    let is_message = is_in(&["Message::new", "HostError", "Prompt", "Step::Tell", "Tell"]);
    words >= 3 || is_message && words > 0
}

/// Files of the REPL's handle whose words reach the code of models.
const OF_THE_REPL: [&str; 3] = ["process.rs", "texts.rs", "worker.rs"];

/// Sentences in string literals of Python code, without its docstrings and comments.
fn sentences_of_python(code: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    for line in code.lines().map(str::trim).filter(|line| !line.starts_with('#') && !line.starts_with("\"\"\"")) {
        let literals = line.split('"').skip(1).step_by(2);
        let is_sentence = |text: &&str| {
            let words =
                text.split_whitespace().filter(|word| word.len() > 1 && word.chars().all(|c| c.is_alphabetic() || c == ','));
            words.count() >= 3
        };
        sentences.extend(literals.filter(is_sentence).map(str::to_owned));
    }
    sentences
}

#[test]
fn words_of_the_worker_stand_in_prompts() {
    let prelude = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/repl/worker/src/prelude.py")).unwrap();
    assert_eq!(sentences_of_python(&prelude), Vec::<String>::new(), "prelude.py: move these words to prompts/repl.py");
    let said =
        "def f(n):\n    \"\"\"A docstring says what it likes.\"\"\"\n    raise ValueError(f\"there may be {n} threads\")  # why";
    assert_eq!(sentences_of_python(said), ["there may be {n} threads"]);
}

#[test]
fn words_for_models_stand_in_prompts() {
    let of_the_repl = sources("repl").into_iter().filter(|file| OF_THE_REPL.contains(&file.path.as_str()));
    for file in sources("rlm").into_iter().filter(|file| speaks_to_models(&file.path)).chain(of_the_repl) {
        let said: Vec<String> =
            file.literals.iter().filter(|l| is_said_to_a_model(l)).map(|l| format!("line {}: {:?}", l.line, l.text)).collect();
        assert!(said.is_empty(), "{}: move these words to prompts/\n{}", file.path, said.join("\n"));
        let prefilled: Vec<&str> = file.code.split("prefill: Some(").skip(1).filter(|rest| rest.starts_with('"')).collect();
        assert!(prefilled.is_empty(), "{}: a reply begins with words outside of prompts/", file.path);
    }
}

#[test]
fn words_for_models_are_told_from_words_for_people() {
    let file = crate::lexer::read(
        "node/x.rs",
        r##"
        /// "A comment may say anything it likes."
        fn f() {
            let quoted = '"';
            let a = fault!(Code::X, "The limit of {n} steps is reached.", n = 1);
            run.log.notice(node, code, "Its oldest outputs were shortened.");
            let name = render("cut_off", context! { note => "as it is" });
            let b = Message::new(Role::User, "Hurry up");
            let c = HostError { kind, message: format!("leave {x} out") };
            let d = r#"Answer now with what you have."#;
        }
        #[cfg(test)]
        mod tests { fn g() { let e = "Tests may say what they like."; }
        }
        "##,
    );
    let said: Vec<&str> = file.literals.iter().filter(|l| is_said_to_a_model(l)).map(|l| l.text.as_str()).collect();
    assert_eq!(said, ["Hurry up", "leave {x} out", "Answer now with what you have."]);
    let clock = crate::lexer::read("run.rs", "fn f() { std::time::Instant::now(); } // SystemTime");
    assert_eq!(reads_outside(&clock), Some("Instant::now"));
    assert_eq!(reads_outside(&crate::lexer::read("run.rs", "// SystemTime\nlet s = \"std::fs\";")), None);
    assert!(reads_outside(&crate::lexer::read("traits/corpus.rs", "use std::{fs::File, sync::Arc};")).is_none());
    assert!(reads_outside(&crate::lexer::read("run.rs", "use std::{fs::File, sync::Arc};")).is_some());
}
