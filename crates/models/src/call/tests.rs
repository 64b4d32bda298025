pub mod server;

use super::*;
use plumb_rlm::{
    fault::{Code, Fault},
    money::Usd,
    usage::{Finish, Reported, Usage},
};
use server::{Server, Step, ask, ask_for, model_at, read_request, request};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const STREAM: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n: hello\r\n\r\n";
const HELLO: &[u8] = "data: {\"choices\":[{\"delta\":{\"content\":\"h\u{e9}\u{1f600}llo\"}}]}\r\n\r\n".as_bytes();
const END: &[u8] = b"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\ndata: [DONE]\n\n";

fn good() -> Vec<Step> {
    vec![Step::Send(STREAM), Step::Send(HELLO), Step::Send(END)]
}

#[tokio::test]
async fn a_reply_streams_with_usage_and_sends_the_key() {
    let server = Server::start(vec![good()]).await;
    let (reply, shown) = ask(&server.model("server"), "hi").await;
    let reply = reply.unwrap();
    assert_eq!((reply.text.as_str(), shown.as_str(), reply.finish), ("hé😀llo", "hé😀llo", Finish::Stop));
    assert_eq!(reply.usage, Reported::from(Usage { input_tokens: 3, output_tokens: 1, ..Usage::default() }));
    let seen = &server.seen()[0];
    assert!(seen.starts_with("POST /v1/chat/completions HTTP/1.1"));
    assert!(seen.contains("authorization: Bearer sk-secret"));
    assert!(seen.contains("\"stop\":[\"END\"]") && seen.contains("\"include_usage\":true"));
}

#[tokio::test]
async fn characters_split_by_the_network_come_out_whole() {
    let mut script = vec![Step::Send(STREAM)];
    for byte in HELLO {
        script.push(Step::Send(std::slice::from_ref(byte)));
        script.push(Step::Wait(1));
    }
    script.push(Step::Send(END));
    let server = Server::start(vec![script]).await;
    assert_eq!(ask(&server.model("server"), "hi").await.1, "hé😀llo");
}

#[tokio::test]
async fn an_absent_server_is_named_with_advice() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let model = model_at(&Url::parse(&format!("http://{address}/v1")).unwrap(), "server");
    let error = ask(&model, "hi").await.0.unwrap_err();
    assert_eq!(error.code, Code::Unreachable);
    assert!(error.message.contains(&address.to_string()) && error.message.contains("Start the server"), "{}", error.message);
}

#[tokio::test]
async fn a_cut_stream_keeps_its_text_and_is_not_sent_again() {
    let server = Server::start(vec![vec![Step::Send(STREAM), Step::Send(HELLO)], good()]).await;
    let (result, shown) = ask(&server.model("server"), "hi").await;
    let error = result.unwrap_err();
    assert_eq!((error.code, shown.as_str()), (Code::CutShort, "hé😀llo"));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_stream_cut_before_its_first_word_is_sent_again() {
    let server = Server::start(vec![vec![Step::Send(STREAM)], vec![], good()]).await;
    assert_eq!(ask(&server.model("server"), "hi").await.0.unwrap().text, "hé😀llo");
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_busy_server_is_asked_again_after_the_wait_it_names() {
    const BUSY: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 0.3\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let server = Server::start(vec![vec![Step::Send(BUSY)], good()]).await;
    let began = Instant::now();
    assert!(ask(&server.model("server"), "hi").await.0.is_ok());
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_server_that_stays_busy_is_given_up_after_six_tries() {
    const BUSY: &[u8] = b"HTTP/1.1 503 Busy\r\ncontent-length: 4\r\nconnection: close\r\n\r\nbusy";
    let server = Server::start((0..8).map(|_| vec![Step::Send(BUSY)]).collect()).await;
    assert_eq!(ask(&server.model("server"), "hi").await.0.unwrap_err().code, Code::Server);
    assert_eq!(server.seen().len(), 6);
}

#[tokio::test]
async fn a_wait_of_an_hour_fails_at_once() {
    const BUSY: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 3600\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let server = Server::start(vec![vec![Step::Send(BUSY)]]).await;
    assert_eq!(ask(&server.model("server"), "hi").await.0.unwrap_err().code, Code::RateLimited);
}

#[tokio::test]
async fn a_refused_key_is_reported_but_not_shown() {
    const REFUSED: &[u8] =
        b"HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n{\"error\":{\"message\":\"Incorrect API key provided: sk-secret\"}}";
    let server = Server::start(vec![vec![Step::Send(REFUSED)]]).await;
    let error = ask(&server.model("server"), "hi").await.0.unwrap_err();
    assert_eq!(error.code, Code::RefusedKey);
    assert!(error.message.contains("[key]") && !format!("{error:?}").contains("sk-secret"));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_page_instead_of_a_reply_is_a_bad_reply() {
    const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<!doctype html><h1>Sign in</h1>";
    let server = Server::start(vec![vec![Step::Send(PAGE)]]).await;
    assert_eq!(ask(&server.model("server"), "hi").await.0.unwrap_err().code, Code::BadReply);
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_key() {
    const MOVED: &[u8] =
        b"HTTP/1.1 307 Moved\r\nlocation: http://127.0.0.1:9/v1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let server = Server::start(vec![vec![Step::Send(MOVED)]]).await;
    assert_eq!(ask(&server.model("server"), "hi").await.0.unwrap_err().code, Code::BadReply);
}

#[tokio::test]
async fn silence_ends_a_call_before_and_within_its_reply() {
    let server = Server::start(vec![vec![Step::Hang], vec![Step::Send(STREAM), Step::Hang]]).await;
    let model = server.model("server");
    for _ in 0..2 {
        let error = ask(&model, "hi").await.0.unwrap_err();
        assert_eq!(error.code, Code::Server, "{}", error.message);
    }
    let server = Server::start(vec![vec![Step::Send(STREAM), Step::Send(HELLO), Step::Hang]]).await;
    let (result, shown) = ask(&server.model("server"), "hi").await;
    assert_eq!((result.unwrap_err().code, shown.as_str()), (Code::CutShort, "hé😀llo"));
}

#[tokio::test]
async fn an_open_line_after_a_reply_costs_only_the_usage() {
    const FINISHED: &[u8] = b"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let server = Server::start(vec![vec![Step::Send(STREAM), Step::Send(HELLO), Step::Send(FINISHED), Step::Hang]]).await;
    let reply = ask(&server.model("server"), "hi").await.0.unwrap();
    assert_eq!((reply.text.as_str(), reply.usage), ("hé😀llo", Reported::default()));
}

#[tokio::test]
async fn a_refused_parameter_is_left_out_from_then_on() {
    const REFUSED: &[u8] = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n{\"error\":{\"message\":\"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.\"}}";
    let server = Server::start(vec![vec![Step::Send(REFUSED)], good(), good()]).await;
    let model = server.model("server");
    assert!(ask(&model, "hi").await.0.is_ok());
    assert!(ask(&model, "hi").await.0.is_ok());
    let with: Vec<bool> = server.seen().iter().map(|request| request.contains("\"max_tokens\"")).collect();
    assert_eq!(with, [true, false, false]);
    assert!(server.seen()[2].contains("\"max_completion_tokens\":50"));
}

#[tokio::test]
async fn a_refused_parameter_is_known_to_the_next_connection() {
    const REFUSED: &[u8] =
        b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n{\"error\":{\"message\":\"seed is not supported\"}}";
    let server = Server::start(vec![vec![Step::Send(REFUSED)], good(), good()]).await;
    for _ in 0..2 {
        assert!(ask(&server.model("server"), "hi").await.0.is_ok());
    }
    let with: Vec<bool> = server.seen().iter().map(|request| request.contains("\"seed\"")).collect();
    assert_eq!(with, [true, false, false]);
}

fn refusal(message: &str) -> Vec<Step> {
    let body = format!("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n{{\"error\":{{\"message\":\"{message}\"}}}}");
    vec![Step::Send(body.into_bytes().leak())]
}

/// The reply limits in the requests to a server.
fn limits(server: &Server) -> Vec<u32> {
    let most = |request: &String| {
        let tail = request.split_once("\"max_tokens\":").unwrap().1;
        tail.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
    };
    server.seen().iter().map(most).collect()
}

#[tokio::test]
async fn a_window_is_learned_from_its_refusal() {
    let refused = "This model's maximum context length is 8192 tokens. However, you requested 8692 tokens (500 in the messages, 8192 in the completion).";
    let server = Server::start(vec![refusal(refused), good(), good(), good()]).await;
    let prompt = "word ".repeat(400);
    assert!(ask_for(&server.model("vllm"), &prompt, 8_192).await.0.is_ok());
    assert!(ask_for(&server.model("vllm"), &prompt, 8_192).await.0.is_ok());
    assert!(ask_for(&server.model("vllm"), &prompt, 1_000).await.0.is_ok());
    let asked = limits(&server);
    assert_eq!((asked.len(), asked[0], asked[3]), (4, 8_192, 1_000), "later calls fit at once: {asked:?}");
    assert!((7_500..=7_692).contains(&asked[1]) && (7_500..=7_692).contains(&asked[2]), "{asked:?}");
}

#[tokio::test]
async fn a_prompt_without_room_for_a_reply_is_not_sent_again() {
    let refused = "This model's maximum context length is 8192 tokens. However, you requested 16382 tokens (8190 in the messages, 8192 in the completion).";
    let server = Server::start(vec![refusal(refused), good()]).await;
    let error = ask_for(&server.model("vllm"), "hi", 8_192).await.0.unwrap_err();
    assert_eq!((error.code, server.seen().len()), (Code::TooLong, 1));
    assert!(error.message.contains("can read more at once"), "{}", error.message);
}

#[tokio::test]
async fn a_server_that_refuses_every_length_is_given_up() {
    let refused = |prompt: u32| {
        refusal(&format!("maximum context length is 10000 tokens. However, your request has {prompt} input tokens"))
    };
    let server = Server::start((1..9).map(|n| refused(n * 1_000)).collect()).await;
    assert_eq!(ask_for(&server.model("vllm"), "hi", 9_500).await.0.unwrap_err().code, Code::TooLong);
    assert_eq!(limits(&server).len(), 4);
}

#[tokio::test]
async fn a_longest_reply_is_learned_and_the_limit_is_still_sent() {
    let refused = "max_tokens is too large: 8192. This model supports at most 4096 completion tokens, whereas you provided 8192.";
    let server = Server::start(vec![refusal(refused), good(), good()]).await;
    for _ in 0..2 {
        assert!(ask_for(&server.model("server"), "hi", 8_192).await.0.is_ok());
    }
    assert_eq!(limits(&server), [8_192, 4_096, 4_096]);
}

#[tokio::test]
async fn keep_alives_alone_do_not_hold_a_call_for_ever() {
    const BEGUN: &[u8] = b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{}}\n\n";
    const PING: &[u8] = b"event: ping\ndata: {\"type\": \"ping\"}\n\n";
    const COMMENT: &[u8] = b": ping\n\n";
    const NOTHING: &[u8] = b"";
    for (provider, begun, alive) in [("server", HELLO, COMMENT), ("server", NOTHING, COMMENT), ("anthropic", BEGUN, PING)] {
        // The keep-alives never end, so only the timeout for an event with content can end the call.
        let server = Server::start(vec![vec![Step::Send(STREAM), Step::Send(begun), Step::Repeat(alive, 5)]]).await;
        let began = Instant::now();
        let (result, shown) = ask(&server.model(provider), "hi").await;
        assert!(began.elapsed() > Duration::from_millis(600), "{provider}: keep-alives prolong a call beyond silence");
        assert_eq!(result.unwrap_err().code, if shown.is_empty() { Code::Server } else { Code::CutShort }, "{provider}");
    }
}

#[tokio::test]
async fn a_reply_may_come_late_behind_comments() {
    let mut script = vec![Step::Send(STREAM)];
    script.extend((0..10).flat_map(|_| [Step::Send(b": processing\n\n"), Step::Wait(60)]));
    script.extend([Step::Send(HELLO), Step::Send(END)]);
    let server = Server::start(vec![script]).await;
    assert_eq!(ask(&server.model("server"), "hi").await.0.unwrap().text, "hé😀llo");
}

#[tokio::test]
async fn a_refused_key_has_its_command_run_again() {
    const REFUSED: &[u8] = b"HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n{}";
    let folder = tempfile::tempdir().unwrap();
    let vault = folder.path().join("vault");
    let keys = crate::keys::Keys::new();
    let server = Server::start(vec![good(), vec![Step::Send(REFUSED)], good()]).await;
    let choice = plumb_rlm::options::ModelChoice {
        provider: "server".into(),
        name: "m".into(),
        base_url: Some(server.url.to_string()),
        key: plumb_rlm::options::KeySource::Command { command: format!("cat '{}'", vault.display()) },
        price: None,
    };
    for key in ["sk-old", "sk-new", "sk-new"] {
        std::fs::write(&vault, key).unwrap();
        let model = server.model_with(keys.get(&choice).await.unwrap().unwrap());
        let _ = ask(&model, "hi").await;
    }
    let sent = |request: &String| request.contains("Bearer sk-new");
    assert_eq!(server.seen().iter().map(sent).collect::<Vec<_>>(), [false, false, true]);
}

#[tokio::test]
async fn azure_reports_deployments_and_lists_no_models() {
    const MISSING: &[u8] = b"HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n{\"error\":{\"code\":\"DeploymentNotFound\",\"message\":\"The API deployment for this resource does not exist.\"}}";
    let server = Server::start(vec![vec![Step::Send(MISSING)], good()]).await;
    let model = server.model("azure");
    let error = ask(&model, "hi").await.0.unwrap_err();
    assert!(error.code == Code::NoSuchModel && error.message.contains("no deployment named \"m\""), "{}", error.message);
    let error = model.offered().await.unwrap_err();
    assert!(error.code == Code::BadReply && error.message.contains("the name that you gave the deployment"), "{}", error.message);
    assert_eq!(server.seen().len(), 1, "no request for the list is sent");
}

/// A good reply to a prompt that the server counts as so many tokens.
fn counted(prompt: u64) -> Vec<Step> {
    let usage = format!(
        "data: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"stop\"}}]}}\n\ndata: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":{prompt},\"completion_tokens\":1}}}}\n\ndata: [DONE]\n\n"
    );
    vec![Step::Send(STREAM), Step::Send(HELLO), Step::Send(usage.into_bytes().leak())]
}

#[tokio::test]
async fn a_prompt_that_ollama_truncated_is_an_error() {
    // Our tokenizer makes each word one token.
    for (words, read, cut) in [
        (5_000, 3, true),
        (5_000, 3_600, true),
        // Exactly a window of 4096 tokens, and fewer than were sent.
        (4_600, 4_096, true),
        (2_500, 2_048, true),
        // Another tokenizer, which makes fewer or more tokens.
        (5_000, 4_000, false),
        (5_000, 6_400, false),
        (4_000, 4_096, false),
        // A short prompt fits any window. An old version does not count cached tokens.
        (1_500, 700, false),
        (5_000, 0, false),
    ] {
        let server = Server::start(vec![counted(read)]).await;
        let result = ask(&server.model("ollama"), &"word ".repeat(words)).await.0;
        assert_eq!(result.as_ref().err().map(|error| error.code), cut.then_some(Code::TooLong), "{words} words, {read} read");
        if let Err(error) = result {
            for words in ["context length", "models.toml", &format!("window = {read} for m ")] {
                assert!(error.message.contains(words), "{}", error.message);
            }
        }
        let server = Server::start(vec![counted(read)]).await;
        assert!(ask(&server.model("server"), &"word ".repeat(words)).await.0.is_ok(), "only Ollama truncates prompts");
    }
}

#[tokio::test]
async fn giving_up_a_call_closes_its_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/v1", listener.local_addr().unwrap())).unwrap();
    let closed = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
        stream.write_all(STREAM).await.unwrap();
        stream.read(&mut [0; 1]).await
    });
    let model = model_at(&url, "server");
    assert!(timeout(Duration::from_millis(150), ask(&model, "hi")).await.is_err());
    let read = timeout(Duration::from_secs(2), closed).await.unwrap().unwrap();
    assert!(matches!(read, Ok(0) | Err(_)));
}

#[tokio::test]
async fn a_key_goes_into_its_providers_header() {
    for (provider, header) in [("azure", "api-key"), ("portkey", "x-portkey-api-key"), ("litellm", "authorization")] {
        let server = Server::start(vec![good()]).await;
        assert!(ask(&server.model(provider), "hi").await.0.is_ok());
        let value = if header == "authorization" { "Bearer sk-secret" } else { "sk-secret" };
        assert!(server.seen()[0].contains(&format!("\r\n{header}: {value}\r\n")), "{}", server.seen()[0]);
        assert_eq!(server.seen()[0].matches("sk-secret").count(), 1);
    }
}

#[tokio::test]
async fn openrouters_cost_comes_with_the_reply() {
    const CHARGED: &[u8] = b"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1,\"cost\":0.00125}}\n\ndata: [DONE]\n\n";
    for (provider, cost) in [("openrouter", Some(Usd::from_dollars(0.00125))), ("server", None)] {
        let server = Server::start(vec![vec![Step::Send(STREAM), Step::Send(HELLO), Step::Send(CHARGED)]]).await;
        assert_eq!(ask(&server.model(provider), "hi").await.0.unwrap().cost, cost, "{provider}");
    }
}

/// A ledger on a full disk.
#[derive(Debug, Default)]
struct Full(AtomicU32);

#[async_trait]
impl Sending for Full {
    async fn sending(&self, _: &Destination, _: u64) -> Result<(), Fault> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(Fault::new(Code::DiskFull, "The disk is full. Free some space, then continue."))
    }
}

#[tokio::test]
async fn a_call_that_cannot_be_recorded_is_not_sent() {
    let server = Server::start(vec![good(), good()]).await;
    let full = Arc::new(Full::default());
    let call = ModelRequest { sending: Some(full.clone()), ..request("hi") };
    let error = server.model("server").complete(call, &|_| {}).await.unwrap_err();
    assert_eq!((error.code, error.message.as_str()), (Code::DiskFull, "The disk is full. Free some space, then continue."));
    assert_eq!(full.0.load(Ordering::Relaxed), 1);
    assert!(server.seen().iter().all(|request| !request.contains("messages")), "nothing was sent: {:?}", server.seen());
}

#[test]
fn a_key_that_cannot_be_sent_is_refused_without_showing_it() {
    let error = key_header(KeyHeader::Bearer, &Key::new("sk-\nsecret")).unwrap_err();
    assert_eq!(error.code, Code::RefusedKey);
    assert!(!error.message.contains("secret"));
}
