//! Compares a run's ledger of sent data with the requests the server received: each body, each byte, each document.

use crate::plumb::{Home, Outcome, finish, program_named, root, scripted, signal, until};
use plumb_tests::scripted::{Reply, Rule, ScriptedServer};
use rustix::process::Signal;
use serde_json::{Value, json};

/// Two documents that these tests read, and one that they never read.
fn home() -> Home {
    let home = Home::with("one.txt", "The ferry leaves at seven.\n");
    home.write("two.txt", "The bridge opens at nine.\n");
    home.write("never.txt", "Nobody asks for the lighthouse.\n");
    home
}

/// The expected ledger for all requests the server has received so far.
fn got(server: &ScriptedServer, documents: &[&str], exact: bool) -> Value {
    let stats = server.stats();
    assert!(stats.bytes_in > 0);
    let address = server.base_url().strip_suffix("/v1").unwrap();
    let to = json!({"kind": "server", "address": address, "this_computer": true});
    let tokens = 0;
    let sent = json!({
        "to": to, "reach": "this_computer", "times": stats.requests, "bytes": stats.bytes_in, "tokens": tokens,
        "documents": documents.len(),
    });
    json!({"sent": [sent], "documents": documents, "exact": exact})
}

/// The ledger of an answer with its tokens checked and set to 0: they are an estimate.
fn said(answer: &Value) -> Value {
    let mut ledger = answer["sent"].clone();
    for sent in ledger["sent"].as_array_mut().unwrap() {
        let bytes = sent["bytes"].as_u64().unwrap();
        let tokens = sent["tokens"].take().as_u64().unwrap();
        assert!(sent["to"]["kind"] == "command" || (bytes / 10..bytes).contains(&tokens), "{tokens} tokens in {bytes} bytes");
        sent["tokens"] = json!(0);
    }
    ledger
}

fn holds(server: &ScriptedServer, text: &str) -> bool {
    server.requests().iter().any(|body| body.to_string().contains(text))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_counts_in_every_format_with_its_retries() {
    let code = "kept = context['one.txt']\nfor word in ('AGAIN ', 'FAILS '):\n    try:\n        print(llm_query(word + kept))\n    except Exception as error:\n        print(error)";
    for model in ["server:m", "anthropic:m", "gemini:m"] {
        let cut = Reply { cut_after: Some(0), ..Reply::text("never") };
        let again = [Reply::status(529, "Overloaded"), cut, Reply { hang_up: true, ..Reply::default() }, Reply::text("late")];
        let rules = [Rule::starting("AGAIN", again), Rule::starting("FAILS", [Reply::status(400, "No.")])];
        let server = scripted([Reply::code(code), Reply::code("FINAL(kept)")], rules).await;
        let answer = home().ask(&server, &["--model", model]).await.answered();
        assert_eq!(said(&answer), got(&server, &["one.txt"], false), "{model}");
        // Two turns, four tries of one call, one of the other.
        assert_eq!(server.stats().requests, 7, "{model}");
        assert!(holds(&server, "The ferry leaves") && !holds(&server, "bridge") && !holds(&server, "lighthouse"), "{model}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn search_results_count_as_text_of_their_documents() {
    let code = "print(grep('ferry')[0].text, search('bridge')[0].text)";
    let server = root([Reply::code(code), Reply::code("FINAL('both')")]).await;
    let answer = home().ask(&server, &[]).await.answered();
    assert!(holds(&server, "The ferry leaves") && holds(&server, "The bridge opens"));
    assert_eq!(said(&answer), got(&server, &["one.txt", "two.txt"], false));
}

#[tokio::test(flavor = "multi_thread")]
async fn lookups_of_guided_runs_count_too() {
    let server = root([Reply::text("Answer: at seven")]).await;
    let home = home();
    let mut asked = home.command(&["ask", "When does the ferry leave?", "--mode", "guided", "--model", "server:m", "--json"]);
    asked.arg(home.documents()).args(["--base-url", server.base_url()]);
    let answer = finish(asked.spawn().unwrap()).await.answered();
    assert!(holds(&server, "The ferry leaves"));
    let ledger = said(&answer);
    let named: Vec<&str> = ledger["documents"].as_array().unwrap().iter().map(|path| path.as_str().unwrap()).collect();
    // Which passages a look-up finds is not this test's business, only that each document that was sent is named.
    for (path, text) in [("one.txt", "ferry leaves"), ("two.txt", "bridge opens"), ("never.txt", "lighthouse")] {
        assert!(named.contains(&path) || !holds(&server, text), "{path} was sent and is not in {ledger}");
    }
    assert_eq!(ledger, got(&server, &named, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_node_counts_with_what_it_reads() {
    let rules = [
        Rule::containing("CHILD", [Reply::code("print(context['two.txt'])"), Reply::code("FINAL('nine')")]),
        Rule::containing("opens at nine", [Reply::code("FINAL('nine')")]),
    ];
    let root = [Reply::code("print(context['one.txt'])\nprint(rlm_query('CHILD: when?'))"), Reply::code("FINAL('seven, nine')")];
    let server = scripted(root, rules).await;
    let answer = home().ask(&server, &[]).await.answered();
    assert!(holds(&server, "The bridge opens"));
    assert_eq!(said(&answer), got(&server, &["one.txt", "two.txt"], false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_answer_names_exactly_the_documents_it_sent() {
    let server = root([Reply::text("At seven.")]).await;
    let answer = home().ask(&server, &["--mode", "direct"]).await.answered();
    assert!(holds(&server, "The ferry leaves") && holds(&server, "lighthouse"));
    assert_eq!(said(&answer), got(&server, &["never.txt", "one.txt", "two.txt"], true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resumed_run_counts_resent_requests_again_and_no_others() {
    let home = home();
    let never = || Reply { hang: true, ..Reply::default() };
    let code = "replies = llm_query_batched(['QUICK ' + context['one.txt'], 'SLOW ' + context['two.txt']])";
    let rules =
        [Rule::starting("QUICK", [Reply::text("quick")]), Rule::starting("SLOW", [never(), never(), Reply::text("slow")])];
    let server = scripted([Reply::code(code), Reply::code("FINAL(str(replies))")], rules).await;
    let mut asked = home.asking(&server, &[]).spawn().unwrap();
    until(&server, |stats| stats.rule_requests == [1, 1] && stats.in_flight == 1).await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    asked.kill().await.unwrap();
    let run = home.runs().await[0]["run_id"].as_str().unwrap().to_owned();
    let cut_off = home.run(&["show", &run, "--json"]).await.json();
    assert_eq!(said(&cut_off), got(&server, &["one.txt", "two.txt"], false), "what was under way had left");
    // This time the user stops the run.
    let resumed = home.command(&["resume", &run, "--json"]).spawn().unwrap();
    until(&server, |stats| stats.rule_requests == [1, 2] && stats.in_flight == 1).await;
    signal(&resumed, Signal::INT);
    let stopped = finish(resumed).await.ended(130, "stopped");
    assert_eq!(said(&stopped), got(&server, &["one.txt", "two.txt"], false));
    let answer = home.run(&["resume", &run, "--json"]).await.answered();
    assert_eq!(said(&answer), got(&server, &["one.txt", "two.txt"], false));
    // Two turns, the quick call once, the slow one three times.
    assert_eq!(server.stats().requests, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_has_left_if_no_server_answers() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let outcome = finish(home().asking_at(&address, &["--mode", "direct"]).spawn().unwrap()).await;
    assert_eq!(outcome.ended(1, "failed")["sent"], json!({"sent": [], "documents": [], "exact": true}));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_byte_sent_to_code_elsewhere_counts() {
    let home = home();
    let heard = home.documents().with_file_name("heard");
    let python = program_named("plumb-python");
    let command = format!("sh -c 'tee -a {} | {}'", heard.display(), python.display());
    let reply = Reply::code("print(len(context['one.txt']), len(lines('two.txt', 1, 1)))\nprint(llm_query('Which day?'))");
    let server = scripted([reply, Reply::code("FINAL('done')")], [Rule::starting("Which day?", [Reply::text("Tuesday")])]).await;
    let answer = home.ask(&server, &["--repl-command", &command]).await.answered();
    let heard = std::fs::read(heard).unwrap();
    assert!(String::from_utf8_lossy(&heard).contains("The ferry leaves"));
    let ledger = said(&answer);
    let to_command: Vec<&Value> = ledger["sent"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|sent| sent["to"] == json!({"kind": "command", "command": command}))
        .collect();
    assert_eq!(to_command.len(), 1, "{ledger}");
    // Start, two cells, and what the first of them asked for: two texts and a reply.
    assert_eq!((&to_command[0]["bytes"], &to_command[0]["times"]), (&json!(heard.len()), &json!(6)), "{ledger}");
    assert_eq!(to_command[0]["documents"], 2);
    assert_eq!(ledger["documents"], json!(["one.txt", "two.txt"]));
}

async fn shown(home: &Home, server: &ScriptedServer) -> (Outcome, Outcome) {
    let mut asked = home.command(&["ask", "When?", "--mode", "rlm", "--model", "server:m"]);
    asked.arg(home.documents()).args(["--base-url", server.base_url()]);
    let asked = finish(asked.spawn().unwrap()).await;
    let run = home.runs().await[0]["run_id"].as_str().unwrap().to_owned();
    (asked, home.run(&["show", &run]).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_terminal_names_destinations_and_show_names_documents() {
    let home = home();
    let server = root([Reply::code("print(context['one.txt'])"), Reply::code("FINAL('seven')")]).await;
    let (asked, shown) = shown(&home, &server).await;
    let (address, bytes) = (server.base_url().strip_suffix("/v1").unwrap(), server.stats().bytes_in);
    for outcome in [&asked, &shown] {
        assert!(outcome.stderr.contains("Nothing left this computer."), "{outcome:#?}");
        let words = format!("Sent to {address}, on this computer: 2 requests, {bytes} bytes");
        assert!(outcome.stderr.contains(&words) && outcome.stderr.contains("text of at most 1 document."), "{outcome:#?}");
    }
    assert!(shown.stderr.contains("  one.txt") && !shown.stderr.contains("two.txt"), "{shown:#?}");
    assert!(!asked.stdout.contains("Sent to"), "the answer alone goes into a file: {asked:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forwarding_server_here_is_neither_local_nor_free() {
    let home = home();
    let server = root([Reply::code("FINAL(context['one.txt'])").usage(5_000, 0, 9)]).await;
    let outcome = home.ask(&server, &["--model", "ollama:gpt-oss:120b-cloud"]).await;
    let answer = outcome.answered();
    assert_eq!(answer["sent"]["sent"][0]["to"]["this_computer"], false, "{answer}");
    assert!(answer["cost_usd"].is_null(), "{answer}");
    let shown = home.run(&["show", answer["run_id"].as_str().unwrap()]).await;
    let address = server.base_url().strip_suffix("/v1").unwrap();
    let words = format!("Sent to {address}, a server on this computer that passes text on: 1 request");
    assert!(shown.stderr.contains(&words) && !shown.stderr.contains("Nothing left"), "{shown:#?}");
}
