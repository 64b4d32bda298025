//! Records a request's body before its first byte leaves this computer.

use futures_util::stream;
use plumb_rlm::traits::sending::{Destination, Sending};
use reqwest::{
    Body, Request,
    header::{CONTENT_LENGTH, HeaderValue},
};
use std::sync::Arc;

/// Makes the body wait, once there is a connection for it, until it is recorded. A request without a connection sends nothing and is not recorded. A
/// body of this kind cannot be cloned, so the HTTP library cannot send it a second time unrecorded.
pub fn before_it_leaves(request: &mut Request, to: Destination, sending: &Arc<dyn Sending>) {
    let Some(body) = request.body().and_then(Body::as_bytes).map(<[u8]>::to_vec) else { return };
    let (length, sending) = (body.len() as u64, sending.clone());
    // Without this header the body would be sent in chunks, which some servers refuse.
    request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    let body = stream::once(async move { sending.sending(&to, length).await.map(|()| body) });
    *request.body_mut() = Some(Body::wrap_stream(body));
}
