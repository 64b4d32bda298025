//! Turns a model's bytes into text that can be shown at once, and finds the stop texts in it.

/// Holds back bytes that may yet become a stop text or a character.
pub struct Tail {
    stops: Vec<String>,
    held: Vec<u8>,
}

/// The result of more bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// Text that can be shown.
    pub text: String,
    /// A stop text came, and ends the reply.
    pub stopped: bool,
}

impl Tail {
    /// Starts a reply that ends before any of `stops`.
    pub fn new(stops: &[String]) -> Self {
        Tail { stops: stops.iter().filter(|stop| !stop.is_empty()).cloned().collect(), held: Vec::new() }
    }

    /// Takes more bytes.
    pub fn push(&mut self, bytes: &[u8]) -> Step {
        self.held.extend_from_slice(bytes);
        let stop = self.stops.iter().filter_map(|stop| find(&self.held, stop.as_bytes())).min();
        let ready = stop.unwrap_or_else(|| self.held.len() - self.held_back());
        let text: Vec<u8> = self.held.drain(..ready).collect();
        Step { text: String::from_utf8_lossy(&text).into_owned(), stopped: stop.is_some() }
    }

    /// The text still held back when the model ends by itself.
    pub fn finish(self) -> String {
        String::from_utf8_lossy(&self.held).into_owned()
    }

    fn held_back(&self) -> usize {
        let begun = |stop: &String| {
            let longest = stop.len().saturating_sub(1).min(self.held.len());
            (1..=longest).rev().find(|&length| self.held.ends_with(&stop.as_bytes()[..length])).unwrap_or(0)
        };
        let stops = self.stops.iter().map(begun).max().unwrap_or(0);
        stops.max(half_character(&self.held))
    }
}

fn find(text: &[u8], pattern: &[u8]) -> Option<usize> {
    text.windows(pattern.len()).position(|window| window == pattern)
}

/// Number of bytes at the end that begin a character and do not finish it.
fn half_character(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - back];
        let length = match byte {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            0x80..=0xbf => continue,
            _ => return 0,
        };
        return if back < length { back } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(stops: &[&str], pieces: &[&[u8]]) -> (String, bool) {
        let stops: Vec<String> = stops.iter().map(ToString::to_string).collect();
        let mut tail = Tail::new(&stops);
        let mut all = String::new();
        for piece in pieces {
            let step = tail.push(piece);
            all += &step.text;
            if step.stopped {
                return (all, true);
            }
        }
        (all + &tail.finish(), false)
    }

    #[test]
    fn a_stop_text_split_over_tokens_never_shows() {
        assert_eq!(run(&["```"], &[b"x = 1\n`", b"`", b"` and more"]), ("x = 1\n".into(), true));
    }

    #[test]
    fn text_that_only_resembled_a_stop_text_is_shown() {
        assert_eq!(run(&["```"], &[b"a ``", b" b"]), ("a `` b".into(), false));
        assert_eq!(run(&["\nEND"], &[b"x\nEN"]), ("x\nEN".into(), false));
    }

    #[test]
    fn the_first_of_several_stop_texts_counts() {
        assert_eq!(run(&["later", "now"], &[b"a now b later"]), ("a ".into(), true));
    }

    #[test]
    fn a_character_split_over_tokens_comes_out_whole() {
        let euro = "€".as_bytes();
        let mut tail = Tail::new(&[]);
        assert_eq!(tail.push(&euro[..1]).text, "");
        assert_eq!(tail.push(&euro[1..2]).text, "");
        assert_eq!(tail.push(&euro[2..]).text, "€");
    }

    #[test]
    fn invalid_utf8_does_not_stall_the_reply() {
        assert_eq!(run(&[], &[b"a\xff", b"b"]), ("a\u{fffd}b".into(), false));
    }
}
