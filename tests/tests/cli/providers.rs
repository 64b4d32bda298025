//! The same run at servers of every wire format.

use crate::plumb::{Home, finish, root};
use plumb_tests::scripted::{Reply, ReportedUsage, Script, ScriptedServer};
use serde_json::{Value, json};

const MODELS: [&str; 3] = ["server:m", "anthropic:m", "gemini:m"];
const KEY: &str = "sk-right-5d1f";

fn home() -> Home {
    Home::with("note.txt", "The meeting is on Tuesday.\n")
}

async fn ask(home: &Home, server: &ScriptedServer, model: &str, key: &str) -> crate::plumb::Outcome {
    let mut asked = home.asking(server, &["--model", model, "--api-key-env", "PLUMB_TEST_KEY"]);
    finish(asked.env("PLUMB_TEST_KEY", key).spawn().unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_two_turns_is_answered_in_every_format() {
    for model in MODELS {
        let first =
            Reply { thinking: "Where could it stand?".into(), ..Reply::code("print(context['note.txt'])").usage(50, 0, 9) };
        let second =
            Reply { part_bytes: Some(1), piece_chars: 3, ..Reply::code(r#"FINAL("Dienstag – 火曜日")"#).usage(80, 40, 7) };
        let script = Script { root: vec![first, second], key: Some(KEY.into()), ..Script::default() };
        let server = ScriptedServer::start(script).await.unwrap();
        let outcome = ask(&home(), &server, model, KEY).await;
        let answer = outcome.answered();
        assert_eq!(answer["answer"], "Dienstag – 火曜日", "{model}");
        let usage = json!({"input_tokens": 130, "cached_input_tokens": 40, "cache_write_tokens": 0, "output_tokens": 16});
        assert_eq!(answer["usage"], usage, "{model}");
        assert!(!outcome.told().contains(KEY) && !outcome.told().contains("Where could it stand"), "{model}: {outcome:#?}");
        assert!(server.requests()[1].to_string().contains("The meeting is on Tuesday"), "{model}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_at_anthropic_reads_what_the_one_before_wrote() {
    let written = ReportedUsage { input_tokens: 50, cached_input_tokens: 0, cache_write_tokens: 45, output_tokens: 9 };
    let first = Reply { usage: Some(written), ..Reply::code("print(llm_query('Which day?'))") };
    let rules = [plumb_tests::scripted::Rule::starting("Which day?", [Reply::text("Tuesday")])];
    let server = crate::plumb::scripted([first, Reply::code(r#"FINAL("Tuesday")"#)], rules).await;
    let answer = home().ask(&server, &["--model", "anthropic:m"]).await.answered();
    assert_eq!(answer["usage"]["cache_write_tokens"], 45, "{answer}");
    let marked = |request: &Value| -> Vec<bool> {
        let messages = request["messages"].as_array().unwrap().iter();
        messages.map(|message| message["content"].to_string().contains("cache_control")).collect()
    };
    let requests = server.requests();
    // The first turn; a sub-call, which is not continued; the second turn, with the first reply between its two questions.
    assert_eq!(requests.iter().map(marked).collect::<Vec<_>>(), [vec![true], vec![false], vec![true, false, true]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_refused_in_every_format_and_said_nowhere() {
    for model in MODELS {
        let script = Script { root: vec![Reply::text("in")], key: Some("sk-other".into()), ..Script::default() };
        let server = ScriptedServer::start(script).await.unwrap();
        let outcome = ask(&home(), &server, model, KEY).await;
        assert_eq!(outcome.ended(1, "failed")["error"]["code"], "refused_key", "{model}: {outcome:#?}");
        assert!(!outcome.told().contains(KEY), "{model}: {outcome:#?}");
        assert_eq!(server.stats().requests, 1, "{model}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn passing_faults_are_retried_and_lasting_ones_told_everywhere() {
    for model in MODELS {
        let cut = Reply { cut_after: Some(0), ..Reply::text("never") };
        let server = root([Reply::status(529, "Overloaded"), cut, Reply::code(r#"FINAL("Tuesday")"#)]).await;
        assert_eq!(home().ask(&server, &["--model", model]).await.answered()["answer"], "Tuesday", "{model}");
        let server = root([Reply { end_after: Some(1), piece_chars: 4, ..Reply::text("The answer is long") }]).await;
        let outcome = home().ask(&server, &["--model", model]).await;
        assert_eq!(outcome.ended(1, "failed")["error"]["code"], "cut_short", "{model}: {outcome:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_providers_usual_key_variable_is_named_but_not_used() {
    let home = home();
    let mut asked = home.command(&["ask", "Which day?"]);
    asked.arg(home.documents()).args(["--model", "mistral:mistral-small-latest"]).env("MISTRAL_API_KEY", KEY);
    // No keychain answers, so the user's own keychain cannot provide a key.
    asked.env_remove("DBUS_SESSION_BUS_ADDRESS").env("XDG_RUNTIME_DIR", home.plumb_home());
    let outcome = finish(asked.spawn().unwrap()).await;
    assert!(outcome.exit == Some(1) && outcome.told().contains("--api-key-env MISTRAL_API_KEY"), "{outcome:#?}");
    assert!(!outcome.told().contains(KEY), "{outcome:#?}");
}
