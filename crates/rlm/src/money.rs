//! Money, exact.

use crate::usage::Usage;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;

/// An amount in US dollars, held as whole picodollars so that a price per million tokens times a token count never rounds.
/// On the wire it is a plain number of dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, TS)]
#[ts(type = "number")]
pub struct Usd(u64);

const PICO: f64 = 1e12;

impl Usd {
    /// Nothing.
    pub const ZERO: Usd = Usd(0);

    /// From dollars. Negative and non-finite amounts become zero; the largest amount is 18 million dollars.
    pub fn from_dollars(dollars: f64) -> Self {
        Usd((dollars * PICO).round().max(0.0) as u64)
    }

    /// As dollars.
    pub fn dollars(self) -> f64 {
        self.0 as f64 / PICO
    }

    /// The sum, held at the largest amount.
    pub fn plus(self, other: Usd) -> Usd {
        Usd(self.0.saturating_add(other.0))
    }

    /// The difference, never below zero.
    pub fn minus(self, other: Usd) -> Usd {
        Usd(self.0.saturating_sub(other.0))
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.dollars())
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Usd::from_dollars(f64::deserialize(deserializer)?))
    }
}

/// A model's price, in US dollars per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Price {
    /// Fresh input tokens.
    pub input: f64,
    /// Input tokens the provider served from its cache; `input` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cached_input: Option<f64>,
    /// Input tokens the provider wrote to its cache; `input` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub cache_write: Option<f64>,
    /// Output tokens, reasoning included.
    pub output: f64,
}

impl Price {
    /// The cost of a call. Tokens from the cache and into it are part of the input tokens.
    pub fn cost(&self, usage: Usage) -> Usd {
        let cached = usage.cached_input_tokens.min(usage.input_tokens);
        let written = usage.cache_write_tokens.min(usage.input_tokens - cached);
        let each = |per_million: f64, tokens: u64| Usd(per_token(per_million).saturating_mul(tokens));
        each(self.input, usage.input_tokens - cached - written)
            .plus(each(self.cached_input.unwrap_or(self.input), cached))
            .plus(each(self.cache_write.unwrap_or(self.input), written))
            .plus(each(self.output, usage.output_tokens))
    }

    /// The most that a call of so many tokens can cost: all of its input is new, and a cache that costs more is filled with it.
    pub fn worst(&self, input_tokens: u64, output_tokens: u64) -> Usd {
        let input = self.cache_write.map_or(self.input, |write| write.max(self.input));
        Price { input, ..*self }.cost(Usage { input_tokens, output_tokens, ..Usage::default() })
    }

    /// No part of a call costs anything.
    pub fn is_free(&self) -> bool {
        self.worst(1, 1) == Usd::ZERO && self.cached_input.is_none_or(|cached| per_token(cached) == 0)
    }

    /// Number of output tokens that `left` buys, after the input at its worst.
    pub fn affordable_output(&self, left: Usd, input_tokens: u64) -> u64 {
        left.minus(self.worst(input_tokens, 0)).0.checked_div(per_token(self.output)).unwrap_or(u64::MAX)
    }

    /// Each amount can be charged. Others would count as nothing, so no limit would be kept.
    pub fn is_sound(&self) -> bool {
        let amounts = [Some(self.input), self.cached_input, self.cache_write, Some(self.output)];
        amounts.into_iter().flatten().all(|amount| amount.is_finite() && amount >= 0.0)
    }
}

/// Dollars per million tokens as picodollars per token.
fn per_token(per_million: f64) -> u64 {
    (per_million * 1e6).round().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_small_calls_cost_exactly_a_thousand_times_one() {
        let price = Price { input: 0.15, cached_input: Some(0.075), cache_write: None, output: 0.6 };
        let usage = Usage { input_tokens: 1234, cached_input_tokens: 234, cache_write_tokens: 0, output_tokens: 77 };
        let one = price.cost(usage);
        assert_eq!(one.dollars(), (1000.0 * 0.15 + 234.0 * 0.075 + 77.0 * 0.6) / 1e6);
        let all = (0..1000).fold(Usd::ZERO, |sum, _| sum.plus(one));
        assert_eq!(all.dollars(), one.dollars() * 1000.0);
    }

    #[test]
    fn cache_writes_have_a_price_of_their_own() {
        let price = Price { input: 1.0, cached_input: Some(0.1), cache_write: Some(1.25), output: 5.0 };
        let usage = Usage { input_tokens: 1_000, cached_input_tokens: 600, cache_write_tokens: 300, output_tokens: 10 };
        assert_eq!(price.cost(usage).dollars(), (100.0 + 600.0 * 0.1 + 300.0 * 1.25 + 50.0) / 1e6);
        assert_eq!(price.worst(1_000, 10).dollars(), (1_250.0 + 50.0) / 1e6);
        let same = Price { cache_write: None, ..price };
        assert_eq!(same.cost(usage).dollars(), (400.0 + 60.0 + 50.0) / 1e6);
        assert_eq!(same.worst(1_000, 10).dollars(), (1_000.0 + 50.0) / 1e6);
    }

    #[test]
    fn impossible_prices_are_not_sound() {
        let free = Price { input: 0.0, cached_input: None, cache_write: None, output: 0.0 };
        assert!(free.is_sound());
        for odd in [-0.1, f64::NAN, f64::INFINITY] {
            assert!(!Price { input: odd, ..free }.is_sound() && !Price { output: odd, ..free }.is_sound());
            assert!(
                !Price { cached_input: Some(odd), ..free }.is_sound() && !Price { cache_write: Some(odd), ..free }.is_sound()
            );
        }
    }

    #[test]
    fn impossible_amounts_do_not_become_credit() {
        assert_eq!(Usd::from_dollars(-3.0), Usd::ZERO);
        assert_eq!(Usd::from_dollars(f64::NAN), Usd::ZERO);
        assert_eq!(Usd::from_dollars(1.0).minus(Usd::from_dollars(2.0)), Usd::ZERO);
    }
}
