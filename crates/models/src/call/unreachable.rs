//! Failed connections: the network, a proxy, a certificate.

use super::failed_try::FailedTry;
use crate::facts::providers;
use hyper_util::client::proxy::matcher::Matcher;
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
};
use reqwest::Url;
use std::error::Error;

/// The failure of a call that got no answer. If the call was not sent because it could not be recorded, the fault says why.
pub fn failure(error: &reqwest::Error, url: &Url) -> FailedTry {
    if let Some(unrecorded) = layers(error).find_map(|layer| layer.downcast_ref::<Fault>()) {
        return FailedTry::lasting(unrecorded.clone());
    }
    let server = providers::origin(url);
    let why = innermost(error);
    if let Some(fault) = certificate(&server, &why) {
        return FailedTry::lasting(fault);
    }
    if !error.is_connect() && !error.is_timeout() {
        return FailedTry::passing(fault!(
            Code::Unreachable,
            "The connection to {server} broke ({why}). Try again.",
            server = server,
            why = why,
        ));
    }
    if providers::is_loopback(url) {
        return FailedTry::passing(fault!(
            Code::Unreachable,
            "Nothing answers at {server} ({why}). Start the server there, or correct the address.",
            server = server,
            why = why,
        ));
    }
    match proxy(url) {
        Some(proxy) if why.contains("proxy authorization required") => FailedTry::lasting(wants_password(&proxy)),
        Some(proxy) => FailedTry::passing(fault!(
            Code::Unreachable,
            "{server} cannot be reached through the proxy {proxy} ({why}). Check the proxy, which HTTPS_PROXY or HTTP_PROXY names, or list the server in \
             NO_PROXY.",
            server = server,
            proxy = proxy,
            why = why,
        )),
        None => FailedTry::passing(fault!(
            Code::Unreachable,
            "{server} cannot be reached ({why}). Check the address and this computer's network.",
            server = server,
            why = why,
        )),
    }
}

/// The fault of a proxy that wants a password.
pub fn wants_password(proxy: &str) -> Fault {
    fault!(
        Code::Unreachable,
        "The proxy {proxy} wants a user name and a password. Put them into its address in HTTPS_PROXY or HTTP_PROXY: http://NAME:PASSWORD@HOST:PORT.",
        proxy = proxy,
    )
}

/// The proxy for calls to `url`, without the secret part of its address.
pub fn proxy(url: &Url) -> Option<String> {
    let intercept = Matcher::from_system().intercept(&url.as_str().parse().ok()?)?;
    intercept.uri().authority().map(|authority| authority.as_str().rsplit('@').next().unwrap_or_default().to_owned())
}

/// The fault of a server's certificate, if that is why the connection failed.
fn certificate(server: &str, why: &str) -> Option<Fault> {
    let reason = why.split_once("invalid peer certificate: ")?.1;
    Some(match reason {
        _ if reason.contains("UnknownIssuer") => fault!(
            Code::Unreachable,
            "{server} has a certificate of an authority that this computer does not know, so nothing was sent. If it is your company's, add its \
             certificate to this computer's store, or name its file in SSL_CERT_FILE.",
            server = server,
        ),
        _ if reason.contains("not valid for name") || reason.contains("NotValidForName") => fault!(
            Code::Unreachable,
            "{server} has a certificate made out to another name, so nothing was sent. Correct the address, or ask the server's operator.",
            server = server,
        ),
        _ if reason.contains("xpired") || reason.contains("NotValidYet") || reason.contains("not valid yet") => fault!(
            Code::Unreachable,
            "{server} has a certificate that is out of date, so nothing was sent. Check this computer's clock, or ask the server's operator.",
            server = server,
        ),
        _ => fault!(
            Code::Unreachable,
            "{server} has a certificate that cannot be trusted ({reason}), so nothing was sent. Ask the server's operator.",
            server = server,
            reason = reason,
        ),
    })
}

/// An error and its causes, outermost first.
fn layers<'e>(error: &'e reqwest::Error) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    type Layer<'e> = &'e (dyn Error + 'static);
    std::iter::successors(Some(error as Layer<'e>), |&layer: &Layer<'e>| layer.source())
}

/// The innermost cause, which is the operating system's message. The layers above it repeat the address.
fn innermost(error: &reqwest::Error) -> String {
    let cause = layers(error).last().unwrap_or(error);
    if error.is_timeout() {
        return "no answer in time".into();
    }
    // The number of the system's error helps nobody.
    let why = cause.to_string();
    why.split(" (os error").next().unwrap_or_default().to_owned()
}
