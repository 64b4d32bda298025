//! Why no connection came about, and what to do: the network, a proxy, a certificate.

use super::fault::Failure;
use crate::providers;
use hyper_util::client::proxy::matcher::Matcher;
use plumb_rlm::fault::{Code, Fault};
use reqwest::Url;
use std::error::Error;

/// The fault of a call that got no answer; of one that was not sent, because that could not be written down, the reason for that.
pub fn fault(error: &reqwest::Error, url: &Url) -> Failure {
    if let Some(unrecorded) = layers(error).find_map(|layer| layer.downcast_ref::<Fault>()) {
        return Failure::lasting(unrecorded.code, &unrecorded.message);
    }
    let server = providers::origin(url);
    let why = innermost(error);
    if let Some(wrong) = certificate(&why) {
        return Failure::lasting(Code::Unreachable, format!("{server} {wrong}"));
    }
    if !error.is_connect() && !error.is_timeout() {
        return Failure::passing(Code::Unreachable, format!("The connection to {server} broke ({why}). Try again."));
    }
    if providers::is_loopback(url) {
        let message = format!("Nothing answers at {server} ({why}). Start the server there, or correct the address.");
        return Failure::passing(Code::Unreachable, message);
    }
    match proxy(url) {
        Some(proxy) if why.contains("proxy authorization required") => {
            Failure::lasting(Code::Unreachable, wants_password(&proxy))
        }
        Some(proxy) => Failure::passing(
            Code::Unreachable,
            format!(
                "{server} cannot be reached through the proxy {proxy} ({why}). Check the proxy, which HTTPS_PROXY or HTTP_PROXY names, or list the \
                 server in NO_PROXY."
            ),
        ),
        None => Failure::passing(
            Code::Unreachable,
            format!("{server} cannot be reached ({why}). Check the address and this computer's network."),
        ),
    }
}

/// What a proxy says that does not know us.
pub fn wants_password(proxy: &str) -> String {
    format!(
        "The proxy {proxy} wants a user name and a password. Put them into its address in HTTPS_PROXY or HTTP_PROXY: http://NAME:PASSWORD@HOST:PORT."
    )
}

/// The proxy that calls to `url` go through, without what is secret in its address.
pub fn proxy(url: &Url) -> Option<String> {
    let intercept = Matcher::from_system().intercept(&url.as_str().parse().ok()?)?;
    intercept.uri().authority().map(|authority| authority.as_str().rsplit('@').next().unwrap_or_default().to_owned())
}

/// What is wrong with a server's certificate, if that is what it was.
fn certificate(why: &str) -> Option<String> {
    let reason = why.split_once("invalid peer certificate: ")?.1;
    let words = match reason {
        _ if reason.contains("UnknownIssuer") => {
            "shows a certificate of an authority that this computer does not know, so nothing was sent. If it is your company's, add its certificate to \
             this computer's store, or name its file in SSL_CERT_FILE."
        }
        _ if reason.contains("not valid for name") || reason.contains("NotValidForName") => {
            "shows a certificate that was made out to another name, so nothing was sent. Correct the address, or ask whoever runs the server."
        }
        _ if reason.contains("xpired") || reason.contains("NotValidYet") || reason.contains("not valid yet") => {
            "shows a certificate that is out of date, so nothing was sent. Check this computer's clock, or ask whoever runs the server."
        }
        _ => {
            return Some(format!(
                "shows a certificate that cannot be trusted ({reason}), so nothing was sent. Ask whoever runs the server."
            ));
        }
    };
    Some(words.to_owned())
}

/// An error, and what lies under it.
fn layers<'e>(error: &'e reqwest::Error) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    type Layer<'e> = &'e (dyn Error + 'static);
    std::iter::successors(Some(error as Layer<'e>), |&layer: &Layer<'e>| layer.source())
}

/// The cause under a library's layers, which is what the operating system said. Never the address, which the layers repeat.
fn innermost(error: &reqwest::Error) -> String {
    let cause = layers(error).last().unwrap_or(error);
    if error.is_timeout() {
        return "no answer in time".into();
    }
    // The system's number for it helps nobody.
    let why = cause.to_string();
    why.split(" (os error").next().unwrap_or_default().to_owned()
}
