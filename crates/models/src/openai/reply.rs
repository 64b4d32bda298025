//! A reply, put together from what a server sends: a stream of events, or one piece of JSON.

use super::fault::{self, Fault};
use super::sse::Events;
use crate::keys::Key;
use plumb_rlm::model::{Finish, ModelReply, OnText, Usage};
use serde_json::Value;

/// Whom a call is made to, for errors.
pub struct Callee<'a> {
    /// The server's address.
    pub server: &'a str,
    /// The model asked for.
    pub model: &'a str,
    /// Never to be shown.
    pub key: Option<&'a Key>,
}

/// Reads the body of a successful response.
pub struct Reading<'a> {
    callee: &'a Callee<'a>,
    on_text: OnText<'a>,
    form: Form,
    text: String,
    finish: Option<Finish>,
    usage: Option<Usage>,
    /// `[DONE]` came.
    done: bool,
}

enum Form {
    /// Nothing but blanks yet.
    Unknown,
    Stream(Events),
    Json(Vec<u8>),
    Html,
}

/// One piece of JSON is never longer.
const LONGEST: usize = 64 << 20;

impl<'a> Reading<'a> {
    /// Nothing read yet.
    pub fn new(callee: &'a Callee<'a>, on_text: OnText<'a>) -> Self {
        Reading { callee, on_text, form: Form::Unknown, text: String::new(), finish: None, usage: None, done: false }
    }

    /// The text so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The server has said that the reply is finished; only the usage may be missing.
    pub fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// Nothing more can come.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Takes more of the body.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), Fault> {
        // By its first byte, whatever the header says: servers send JSON, streams and error pages under each other's names.
        if matches!(self.form, Form::Unknown) {
            bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes).trim_ascii_start();
            match bytes.first() {
                None => return Ok(()),
                Some(b'{' | b'[') => self.form = Form::Json(Vec::new()),
                Some(b'<') => self.form = Form::Html,
                Some(_) => self.form = Form::Stream(Events::default()),
            }
        }
        match &mut self.form {
            Form::Json(body) if body.len() + bytes.len() <= LONGEST => body.extend_from_slice(bytes),
            Form::Json(_) => return Err(self.nonsense()),
            Form::Stream(_) => return self.stream(bytes),
            Form::Unknown | Form::Html => {}
        }
        Ok(())
    }

    /// The body is over.
    pub fn end(mut self) -> Result<ModelReply, Fault> {
        match std::mem::replace(&mut self.form, Form::Unknown) {
            Form::Html => return Err(self.nonsense()),
            Form::Json(body) => self.whole(&body)?,
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
        match self.finish {
            Some(finish) => Ok(ModelReply { text: self.text, usage: self.usage, finish }),
            // Some servers end a stream without a reason.
            None if self.done => Ok(ModelReply { text: self.text, usage: self.usage, finish: Finish::Stop }),
            None => Err(self.cut()),
        }
    }

    /// The connection broke or fell silent.
    pub fn cut(&self) -> Fault {
        let message = format!("{} ended its reply in the middle. Ask again.", self.callee.server);
        Fault::passing("cut_short", message).after(&self.text)
    }

    fn nonsense(&self) -> Fault {
        let server = self.callee.server;
        let message =
            format!("{server} answered with something that is no reply of a model. Check the address; it usually ends in /v1.");
        Fault::lasting("bad_reply", message).after(&self.text)
    }

    fn stream(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let Form::Stream(events) = &mut self.form else { return Ok(()) };
        let mut all = Vec::new();
        let pushed = events.push(bytes, &mut |data| all.push(data.to_owned()));
        pushed.map_err(|_| self.nonsense())?;
        all.iter().try_for_each(|data| self.data(data, |reading| reading.nonsense()))
    }

    fn data(&mut self, data: &str, unreadable: impl Fn(&Self) -> Fault) -> Result<(), Fault> {
        if data == "[DONE]" {
            self.done = true;
        } else if !data.is_empty() {
            let event = serde_json::from_str(data).map_err(|_| unreadable(self))?;
            self.event(&event)?;
        }
        Ok(())
    }

    fn event(&mut self, event: &Value) -> Result<(), Fault> {
        self.error_in(event)?;
        let choice = &event["choices"][0];
        self.choice(&choice["delta"], &choice["finish_reason"])?;
        self.usage = usage(&event["usage"]).or_else(|| usage(&event["x_groq"]["usage"])).or(self.usage);
        Ok(())
    }

    fn whole(&mut self, body: &[u8]) -> Result<(), Fault> {
        let Ok(body) = serde_json::from_slice::<Value>(body) else { return Err(self.nonsense()) };
        self.error_in(&body)?;
        let choice = &body["choices"][0];
        if !choice["message"].is_object() {
            return Err(self.nonsense());
        }
        self.usage = usage(&body["usage"]);
        self.choice(&choice["message"], &choice["finish_reason"])?;
        self.finish.get_or_insert(Finish::Stop);
        Ok(())
    }

    fn error_in(&self, event: &Value) -> Result<(), Fault> {
        match &event["error"] {
            Value::Null => Ok(()),
            error => Err(fault::from_event(error, self.callee.server, self.callee.model, self.callee.key).after(&self.text)),
        }
    }

    fn choice(&mut self, message: &Value, reason: &Value) -> Result<(), Fault> {
        let mut refused = false;
        match &message["content"] {
            Value::String(text) => self.say(text),
            // Some servers send parts, of which those of type "thinking" are not the reply.
            Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).for_each(|text| self.say(text)),
            _ => {}
        }
        if let Some(refusal) = message["refusal"].as_str().filter(|text| !text.is_empty()) {
            self.say(refusal);
            refused = true;
        }
        match reason.as_str() {
            None => {}
            Some("length" | "max_tokens" | "model_length") => self.finish = Some(Finish::Length),
            Some("content_filter" | "safety") => self.finish = Some(Finish::Refused),
            Some("error") => return Err(self.cut()),
            Some(_) => self.finish = self.finish.or(Some(Finish::Stop)),
        }
        if refused {
            self.finish = Some(Finish::Refused);
        }
        Ok(())
    }

    fn say(&mut self, text: &str) {
        if !text.is_empty() {
            self.text.push_str(text);
            (self.on_text)(text);
        }
    }
}

/// Reads a count of tokens in any of the ways it is written. A count that no model could reach is none.
fn usage(value: &Value) -> Option<Usage> {
    let count = |value: &Value| value.as_u64().filter(|tokens| *tokens < 1 << 40);
    let input = count(&value["prompt_tokens"])?;
    let output = count(&value["completion_tokens"]).unwrap_or(0);
    let cached = count(&value["prompt_tokens_details"]["cached_tokens"]).or_else(|| count(&value["prompt_cache_hit_tokens"]));
    // Most count reasoning as output; where the total tells that it was left out, it is added.
    let reasoning = count(&value["completion_tokens_details"]["reasoning_tokens"]).unwrap_or(0);
    let left_out = count(&value["total_tokens"]) == Some(input + output + reasoning);
    Some(Usage {
        input_tokens: input,
        cached_input_tokens: cached.unwrap_or(0).min(input),
        output_tokens: if left_out { output + reasoning } else { output },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::sync::Mutex;

    fn read(body: &[u8]) -> (Result<ModelReply, Fault>, String) {
        let shown = Mutex::new(String::new());
        let callee = Callee { server: "https://api.example.org", model: "m", key: None };
        let on_text = |text: &str| shown.lock().unwrap().push_str(text);
        let mut reading = Reading::new(&callee, &on_text);
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
        assert_eq!(reply.usage, Some(Usage { input_tokens: 9, cached_input_tokens: 4, output_tokens: 2 }));
    }

    #[test]
    fn a_stream_may_lack_done_or_its_usage_or_its_reason() {
        assert_eq!(read(format!("{HELLO}{STOP}").as_bytes()).0.unwrap().usage, None);
        assert_eq!(read(format!("{HELLO}data: [DONE]").as_bytes()).0.unwrap().finish, Finish::Stop);
    }

    #[test]
    fn a_stream_that_ends_in_the_middle_keeps_what_arrived() {
        for end in ["", "data: {\"choices\":[{\"del"] {
            let fault = read(format!("{HELLO}{end}").as_bytes()).0.unwrap_err();
            assert_eq!((fault.error.code, fault.error.partial.as_str(), fault.passing), ("cut_short", "Héllo", false));
        }
    }

    #[test]
    fn an_error_in_a_stream_is_told_with_what_arrived() {
        let body = format!("{HELLO}data: {{\"error\":{{\"code\":429,\"message\":\"slow down\"}}}}\n\n");
        let fault = read(body.as_bytes()).0.unwrap_err();
        assert_eq!((fault.error.code, fault.error.partial.as_str(), fault.passing), ("rate_limited", "Héllo", false));
        assert!(read(b"data: {\"error\":{\"message\":\"overloaded\"}}\n\n").0.unwrap_err().passing);
    }

    #[test]
    fn a_reply_in_one_piece_is_understood_too() {
        let body = json!({"choices": [{"message": {"content": "Hi"}, "finish_reason": "length"}], "usage": {"prompt_tokens": 3, "completion_tokens": 1}});
        let (reply, shown) = read(body.to_string().as_bytes());
        let reply = reply.unwrap();
        assert_eq!((reply.text.as_str(), shown.as_str(), reply.finish), ("Hi", "Hi", Finish::Length));
        assert_eq!(reply.usage.unwrap().input_tokens, 3);
    }

    #[test]
    fn pages_and_nonsense_are_bad_replies() {
        for body in
            ["<!doctype html><p>Welcome", "{\"ok\":true}", "{\"cut", "hello there", "data: not json\n\ndata: x\n\n", "[1]"]
        {
            assert_eq!(read(body.as_bytes()).0.unwrap_err().error.code, "bad_reply", "{body}");
        }
    }

    #[test]
    fn an_empty_body_is_tried_again() {
        let fault = read(b"").0.unwrap_err();
        assert_eq!((fault.error.code, fault.passing), ("cut_short", true));
    }

    #[test]
    fn what_a_provider_withholds_is_marked() {
        let body = "data: {\"choices\":[{\"delta\":{\"refusal\":\"No.\"}}]}\n\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
        assert_eq!(read(body.as_bytes()).0.unwrap().finish, Finish::Refused);
    }

    #[test]
    fn reasoning_is_counted_once_whichever_way_a_server_counts() {
        let count = |total: u64| {
            let value = json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": total, "completion_tokens_details": {"reasoning_tokens": 4}});
            usage(&value).unwrap().output_tokens
        };
        assert_eq!((count(15), count(19)), (5, 9));
        assert_eq!(usage(&json!({"prompt_tokens": u64::MAX, "completion_tokens": 5})), None);
    }
}
