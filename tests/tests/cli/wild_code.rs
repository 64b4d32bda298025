//! Code that a model may write by mistake or malice: the run goes on, and the code reaches nothing outside.

use crate::plumb::{Home, last_message, root};
use plumb_tests::scripted::Reply;
use std::process::Command;

fn home() -> Home {
    Home::with("note.txt", "The meeting is on Tuesday.\n")
}

fn end() -> Reply {
    Reply::code(r#"FINAL("went on")"#)
}

/// Runs the code; the run goes on. Returns the message that tells the model what happened.
async fn goes_on(code: &str) -> String {
    let server = root([Reply::code(code), end()]).await;
    let answer = home().ask(&server, &[]).await.answered();
    assert_eq!(answer["answer"], "went on");
    let told = last_message(&server, 1);
    assert!(told.len() < 100_000, "{} characters were sent to the model", told.len());
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_without_code_gets_a_hint_and_another_turn() {
    let server = root([Reply::text("Let me think about that for a while."), end()]).await;
    let answer = home().ask(&server, &[]).await.answered();
    assert_eq!(answer["answer"], "went on");
    assert!(last_message(&server, 1).contains("```"), "{}", last_message(&server, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_reply_is_not_the_end() {
    let server = root([Reply::text(""), end()]).await;
    assert_eq!(home().ask(&server, &[]).await.answered()["answer"], "went on");
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_code_is_told_to_the_model() {
    assert!(goes_on("for x in (:").await.contains("SyntaxError"));
    assert!(goes_on("kept = 1\nprint(undefined_name)").await.contains("undefined_name"));
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_survive_an_error() {
    let server = root([Reply::code("kept = 'still here'\n1 / 0"), Reply::code("FINAL(kept)")]).await;
    assert_eq!(home().ask(&server, &[]).await.answered()["answer"], "still here");
    assert!(last_message(&server, 1).contains("ZeroDivisionError"));
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_output_is_bounded() {
    goes_on("while True: print('x' * 1000)").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_loop_is_interrupted_and_variables_survive() {
    let server = root([Reply::code("kept = 'still here'\nwhile True: pass"), Reply::code("FINAL(kept)")]).await;
    assert_eq!(home().ask(&server, &[]).await.answered()["answer"], "still here");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_bomb_hurts_only_its_own_cell() {
    assert!(goes_on("x = bytearray(10 ** 13)").await.contains("MemoryError"));
    goes_on("hoard = []\nwhile True: hoard.append(bytearray(10 ** 7))").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_cell_asks_for_cannot_hurt_the_program() {
    for call in [
        "grep('x', path='{a,' * 10000 + 'a' + '}' * 10000)",
        "grep('x', path='{a,' * 300 + 'a' + '}' * 300)",
        "files('{' * 250 + 'a' + '}' * 250)",
        "files('[!a-z]' * 200000)",
        "search(' '.join('w%d' % i for i in range(400000)))",
        "lines('x' * 30_000_000)",
        "grep('a' * 2_000_000)",
        "llm_query('x' * 60_000_000)",
    ] {
        let told = goes_on(call).await;
        assert!(told.contains("Error"), "{call}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_sub_calls_without_allowance_end() {
    let code = "n = 0\nwhile True:\n    n += 1\n    try: llm_query_batched([str(n + i) for i in range(100)])\n    except RuntimeError: pass";
    let server = root([Reply::code(code), end()]).await;
    let answer = home().ask(&server, &["--max-calls", "0"]).await.answered();
    assert_eq!(answer["answer"], "went on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_crashes_hurts_only_its_own_cell() {
    goes_on("import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(): f()\nf()").await;
    goes_on("import os\nos._exit(3)").await;
    goes_on("raise SystemExit").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_kinds_of_fences_run() {
    for fence in
        ["```repl\nFINAL('ran')\n```", "```python\nFINAL('ran')\n```", "```py\nFINAL('ran')\n```", "```\nFINAL('ran')\n```"]
    {
        assert_eq!(home().ask(&root([Reply::text(fence)]).await, &[]).await.answered()["answer"], "ran", "{fence}");
    }
    let unclosed = Reply::text("Here it is:\n```repl\nFINAL('ran')");
    assert_eq!(home().ask(&root([unclosed]).await, &[]).await.answered()["answer"], "ran");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_ways_to_declare_an_answer_work() {
    for code in ["found = 'ran'\nFINAL_VAR('found')", "answer['content'] = 'ran'\nanswer['ready'] = True"] {
        assert_eq!(home().ask(&root([Reply::code(code)]).await, &[]).await.answered()["answer"], "ran", "{code}");
    }
}

/// All processes below this one.
fn below(pid: u32) -> Vec<u32> {
    let stat = |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/stat")).ok();
    let parent = |pid: u32| stat(pid)?.rsplit_once(") ")?.1.split(' ').nth(1)?.parse::<u32>().ok();
    let all: Vec<u32> =
        std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    let mut found = vec![pid];
    let mut looked = 0;
    while let Some(&of) = found.get(looked) {
        looked += 1;
        found.extend(all.iter().filter(|&&other| parent(other) == Some(of)));
    }
    found.split_off(1)
}

/// Whether the process is neither gone nor a zombie.
fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, fields)| !fields.starts_with(['Z', 'X']))
}

async fn nothing_is_left(code: &str, more: &[&str], workers: usize) {
    let server = root([Reply::code(code), end()]).await;
    let home = home();
    let child = home.asking(&server, more).spawn().unwrap();
    let since = std::time::Instant::now();
    let mut processes = Vec::new();
    // The zygote and its worker, or the command's process; then time for the code to start.
    while processes.len() < workers {
        assert!(since.elapsed().as_secs() < 60, "{processes:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        processes = below(child.id().unwrap());
    }
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    crate::plumb::signal(&child, rustix::process::Signal::KILL);
    let since = std::time::Instant::now();
    while processes.iter().any(|&pid| lives(pid)) {
        assert!(
            since.elapsed().as_secs() < 60,
            "left behind: {:?}",
            processes.iter().filter(|&&pid| lives(pid)).collect::<Vec<_>>()
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_process_is_left_behind_when_the_program_is_killed() {
    nothing_is_left("while True: pass", &[], 2).await;
    nothing_is_left("sum(range(10 ** 12))", &[], 2).await;
    nothing_is_left("import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(1000)", &[], 2).await;
    let worker = crate::plumb::program_named("plumb-python");
    nothing_is_left("sum(range(10 ** 12))", &["--repl-command", worker.to_str().unwrap()], 1).await;
}

/// Asserts that an attack which prints ESCAPED outside does not do so in the REPL.
async fn is_sealed_in(attack: &str) {
    let outside = Command::new("/usr/bin/python3").arg("-c").arg(attack).output().unwrap();
    let outside = String::from_utf8_lossy(&outside.stdout).into_owned();
    assert!(
        outside.contains("ESCAPED"),
        "the attack must work where nothing stands against it, or its failing proves nothing: {attack}"
    );
    let told = goes_on(attack).await;
    // The engine may repeat the code; only a line of its own is the attack's output.
    assert!(!told.lines().any(|line| line.trim() == "ESCAPED"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn code_can_open_no_file() {
    is_sealed_in("open('/etc/passwd').read()\nprint('ESCAPED')").await;
    is_sealed_in("import posix\nposix.open('/etc/passwd', posix.O_RDONLY)\nprint('ESCAPED')").await;
    is_sealed_in("import posix\nposix.listdir('/')\nprint('ESCAPED')").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("written");
    is_sealed_in(&format!("open({file:?}, 'w').write('x')\nprint('ESCAPED')")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn code_can_reach_no_network() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    is_sealed_in(&format!("import _socket\n_socket.socket().connect(('127.0.0.1', {port}))\nprint('ESCAPED')")).await;
    is_sealed_in(
        "import _socket\n_socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))\nprint('ESCAPED')",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn code_can_start_no_process() {
    is_sealed_in("import posix\nif posix.fork() == 0: posix._exit(0)\nprint('ESCAPED')").await;
    is_sealed_in("import posix\nposix.posix_spawn('/bin/true', ['true'], {})\nprint('ESCAPED')").await;
    is_sealed_in("import posix\nif posix.system('true') == 0: print('ESCAPED')").await;
    is_sealed_in("import posix, signal\nposix.kill(posix.getppid(), 0)\nprint('ESCAPED')").await;
}
