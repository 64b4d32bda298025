//! Server-sent events, taken from bytes as they arrive, however the network cut them.

/// Collects bytes and gives out the data of each event.
///
/// Every event of OpenAI's format is one `data:` line, and some servers forget the blank line between two: a line is an event here.
#[derive(Default)]
pub struct Events {
    line: Vec<u8>,
    /// A line came that only a stream of events has.
    pub recognised: bool,
}

/// No line is ever longer; more is not a stream of events.
const LONGEST: usize = 16 << 20;

/// The server sent a line without end.
#[derive(Debug)]
pub struct TooLong;

impl Events {
    /// Takes bytes; gives the data of each event they complete.
    pub fn push(&mut self, bytes: &[u8], on_data: &mut dyn FnMut(&str)) -> Result<(), TooLong> {
        for &byte in bytes {
            match byte {
                b'\n' | b'\r' => self.end_line(on_data),
                _ => self.line.push(byte),
            }
        }
        if self.line.len() > LONGEST { Err(TooLong) } else { Ok(()) }
    }

    /// The stream is over; some servers leave out the last line's end.
    pub fn finish(&mut self, on_data: &mut dyn FnMut(&str)) {
        self.end_line(on_data);
    }

    fn end_line(&mut self, on_data: &mut dyn FnMut(&str)) {
        // Whole lines only: a character cut by the network is whole here. Comments, `event:`, `id:` and `retry:` say nothing to us.
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        self.recognised |= [":", "data:", "event:", "id:", "retry:"].iter().any(|field| line.starts_with(field));
        if let Some(data) = line.strip_prefix("data:") {
            on_data(data.trim());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(pieces: &[&[u8]]) -> Vec<String> {
        let mut all = Vec::new();
        let mut events = Events::default();
        for piece in pieces {
            events.push(piece, &mut |data| all.push(data.to_owned())).unwrap();
        }
        events.finish(&mut |data| all.push(data.to_owned()));
        all
    }

    #[test]
    fn any_cut_gives_the_same_events() {
        let stream = ": comment\r\ndata: {\"a\":\"é€😀\"}\r\n\r\nevent: x\nid: 1\ndata:{\"b\":2}\n\ndata: [DONE]\n\n".as_bytes();
        let whole = events(&[stream]);
        assert_eq!(whole, ["{\"a\":\"é€😀\"}", "{\"b\":2}", "[DONE]"]);
        for cut in 0..stream.len() {
            assert_eq!(events(&[&stream[..cut], &stream[cut..]]), whole, "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(events(&bytes), whole);
    }

    #[test]
    fn lines_may_end_in_cr_alone_and_the_last_may_not_end_at_all() {
        assert_eq!(events(&[b"data: {\"a\":1}\r\rdata: {\"b\":2}"]), ["{\"a\":1}", "{\"b\":2}"]);
    }

    #[test]
    fn events_without_a_blank_line_between_them_stay_apart() {
        assert_eq!(events(&[b"data: {\"a\":1}\ndata: {\"b\":2}\n"]), ["{\"a\":1}", "{\"b\":2}"]);
    }

    #[test]
    fn half_an_event_at_the_end_is_given_out_as_it_is() {
        assert_eq!(events(&[b"data: {\"a\":"]), ["{\"a\":"]);
    }
}
