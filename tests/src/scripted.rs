//! A model server that replies from a script, so that tests need no paid model. It replaces only the network: nothing in
//! the product knows about it. It speaks the formats of OpenAI, Anthropic and Google, each at its own path.

mod bucket;
mod measured;
mod script;
mod wire;

#[cfg(test)]
mod tests;

pub use bucket::Bucket;
pub use script::{Reply, ReportedUsage, Rule, Script};

use bucket::Level;
use futures_util::{Stream, StreamExt, stream};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Frame, Incoming},
    header::{CONTENT_TYPE, RETRY_AFTER},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use script::Compiled;
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinSet};
use wire::{Event, Format};

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// The server's counters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Requests for completions, including those answered with a fault.
    pub requests: u64,
    /// Of these, answered from `root`, in order.
    pub root_requests: u64,
    /// Of these, answered by each rule, in the script's order.
    pub rule_requests: Vec<u64>,
    /// Of these, refused because the bucket was empty.
    pub refused: u64,
    /// Connections opened.
    pub connections: u64,
    /// Most completions in flight at once.
    pub max_concurrency: u64,
    /// Completions in flight now.
    pub in_flight: u64,
    /// Bytes of request bodies.
    pub bytes_in: u64,
    /// Bytes of response bodies.
    pub bytes_out: u64,
    /// Input tokens that replies report and the server would charge.
    pub input_tokens: u64,
    /// Output tokens that replies report.
    pub output_tokens: u64,
}

#[derive(Default)]
struct Seen {
    stats: Stats,
    bodies: Vec<Value>,
    keys: Vec<Option<String>>,
    level: Level,
}

struct Shared {
    script: Compiled,
    seen: Mutex<Seen>,
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running server. It stops when dropped.
pub struct ScriptedServer {
    base_url: String,
    shared: Arc<Shared>,
    _connections: JoinSet<()>,
}

impl ScriptedServer {
    /// Starts the server on 127.0.0.1, at a port the system chooses.
    ///
    /// # Errors
    /// The script has an invalid regular expression or a rule without replies, or no port is free.
    pub async fn start(script: Script) -> io::Result<Self> {
        let script = Compiled::new(script).map_err(io::Error::other)?;
        let rule_requests = vec![0; script.script.rules.len()];
        let seen = Seen { stats: Stats { rule_requests, ..Stats::default() }, ..Seen::default() };
        let shared = Arc::new(Shared { script, seen: Mutex::new(seen) });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base_url = format!("http://{}/v1", listener.local_addr()?);
        let mut connections = JoinSet::new();
        connections.spawn(accept(listener, shared.clone()));
        Ok(ScriptedServer { base_url, shared, _connections: connections })
    }

    /// The value for `--base-url`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The counters so far.
    pub fn stats(&self) -> Stats {
        self.shared.seen().stats.clone()
    }

    /// The bodies of all requests for completions, in order of arrival.
    pub fn requests(&self) -> Vec<Value> {
        self.shared.seen().bodies.clone()
    }

    /// The API keys of all requests for completions, including refused ones.
    pub fn keys(&self) -> Vec<Option<String>> {
        self.shared.seen().keys.clone()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = shared.clone();
        shared.seen().stats.connections += 1;
        connections.spawn(async move {
            let _ = stream.set_nodelay(true);
            let service = service_fn(move |request| answer(request, shared.clone()));
            // Clients that disconnect and connections that the script breaks end here with an error.
            let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> io::Result<Response<Body>> {
    let path = request.uri().path().to_owned();
    if let (&Method::POST, Some(format)) = (request.method(), Format::of(&path)) {
        return complete(format, &path, request, shared).await;
    }
    match (request.method(), path.rsplit('/').next().unwrap_or_default()) {
        (&Method::GET, "models") => {
            whole(StatusCode::OK, json!({"object": "list", "data": [{"id": "scripted", "object": "model"}]}))
        }
        (&Method::GET, "stats") => whole(StatusCode::OK, json!(shared.seen().stats)),
        (&Method::GET, "requests") => whole(StatusCode::OK, json!(shared.seen().bodies)),
        _ => whole(StatusCode::NOT_FOUND, json!({"error": {"message": format!("There is nothing at {path}.")}})),
    }
}

/// A completion in flight.
struct InFlight(Arc<Shared>);

impl InFlight {
    fn begin(shared: &Arc<Shared>) -> Self {
        let stats = &mut shared.seen().stats;
        stats.requests += 1;
        stats.in_flight += 1;
        stats.max_concurrency = stats.max_concurrency.max(stats.in_flight);
        InFlight(shared.clone())
    }

    fn count_out(&self, bytes: &[u8]) {
        self.0.seen().stats.bytes_out += bytes.len() as u64;
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.seen().stats.in_flight -= 1;
    }
}

async fn complete(format: Format, path: &str, request: Request<Incoming>, shared: Arc<Shared>) -> io::Result<Response<Body>> {
    let in_flight = InFlight::begin(&shared);
    let (head, body) = request.into_parts();
    let key = format.key(&head.headers);
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    shared.seen().stats.bytes_in += body.len() as u64;
    shared.seen().keys.push(key.clone());
    if shared.script.script.key.is_some() && key != shared.script.script.key {
        let (status, body) = format.wrong_key();
        return whole(StatusCode::from_u16(status).map_err(io::Error::other)?, body);
    }
    if let Some(bucket) = &shared.script.script.bucket {
        let taken = {
            let mut seen = shared.seen();
            let taken = seen.level.take(bucket);
            seen.stats.refused += u64::from(taken.is_err());
            taken
        };
        if let Err(wait) = taken {
            let mut response =
                whole(StatusCode::TOO_MANY_REQUESTS, json!({"error": {"message": "Rate limit reached.", "type": "requests"}}))?;
            if bucket.retry_after {
                response.headers_mut().insert(RETRY_AFTER, (wait.as_secs_f64().ceil() as u64).into());
            }
            return Ok(response);
        }
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let request = match format.read(path, &head.headers, &body) {
        Ok(request) => request,
        Err(error) => return whole(StatusCode::BAD_REQUEST, json!({"error": {"message": error}})),
    };
    let (reply, text) = {
        let mut seen = shared.seen();
        let mut reply = choose(&shared.script, &mut seen.stats, &request.model, &request.last_message);
        let mut text = reply.text.replace("{last}", &request.last_message);
        if reply.measured {
            measured::measure(&mut reply, &mut text, &body);
        }
        if let Some(usage) = reply.usage.filter(|_| reply.body.is_none()) {
            seen.stats.input_tokens += usage.input_tokens;
            seen.stats.output_tokens += usage.output_tokens;
        }
        seen.bodies.push(body);
        (reply, text)
    };

    tokio::time::sleep(Duration::from_millis(reply.latency_ms)).await;
    if reply.hang {
        std::future::pending::<()>().await;
    }
    if reply.hang_up {
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    let mut response = Response::builder().status(reply.status.unwrap_or(200));
    if let Some(seconds) = &reply.retry_after {
        response = response.header(RETRY_AFTER, seconds);
    }
    let body = if let Some(body) = reply.body {
        response = response.header(CONTENT_TYPE, &reply.content_type);
        counted(in_flight, body)
    } else if request.stream {
        response = response.header(CONTENT_TYPE, "text/event-stream");
        let pieces = pieces(&reply, format.stream(&request, &reply, &text));
        StreamBody::new(pieces.inspect(move |frame| {
            if let Some(bytes) = frame.as_ref().ok().and_then(Frame::data_ref) {
                in_flight.count_out(bytes);
            }
        }))
        .boxed_unsync()
    } else {
        response = response.header(CONTENT_TYPE, "application/json");
        counted(in_flight, format.whole(&request, &reply, &text))
    };
    response.body(body).map_err(io::Error::other)
}

/// The script's reply to this request.
fn choose(script: &Compiled, stats: &mut Stats, model: &str, last_message: &str) -> Reply {
    if let Some(rule) = script.rule(model, last_message) {
        let replies = &script.script.rules[rule].replies;
        let turn = stats.rule_requests[rule] as usize;
        stats.rule_requests[rule] += 1;
        return replies[turn.min(replies.len() - 1)].clone();
    }
    let turn = stats.root_requests as usize;
    stats.root_requests += 1;
    script.script.root.get(turn).cloned().unwrap_or_else(|| Reply::status(500, "The script has no further reply."))
}

/// The events of a stream as sent, including the scripted faults.
fn pieces(reply: &Reply, events: Vec<Event>) -> impl Stream<Item = io::Result<Frame<Bytes>>> + Send + use<> {
    enum Step {
        Send(Bytes),
        Flush,
        Wait(Duration),
        Silence,
        Cut,
    }
    let mut steps = Vec::new();
    let mut sent = 0;
    for (is_text, event) in events {
        let reached = |limit: Option<usize>| limit.is_some_and(|limit| sent >= limit);
        if is_text || sent > 0 {
            if reached(reply.end_after) {
                break;
            }
            if reached(reply.silent_after) {
                steps.push(Step::Silence);
            }
            if reached(reply.cut_after) {
                // Earlier writes must leave first: an aborted connection discards its send buffer.
                steps.push(Step::Wait(Duration::from_millis(50)));
                steps.push(Step::Cut);
                break;
            }
        }
        if is_text {
            sent += 1;
            if reply.piece_delay_ms > 0 {
                steps.push(Step::Wait(Duration::from_millis(reply.piece_delay_ms)));
            }
        }
        let event = Bytes::from(event);
        let part = reply.part_bytes.unwrap_or(event.len()).max(1);
        for start in (0..event.len()).step_by(part) {
            steps.push(Step::Send(event.slice(start..event.len().min(start + part))));
            if reply.part_bytes.is_some() {
                // Yielding with nothing to send flushes the part on its own.
                steps.push(Step::Flush);
            }
        }
    }
    stream::iter(steps).filter_map(async |step| match step {
        Step::Send(bytes) => Some(Ok(Frame::data(bytes))),
        Step::Flush => {
            tokio::task::yield_now().await;
            None
        }
        Step::Wait(time) => {
            tokio::time::sleep(time).await;
            None
        }
        Step::Silence => std::future::pending().await,
        Step::Cut => Some(Err(io::ErrorKind::ConnectionReset.into())),
    })
}

fn counted(in_flight: InFlight, body: String) -> Body {
    in_flight.count_out(body.as_bytes());
    full(body)
}

fn full(body: String) -> Body {
    Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed_unsync()
}

fn whole(status: StatusCode, body: Value) -> io::Result<Response<Body>> {
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, "application/json")
        .body(full(body.to_string()))
        .map_err(io::Error::other)
}
