//! With the real model. They need the program `plumb-llama` (`cargo build --release -p plumb-llama`) and the model's file in the
//! folder that `PLUMB_MODELS` names: `PLUMB_MODELS=… cargo nextest run --release -p plumb-models --run-ignored all local`.

use super::*;
use plumb_rlm::model::{Finish, Message, Role};
use std::time::Instant;

fn model() -> Local {
    let built_in = &crate::catalogue()[0];
    let crate::FileState::Ready { path } = crate::state(built_in, Path::new("/nowhere")) else {
        panic!("PLUMB_MODELS names no folder with the model")
    };
    Local::new(built_in.id, path, None)
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
    }
}

async fn ask(model: &Local, request: ModelRequest) -> (Result<ModelReply, ModelError>, String) {
    let shown = Mutex::new(String::new());
    let result = model.complete(request, &|progress: Progress<'_>| lock(&shown).push_str(progress.text())).await;
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

/// Processes of this name that this one started.
fn children_named(name: &str) -> Vec<String> {
    let task = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let children = task.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok()).collect::<String>();
    let of_name = |pid: &&str| std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name);
    children.split_whitespace().filter(of_name).map(str::to_owned).collect()
}
