//! With the real model. They need the program `plumb-llama` (`cargo build --release -p plumb-llama`) and the model's file in the
//! folder that `PLUMB_MODELS` names: `PLUMB_MODELS=… cargo nextest run --release -p plumb-models --run-ignored all local`.

use super::*;
use plumb_rlm::model::{Finish, Message, Role, Usage};
use std::path::Path;
use std::time::{Duration, Instant};

fn model() -> Local {
    let built_in = &crate::catalogue()[0];
    let crate::FileState::Ready { path } = crate::state(built_in, Path::new("/nowhere")) else {
        panic!("PLUMB_MODELS names no folder with the model")
    };
    Local::new(built_in.id, &path, DEFAULT_WINDOW, Strength::Small)
}

fn request(prompt: &str) -> ModelRequest {
    ModelRequest {
        messages: vec![Message::new(Role::User, prompt)],
        max_output_tokens: 40,
        temperature: 0.0,
        seed: 1,
        stop: vec![],
        prefill: None,
        grows: true,
        sending: None,
    }
}

async fn ask(model: &Local, request: ModelRequest) -> (Result<ModelReply, ModelError>, String) {
    let shown = Mutex::new(String::new());
    let result = model.complete(request, &|text: &str| lock(&shown).push_str(text)).await;
    (result, shown.into_inner().unwrap())
}

fn long_prompt() -> String {
    (0..150).map(|n| format!("Line {n}: the quick brown fox jumps over the lazy dog.\n")).collect()
}

#[tokio::test]
#[ignore = "needs the built-in model's file"]
async fn it_answers_streams_stops_and_prefills() {
    let model = model();
    let (reply, shown) = ask(&model, request("What is the capital of France? One word.")).await;
    let reply = reply.unwrap();
    assert!(reply.text.contains("Paris"), "{}", reply.text);
    assert_eq!((shown, reply.finish), (reply.text, Finish::Stop));
    let code =
        ModelRequest { prefill: Some("```python\n".into()), stop: vec!["```".into()], ..request("Print 1 to 3 in Python.") };
    let (reply, shown) = ask(&model, code).await;
    let reply = reply.unwrap();
    assert!(reply.text.starts_with("```python\n") && reply.text.matches("```").count() == 1, "{}", reply.text);
    assert_eq!(shown, reply.text);
    let short = ModelRequest { max_output_tokens: 3, ..request("Count from 1 to 100.") };
    let reply = ask(&model, short).await.0.unwrap();
    assert_eq!((reply.finish, reply.usage.unwrap().output_tokens), (Finish::Length, 3));
}

#[tokio::test]
#[ignore = "needs the built-in model's file"]
async fn a_second_turn_reads_only_what_is_new_even_after_a_call_in_between() {
    let model = model();
    let mut turn = request(&(long_prompt() + "\nWhich animal is lazy?"));
    let first = ask(&model, turn.clone()).await.0.unwrap();
    ask(&model, request("Say hello.")).await.0.unwrap();
    turn.messages.push(Message::new(Role::Assistant, first.text));
    turn.messages.push(Message::new(Role::User, "And which is quick?"));
    let usage = ask(&model, turn).await.0.unwrap().usage.unwrap();
    assert!(usage.input_tokens - usage.cached_input_tokens < 60, "{usage:?}");
}

#[tokio::test]
#[ignore = "needs the built-in model's file"]
async fn giving_up_a_reply_frees_the_model_for_the_next() {
    let model = model();
    ask(&model, request("Hi")).await.0.unwrap();
    let endless =
        ModelRequest { max_output_tokens: 4_000, ..request("Write a very long story about the sea, at least 5000 words.") };
    assert!(tokio::time::timeout(Duration::from_millis(1500), ask(&model, endless)).await.is_err());
    let began = Instant::now();
    ask(&model, request("What is 1+1?")).await.0.unwrap();
    // The story alone takes minutes.
    assert!(began.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
#[ignore = "needs the built-in model's file"]
async fn a_prompt_beyond_the_window_is_too_long() {
    let error = ask(&model(), request(&long_prompt().repeat(12))).await.0.unwrap_err();
    assert_eq!(error.code, "too_long");
}

#[tokio::test]
#[ignore = "needs the built-in model's file"]
async fn a_crash_fails_the_call_and_the_next_one_works() {
    let model = Arc::new(model());
    ask(&model, request("Hi")).await.0.unwrap();
    let busy = model.clone();
    let call = tokio::spawn(async move { ask(&busy, request(&long_prompt())).await.0 });
    tokio::time::sleep(Duration::from_millis(500)).await;
    for child in children_named("plumb-llama") {
        std::process::Command::new("kill").args(["-9", &child]).status().unwrap();
    }
    assert_eq!(call.await.unwrap().unwrap_err().code, "local_model");
    assert!(ask(&model, request("Hi")).await.0.is_ok());
}

#[tokio::test]
#[ignore = "needs the built-in model's file"]
async fn calls_that_come_together_read_their_common_beginning_once_and_each_gets_its_own_reply() {
    let model = model();
    ask(&model, request("Hi")).await.0.unwrap();
    let names = ["Anna", "Bert", "Carl", "Dora", "Emil"];
    let asked = names.map(|name| ask_of(&model, name));
    let replies = futures_util::future::join_all(asked).await;
    let read: u64 = replies.iter().map(|usage| usage.input_tokens - usage.cached_input_tokens).sum();
    let longest = replies.iter().map(|usage| usage.input_tokens).max().unwrap();
    assert!(read < longest + 5 * 40, "{replies:?}");
}

/// Asks about a long text for a word that only this caller gave.
async fn ask_of(model: &Local, name: &str) -> Usage {
    let prompt = format!("{}\nMy name is {name}. What is my name? Answer with the name only.", long_prompt());
    let reply = ask(model, request(&prompt)).await.0.unwrap();
    assert!(reply.text.contains(name), "{name}: {}", reply.text);
    reply.usage.unwrap()
}

#[tokio::test]
#[ignore = "needs the built-in model's file"]
async fn a_short_call_is_answered_while_a_long_one_goes_on() {
    let model = Arc::new(model());
    ask(&model, request("Hi")).await.0.unwrap();
    let story = ModelRequest { max_output_tokens: 400, ..request("Write a very long story about the sea.") };
    let busy = model.clone();
    let long = tokio::spawn(async move { ask(&busy, story).await.0 });
    tokio::time::sleep(Duration::from_millis(300)).await;
    ask(&model, request("What is 1+1?")).await.0.unwrap();
    assert!(!long.is_finished());
    long.abort();
}

#[tokio::test]
#[ignore = "needs the built-in model's file"]
async fn after_a_while_without_work_the_memory_is_given_back() {
    let crate::FileState::Ready { path } = crate::state(&crate::catalogue()[0], Path::new("/nowhere")) else { panic!() };
    let process = Arc::new(Process::new(&path, 2_048, Duration::from_millis(100)));
    process.warm();
    let count = || children_named("plumb-llama").len();
    while count() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    while count() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
#[ignore = "needs the built-in model's file"]
async fn a_file_says_what_its_model_is() {
    let crate::FileState::Ready { path } = crate::state(&crate::catalogue()[0], Path::new("/nowhere")) else { panic!() };
    let facts = facts(&path).await.unwrap();
    assert_eq!((facts.architecture.as_str(), facts.parameters.as_str(), facts.window), ("qwen2", "1.5B", 32_768), "{facts:?}");
    // 28 layers, 2 heads of 128 numbers, keys and values, 2 bytes each.
    assert_eq!((facts.token_bytes, facts.knows_chat, facts.bytes), (28 * 2 * 128 * 2 * 2, true, 1_117_320_768), "{facts:?}");
}

#[tokio::test]
async fn what_is_no_whole_model_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    for (path, why) in [
        (file("note.gguf", b"hello"), "not a model in the format GGUF"),
        (file("empty.gguf", b""), "not a model in the format GGUF"),
        (file("cut.gguf", b"GGUF\x03\x00\x00\x00\x05\x00"), "cut short"),
        (dir.path().join("absent.gguf"), "cannot be opened"),
        (dir.path().to_owned(), "is not a file"),
    ] {
        let error = facts(&path).await.unwrap_err();
        assert!(error.message.contains(why), "{}: {}", path.display(), error.message);
    }
}

/// Processes of this name that this one started.
fn children_named(name: &str) -> Vec<String> {
    let task = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let children = task.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok()).collect::<String>();
    let of_name = |pid: &&str| std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name);
    children.split_whitespace().filter(of_name).map(str::to_owned).collect()
}
