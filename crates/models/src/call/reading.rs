//! A reply, put together from what a server sends: a stream of events, or one piece of JSON.

use super::fault::{self, Callee, Failure};
use super::sse::Events;
use crate::formats::{Odd, Reader, Said};
use plumb_rlm::{fault::Code, traits::model::ModelReply};
use serde_json::Value;

/// Reads the body of a successful response.
pub struct Reading<'a> {
    callee: &'a Callee<'a>,
    reader: Box<dyn Reader>,
    said: Said<'a>,
    /// What is counted of it must not be paid twice.
    limited: bool,
    form: Form,
    events: u64,
}

enum Form {
    /// Nothing but blanks yet.
    Unknown,
    Stream(Events),
    Json(Vec<u8>),
}

/// One piece of JSON is never longer.
const LONGEST: usize = 16 << 20;
/// No token is longer, in bytes; more of them are not what was asked for.
const LONGEST_TOKEN: usize = 64;

impl<'a> Reading<'a> {
    /// Nothing read yet.
    pub fn new(callee: &'a Callee<'a>, said: Said<'a>, limited: bool) -> Self {
        Reading { callee, reader: callee.format.reader(), said, limited, form: Form::Unknown, events: 0 }
    }

    /// The text so far.
    pub fn text(&self) -> &str {
        self.said.text()
    }

    /// The server has said that the reply is finished; only the usage may be missing.
    pub fn is_finished(&self) -> bool {
        self.said.finish.is_some()
    }

    /// Nothing more can come.
    pub fn is_done(&self) -> bool {
        self.said.done
    }

    /// Events that said something, so far. Anthropic's pings say nothing.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Takes more of the body.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), Failure> {
        // By its first byte, whatever the header says: servers send JSON, streams and error pages under each other's names.
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
            Form::Json(body) if body.len() + bytes.len() <= LONGEST => body.extend_from_slice(bytes),
            Form::Json(_) => return Err(self.nonsense()),
            Form::Stream(_) => return self.stream(bytes),
            Form::Unknown => {}
        }
        Ok(())
    }

    /// Whether so much has arrived that it cannot be the reply asked for.
    pub fn is_endless(&self, max_output_tokens: u32) -> bool {
        self.said.written() > (max_output_tokens as usize).saturating_mul(LONGEST_TOKEN).max(LONGEST_TOKEN << 10)
    }

    /// It was left there.
    pub fn endless(&self) -> Failure {
        let message = format!(
            "{} sent many times what it was asked for, so the connection was closed. Choose another model or server.",
            self.callee.server
        );
        self.so_far(Failure::lasting(Code::BadReply, message))
    }

    /// The body is over.
    pub fn end(mut self) -> Result<ModelReply, Failure> {
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
                // Half an event is the mark of a broken connection, not of a server that talks nonsense.
                all.iter().try_for_each(|data| self.data(data, |reading| reading.cut()))?;
            }
            Form::Unknown => {}
        }
        let cut = self.cut();
        self.said.reply().ok_or(cut)
    }

    /// The connection broke or fell silent.
    pub fn cut(&self) -> Failure {
        let message = format!("{} ended its reply in the middle. Ask again.", self.callee.server);
        self.so_far(Failure::passing(Code::CutShort, message))
    }

    /// A fault with the text that had arrived. What was written is paid, thoughts too, and is not sent again; what was only read is where no limit
    /// stands against paying it again.
    fn so_far(&self, fault: Failure) -> Failure {
        let in_one_piece = matches!(&self.form, Form::Json(body) if !body.is_empty());
        if in_one_piece {
            self.said.began();
        }
        let paid = in_one_piece || self.said.written() > 0 || self.limited && self.said.is_counted();
        let refused_parameter = fault.refused_parameter.filter(|_| !paid);
        Failure { passing: fault.passing && !paid, refused_parameter, ..fault.after(self.text()) }
    }

    fn nonsense(&self) -> Failure {
        let server = self.callee.server;
        let message =
            format!("{server} answered with something that is no reply of a model. Check the address; it usually ends in /v1.");
        self.so_far(Failure::lasting(Code::BadReply, message))
    }

    fn stream(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let Form::Stream(events) = &mut self.form else { return Ok(()) };
        let mut all = Vec::new();
        let pushed = events.push(bytes, &mut |data| all.push(data.to_owned()));
        pushed.map_err(|_| self.nonsense())?;
        all.iter().try_for_each(|data| self.data(data, |reading| reading.nonsense()))
    }

    fn data(&mut self, data: &str, unreadable: impl Fn(&Self) -> Failure) -> Result<(), Failure> {
        // OpenAI's word for the end, and the only event of any format that is no JSON.
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

    fn odd(&self, odd: &Odd) -> Failure {
        match odd {
            Odd::Nonsense => self.nonsense(),
            Odd::Cut => self.cut(),
            Odd::Error { status, body } => self.so_far(fault::from_status(*status, &body.to_string(), None, self.callee)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats;
    use plumb_rlm::{
        traits::model::Progress,
        usage::{Finish, Reported, Usage},
    };
    use serde_json::json;
    use std::sync::Mutex;

    fn read(body: &[u8]) -> (Result<ModelReply, Failure>, String) {
        let shown = Mutex::new(String::new());
        let callee = Callee {
            server: "https://api.example.org",
            model: "m",
            key: None,
            format: &*formats::of("server"),
            optional: &[],
            deployments: false,
        };
        let on_progress = |progress: Progress<'_>| shown.lock().unwrap().push_str(progress.text());
        let mut reading = Reading::new(&callee, Said::new(&on_progress, None), false);
        let result = match body.chunks(7).try_for_each(|piece| reading.push(piece)) {
            Ok(()) => reading.end(),
            Err(fault) => Err(fault),
        };
        (result, shown.into_inner().unwrap())
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
    fn a_stream_may_lack_done_or_its_usage_or_its_reason() {
        assert_eq!(read(format!("{HELLO}{STOP}").as_bytes()).0.unwrap().usage, Reported::default());
        assert_eq!(read(format!("{HELLO}data: [DONE]").as_bytes()).0.unwrap().finish, Finish::Stop);
    }

    #[test]
    fn a_stream_that_ends_in_the_middle_keeps_what_arrived() {
        for end in ["", "data: {\"choices\":[{\"del"] {
            let fault = read(format!("{HELLO}{end}").as_bytes()).0.unwrap_err();
            assert_eq!((fault.error.code, fault.partial.as_str(), fault.passing), (Code::CutShort, "Héllo", false));
        }
    }

    #[test]
    fn an_error_in_a_stream_is_told_with_what_arrived() {
        let body = format!("{HELLO}data: {{\"error\":{{\"code\":429,\"message\":\"slow down\"}}}}\n\n");
        let fault = read(body.as_bytes()).0.unwrap_err();
        assert_eq!((fault.error.code, fault.partial.as_str(), fault.passing), (Code::RateLimited, "Héllo", false));
        assert!(read(b"data: {\"error\":{\"message\":\"overloaded\"}}\n\n").0.unwrap_err().passing);
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
            assert_eq!(read(body.as_bytes()).0.unwrap_err().error.code, Code::BadReply, "{body}");
        }
    }

    #[test]
    fn an_empty_body_is_tried_again() {
        let fault = read(b"").0.unwrap_err();
        assert_eq!((fault.error.code, fault.passing), (Code::CutShort, true));
    }

    #[test]
    fn what_a_provider_withholds_is_marked() {
        let body = "data: {\"choices\":[{\"delta\":{\"refusal\":\"No.\"}}]}\n\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
        assert_eq!(read(body.as_bytes()).0.unwrap().finish, Finish::Refused);
    }
}
