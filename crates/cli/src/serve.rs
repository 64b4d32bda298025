//! `plumb serve`: the same commands and updates for a browser on this machine.
//!
//! Other users share the loopback address, and any web page can send requests to it. So: the address carries a one-time token that is exchanged for an
//! HttpOnly, SameSite cookie; the Host header must be the loopback's and the Origin, where there is one, our own; paths are confined to the folders
//! named at the start.

use crate::{arguments, interrupt::Interrupts, outcome::Exit};
use axum::{
    Json, Router,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response, Sse, sse},
    routing::{get, post},
};
use futures_util::StreamExt;
use plumb_api::{
    Folders, Plumb,
    fault::{Code, Fault},
    types::Update,
};
use rust_embed::RustEmbed;
use std::{
    convert::Infallible,
    net::Ipv4Addr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::net::TcpListener;
use tokio_stream::wrappers::BroadcastStream;

const COOKIE: &str = "plumb_session";

/// What the page may load: itself and nothing else.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; \
    frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// The window's page, linked in.
#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Page;

struct Host {
    plumb: Plumb,
    /// Exchanged for the session once.
    token: Mutex<Option<String>>,
    session: String,
    port: u16,
}

/// Serves until Ctrl-C.
pub async fn run(arguments: arguments::Serve) -> Result<Exit, Fault> {
    let roots = if arguments.roots.is_empty() { std::env::home_dir().into_iter().collect() } else { arguments.roots };
    let roots: Vec<PathBuf> = roots.iter().map(|root| std::path::absolute(root).unwrap_or_else(|_| root.clone())).collect();
    if let Some(missing) = roots.iter().find(|root| !root.is_dir()) {
        return Err(Fault::new(Code::NoSuchFolder, format!("{} is not a folder.", missing.display())));
    }
    let plumb = Plumb::open_confined(Folders::of_this_user(), Some(roots)).await?;
    let busy = |e: std::io::Error| {
        Fault::new(
            Code::PortTaken,
            format!("Port {} cannot be used: {e}. Leave --port out to take any free one.", arguments.port),
        )
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, arguments.port)).await.map_err(busy)?;
    let port = listener.local_addr().map_err(busy)?.port();
    let token = secret();
    let host = Arc::new(Host { plumb, token: Mutex::new(Some(token.clone())), session: secret(), port });
    let guarded = Router::new()
        .route("/api/{command}", post(command))
        .route("/api/updates", get(updates))
        .route_layer(middleware::from_fn_with_state(host.clone(), signed_in));
    let app = Router::new()
        .merge(guarded)
        .route("/", get(enter))
        .fallback(page)
        .layer(middleware::from_fn_with_state(host.clone(), same_origin))
        .with_state(host);
    println!("Open this address in a browser on this machine; it works once:\nhttp://127.0.0.1:{port}/?token={token}");
    let mut interrupts = Interrupts::listen()?;
    // Open streams of updates never end by themselves, so serving is ended rather than drained.
    tokio::select! {
        served = axum::serve(listener, app) => served.map_err(|e| Fault::new(Code::Serve, e.to_string()))?,
        () = interrupts.next() => {}
    }
    Ok(Exit::Stopped)
}

/// 244 random bits.
fn secret() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

/// Refuses what comes from another name (DNS rebinding) or another page.
async fn same_origin(State(host): State<Arc<Host>>, request: Request, next: Next) -> Response {
    if !is_own(request.headers(), host.port) {
        return refused(StatusCode::FORBIDDEN, Code::WrongOrigin, "This address answers only to its own page on this machine.");
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Names in links of an answer could carry words out before anybody clicks.
    headers.insert("x-dns-prefetch-control", HeaderValue::from_static("off"));
    response
}

fn is_own(headers: &HeaderMap, port: u16) -> bool {
    let names = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host_is_ours = header(header::HOST).is_some_and(|host| names.iter().any(|name| name == host));
    // Browsers send the origin with every POST; a command without one does not come from a page.
    let origin_is_ours = header(header::ORIGIN).is_none_or(|origin| names.iter().any(|name| origin == format!("http://{name}")));
    host_is_ours && origin_is_ours
}

fn has_session(host: &Host, headers: &HeaderMap) -> bool {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(';'));
    let mut pairs = cookies.filter_map(|pair| pair.trim().split_once('='));
    pairs.any(|(name, value)| name == COOKIE && equal(value, &host.session))
}

/// Takes the same time wherever the difference is.
fn equal(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |different, (a, b)| different | (a ^ b)) == 0
}

async fn signed_in(State(host): State<Arc<Host>>, request: Request, next: Next) -> Response {
    if has_session(&host, request.headers()) {
        next.run(request).await
    } else {
        refused(StatusCode::UNAUTHORIZED, Code::NotSignedIn, "Open the address that `plumb serve` printed; it works once.")
    }
}

#[derive(serde::Deserialize)]
struct Entry {
    token: Option<String>,
}

/// Exchanges the one-time token for the cookie; with the cookie, shows the page.
async fn enter(State(host): State<Arc<Host>>, Query(entry): Query<Entry>, headers: HeaderMap) -> Response {
    if let Some(given) = entry.token {
        let mut token = host.token.lock().unwrap_or_else(PoisonError::into_inner);
        if token.as_ref().is_some_and(|token| equal(token, &given)) {
            *token = None;
            let cookie = format!("{COOKIE}={}; HttpOnly; SameSite=Strict; Path=/", host.session);
            return ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response();
        }
    }
    if !has_session(&host, &headers) {
        return refused(
            StatusCode::UNAUTHORIZED,
            Code::NotSignedIn,
            "Open the address that `plumb serve` printed; it works once.",
        );
    }
    file("index.html")
}

/// The page's files. They hold nothing secret; what they show comes through the commands.
async fn page(uri: Uri) -> Response {
    file(uri.path().trim_start_matches('/'))
}

fn file(name: &str) -> Response {
    let Some(found) = Page::get(name) else {
        return refused(StatusCode::NOT_FOUND, Code::NoSuchPage, "There is no such page here.");
    };
    let kind = match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    };
    ([(header::CONTENT_TYPE, kind)], found.data).into_response()
}

async fn command(State(host): State<Arc<Host>>, Path(name): Path<String>, Json(request): Json<serde_json::Value>) -> Response {
    match host.plumb.dispatch(&name, request).await {
        Ok(response) => Json(response).into_response(),
        Err(error) => {
            let status =
                if error.code == Code::UnknownCommand { StatusCode::NOT_FOUND } else { StatusCode::UNPROCESSABLE_ENTITY };
            (status, Json(error)).into_response()
        }
    }
}

/// All updates from now on.
async fn updates(State(host): State<Arc<Host>>) -> Sse<impl futures_util::Stream<Item = Result<sse::Event, Infallible>>> {
    let updates = BroadcastStream::new(host.plumb.updates()).map(|update| {
        // A front end that was too slow is told to read again what it shows.
        let update = update.unwrap_or(Update::Missed);
        Ok(sse::Event::default().json_data(&update).unwrap_or_default())
    });
    Sse::new(updates).keep_alive(sse::KeepAlive::default())
}

fn refused(status: StatusCode, code: Code, message: &str) -> Response {
    (status, Json(Fault::new(code, message))).into_response()
}
