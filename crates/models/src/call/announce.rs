//! Has it written down what a request carries, before the first byte of that leaves.

use futures_util::stream;
use plumb_rlm::sending::{Destination, Sending};
use reqwest::{
    Body, Request,
    header::{CONTENT_LENGTH, HeaderValue},
};
use std::sync::Arc;

/// Makes the body wait, once there is a connection that takes it, until it is written down. A request for which there is no connection carries
/// nothing away and is not written down. A body of this kind cannot be copied, so that nothing below us sends it a second time unseen.
pub fn before_it_leaves(request: &mut Request, to: Destination, sending: &Arc<dyn Sending>) {
    let Some(body) = request.body().and_then(Body::as_bytes).map(<[u8]>::to_vec) else { return };
    let (length, sending) = (body.len() as u64, sending.clone());
    // Without it the body would go in chunks, which not every server takes.
    request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    let body = stream::once(async move { sending.sending(&to, length).await.map(|()| body) });
    *request.body_mut() = Some(Body::wrap_stream(body));
}
