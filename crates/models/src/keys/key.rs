//! A provider's key.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A provider's key. It cannot be printed.
#[derive(Clone)]
pub struct Key {
    text: String,
    /// A server refused the key. All copies share this.
    refused: Arc<AtomicBool>,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Key {}

impl Key {
    /// The key that a user entered, without the whitespace around it, which comes along when copying.
    pub fn new(text: &str) -> Self {
        Key { text: text.trim().to_owned(), refused: Arc::default() }
    }

    pub(crate) fn expose(&self) -> &str {
        &self.text
    }

    /// Marks the key as refused by a server.
    pub(crate) fn refuse(&self) {
        self.refused.store(true, Ordering::Relaxed);
    }

    /// Whether a server refused the key.
    pub(crate) fn is_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// `text` without the key in it: servers quote keys in their errors.
    pub(crate) fn redact(&self, text: &str) -> String {
        if self.text.is_empty() { text.to_owned() } else { text.replace(&self.text, "[key]") }
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_cannot_be_printed_and_is_cut_out_of_texts() {
        let key = Key::new(" sk-secret\n");
        assert_eq!(format!("{key:?}"), "Key(hidden)");
        assert_eq!(key.redact("bad key sk-secret."), "bad key [key].");
        assert_eq!(Key::new("").redact("as it was"), "as it was");
    }
}
