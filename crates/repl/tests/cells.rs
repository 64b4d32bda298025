//! Cells in a real, sealed worker. `plumb-python` must have been built (`make test` does).

#![allow(clippy::unwrap_used, clippy::expect_used)]

use async_trait::async_trait;
use plumb_repl::SealedPython;
use plumb_rlm::traits::{
    corpus::Placement,
    repl::{
        CellEnding, CellLimits, CellOutcome, Context, HostCall, HostError, HostReply, Repl, ReplHost, ReplLauncher, ReplSpec,
    },
};
use std::{fs::File, io::Write, os::fd::AsRawFd, path::PathBuf, time::Duration};
use tokio_util::sync::CancellationToken;

const LIMITS: CellLimits = CellLimits { compute: Duration::from_secs(10), output_chars: 2000 };

/// Answers every prompt with its capitals, and every document with the text in the snapshot.
struct Echo;

#[async_trait]
impl ReplHost for Echo {
    async fn answer(&self, call: HostCall) -> Result<HostReply, HostError> {
        match call {
            HostCall::Llm { prompts, .. } => Ok(HostReply::Texts(prompts.iter().map(|p| p.to_uppercase()).collect())),
            HostCall::Text { path } if path == "a.txt" => {
                Ok(HostReply::Placement(Placement { offset: 0, chars: 12, kind: 1, ascii: true }))
            }
            HostCall::Lines { path, first: 2, last: Some(2) } if path == "a.txt" => Ok(HostReply::Text("second".to_owned())),
            HostCall::Files { .. } => Ok(HostReply::Paths(vec!["a.txt".to_owned()])),
            _ => Err(HostError { kind: "KeyError", message: "no such path; a close name is a.txt".to_owned() }),
        }
    }
}

/// A model that never answers.
struct Never;

#[async_trait]
impl ReplHost for Never {
    async fn answer(&self, _call: HostCall) -> Result<HostReply, HostError> {
        std::future::pending().await
    }
}

/// The user stops the run after a moment.
fn soon() -> CancellationToken {
    let stop = CancellationToken::new();
    let later = stop.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(200)).await;
        later.cancel();
    });
    stop
}

fn launcher() -> SealedPython {
    let beside = std::env::current_exe().unwrap();
    let program: PathBuf = beside.parent().unwrap().parent().unwrap().join("plumb-python");
    SealedPython::new([program], 1 << 29)
}

fn snapshot() -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"first\nsecond\0").unwrap();
    File::open(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap()
}

async fn worker() -> Box<dyn Repl> {
    launcher()
        .launch(ReplSpec { snapshot: snapshot(), context: Context::Folder { documents: 1 }, seed: 7, sending: None })
        .await
        .unwrap()
}

async fn run(repl: &mut Box<dyn Repl>, code: &str) -> CellOutcome {
    repl.run(code, LIMITS, &Echo, &CancellationToken::new()).await.unwrap()
}

#[tokio::test]
async fn variables_survive_an_error_and_the_last_expression_is_shown() {
    let mut repl = worker().await;
    let failed = run(&mut repl, "x = 41\n1/0").await;
    assert_eq!(failed.ending, CellEnding::Raised);
    assert!(failed.error.as_deref().unwrap().contains("line 2: 1/0\nZeroDivisionError"), "{failed:?}");
    assert_eq!(run(&mut repl, "x + 1").await.output, "42\n");
    assert_eq!(run(&mut repl, "SHOW_VARS()").await.output, "{'x': 'int'}\n");
}

#[tokio::test]
async fn documents_are_strings_and_missing_ones_name_close_paths() {
    for launcher in [launcher(), launcher().copying()] {
        let spec = ReplSpec { snapshot: snapshot(), context: Context::Folder { documents: 1 }, seed: 7, sending: None };
        let mut repl = launcher.launch(spec).await.unwrap();
        let text =
            run(&mut repl, "t = context['a.txt']; (type(t) is str, t.split('\\n'), t[6:], 'sec' in t, lines('a.txt', 2, 2))")
                .await;
        assert_eq!(text.output, "(True, ['first', 'second'], 'second', True, 'second')\n", "{text:?}");
        let missing = run(&mut repl, "context['b.txt']").await;
        assert!(missing.error.unwrap().contains("KeyError: no such path; a close name is a.txt"));
    }
}

#[tokio::test]
async fn one_document_is_read_when_it_is_first_named() {
    let spec = ReplSpec { snapshot: snapshot(), context: Context::Document { path: "a.txt".to_owned() }, seed: 7, sending: None };
    let mut repl = launcher().launch(spec).await.unwrap();
    assert_eq!(run(&mut repl, "len(context), context[:5]").await.output, "(12, 'first')\n");
}

#[tokio::test]
async fn the_text_handed_to_a_child_is_its_context() {
    let placement = Placement { offset: 0, chars: 12, kind: 1, ascii: true };
    let spec = ReplSpec { snapshot: snapshot(), context: Context::Placed { placement }, seed: 7, sending: None };
    let mut repl = launcher().launch(spec).await.unwrap();
    assert_eq!(run(&mut repl, "context, lines('', 2), len(grep('s'))").await.output, "('first\\nsecond', 'second', 2)\n");
}

#[tokio::test]
async fn calls_from_threads_and_batches_get_their_own_replies() {
    let mut repl = worker().await;
    let code = "from concurrent.futures import ThreadPoolExecutor\n\
                with ThreadPoolExecutor(8) as pool: a = list(pool.map(llm_query, [f'a{i}' for i in range(40)]))\n\
                b = llm_query_batched(['x', 'y'])\n(a == [f'A{i}' for i in range(40)], b)";
    assert_eq!(run(&mut repl, code).await.output, "(True, ['X', 'Y'])\n");
}

#[tokio::test]
async fn an_answer_is_declared_in_each_of_the_three_ways() {
    for (code, wanted) in [
        ("FINAL('yes')", "yes"),
        ("v = 42\nFINAL_VAR('v')", "42"),
        ("answer['content'] = 'so'\nanswer['ready'] = True", "so"),
        ("answer = {'content': 'own', 'ready': True}", "own"),
    ] {
        let mut repl = worker().await;
        let outcome = run(&mut repl, code).await;
        assert_eq!(outcome.answer.as_deref(), Some(wanted), "{code}: {outcome:?}");
    }
}

#[tokio::test]
async fn long_output_keeps_its_head_and_its_tail() {
    let mut repl = worker().await;
    let outcome = run(&mut repl, "for i in range(1_000_000): print(i)").await;
    assert!(outcome.output.starts_with("0\n1\n") && outcome.output.ends_with("999999\n"));
    assert!(outcome.output.chars().count() < 2100 && outcome.omitted_chars > 6_000_000);
}

#[tokio::test]
async fn an_endless_loop_is_interrupted_or_else_killed() {
    let short = CellLimits { compute: Duration::from_millis(300), ..LIMITS };
    let mut repl = worker().await;
    let soft = repl.run("n = 1\nwhile True: pass", short, &Echo, &CancellationToken::new()).await.unwrap();
    assert_eq!(soft.ending, CellEnding::Interrupted);
    assert_eq!(run(&mut repl, "n").await.output, "1\n");
    let stubborn = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass";
    let hard = repl.run(stubborn, short, &Echo, &CancellationToken::new()).await.unwrap();
    assert_eq!(hard.ending, CellEnding::Killed);
    assert!(repl.run("1", LIMITS, &Echo, &CancellationToken::new()).await.is_err());
}

#[tokio::test]
async fn a_memory_bomb_is_an_error_that_names_other_ways() {
    let mut repl = worker().await;
    let outcome = run(&mut repl, "x = [0] * (1 << 40)").await;
    assert!(outcome.error.unwrap().contains("grep(pattern)"));
    let slow = run(&mut repl, "a = []\nwhile True: a.append(bytearray(1 << 20))").await;
    assert!(matches!(slow.ending, CellEnding::Raised | CellEnding::Killed), "{slow:?}");
}

#[tokio::test]
async fn a_huge_text_can_be_read_but_not_copied() {
    let file = tempfile::tempfile().unwrap();
    // More than the worker may hold; the file itself is empty room.
    let chars = 700 << 20;
    file.set_len(chars + 1).unwrap();
    let snapshot = File::open(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap();
    let placement = Placement { offset: 0, chars, kind: 1, ascii: true };
    let mut repl =
        launcher().launch(ReplSpec { snapshot, context: Context::Placed { placement }, seed: 7, sending: None }).await.unwrap();
    let read = run(&mut repl, "len(context), context[-3:], context.find('x'), 'x' in context").await;
    assert_eq!(read.output, "(734003200, '\\x00\\x00\\x00', -1, False)\n");
    for code in
        ["context.upper()", "context.split('\\0')", "import json\njson.dumps(context)", "context + 'x'", "context.encode()"]
    {
        let outcome = run(&mut repl, code).await;
        let error = outcome.error.unwrap();
        assert!(error.starts_with("MemoryError") && error.contains("lines(path, first, last)"), "{code}: {error}");
    }
    assert_eq!(run(&mut repl, "len(context)").await.output, "734003200\n");
}

#[tokio::test]
async fn code_can_reach_no_file_no_network_and_no_process() {
    let mut repl = worker().await;
    for code in [
        "open('/etc/passwd')",
        "import os; os.listdir('/')",
        "import os; os.stat('/etc/passwd')",
        "import socket; socket.socket()",
        "import os; os.fork()",
        "import os; os.kill(os.getppid(), 0)",
    ] {
        let outcome = run(&mut repl, code).await;
        assert_eq!(outcome.ending, CellEnding::Raised, "{code}: {outcome:?}");
        assert!(run(&mut repl, "1 + 1").await.output == "2\n");
    }
}

#[tokio::test]
async fn modules_can_be_imported_after_sealing() {
    let mut repl = worker().await;
    let code = "import calendar, html.parser, statistics, xml.etree.ElementTree, zoneinfo, email.message, sqlite3";
    let outcome = run(&mut repl, code.trim_end_matches(", sqlite3")).await;
    assert_eq!(outcome.ending, CellEnding::Done, "{outcome:?}");
}

#[tokio::test]
async fn forged_frames_end_the_worker_and_nothing_else() {
    let mut repl = worker().await;
    let outcome = run(&mut repl, "import os; os.write(1, b'\\xff' * 64)\nwhile True: pass").await;
    assert_eq!(outcome.ending, CellEnding::Killed, "{outcome:?}");
}

#[tokio::test]
async fn the_user_can_stop_a_cell_that_waits_for_a_model() {
    let mut repl = worker().await;
    let outcome = repl.run("llm_query('?')", LIMITS, &Never, &soon()).await.unwrap();
    assert_eq!(outcome.ending, CellEnding::Interrupted);
}

#[tokio::test]
async fn the_ready_worker_tells_what_it_measured() {
    let examined = launcher().examine().await.unwrap();
    assert!(examined.python.starts_with("3."));
    assert!(examined.seal.attempts.iter().all(|attempt| attempt.refused));
}

#[tokio::test]
async fn an_interrupt_ends_the_calls_of_all_threads() {
    let mut repl = worker().await;
    let code = "kept = 1\nfrom concurrent.futures import ThreadPoolExecutor\n\
                with ThreadPoolExecutor(4) as pool: list(pool.map(llm_query, 'abcdefghijkl'))";
    let outcome = repl.run(code, LIMITS, &Never, &soon()).await.unwrap();
    assert_eq!(outcome.ending, CellEnding::Interrupted, "{outcome:?}");
    assert_eq!(run(&mut repl, "kept").await.output, "1\n");
}
