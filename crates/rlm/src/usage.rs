//! Tokens of a call, and why a reply ended.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Tokens of a call, as the provider counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Usage {
    /// All input tokens, cached ones included.
    pub input_tokens: u64,
    /// Those of the input that came from the provider's cache.
    pub cached_input_tokens: u64,
    /// Those of the input that the provider wrote to its cache, where that has a price of its own.
    #[serde(default)]
    pub cache_write_tokens: u64,
    /// Output tokens, reasoning included.
    pub output_tokens: u64,
}

impl Usage {
    /// The sum of two.
    pub fn plus(self, other: Usage) -> Usage {
        Usage {
            input_tokens: self.input_tokens + other.input_tokens,
            cached_input_tokens: self.cached_input_tokens + other.cached_input_tokens,
            cache_write_tokens: self.cache_write_tokens + other.cache_write_tokens,
            output_tokens: self.output_tokens + other.output_tokens,
        }
    }
}

/// Tokens of a call as far as the provider has counted them; while a reply arrives, so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// All input tokens, cached ones included.
    pub input_tokens: Option<u64>,
    /// Those of the input that came from the provider's cache.
    pub cached_input_tokens: u64,
    /// Those of the input that the provider wrote to its cache, where that has a price of its own.
    pub cache_write_tokens: u64,
    /// Output tokens, reasoning included.
    pub output_tokens: Option<u64>,
}

impl From<Usage> for Reported {
    fn from(usage: Usage) -> Self {
        Reported {
            input_tokens: Some(usage.input_tokens),
            cached_input_tokens: usage.cached_input_tokens,
            cache_write_tokens: usage.cache_write_tokens,
            output_tokens: Some(usage.output_tokens),
        }
    }
}

impl Reported {
    /// This report, completed from an older one.
    pub fn after(self, older: Reported) -> Reported {
        let input = if self.input_tokens.is_some() { self } else { older };
        Reported { output_tokens: self.output_tokens.or(older.output_tokens), ..input }
    }

    /// No part has to be estimated.
    pub fn is_whole(&self) -> bool {
        self.input_tokens.is_some_and(|tokens| tokens > 0) && self.output_tokens.is_some_and(|tokens| tokens > 0)
    }

    /// The tokens, completed from `estimate`, and whether any are estimated. A zero beside a text counts as not reported.
    pub fn or(self, estimate: Usage) -> (Usage, bool) {
        let input = self.input_tokens.filter(|tokens| *tokens > 0 || estimate.input_tokens == 0);
        let output = self.output_tokens.filter(|tokens| *tokens > 0 || estimate.output_tokens == 0);
        let of_input = if input.is_some() { self } else { Reported::default() };
        let usage = Usage {
            input_tokens: input.unwrap_or(estimate.input_tokens),
            cached_input_tokens: of_input.cached_input_tokens,
            cache_write_tokens: of_input.cache_write_tokens,
            output_tokens: output.unwrap_or(estimate.output_tokens),
        };
        (usage, input.is_none() || output.is_none() && estimate.output_tokens > 0)
    }
}

/// Why a reply ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model was done, or a stop text came.
    #[default]
    Stop,
    /// The output limit was reached.
    Length,
    /// The model refused, or the provider withheld the reply.
    Refused,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_from_before_cache_writes_still_reads() {
        let kept = r#"{"input_tokens": 9, "cached_input_tokens": 4, "output_tokens": 2}"#;
        let usage: Usage = serde_json::from_str(kept).unwrap();
        assert_eq!(usage, Usage { input_tokens: 9, cached_input_tokens: 4, cache_write_tokens: 0, output_tokens: 2 });
    }

    #[test]
    fn missing_and_zero_parts_of_a_usage_are_estimated() {
        let estimate = Usage { input_tokens: 20, output_tokens: 7, ..Usage::default() };
        let reported =
            |input_tokens, output_tokens| Reported { input_tokens, cached_input_tokens: 4, cache_write_tokens: 1, output_tokens };
        let usage = |input_tokens, cached_input_tokens, cache_write_tokens, output_tokens| Usage {
            input_tokens,
            cached_input_tokens,
            cache_write_tokens,
            output_tokens,
        };
        assert_eq!(reported(Some(9), Some(2)).or(estimate), (usage(9, 4, 1, 2), false));
        for nothing in [None, Some(0)] {
            assert_eq!(reported(Some(9), nothing).or(estimate), (usage(9, 4, 1, 7), true));
            assert_eq!(reported(nothing, Some(2)).or(estimate), (usage(20, 0, 0, 2), true));
            assert_eq!(reported(nothing, nothing).or(estimate), (usage(20, 0, 0, 7), true));
            // An empty reply has no tokens that could have been left out.
            let empty = Usage { output_tokens: 0, ..estimate };
            assert_eq!(reported(Some(9), nothing).or(empty), (usage(9, 4, 1, 0), false));
        }
    }
}
