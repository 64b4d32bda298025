//! A model's file that is none, or too large; and the model's process, killed and looked at. Those that are marked need the built-in model's file
//! (see `offline.rs`).

use crate::{
    offline,
    plumb::{Home, finish, program_named},
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::{
    ffi::OsString,
    fs::{self, File},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::io::{AsyncBufReadExt, BufReader};

/// A file in the format GGUF with these facts and no weights: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.
fn gguf(facts: &[(&str, Fact)]) -> Vec<u8> {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    let mut bytes = b"GGUF".to_vec();
    bytes.extend(3_u32.to_le_bytes());
    bytes.extend(0_u64.to_le_bytes());
    bytes.extend((facts.len() as u64).to_le_bytes());
    for (name, fact) in facts {
        bytes.extend(text(name));
        match fact {
            Fact::Number(number) => bytes.extend([&4_u32.to_le_bytes()[..], &number.to_le_bytes()].concat()),
            Fact::Fraction(number) => bytes.extend([&6_u32.to_le_bytes()[..], &number.to_le_bytes()].concat()),
            Fact::Text(words) => bytes.extend([&8_u32.to_le_bytes()[..], &text(words)].concat()),
        }
    }
    bytes
}

enum Fact {
    Number(u32),
    Fraction(f32),
    Text(&'static str),
}

/// One that could be run, but for its weights.
fn llama() -> Vec<u8> {
    gguf(&[
        ("general.architecture", Fact::Text("llama")),
        ("general.name", Fact::Text("Hollow")),
        ("llama.context_length", Fact::Number(4_096)),
        ("llama.embedding_length", Fact::Number(64)),
        ("llama.block_count", Fact::Number(2)),
        ("llama.feed_forward_length", Fact::Number(64)),
        ("llama.attention.head_count", Fact::Number(4)),
        ("llama.attention.head_count_kv", Fact::Number(4)),
        ("llama.attention.layer_norm_rms_epsilon", Fact::Fraction(1e-5)),
        ("llama.vocab_size", Fact::Number(32)),
        ("tokenizer.ggml.model", Fact::Text("none")),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_model_is_told_in_plain_words_and_nothing_is_begun() {
    let home = Home::with("note.txt", "The meeting is on Tuesday.\n");
    let file = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = home.documents().with_file_name(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let unknown = gguf(&[("general.architecture", Fact::Text("perceptron-9000"))]);
    let cases = [
        (file("empty.gguf", b""), "wrong_file", ""),
        (file("letter.gguf", b"Dear model, where are you?\n"), "wrong_file", "not a model in the GGUF format"),
        (file("noise.gguf", &[0xff; 4_096]), "wrong_file", "not a model in the GGUF format"),
        (file("head.gguf", &llama()[..60]), "wrong_file", "cut short"),
        (file("strange.gguf", &unknown), "wrong_file", "an architecture (perceptron-9000)"),
        (home.documents().with_file_name("absent.gguf"), "local_model", "Choose the model"),
    ];
    for (path, code, words) in cases {
        let name = path.file_name().unwrap().to_str().unwrap();
        let model = format!("local:{}", path.display());
        let mut asked = home.command(&["ask", "Which day?", "--json", "--model", &model]);
        asked.arg(home.documents());
        let outcome = finish(asked.spawn().unwrap()).await;
        let error = &outcome.json()["error"];
        assert_eq!((outcome.exit, &error["code"]), (Some(1), &json!(code)), "{name}: {outcome:#?}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(words) && message.contains(name), "{name}: {message}");
        assert!(!message.contains("gguf_") && !message.contains("llama_") && !message.contains("ggml"), "{name}: {message}");
    }
    assert!(home.runs().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_larger_than_the_memory_is_told_before_it_is_loaded_and_the_run_can_be_continued() {
    let home = Home::with("note.txt", "The meeting is on Tuesday.\n");
    let path = home.documents().with_file_name("large.gguf");
    fs::write(&path, llama()).unwrap();
    // It has that length, and takes no room.
    File::options().write(true).open(&path).unwrap().set_len(4 << 40).unwrap();
    let model = format!("local:{}", path.display());
    let mut asked = home.command(&["ask", "Which day?", "--json", "--mode", "guided", "--model", &model]);
    asked.arg(home.documents());
    let answer = finish(asked.spawn().unwrap()).await.ended(1, "failed");
    assert_eq!(answer["error"]["code"], "too_large", "{answer}");
    assert!(answer["error"]["message"].as_str().unwrap().starts_with("Hollow needs 43"), "{answer}");
    // Without the memory it ends in the same words again, and not as if it had been answered.
    let again = home.run(&["resume", answer["run_id"].as_str().unwrap(), "--json"]).await.ended(1, "failed");
    assert_eq!(again["error"], answer["error"]);
}

/// The processes of a name under a process.
fn children(of: u32, name: &str) -> Vec<i32> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|id| id.parse::<i32>().ok()) else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let (command, rest) = stat.rsplit_once(") ").unwrap();
        let parent: u32 = rest.split_whitespace().nth(1).unwrap().parse().unwrap();
        if parent == of && command.ends_with(&format!("({name}")) {
            found.push(id);
        }
    }
    found
}

async fn model_of(plumb: u32, ready: impl Fn(&Path) -> bool) -> i32 {
    for _ in 0..3_000 {
        if let [id] = children(plumb, "plumb-llama")[..]
            && ready(&PathBuf::from(format!("/proc/{id}")))
        {
            return id;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the model's process did not come up");
}

fn sealed(process: &Path) -> bool {
    fs::read_to_string(process.join("status")).is_ok_and(|status| status.contains("Seccomp:\t2"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_model_ends_in_mid_reply_can_be_continued() {
    let home = offline::home();
    // The same programs, but for one: of what the model says, the beginning gets through, and then it is gone.
    let programs = tempfile::tempdir_in(program_named("plumb").parent().unwrap()).unwrap();
    for name in ["plumb", "plumb-python", "plumb-extract"] {
        fs::hard_link(program_named(name), programs.path().join(name)).unwrap();
    }
    let cut = format!("#!/bin/sh\n{} | dd bs=1 count=3000 2>/dev/null\n", program_named("plumb-llama").display());
    let llama = programs.path().join("plumb-llama");
    fs::write(&llama, cut).unwrap();
    fs::set_permissions(&llama, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();

    let mut asked = tokio::process::Command::new(programs.path().join("plumb"));
    asked.args(["ask", "When?", "--mode", "direct", "--json", "--model", &offline::tiny()]).arg(home.documents());
    asked.env("PLUMB_HOME", home.plumb_home()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let failed = finish(asked.spawn().unwrap()).await.ended(1, "failed");
    assert_eq!(failed["error"]["code"], "local_model", "{failed}");
    let run = failed["run_id"].as_str().unwrap();
    assert!(failed["usage"]["output_tokens"].as_u64() > Some(0), "it had begun to answer: {failed}");

    let answer = home.run(&["resume", run, "--json"]).await.answered();
    assert!(!answer["answer"].as_str().unwrap().is_empty(), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the built-in model's file"]
async fn a_run_whose_model_is_killed_in_mid_reply_and_whose_file_is_broken_then_can_be_continued() {
    let home = offline::home();
    let file = home.documents().with_file_name("model.gguf");
    let whole = PathBuf::from(std::env::var_os("PLUMB_MODELS").unwrap()).join("qwen2.5-coder-1.5b-instruct-q4_k_m.gguf");
    symlink(&whole, &file).unwrap();
    let mut asked = offline::asking(&home, &[], &format!("local:{}", file.display()));
    let mut asked = asked.env("PLUMB_LOG", "plumb_models=info").spawn().unwrap();
    let mut log = BufReader::new(asked.stderr.take().unwrap()).lines();
    while !log.next_line().await.unwrap().unwrap().contains("the local model is loaded") {}
    let model = model_of(asked.id().unwrap(), sealed).await;
    // It reads the question for a second and more.
    tokio::time::sleep(Duration::from_millis(200)).await;
    kill_process(Pid::from_raw(model).unwrap(), Signal::KILL).unwrap();
    let failed = finish(asked).await.ended(1, "failed");
    assert_eq!(failed["error"]["code"], "local_model", "{failed}");
    let run = failed["run_id"].as_str().unwrap();

    let cut = home.documents().with_file_name("cut.gguf");
    let mut bytes = vec![0; 64 << 20];
    std::os::unix::fs::FileExt::read_exact_at(&File::open(&whole).unwrap(), &mut bytes, 0).unwrap();
    fs::write(&cut, bytes).unwrap();
    fs::remove_file(&file).unwrap();
    symlink(&cut, &file).unwrap();
    let refused = home.run(&["resume", run, "--json"]).await;
    assert_eq!(refused.exit, Some(1), "{refused:#?}");
    assert!(refused.told().contains("cut short"), "{refused:#?}");

    fs::remove_file(&file).unwrap();
    symlink(&whole, &file).unwrap();
    let answer = home.run(&["resume", run, "--json"]).await.answered();
    assert!(answer["answer"].as_str().unwrap().contains("seven"), "{answer}");
}

/// What the seal of `plumb-llama` refuses is tried with the same policy in `crates/sandbox`; this is the process at work, from outside.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the built-in model's file"]
async fn the_model_at_work_is_sealed_and_holds_nothing_but_its_pipes_and_its_file() {
    let home = offline::home();
    let asked = offline::asking(&home, &[], offline::MODEL).spawn().unwrap();
    let plumb = asked.id().unwrap();
    let model = PathBuf::from(format!("/proc/{}", model_of(plumb, sealed).await));
    let status = fs::read_to_string(model.join("status")).unwrap();
    let fact = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    assert_eq!((fact("NoNewPrivs:"), fact("CapEff:"), fact("CapPrm:")), ("1".into(), "0".repeat(16), "0".repeat(16)));
    assert_eq!(fs::read(model.join("environ")).unwrap_or_default(), b"", "it gets no environment, where keys may lie");
    let network = |process: &Path| fs::read_link(process.join("ns/net")).unwrap();
    assert_ne!(network(&model), network(Path::new("/proc/self")), "it has no network, not even this computer's own");
    let mut open: Vec<OsString> = fs::read_dir(model.join("fd"))
        .unwrap()
        .flatten()
        .filter_map(|fd| Some(fs::read_link(fd.path()).ok()?.into_os_string()))
        .collect();
    open.retain(|to| !to.to_string_lossy().starts_with("pipe:") && to != "/dev/null" && !to.to_string_lossy().ends_with(".gguf"));
    assert_eq!(open, [""; 0]);
    finish(asked).await.answered();
}
