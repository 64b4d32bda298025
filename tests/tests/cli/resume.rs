//! Whenever the program is killed, the run resumes where it stopped.

use crate::plumb::{Home, finish, scripted, signal, until};
use plumb_tests::scripted::{Reply, Rule, ScriptedServer};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::time::Duration;

fn home() -> Home {
    Home::with("note.txt", "The meeting is on Tuesday.\n")
}

const BATCH: &str = r#"import random
lot = random.random()
replies = llm_query_batched([f"QUICK {n}" for n in range(8)] + [f"SLOW {n}" for n in range(4)])
print(len(replies), lot)"#;

/// A server that answers eight sub-calls and lets four hang until they are sent again.
async fn server() -> ScriptedServer {
    let never = Reply { hang: true, ..Reply::default() };
    let slow = Reply::text("slow").usage(40, 0, 4);
    scripted(
        [Reply::code(BATCH).usage(1_000, 0, 100), Reply::code("FINAL(' '.join(replies))").usage(1_200, 0, 20)],
        [
            Rule::starting("QUICK", [Reply::text("quick").usage(50, 0, 5)]),
            Rule::starting("SLOW", [never.clone(), never.clone(), never.clone(), never, slow]),
        ],
    )
    .await
}

/// Waits until the record of the only run counts this many input tokens, so that its replies are on disk. Returns the run's id.
async fn recorded(home: &Home, input_tokens: u64) -> String {
    let waiting = async {
        loop {
            let runs = home.runs().await;
            let run = runs[0]["run_id"].as_str().unwrap().to_owned();
            if home.run(&["show", &run, "--json"]).await.json()["usage"]["input_tokens"] == input_tokens {
                return run;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.expect("the replies are recorded")
}

/// Asks, and kills the program once eight sub-calls are recorded and four hang.
async fn killed_in_mid_run(home: &Home, server: &ScriptedServer) -> String {
    let mut asked = home.asking(server, &["--price", "2,8", "--concurrency", "12"]).spawn().unwrap();
    until(server, |stats| stats.rule_requests == [8, 4] && stats.in_flight == 4).await;
    let run = recorded(home, 1_000 + 8 * 50).await;
    asked.kill().await.unwrap();
    let runs = home.runs().await;
    assert_eq!((runs.len(), &runs[0]["status"]), (1, &json!("interrupted")));
    run
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_resumes_without_resending_finished_sub_calls() {
    let (home, server) = (home(), server().await);
    let run = killed_in_mid_run(&home, &server).await;
    let answer = home.run(&["resume", &run, "--json"]).await.answered();
    assert_eq!(answer["run_id"], run);
    assert_eq!(answer["answer"], format!("{}slow slow slow slow", "quick ".repeat(8)));
    let stats = server.stats();
    assert_eq!((stats.root_requests, stats.rule_requests), (2, vec![8, 8]), "root turns and finished sub-calls are sent once");
    assert_eq!(answer["turns"], 2);
    assert_eq!(answer["calls"], 12, "a sub-call that was cut off is one call");
    let (input, output) = (1_000 + 1_200 + 8 * 50 + 4 * 40, 100 + 20 + 8 * 5 + 4 * 4);
    assert_eq!(
        answer["usage"],
        json!({"input_tokens": input, "cached_input_tokens": 0, "cache_write_tokens": 0, "output_tokens": output})
    );
    let cost = f64::from(input) * 2e-6 + f64::from(output) * 8e-6;
    assert!((answer["cost_usd"].as_f64().unwrap() - cost).abs() < 5e-7, "{answer}");
    let runs = home.runs().await;
    assert_eq!((runs.len(), &runs[0]["status"]), (1, &json!("answered")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_killed_in_mid_reply_asks_only_for_that_reply_again() {
    let home = home();
    let code = "replies = llm_query_batched([f'QUICK {n}' for n in range(3)])\nprint(replies)";
    let stuck = Reply { silent_after: Some(2), piece_chars: 4, ..Reply::code("FINAL('never')") };
    let root = [Reply::code(code), stuck, Reply::code("FINAL(str(len(replies)))")];
    let server = scripted(root, [Rule::starting("QUICK", [Reply::text("quick")])]).await;
    let mut asked = home.asking(&server, &[]).spawn().unwrap();
    until(&server, |stats| stats.root_requests == 2).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    asked.kill().await.unwrap();
    let run = home.runs().await[0]["run_id"].as_str().unwrap().to_owned();
    let answer = home.run(&["resume", &run, "--json"]).await.answered();
    assert_eq!(answer["answer"], "3");
    assert_eq!((server.stats().root_requests, server.stats().rule_requests), (3, vec![3]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_run_shows_by_the_beginning_of_its_id() {
    let (home, server) = (home(), server().await);
    let run = killed_in_mid_run(&home, &server).await;
    let shown = home.run(&["show", &run[..13], "--json"]).await;
    assert_eq!(shown.exit, Some(0), "{shown:#?}");
    assert_eq!((&shown.json()["run_id"], &shown.json()["status"]), (&json!(run), &json!("interrupted")));
    assert_eq!(home.run(&["show", &run]).await.exit, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_run_goes_on_without_asking_again_for_what_it_has() {
    let (home, server) = (home(), server().await);
    let asked = home.asking(&server, &["--price", "2,8", "--concurrency", "12"]).spawn().unwrap();
    until(&server, |stats| stats.rule_requests == [8, 4] && stats.in_flight == 4).await;
    recorded(&home, 1_000 + 8 * 50).await;
    signal(&asked, Signal::INT);
    let stopped = finish(asked).await.ended(130, "stopped");
    let run = stopped["run_id"].as_str().unwrap();
    let answer = home.run(&["resume", run, "--json"]).await.answered();
    assert_eq!(
        (&answer["run_id"], &answer["answer"]),
        (&json!(run), &json!(format!("{}slow slow slow slow", "quick ".repeat(8))))
    );
    assert_eq!(server.stats().rule_requests, [8, 8]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_killed_again_and_again_loses_only_what_was_in_flight() {
    let home = home();
    let never = || Reply { hang: true, ..Reply::default() };
    let code = "replies = llm_query_batched([f'QUICK {n}' for n in range(3)] + ['SLOW', 'LAST'])";
    let stuck = Reply { hang: true, ..Reply::default() };
    let server = scripted(
        [Reply::code(code), stuck, Reply::code("FINAL(' '.join(replies))")],
        [
            Rule::starting("QUICK", [Reply::text("quick")]),
            Rule::starting("SLOW", [never(), Reply::text("slow")]),
            Rule::starting("LAST", [never(), never(), Reply::text("last")]),
        ],
    )
    .await;
    let kill_when = async |mut running: tokio::process::Child, rules: [u64; 3], roots: u64, in_flight: u64| {
        until(&server, |stats| stats.rule_requests == rules && stats.root_requests == roots && stats.in_flight == in_flight)
            .await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        running.kill().await.unwrap();
        until(&server, |stats| stats.in_flight == 0).await;
    };
    kill_when(home.asking(&server, &[]).spawn().unwrap(), [3, 1, 1], 1, 2).await;
    let run = home.runs().await[0]["run_id"].as_str().unwrap().to_owned();
    let resume = || home.command(&["resume", &run, "--json"]).spawn().unwrap();
    kill_when(resume(), [3, 2, 2], 1, 1).await;
    kill_when(resume(), [3, 2, 3], 2, 1).await;
    let answer = finish(resume()).await.answered();
    assert_eq!(answer["answer"], "quick quick quick slow last");
    assert_eq!((server.stats().root_requests, server.stats().rule_requests), (3, vec![3, 2, 3]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_failed_in_the_middle_of_a_reply_goes_on() {
    let home = home();
    let cut = Reply { cut_after: Some(1), piece_chars: 4, ..Reply::code("FINAL('whole')") };
    let server = scripted([Reply::code("kept = 'whole'"), cut, Reply::code("FINAL(kept)")], []).await;
    let failed = home.ask(&server, &[]).await.ended(1, "failed");
    let answer = home.run(&["resume", failed["run_id"].as_str().unwrap(), "--json"]).await.answered();
    assert_eq!((&answer["answer"], &answer["error"]), (&json!("whole"), &Value::Null));
    assert_eq!(server.stats().root_requests, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_at_work_elsewhere_cannot_be_resumed() {
    let (home, server) = (home(), server().await);
    let mut asked = home.asking(&server, &["--concurrency", "12"]).spawn().unwrap();
    until(&server, |stats| stats.rule_requests == [8, 4]).await;
    let runs = home.runs().await;
    assert_eq!(runs[0]["status"], "running");
    let outcome = home.run(&["resume", runs[0]["run_id"].as_str().unwrap(), "--json"]).await;
    assert_eq!(outcome.ended(1, "failed")["error"]["code"], "run_is_active", "{outcome:#?}");
    asked.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answered_run_is_not_run_again() {
    let home = home();
    let server = scripted([Reply::code("FINAL('done')")], []).await;
    let run: Value = home.ask(&server, &[]).await.answered();
    let again = home.run(&["resume", run["run_id"].as_str().unwrap(), "--json"]).await;
    assert_eq!(again.ended(1, "failed")["error"]["code"], "run_is_answered", "{again:#?}");
    assert_eq!(server.stats().requests, 1);
}
