//! Reads a reply from a server: a stream of events, or one piece of JSON.

use super::failed_try::{self, Callee, FailedTry};
use super::sse::Events;
use crate::formats::{Odd, Reader, Said};
use plumb_rlm::{fault, fault::Code, traits::model::ModelReply};
use serde_json::Value;

/// Reads the body of a successful response.
pub struct Reading<'a> {
    callee: &'a Callee<'a>,
    reader: Box<dyn Reader>,
    said: Said<'a>,
    /// The call is under a cost limit, so counted tokens must not be paid twice.
    limited: bool,
    form: Form,
    events: u64,
}

enum Form {
    /// Nothing but whitespace yet.
    Unknown,
    Stream(Events),
    Json(Vec<u8>),
}

/// Maximum length of a reply in one piece of JSON.
const MAX_JSON_BYTES: usize = 16 << 20;
/// Upper bound for the length of a token.
const MAX_TOKEN_BYTES: usize = 64;
/// Tokens that a reply may have beside any limit, because servers count differently.
const TOLERATED_TOKENS: usize = 1 << 10;

impl<'a> Reading<'a> {
    /// A reply of which nothing has arrived.
    pub fn new(callee: &'a Callee<'a>, said: Said<'a>, limited: bool) -> Self {
        Reading { callee, reader: callee.format.reader(), said, limited, form: Form::Unknown, events: 0 }
    }

    /// The text so far.
    pub fn text(&self) -> &str {
        self.said.text()
    }

    /// Whether the server has said that the reply is finished. Token counts may still be missing.
    pub fn is_finished(&self) -> bool {
        self.said.finish.is_some()
    }

    /// Whether the stream is over.
    pub fn is_done(&self) -> bool {
        self.said.done
    }

    /// Number of events with content so far. Anthropic's pings have none.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Takes more of the body.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), FailedTry> {
        // The first byte decides, not the header: servers send JSON, streams and error pages under each other's content types.
        if matches!(self.form, Form::Unknown) {
            bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes).trim_ascii_start();
            match bytes.first() {
                None => return Ok(()),
                Some(b'{' | b'[') => self.form = Form::Json(Vec::new()),
                Some(b'<') => return Err(self.nonsense()),
                Some(_) => self.form = Form::Stream(Events::default()),
            }
        }
        match &mut self.form {
            Form::Json(body) if body.len() + bytes.len() <= MAX_JSON_BYTES => body.extend_from_slice(bytes),
            Form::Json(_) => return Err(self.nonsense()),
            Form::Stream(_) => return self.stream(bytes),
            Form::Unknown => {}
        }
        Ok(())
    }

    /// Whether the reply is longer than any reply of `max_output_tokens`.
    pub fn is_endless(&self, max_output_tokens: u32) -> bool {
        let tokens = (max_output_tokens as usize).max(TOLERATED_TOKENS);
        self.said.written() > tokens.saturating_mul(MAX_TOKEN_BYTES)
    }

    /// The failure of an endless reply.
    pub fn endless(&self) -> FailedTry {
        self.so_far(FailedTry::lasting(fault!(
            Code::BadReply,
            "{server} sent many times the length that it was asked for, so Plumb closed the connection. Choose another model or server.",
            server = self.callee.server,
        )))
    }

    /// Ends the body.
    pub fn end(mut self) -> Result<ModelReply, FailedTry> {
        match std::mem::replace(&mut self.form, Form::Unknown) {
            Form::Json(body) => {
                let body = serde_json::from_slice(&body).map_err(|_| self.nonsense())?;
                let read = self.reader.whole(&body, &mut self.said);
                read.map_err(|odd| self.odd(&odd))?;
            }
            Form::Stream(mut events) => {
                let mut all = Vec::new();
                events.finish(&mut |data| all.push(data.to_owned()));
                if !events.recognised {
                    return Err(self.nonsense());
                }
                // Half an event means that the connection broke, not that the server sends nonsense.
                all.iter().try_for_each(|data| self.data(data, |reading| reading.cut()))?;
            }
            Form::Unknown => {}
        }
        let cut = self.cut();
        self.said.reply().ok_or(cut)
    }

    /// The failure of a connection that broke or fell silent.
    pub fn cut(&self) -> FailedTry {
        self.so_far(FailedTry::passing(fault!(
            Code::CutShort,
            "{server} ended its reply in the middle. Ask again.",
            server = self.callee.server,
        )))
    }

    /// A failure with the text that had arrived. A call whose text or reasoning was written is paid and not sent again. One of which only the prompt was
    /// read is sent again, unless a cost limit forbids paying for it twice.
    fn so_far(&self, failed: FailedTry) -> FailedTry {
        let in_one_piece = matches!(&self.form, Form::Json(body) if !body.is_empty());
        if in_one_piece {
            self.said.began();
        }
        let paid = in_one_piece || self.said.written() > 0 || self.limited && self.said.is_counted();
        let refused_parameter = failed.refused_parameter.filter(|_| !paid);
        FailedTry { may_pass: failed.may_pass && !paid, refused_parameter, ..failed.after(self.text()) }
    }

    fn nonsense(&self) -> FailedTry {
        self.so_far(FailedTry::lasting(fault!(
            Code::BadReply,
            "{server} answered with something that is not a model's reply. Check the address, which usually ends in /v1.",
            server = self.callee.server,
        )))
    }

    fn stream(&mut self, bytes: &[u8]) -> Result<(), FailedTry> {
        let Form::Stream(events) = &mut self.form else { return Ok(()) };
        let mut all = Vec::new();
        let pushed = events.push(bytes, &mut |data| all.push(data.to_owned()));
        pushed.map_err(|_| self.nonsense())?;
        all.iter().try_for_each(|data| self.data(data, |reading| reading.nonsense()))
    }

    fn data(&mut self, data: &str, unreadable: impl Fn(&Self) -> FailedTry) -> Result<(), FailedTry> {
        // OpenAI's mark of the end, and the only event of any format that is not JSON.
        if data == "[DONE]" {
            self.said.done = true;
        } else if !data.is_empty() {
            let event: Value = serde_json::from_str(data).map_err(|_| unreadable(self))?;
            self.events += u64::from(event["type"] != "ping");
            let read = self.reader.event(&event, &mut self.said);
            read.map_err(|odd| self.odd(&odd))?;
        }
        Ok(())
    }

    fn odd(&self, odd: &Odd) -> FailedTry {
        match odd {
            Odd::Nonsense => self.nonsense(),
            Odd::Cut => self.cut(),
            Odd::Error { status, body } => self.so_far(failed_try::from_status(*status, &body.to_string(), None, self.callee)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats;
    use parking_lot::Mutex;
    use plumb_rlm::{
        traits::model::Progress,
        usage::{Finish, Reported, Usage},
    };
    use serde_json::json;

    fn read(body: &[u8]) -> (Result<ModelReply, FailedTry>, String) {
        let shown = Mutex::new(String::new());
        let callee = Callee {
            server: "https://api.example.org",
            model: "m",
            key: None,
            format: &*formats::of("server"),
            optional: &[],
            deployments: false,
        };
        let on_progress = |progress: Progress<'_>| shown.lock().push_str(progress.text());
        let mut reading = Reading::new(&callee, Said::new(&on_progress, None), false);
        let result = match body.chunks(7).try_for_each(|piece| reading.push(piece)) {
            Ok(()) => reading.end(),
            Err(failed) => Err(failed),
        };
        (result, shown.into_inner())
    }

    const HELLO: &str =
        "data: {\"choices\":[{\"delta\":{\"content\":\"Hé\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"llo\"}}]}\n\n";
    const STOP: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\n";

    #[test]
    fn a_stream_becomes_a_reply_with_its_usage() {
        let (reply, shown) = read(format!("{HELLO}{STOP}{USAGE}data: [DONE]\n\n").as_bytes());
        let reply = reply.unwrap();
        assert_eq!((reply.text.as_str(), shown.as_str(), reply.finish), ("Héllo", "Héllo", Finish::Stop));
        let usage = Usage { input_tokens: 9, cached_input_tokens: 4, cache_write_tokens: 0, output_tokens: 2 };
        assert_eq!(reply.usage, Reported::from(usage));
    }

    #[test]
    fn a_stream_may_lack_done_usage_or_finish_reason() {
        assert_eq!(read(format!("{HELLO}{STOP}").as_bytes()).0.unwrap().usage, Reported::default());
        assert_eq!(read(format!("{HELLO}data: [DONE]").as_bytes()).0.unwrap().finish, Finish::Stop);
    }

    #[test]
    fn a_stream_that_ends_in_the_middle_keeps_what_arrived() {
        for end in ["", "data: {\"choices\":[{\"del"] {
            let failed = read(format!("{HELLO}{end}").as_bytes()).0.unwrap_err();
            assert_eq!((failed.fault.code, &*failed.partial, failed.may_pass), (Code::CutShort, "Héllo", false));
        }
    }

    #[test]
    fn an_error_in_a_stream_keeps_what_arrived() {
        let body = format!("{HELLO}data: {{\"error\":{{\"code\":429,\"message\":\"slow down\"}}}}\n\n");
        let failed = read(body.as_bytes()).0.unwrap_err();
        assert_eq!((failed.fault.code, &*failed.partial, failed.may_pass), (Code::RateLimited, "Héllo", false));
        assert!(read(b"data: {\"error\":{\"message\":\"overloaded\"}}\n\n").0.unwrap_err().may_pass);
    }

    #[test]
    fn a_reply_in_one_piece_is_understood_too() {
        let body = json!({"choices": [{"message": {"content": "Hi"}, "finish_reason": "length"}], "usage": {"prompt_tokens": 3, "completion_tokens": 1}});
        let (reply, shown) = read(body.to_string().as_bytes());
        let reply = reply.unwrap();
        assert_eq!((reply.text.as_str(), shown.as_str(), reply.finish), ("Hi", "Hi", Finish::Length));
        assert_eq!(reply.usage.input_tokens, Some(3));
    }

    #[test]
    fn pages_and_nonsense_are_bad_replies() {
        for body in
            ["<!doctype html><p>Welcome", "{\"ok\":true}", "{\"cut", "hello there", "data: not json\n\ndata: x\n\n", "[1]"]
        {
            assert_eq!(read(body.as_bytes()).0.unwrap_err().fault.code, Code::BadReply, "{body}");
        }
    }

    #[test]
    fn an_empty_body_is_tried_again() {
        let failed = read(b"").0.unwrap_err();
        assert_eq!((failed.fault.code, failed.may_pass), (Code::CutShort, true));
    }

    #[test]
    fn a_withheld_reply_is_marked_as_refused() {
        let body = "data: {\"choices\":[{\"delta\":{\"refusal\":\"No.\"}}]}\n\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
        assert_eq!(read(body.as_bytes()).0.unwrap().finish, Finish::Refused);
    }
}
