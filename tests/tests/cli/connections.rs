//! Connections to a server: reuse, TLS with a company's authority, proxies.

mod secured;

use crate::plumb::{Home, Outcome, finish, root, scripted};
use plumb_tests::scripted::{Reply, Rule, ScriptedServer};
use secured::{Proxy, Secured, address};
use tokio::process::Command;

fn home() -> Home {
    Home::with("note.txt", "The meeting is on Tuesday.\n")
}

async fn answering() -> ScriptedServer {
    root(vec![Reply::code(r#"FINAL("Tuesday")"#); 2]).await
}

const LATER: i32 = 2_100;
/// A name that does not resolve: only a proxy can reach it.
const ELSEWHERE: &str = "models.example.test";

/// Asks with these environment variables and none of the user's.
async fn ask(home: &Home, base_url: &str, variables: &[(&str, &str)]) -> Outcome {
    run(home.asking_at(base_url, &[]), variables).await
}

/// Resumes a failed run at a reachable server.
async fn go_on(home: &Home, failed: &Outcome, base_url: &str, variables: &[(&str, &str)]) -> Outcome {
    let answer = failed.json();
    run(home.command(&["resume", answer["run_id"].as_str().unwrap(), "--json", "--base-url", base_url]), variables).await
}

async fn run(mut command: Command, variables: &[(&str, &str)]) -> Outcome {
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    finish(command.envs(variables.iter().copied()).spawn().unwrap()).await
}

/// The message of a run that failed with `unreachable`.
fn unreachable(outcome: &Outcome) -> String {
    let answer = outcome.ended(1, "failed");
    outcome.told();
    assert_eq!(answer["error"]["code"], "unreachable", "{outcome:#?}");
    answer["error"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_in_turn_share_one_connection() {
    let code = "FINAL(str(sum(llm_query(f'ITEM {n}') == 'ok' for n in range(100))))";
    let server = scripted([Reply::code(code)], [Rule::starting("ITEM", [Reply::text("ok")])]).await;
    let answer = home().ask(&server, &[]).await.answered();
    assert_eq!(answer["answer"], "100");
    assert_eq!((server.stats().requests, server.stats().connections), (101, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_at_the_same_time_share_one_connection_over_tls() {
    let code = "FINAL(str(llm_query_batched([f'ITEM {n}' for n in range(100)]).count('ok')))";
    let server = scripted([Reply::code(code)], [Rule::starting("ITEM", [Reply::text("ok").after_ms(100)])]).await;
    let secured = Secured::start(&server, "localhost", LATER).await;
    let url = format!("https://localhost:{}/v1", secured.port);
    let answer = ask(&home(), &url, &[("SSL_CERT_FILE", secured.authority().to_str().unwrap())]).await.answered();
    assert_eq!(answer["answer"], "100");
    let stats = server.stats();
    assert_eq!((stats.requests, stats.connections), (101, 1), "HTTP/2 was agreed on: {stats:?}");
    assert!(stats.max_concurrency > 8, "{stats:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn untrusted_certificates_are_refused_with_advice() {
    let server = root(vec![Reply::code(r#"FINAL("Tuesday")"#); 4]).await;
    let good = Secured::start(&server, "localhost", LATER).await;
    let authority = good.authority();
    let (url, trust) = (format!("https://localhost:{}/v1", good.port), [("SSL_CERT_FILE", authority.to_str().unwrap())]);
    assert_eq!(ask(&home(), &url, &trust).await.answered()["answer"], "Tuesday");
    for (name, year, trusted, words) in [
        ("localhost", LATER, false, ["does not know", "SSL_CERT_FILE"]),
        ("other.example.test", LATER, true, ["made out to another name", "Correct the address"]),
        ("localhost", 2_020, true, ["out of date", "clock"]),
    ] {
        let secured = Secured::start(&server, name, year).await;
        let authority = secured.authority();
        let variables = trusted.then(|| ("SSL_CERT_FILE", authority.to_str().unwrap()));
        let (home, before) = (home(), server.stats().requests);
        let outcome = ask(&home, &format!("https://localhost:{}/v1", secured.port), variables.as_slice()).await;
        let message = unreachable(&outcome);
        assert!(words.iter().all(|words| message.contains(words)) && message.contains("nothing was sent"), "{message}");
        assert_eq!(server.stats().requests, before, "a text was sent to a server that could not be trusted");
        assert_eq!(go_on(&home, &outcome, &url, &trust).await.answered()["answer"], "Tuesday");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_through_the_proxy_of_the_environment() {
    let server = answering().await;
    // A proxy for plain HTTP gets the whole address, and the scripted server answers for any.
    let through = format!("http://{}", address(&server));
    let plain = ask(&home(), &format!("http://{ELSEWHERE}/v1"), &[("HTTP_PROXY", &through)]).await;
    assert_eq!(plain.answered()["answer"], "Tuesday");

    let secured = Secured::start(&server, ELSEWHERE, LATER).await;
    let proxy = Proxy::start(Some(secured.port)).await;
    let (authority, through) = (secured.authority(), format!("http://me:sesame@127.0.0.1:{}", proxy.port));
    let variables = [("SSL_CERT_FILE", authority.to_str().unwrap()), ("HTTPS_PROXY", &through)];
    let url = format!("https://{ELSEWHERE}/v1");
    assert_eq!(ask(&home(), &url, &variables).await.answered()["answer"], "Tuesday");
    let heads = proxy.heads();
    assert_eq!(heads.len(), 1);
    let head = heads[0].to_lowercase();
    assert!(head.starts_with(&format!("connect {ELSEWHERE}:443 ")) && head.contains("proxy-authorization: basic "), "{head}");

    let past = [variables[0], variables[1], ("NO_PROXY", ELSEWHERE)];
    assert!(!unreachable(&ask(&home(), &url, &past).await).contains("proxy"));
    assert_eq!(proxy.heads().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_proxy_is_named_without_its_password() {
    let refusing = Proxy::start(None).await;
    let server = root(vec![Reply::code(r#"FINAL("Tuesday")"#); 4]).await;
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (port, scheme, words) in [
        (refusing.port, "https", "wants a user name and a password"),
        (refusing.port, "http", "wants a user name and a password"),
        (gone, "https", "cannot be reached through the proxy"),
        (gone, "http", "cannot be reached through the proxy"),
    ] {
        let through = format!("http://me:sesame@127.0.0.1:{port}");
        let variables = [("HTTPS_PROXY", through.as_str()), ("HTTP_PROXY", through.as_str())];
        let home = home();
        let outcome = ask(&home, &format!("{scheme}://{ELSEWHERE}/v1"), &variables).await;
        let message = unreachable(&outcome);
        assert!(message.contains(words) && message.contains(&format!("127.0.0.1:{port}")), "{message}");
        assert!(!outcome.told().contains("sesame"), "{outcome:#?}");
        assert_eq!(go_on(&home, &outcome, server.base_url(), &[]).await.answered()["answer"], "Tuesday");
    }
}
