//! The test of a model: one tiny call.

use crate::facts::providers;
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
    traits::model::{Message, Model, ModelReply, ModelRequest, Role},
    usage::Finish,
};
use reqwest::Url;
use std::time::Duration;

/// Maximum number of tries of the call.
pub const MAX_TRIES: u32 = 3;
/// Timeout for one word from a server.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Timeout for a server of the user's own, which may have to load the model first.
const PRIVATE_TIMEOUT: Duration = Duration::from_secs(300);
/// Maximum length of the reply, reasoning included: reasoning models refuse a much lower limit.
const MAX_OUTPUT_TOKENS: u32 = 512;

/// The timeout for the server at an address.
pub fn timeout_for(url: &Url) -> Duration {
    if providers::is_private(url) { PRIVATE_TIMEOUT } else { TIMEOUT }
}

/// Asks for one word, and gives up after a time.
pub async fn within(limit: Duration, model: &dyn Model) -> Result<ModelReply, Fault> {
    let late = |_| {
        fault!(
            Code::Server,
            "{model} did not answer with one word within {seconds} seconds. Try again later, or choose another model.",
            model = &model.profile().name,
            seconds = limit.as_secs(),
        )
    };
    tokio::time::timeout(limit, one_word(model)).await.map_err(late)?
}

/// Asks for one word, and checks that a run could use the reply.
pub async fn one_word(model: &dyn Model) -> Result<ModelReply, Fault> {
    let profile = model.profile();
    let request = ModelRequest {
        messages: vec![Message::new(Role::User, "Answer with the one word: ready")],
        max_output_tokens: MAX_OUTPUT_TOKENS.min(profile.max_output_tokens),
        temperature: 0.0,
        seed: 0,
        stop: Vec::new(),
        prefill: None,
        grows: false,
        schema: None,
        choices: Vec::new(),
        passages: Vec::new(),
        limited: false,
        sending: None,
    };
    let reply = model.complete(request, &|_| {}).await?;
    match reply.finish {
        Finish::Refused => Err(fault!(
            Code::BadReply,
            "{model} can be reached, but it refused to answer with one harmless word. Choose another model.",
            model = &profile.name,
        )),
        Finish::Stop if reply.text.trim().is_empty() => Err(fault!(
            Code::BadReply,
            "{model} can be reached, but its answer was empty. Check whether the model is made for chat and its server is set up for it, or choose another \
             model.",
            model = &profile.name,
        )),
        // A reply that was cut off may be all reasoning.
        Finish::Stop | Finish::Length => Ok(reply),
    }
}
