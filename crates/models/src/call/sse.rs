//! Server-sent events, parsed from bytes as they arrive, wherever the network cut them.

/// Collects bytes and emits the data of each event.
///
/// Every event of OpenAI's format is one `data:` line, and some servers omit the blank line between two, so here each line is an event.
#[derive(Default)]
pub struct Events {
    line: Vec<u8>,
    /// A line came that only a stream of events has.
    pub recognised: bool,
}

/// Maximum length of a line, in bytes.
const MAX_LINE_BYTES: usize = 16 << 20;

/// A line is longer than [`MAX_LINE_BYTES`].
#[derive(Debug)]
pub struct TooLong;

impl Events {
    /// Takes bytes, and emits the data of each event that they complete.
    pub fn push(&mut self, bytes: &[u8], on_data: &mut dyn FnMut(&str)) -> Result<(), TooLong> {
        for &byte in bytes {
            match byte {
                b'\n' | b'\r' => self.end_line(on_data),
                _ => self.line.push(byte),
            }
        }
        if self.line.len() > MAX_LINE_BYTES { Err(TooLong) } else { Ok(()) }
    }

    /// Ends the stream. Some servers omit the last line break.
    pub fn finish(&mut self, on_data: &mut dyn FnMut(&str)) {
        self.end_line(on_data);
    }

    fn end_line(&mut self, on_data: &mut dyn FnMut(&str)) {
        // The line is complete, so no character is cut. Comments, `event:`, `id:` and `retry:` carry nothing that Plumb needs.
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
    fn lines_may_end_in_cr_and_the_last_not_at_all() {
        assert_eq!(events(&[b"data: {\"a\":1}\r\rdata: {\"b\":2}"]), ["{\"a\":1}", "{\"b\":2}"]);
    }

    #[test]
    fn events_without_a_blank_line_between_them_stay_apart() {
        assert_eq!(events(&[b"data: {\"a\":1}\ndata: {\"b\":2}\n"]), ["{\"a\":1}", "{\"b\":2}"]);
    }

    #[test]
    fn half_an_event_at_the_end_is_emitted_as_it_is() {
        assert_eq!(events(&[b"data: {\"a\":"]), ["{\"a\":"]);
    }
}
