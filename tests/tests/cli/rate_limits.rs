//! A server with a rate limit: a batch comes through whole, about as fast as the server lets it.

use crate::plumb::{Home, finish};
use plumb_tests::scripted::{Bucket, Reply, Rule, Script, ScriptedServer};
use std::time::Duration;

const CALLS: usize = 1_000;

/// Makes a thousand sub-calls at a server, with a rate limit or without one. Returns the time the batch took.
async fn batch(bucket: Option<Bucket>, latency_ms: u64, concurrency: &str) -> (Duration, ScriptedServer) {
    let code = format!(
        "import time\nsince = time.time()\nreplies = llm_query_batched([f'ITEM {{n}}' for n in range({CALLS})])\n\
         FINAL(f'{{replies.count(\"ok\")}} in {{time.time() - since}}')"
    );
    let script = Script {
        root: vec![Reply::code(&code)],
        rules: vec![Rule::starting("ITEM", [Reply::text("ok").after_ms(latency_ms)])],
        bucket,
        ..Script::default()
    };
    let server = ScriptedServer::start(script).await.unwrap();
    let home = Home::with("note.txt", "The meeting is on Tuesday.\n");
    let asked = home.asking(&server, &["--concurrency", concurrency, "--max-calls", "1000"]).spawn().unwrap();
    let answer = finish(asked).await.answered();
    let (replies, seconds) = answer["answer"].as_str().unwrap().split_once(" in ").unwrap();
    assert_eq!(replies, CALLS.to_string(), "{answer}");
    // The server answered each call once: Plumb resent none that the server had taken.
    let stats = server.stats();
    assert_eq!(stats.rule_requests, [CALLS as u64], "{stats:?}");
    assert_eq!(answer["usage"]["input_tokens"], 100 * (CALLS as u64 + 1), "{answer}");
    (Duration::from_secs_f64(seconds.parse().unwrap()), server)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_passes_a_token_bucket_about_as_fast_as_it_fills() {
    let bucket = |rate, burst, retry_after| Bucket { rate, burst, retry_after };
    // A bucket that names its wait in whole seconds must hold a second's calls. One that names none may hold few. Replies are immediate or slow.
    for (bucket, latency_ms, concurrency) in [
        (bucket(100.0, 100.0, true), 400, "128"),
        (bucket(100.0, 100.0, false), 400, "64"),
        (bucket(200.0, 20.0, false), 0, "128"),
    ] {
        let (unlimited, _) = batch(None, latency_ms, concurrency).await;
        // The bucket must fill, and this machine must do the work: the baseline says how long that takes here and now.
        let filling = Duration::from_secs_f64((CALLS as f64 - bucket.burst) / bucket.rate);
        let (took, server) = batch(Some(bucket.clone()), latency_ms, concurrency).await;
        let refused = server.stats().refused;
        println!("{bucket:?}, {latency_ms} ms: {took:?}; filling {filling:?}, unlimited {unlimited:?}, {refused} refused");
        assert!(refused > 0 && refused < CALLS as u64 / 2, "{refused} refused");
        assert!(took >= filling, "the server takes no more");
        assert!(took < (filling + unlimited) * 3 / 2, "{took:?}; filling {filling:?}, unlimited {unlimited:?}");
    }
}
