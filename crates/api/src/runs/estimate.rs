//! What a question would cost: from runs like it, or from its size where there were none.

use crate::{plumb::Plumb, types::*};
use plumb_rlm::{
    fault::Fault,
    money::Price,
    options::Mode,
    strategy::route::route,
    traits::{corpus::Corpus, model::ModelProfile},
    usage::Usage,
};

/// Fewer runs say too little of the next one.
const ENOUGH: usize = 3;
/// Runs that are looked at, newest first.
const LOOKED_AT: u32 = 200;
/// A run of between a third and three times the size is like this one.
const ALIKE: f64 = 3.0;

/// What a question without a history may need, in tokens: when it goes well, and when it does not.
struct Need {
    input: [u64; 2],
    output: [u64; 2],
    /// Of sub-calls.
    pieces: [u64; 2],
}

impl Plumb {
    /// What a question would cost. Nothing is sent, and no key is looked at.
    ///
    /// # Errors
    /// As for asking: no model, no such library, a folder that is gone.
    pub async fn estimate(&self, request: Ask) -> Result<Estimate, Fault> {
        let (library, options) = self.asked(&request).await?;
        let facts = self.inner.models.facts(&options.model).await?;
        let (model, listed) = (facts.profile, facts.price_from == Some(plumb_models::PriceFrom::Table));
        let sub_model = match &options.sub_model {
            Some(choice) => self.inner.models.facts(choice).await?.profile,
            None => model.clone(),
        };
        let overview = self.library_corpus(&library.id.to_string()).await?.overview().await;
        let (mode, mode_reason) = route(options.mode, &overview, &model);
        let (cost, reason) = match (model.price, sub_model.price) {
            (Some(root), Some(sub)) if root.is_free() && sub.is_free() => (Cost::Free, free(&[&model, &sub_model])),
            (Some(root), Some(sub)) => {
                let mut past = self.past_costs(mode, &model.name, &sub_model.name).await?;
                let (costs, mut reason) = match like(&mut past, overview.tokens_estimate) {
                    Some(found) => found,
                    None => {
                        let (costs, reason) = reckoned(mode, overview.tokens_estimate, root, sub);
                        let prices =
                            if listed { format!(" at prices of {}", plumb_models::prices_as_of()) } else { String::new() };
                        (costs, format!("reckoned from the size{prices}, as {reason}"))
                    }
                };
                let [low, mut high] = costs;
                if let Some(limit) = options.limits.max_cost_usd.filter(|limit| *limit < high) {
                    high = limit;
                    reason.push_str("; it stops at the limit");
                }
                (Cost::Between { low_usd: low.min(high), high_usd: high }, reason)
            }
            (root, _) => {
                let unknown = if root.is_none() { &model } else { &sub_model };
                let reason = format!("The price of {} is unknown. Say it in the settings.", unknown.name);
                (Cost::Unknown, reason)
            }
        };
        Ok(Estimate { cost, reason, mode, mode_reason })
    }

    /// What runs of the same mode and models cost, in dollars, with their sizes in tokens.
    async fn past_costs(&self, mode: Mode, model: &str, sub_model: &str) -> Result<Vec<(f64, u64)>, Fault> {
        let mode = match mode {
            Mode::Direct => "direct",
            Mode::Rlm => "rlm",
            Mode::Guided => "guided",
        };
        let past = self.inner.store.costs_of_runs_like(mode, model, sub_model, LOOKED_AT).await?;
        Ok(past.into_iter().map(|(pico, tokens)| (pico as f64 / 1e12, tokens.max(0) as u64)).collect())
    }
}

fn free(models: &[&ModelProfile]) -> String {
    let here = models.iter().all(|model| model.local);
    if here { "Free: no model outside of this computer is asked." } else { "Free: its price is zero." }.to_owned()
}

/// From runs of about this size; of any size where they are too few.
fn like(past: &mut Vec<(f64, u64)>, tokens: u64) -> Option<([f64; 2], String)> {
    let alike = |size: u64| {
        let ratio = (size.max(1) as f64) / (tokens.max(1) as f64);
        (1.0 / ALIKE..=ALIKE).contains(&ratio)
    };
    let of_this_size = past.iter().filter(|(_, size)| alike(*size)).count();
    let reason = if of_this_size >= ENOUGH {
        past.retain(|(_, size)| alike(*size));
        format!("{of_this_size} runs like this one")
    } else {
        format!("{} runs with these models, of other sizes", past.len())
    };
    if past.len() < ENOUGH {
        return None;
    }
    past.sort_by(|a, b| a.0.total_cmp(&b.0));
    // The cheapest and the dearest tenth are left out.
    let at = |part: f64| past[((past.len() - 1) as f64 * part).round() as usize].0;
    Some(([at(0.1), at(0.9)], reason))
}

/// From the size and the usual number of steps.
fn reckoned(mode: Mode, tokens: u64, root: Price, sub: Price) -> ([f64; 2], String) {
    let need = match mode {
        // Lines are numbered, which takes tokens too.
        Mode::Direct => Need { input: [tokens + 500, tokens * 3 / 2 + 1_000], output: [150, 2_000], pieces: [0, 0] },
        Mode::Guided => Need { input: [3_000, 20_000], output: [200, 2_000], pieces: [0, 0] },
        // Each step sends the ones before it again; the pieces that sub-calls read are part of the text at most.
        Mode::Rlm => Need { input: [6_000, 100_000], output: [600, 8_000], pieces: [0, tokens.min(300_000)] },
    };
    let cost = |which: usize| {
        let of = |input_tokens, output_tokens| Usage { input_tokens, output_tokens, ..Usage::default() };
        let of_root = root.cost(of(need.input[which], need.output[which]));
        of_root.plus(sub.cost(of(need.pieces[which], need.pieces[which] / 20))).dollars()
    };
    ([cost(0), cost(1)], "there are no runs like this one yet".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_about_the_same_size_count_and_the_odd_ones_among_them_do_not() {
        let mut past: Vec<(f64, u64)> = (1..=11).map(|n| (f64::from(n) / 100.0, 50_000)).collect();
        past.extend([(9.0, 5_000_000), (8.0, 10), (7.0, 151_000)]);
        let (costs, reason) = like(&mut past, 50_000).unwrap();
        assert_eq!((costs, reason.as_str()), ([0.02, 0.10], "11 runs like this one"));
    }

    #[test]
    fn a_history_of_other_sizes_is_named_as_that_and_a_short_one_says_nothing() {
        let mut past = vec![(0.1, 10), (0.3, 10), (0.2, 10)];
        let (costs, reason) = like(&mut past, 50_000).unwrap();
        assert_eq!((costs, reason.as_str()), ([0.1, 0.3], "3 runs with these models, of other sizes"));
        assert!(like(&mut vec![(0.1, 50_000), (0.2, 50_000)], 50_000).is_none());
    }

    #[test]
    fn a_larger_text_that_is_read_at_once_is_reckoned_to_cost_more() {
        let price = Price { input: 1.0, cached_input: None, cache_write: None, output: 10.0 };
        let ([low, high], _) = reckoned(Mode::Direct, 10_000, price, price);
        assert!(low > 0.01 && high < 0.05 && low < high, "{low} {high}");
        let ([twice, _], _) = reckoned(Mode::Direct, 20_000, price, price);
        assert!(twice > low * 1.5);
    }
}
