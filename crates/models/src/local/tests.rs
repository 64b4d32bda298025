//! Tests with a real model of 60,000 random numbers (`tests/fixtures/tiny_model.py`), of everything but its words. They need the program
//! `plumb-llama` beside the tests' own. One asks the built-in model, whose file is in the folder that `PLUMB_MODELS` names: `--run-ignored all`.

use super::*;
use crate::facts::profiles::FREE;
use parking_lot::Mutex;
use plumb_rlm::options::{KeySource, ModelChoice};
use plumb_rlm::traits::model::Strength;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/tiny.gguf")
}

/// A process of its own for each test.
fn model() -> Local {
    own(&tiny(), Duration::from_secs(60))
}

fn own(file: &Path, idle: Duration) -> Local {
    // No folder can be made there: nothing is kept.
    keeping(file, Path::new("/dev/null/kept"), idle)
}

fn keeping(file: &Path, models_dir: &Path, idle: Duration) -> Local {
    Local::of(Arc::new(Process::new(file, 4_096, models_dir, idle)), profile(4_096))
}

fn profile(window_tokens: u32) -> ModelProfile {
    ModelProfile {
        name: "local:tiny".into(),
        window_tokens,
        max_output_tokens: window_tokens / 4,
        strength: Strength::Small,
        price: Some(FREE),
        local: true,
        prefill: true,
        attends: true,
        concurrency: Some(protocol::SLOTS),
    }
}

fn fixture(name: &str) -> PathBuf {
    tiny().with_file_name(name)
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
        schema: None,
        choices: Vec::new(),
        passages: Vec::new(),
        limited: false,
        sending: None,
    }
}

async fn ask(model: &Local, request: ModelRequest) -> (Result<ModelReply, Fault>, String) {
    let shown = Mutex::new(String::new());
    let result = model.complete(request, &|progress: Progress<'_>| shown.lock().push_str(progress.text())).await;
    (result, shown.into_inner())
}

async fn usage(model: &Local, request: ModelRequest) -> Usage {
    ask(model, request).await.0.unwrap().usage.or(Usage::default()).0
}

/// About two thousand tokens.
fn long_prompt() -> String {
    (0..40).map(|n| format!("Line {n}: the quick brown fox jumps over the lazy dog.\n")).collect()
}

#[tokio::test]
async fn a_reply_is_shown_as_it_comes_and_ends_at_its_limit() {
    let model = model();
    let (reply, shown) = ask(&model, ModelRequest { prefill: Some("Answer:".into()), ..request("Hi") }).await;
    let reply = reply.unwrap();
    assert!(reply.text.starts_with("Answer:"));
    assert_eq!(shown, reply.text);
    assert_eq!((reply.finish, reply.usage.output_tokens), (Finish::Length, Some(40)));
    let again = ask(&model, ModelRequest { prefill: Some("Answer:".into()), ..request("Hi") }).await.0.unwrap();
    assert_eq!(again.text, reply.text, "at temperature 0 the same is said twice");
}

#[tokio::test]
async fn instructions_are_read_before_a_question() {
    let folder = tempfile::tempdir().unwrap();
    let models = crate::Models::new(folder.path().to_owned(), folder.path().join("models.toml"));
    let name = tiny().display().to_string();
    let choice = ModelChoice { provider: crate::LOCAL.to_owned(), name, base_url: None, key: KeySource::None, price: None };
    models.prepare(&choice, vec![long_prompt()]).await;
    let kept = || std::fs::read_dir(folder.path().join("prompt-cache")).map_or(0, Iterator::count);
    while kept() == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let model = models.connect(&choice).await.unwrap();
    let mut asked = request("Which is quick?");
    asked.messages.insert(0, Message::new(Role::System, long_prompt()));
    let usage = model.complete(asked, &|_| ()).await.unwrap().usage.or(Usage::default()).0;
    assert!(usage.input_tokens > 1_500 && usage.input_tokens - usage.cached_input_tokens < 60, "{usage:?}");
}

#[tokio::test]
async fn passages_get_the_attention_of_a_question_and_are_read_once() {
    let model = model();
    let passages: Vec<String> =
        (0..30).map(|n| format!("Passage {n}: {}\n\n", "the fox jumps over the dog. ".repeat(3))).collect();
    let about = |question: &str| ModelRequest { passages: passages.clone(), ..request(question) };
    let of = |reply: &ModelReply| -> Vec<(f64, usize)> {
        let line = |line: &str| line.split_once(' ').map(|(paid, number)| (paid.parse().unwrap(), number.parse().unwrap()));
        reply.text.lines().filter_map(line).collect()
    };
    let first = ask(&model, about("Who jumps?")).await.0.unwrap();
    let paid = of(&first);
    assert_eq!(paid.iter().map(|(_, number)| *number).collect::<Vec<_>>(), (1..=30).collect::<Vec<_>>());
    // No question pays its attention twice.
    assert!(paid.iter().any(|(paid, _)| paid.abs() > 1e-6) && paid.iter().all(|(paid, _)| paid.abs() <= 1.0), "{paid:?}");
    let other = ask(&model, about("What is over the dog?")).await.0.unwrap();
    let again = ask(&model, about("Who jumps?")).await.0.unwrap();
    assert_ne!(of(&other), paid);
    assert_eq!(again.text, first.text, "the same passages and question are seen in the same way");
    let Usage { input_tokens, cached_input_tokens, .. } = again.usage.or(Usage::default()).0;
    assert!(input_tokens > 500 && input_tokens - cached_input_tokens < 50, "{cached_input_tokens} of {input_tokens}");
    // A reply meanwhile does not disturb it.
    let (reply, again) = tokio::join!(ask(&model, request("Hi")), ask(&model, about("Who jumps?")));
    assert_eq!((reply.0.unwrap().finish, again.0.unwrap().text), (Finish::Length, first.text));
}

#[tokio::test]
async fn passages_that_do_not_fit_are_refused() {
    let long = ModelRequest { passages: vec![long_prompt(); 4], ..request("Who jumps?") };
    assert_eq!(ask(&model(), long).await.0.unwrap_err().code, Code::TooLong);
}

#[tokio::test]
async fn a_reply_ends_before_a_stop_text() {
    let model = model();
    let whole = ask(&model, request("Hi")).await.0.unwrap().text;
    let at = whole.char_indices().map(|(at, _)| at).nth(5).unwrap();
    let stop: String = whole[at..].chars().take(3).collect();
    let reply = ask(&model, ModelRequest { stop: vec![stop.clone()], ..request("Hi") }).await.0.unwrap();
    assert_eq!((reply.text.as_str(), reply.finish), (whole.split(&stop).next().unwrap(), Finish::Stop));
}

#[tokio::test]
async fn a_second_turn_reads_only_its_new_tokens() {
    let model = model();
    let mut turn = request(&long_prompt());
    let first = ask(&model, turn.clone()).await.0.unwrap();
    usage(&model, request("Say hello.")).await;
    turn.messages.push(Message::new(Role::Assistant, first.text));
    turn.messages.push(Message::new(Role::User, "And which is quick?"));
    let usage = usage(&model, turn).await;
    assert!(usage.input_tokens > 1_500 && usage.input_tokens - usage.cached_input_tokens < 250, "{usage:?}");
}

#[tokio::test]
async fn the_end_of_a_run_frees_all_but_the_instructions() {
    let process = Arc::new(Process::new(&tiny(), 4_096, Path::new("/dev/null/kept"), Duration::from_secs(60)));
    let of = || Local::of(process.clone(), profile(4_096));
    let conversation = || {
        let mut request = request(&long_prompt());
        request.messages.insert(0, Message::new(Role::System, "You read lines of text and answer with one of them."));
        request
    };
    let first = of();
    let whole = usage(&first, conversation()).await.input_tokens;
    assert_eq!(usage(&first, conversation()).await.cached_input_tokens, whole - 1);
    drop(first);
    let kept = usage(&of(), conversation()).await.cached_input_tokens;
    assert!((40..90).contains(&kept), "{kept} of {whole}");
}

#[tokio::test]
async fn the_next_process_does_not_read_instructions_again() {
    let folder = tempfile::tempdir().unwrap();
    let instructed = |instructions: &str| {
        let mut request = request("Which is quick?");
        request.messages.insert(0, Message::new(Role::System, instructions));
        request
    };
    let (read, other) = (long_prompt(), format!("Other: {}", long_prompt()));
    let process = || keeping(&tiny(), folder.path(), Duration::from_secs(60));
    let first = ask(&process(), instructed(&read)).await.0.unwrap();
    assert_eq!(first.usage.cached_input_tokens, 0);
    let second = process();
    let again = ask(&second, instructed(&read)).await.0.unwrap();
    let usage = again.usage;
    assert!(usage.input_tokens.unwrap() - usage.cached_input_tokens < 60, "{usage:?}");
    assert_eq!(again.text, first.text, "and it answers as if it had read them");
    assert!(ask(&second, instructed(&other)).await.0.unwrap().usage.cached_input_tokens < 60);
    assert_eq!(std::fs::read_dir(folder.path().join("prompt-cache")).unwrap().count(), 2);

    // What is damaged is read anew, and kept anew.
    for file in std::fs::read_dir(folder.path().join("prompt-cache")).unwrap() {
        let path = file.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(path, bytes).unwrap();
    }
    let third = ask(&process(), instructed(&read)).await.0.unwrap();
    assert_eq!((third.usage.cached_input_tokens, &third.text), (0, &first.text));
    let fourth = ask(&process(), instructed(&read)).await.0.unwrap();
    assert_eq!((fourth.usage.cached_input_tokens, &fourth.text), (usage.cached_input_tokens, &first.text));
}

#[tokio::test]
async fn growing_the_context_keeps_its_conversations() {
    let model = model();
    let named = |name: &str| request(&format!("{name}: {}", long_prompt()));
    let mut replies = Vec::new();
    for name in ["Anna", "Bert"] {
        replies.push(ask(&model, named(name)).await.0.unwrap());
    }
    for (name, reply) in ["Anna", "Bert"].into_iter().zip(replies) {
        let mut turn = named(name);
        turn.messages.extend([Message::new(Role::Assistant, reply.text), Message::new(Role::User, "Go on.")]);
        let usage = usage(&model, turn).await;
        assert!(usage.input_tokens > 1_900 && usage.input_tokens - usage.cached_input_tokens < 250, "{name}: {usage:?}");
    }
}

#[tokio::test]
async fn a_recurrent_model_continues_its_conversations() {
    let model = own(&fixture("tiny-mamba.gguf"), Duration::from_secs(60));
    let first = ask(&model, request("Hello there.")).await.0.unwrap();
    // Other conversations, some of which begin alike, one after the other and at once.
    for prompt in ["Hello there, Anna.", "Good evening.", "Hello"] {
        usage(&model, ModelRequest { grows: false, ..request(prompt) }).await;
    }
    let at_once = futures_util::future::join_all((0..12).map(|n| ask(&model, request(&format!("Hello, number {n}."))))).await;
    assert!(at_once.iter().all(|(reply, _)| reply.is_ok()), "{at_once:?}");
    let again = ask(&model, request("Hello there.")).await.0.unwrap();
    assert_eq!(again.text, first.text);
    let mut turn = request("Hello there.");
    turn.messages.extend([Message::new(Role::Assistant, again.text), Message::new(Role::User, "Go on.")]);
    let alone = ask(&own(&fixture("tiny-mamba.gguf"), Duration::from_secs(60)), turn.clone()).await.0.unwrap();
    assert_eq!(ask(&model, turn).await.0.unwrap().text, alone.text);
}

#[tokio::test]
async fn another_window_starts_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tiny.gguf");
    std::fs::copy(tiny(), &file).unwrap();
    let of = |window| Arc::new(Local::new(profile(window), &file, folder.path()));
    let first = of(4_096);
    let (busy, begun) = (first.clone(), Arc::new(tokio::sync::Notify::new()));
    let heard = begun.clone();
    let long = tokio::spawn(async move {
        let hear = |progress: Progress<'_>| {
            if matches!(progress, Progress::Text(_)) {
                heard.notify_one()
            }
        };
        busy.complete(ModelRequest { max_output_tokens: 400, ..request("Go on.") }, &hear).await
    });
    begun.notified().await;
    let second = of(1_024);
    assert_eq!(second.profile().window_tokens, 1_024);
    assert_eq!(ask(&second, request(&long_prompt())).await.0.unwrap_err().code, Code::TooLong);
    assert_eq!(long.await.unwrap().unwrap().usage.output_tokens, Some(400));
    while children_named("plumb-llama").len() > 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(usage(&second, request("Hi")).await.output_tokens, 40);
}

#[test]
fn token_estimates_lean_to_too_many() {
    let model = model();
    // Counted by the built-in model.
    for (text, tokens) in [
        ("2026-11-28 14:03:55 P3 tripped", 23),
        ("The ferry leaves at seven.", 6),
        ("水位は百四十一メートル", 9),
        ("y[i] += x;", 6),
    ] {
        assert!(model.count_tokens(text) >= tokens, "{text}");
    }
}

#[tokio::test]
async fn simultaneous_calls_read_their_common_beginning_once() {
    let model = model();
    let prompts = ["Anna", "Bert", "Carl", "Dora", "Emil"].map(|name| format!("{}\nMy name is {name}.", long_prompt()));
    let alone = usage(&self::model(), request(&prompts[0])).await.input_tokens;
    let replies = futures_util::future::join_all(prompts.iter().map(|prompt| ask(&model, request(prompt)))).await;
    let replies: Vec<ModelReply> = replies.into_iter().map(|(reply, _)| reply.unwrap()).collect();
    let read: u64 =
        replies.iter().map(|reply| reply.usage).map(|usage| usage.input_tokens.unwrap() - usage.cached_input_tokens).sum();
    assert!(read < alone + 5 * 60, "{read} tokens were read, {alone} for one alone");
}

#[tokio::test]
async fn each_of_many_calls_gets_its_own_reply_and_limit() {
    let model = model();
    let of = |n: u32| ModelRequest { max_output_tokens: 5 + n, ..request(&format!("Number {n}")) };
    let replies = futures_util::future::join_all((0..20).map(|n| ask(&model, of(n)))).await;
    for (n, (reply, shown)) in replies.into_iter().enumerate() {
        let reply = reply.unwrap();
        assert_eq!((reply.usage.output_tokens, &shown), (Some(5 + n as u64), &reply.text));
    }
}

#[tokio::test]
async fn a_short_call_is_answered_while_a_long_one_goes_on() {
    let model = Arc::new(model());
    let busy = model.clone();
    let long = tokio::spawn(async move { ask(&busy, ModelRequest { max_output_tokens: 150, ..request("Go on.") }).await.0 });
    // It has begun when the first one after it is done.
    usage(&model, request("Hi")).await;
    usage(&model, ModelRequest { max_output_tokens: 2, ..request("Hi") }).await;
    assert!(!long.is_finished());
    assert_eq!(long.await.unwrap().unwrap().usage.output_tokens, Some(150));
}

#[tokio::test]
async fn giving_up_a_reply_frees_its_place_for_the_next() {
    let model = model();
    let endless = || ModelRequest { max_output_tokens: 1_000, ..request(&long_prompt()) };
    // Two of them do not fit at once.
    for _ in 0..20 {
        let _ = tokio::time::timeout(Duration::from_millis(20), ask(&model, endless())).await;
    }
    assert_eq!(usage(&model, request("Hi")).await.output_tokens, 40);
}

#[tokio::test]
async fn a_prompt_beyond_the_window_is_too_long() {
    let error = ask(&model(), request(&long_prompt().repeat(3))).await.0.unwrap_err();
    assert_eq!(error.code, Code::TooLong);
}

#[tokio::test]
async fn a_crash_fails_the_call_and_the_next_one_works() {
    let model = Arc::new(model());
    usage(&model, request("Hi")).await;
    let busy = model.clone();
    let call = tokio::spawn(async move { ask(&busy, ModelRequest { max_output_tokens: 1_000, ..request("Go on.") }).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    for child in children_named("plumb-llama") {
        std::process::Command::new("kill").args(["-9", &child]).status().unwrap();
    }
    let (reply, shown) = call.await.unwrap();
    let error = reply.unwrap_err();
    assert!(error.code == Code::LocalModel && !shown.is_empty(), "{error}");
    assert_eq!(usage(&model, request("Hi")).await.output_tokens, 40);
}

#[tokio::test]
async fn an_idle_process_ends_and_frees_its_memory() {
    let model = own(&tiny(), Duration::from_millis(200));
    model.warm();
    let wait_for = async |count: usize| {
        while children_named("plumb-llama").len() != count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    wait_for(1).await;
    wait_for(0).await;
    assert_eq!(usage(&model, request("Hi")).await.output_tokens, 40, "and it comes back when it is asked");
}

#[tokio::test]
async fn a_waiting_call_hears_the_loading_progress() {
    let model = model();
    model.warm();
    let parts = Mutex::new(Vec::new());
    let hear = |progress: Progress<'_>| {
        if let Progress::Loading(part) = progress {
            parts.lock().push(part);
        }
    };
    model.complete(request("Hi"), &hear).await.unwrap();
    let parts = parts.into_inner();
    assert!(parts.is_sorted() && parts.last() == Some(&1.0), "{parts:?}");
}

#[tokio::test]
async fn a_file_says_what_its_model_is() {
    let facts = file_facts(&tiny()).await.unwrap();
    assert_eq!((facts.name.as_str(), facts.architecture.as_str(), facts.parameters.as_str()), ("Tiny", "llama", "60K"));
    // One layer, 2 heads of 16 numbers, keys and values, 2 bytes each.
    assert_eq!((facts.window, facts.token_bytes, facts.knows_chat), (4_096, 2 * 16 * 2 * 2, true));
}

#[tokio::test]
async fn a_model_larger_than_memory_is_refused_unloaded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("large.gguf");
    std::fs::copy(tiny(), &path).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_len(1 << 42).unwrap();
    let error = ask(&own(&path, Duration::from_secs(60)), request("Hi")).await.0.unwrap_err();
    assert_eq!(error.code, Code::TooLarge, "{error}");
    assert!(error.message.starts_with("Tiny needs 4398"), "{error}");
}

#[tokio::test]
async fn a_model_cut_short_is_refused_when_it_is_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cut.gguf");
    let whole = std::fs::read(tiny()).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 5_000]).unwrap();
    let error = ask(&own(&path, Duration::from_secs(60)), request("Hi")).await.0.unwrap_err();
    assert_eq!(error.code, Code::WrongFile, "{error}");
    assert!(error.message.contains("cut short"), "{error}");
}

#[tokio::test]
async fn a_model_of_an_unknown_kind_is_refused_by_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("strange.gguf");
    let mut whole = std::fs::read(tiny()).unwrap();
    let at = whole.windows(5).position(|bytes| bytes == b"llama").unwrap();
    whole[at..at + 5].copy_from_slice(b"qqqqq");
    std::fs::write(&path, whole).unwrap();
    let error = file_facts(&path).await.unwrap_err();
    assert!(error.code == Code::WrongFile && error.message.contains("has an architecture (qqqqq)"), "{error}");
}

#[tokio::test]
#[ignore = "needs the built-in model's file"]
async fn the_built_in_model_answers() {
    let built_in = &crate::catalogue()[0];
    let crate::FileState::Ready { path } = crate::facts::catalogue::state(built_in, Path::new("/nowhere")) else {
        panic!("PLUMB_MODELS names no folder with the model")
    };
    let model = own(&path, Duration::from_secs(60));
    let reply = ask(&model, request("What is the capital of France? One word.")).await.0.unwrap();
    assert!(reply.text.contains("Paris") && reply.finish == Finish::Stop, "{}", reply.text);
}

#[tokio::test]
async fn an_unusable_file_is_refused_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    for (path, why) in [
        (file("note.gguf", b"hello"), "not a model in the GGUF format"),
        (file("empty.gguf", b""), "not a model in the GGUF format"),
        (file("cut.gguf", b"GGUF\x03\x00\x00\x00\x05\x00"), "cut short"),
        (dir.path().join("absent.gguf"), "cannot be opened"),
        (dir.path().to_owned(), "is not a file"),
    ] {
        let error = file_facts(&path).await.unwrap_err();
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

#[tokio::test]
async fn close_meanings_have_close_vectors() {
    let embedder = Embedder::beside_programs(Path::new("/dev/null/kept")).expect("make programs puts the model there");
    let texts =
        ["Where can I sleep?", "Twelve beds stand under the roof.", "The boat is painted every spring."].map(str::to_owned);
    let vectors = plumb_rlm::traits::embedder::Embedder::embed(&embedder, &texts).await.unwrap();
    let product = |a: usize, b: usize| vectors[a].iter().zip(&vectors[b]).map(|(a, b)| a * b).sum::<f32>();
    assert!((product(0, 0) - 1.0).abs() < 1e-3);
    assert!(product(0, 1) > product(0, 2) + 0.1, "{} {}", product(0, 1), product(0, 2));
}
