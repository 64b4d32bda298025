//! A server that takes only so many calls: a batch comes through whole, about as fast as the server lets it.

use crate::plumb::{Home, finish};
use plumb_tests::scripted::{Bucket, Reply, Rule, Script, ScriptedServer};
use std::time::Duration;

const CALLS: usize = 1_000;

/// Asks a thousand sub-calls of a server with a bucket, and gives how long the batch took.
async fn batch(bucket: Bucket, latency_ms: u64, concurrency: &str) -> (Duration, ScriptedServer) {
    let code = format!(
        "import time\nsince = time.time()\nreplies = llm_query_batched([f'ITEM {{n}}' for n in range({CALLS})])\n\
         FINAL(f'{{replies.count(\"ok\")}} in {{time.time() - since}}')"
    );
    let script = Script {
        root: vec![Reply::code(&code)],
        rules: vec![Rule::starting("ITEM", [Reply::text("ok").after_ms(latency_ms)])],
        bucket: Some(bucket),
        ..Script::default()
    };
    let server = ScriptedServer::start(script).await.unwrap();
    let home = Home::with("note.txt", "The meeting is on Tuesday.\n");
    let asked = home.asking(&server, &["--concurrency", concurrency, "--max-calls", "1000"]).spawn().unwrap();
    let answer = finish(asked).await.answered();
    let (replies, seconds) = answer["answer"].as_str().unwrap().split_once(" in ").unwrap();
    assert_eq!(replies, CALLS.to_string(), "{answer}");
    // Each was answered once: nothing was sent twice that the server had taken.
    let stats = server.stats();
    assert_eq!(stats.rule_requests, [CALLS as u64], "{stats:?}");
    assert_eq!(answer["usage"]["input_tokens"], 100 * (CALLS as u64 + 1), "{answer}");
    (Duration::from_secs_f64(seconds.parse().unwrap()), server)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_a_thousand_comes_through_a_token_bucket_about_as_fast_as_it_fills() {
    let bucket = |rate, burst, retry_after| Bucket { rate, burst, retry_after };
    // What names its wait in whole seconds holds at least as much; one that names none may hold little. Replies come at once, and slowly.
    for (bucket, latency_ms, concurrency) in [
        (bucket(100.0, 100.0, true), 400, "128"),
        (bucket(100.0, 100.0, false), 400, "64"),
        (bucket(200.0, 20.0, false), 0, "128"),
    ] {
        let ideal = (CALLS as f64 - bucket.burst) / bucket.rate + latency_ms as f64 / 1000.0;
        let (took, server) = batch(bucket.clone(), latency_ms, concurrency).await;
        let refused = server.stats().refused;
        println!("{bucket:?}, {latency_ms} ms: {took:?} where {ideal} s would do, {refused} refused");
        assert!(refused > 0 && refused < CALLS as u64 / 2, "{refused} refused");
        // 1.2 on a quiet machine.
        assert!(took.as_secs_f64() < 1.5 * ideal, "{took:?} where {ideal} s would do");
    }
}
