//! Estimates the cost and time of a question: from similar runs or, without any, from its size. A model on this computer gets ready meanwhile.

use crate::{plumb::Plumb, types::*};
use plumb_rlm::{
    fault::Fault,
    money::Price,
    options::Mode,
    strategy::route::{instructions, route},
    traits::{corpus::Corpus, model::ModelProfile},
    usage::Usage,
};

/// Minimum number of runs to estimate from.
const MIN_RUNS: usize = 3;
/// Maximum number of past runs to compare with, newest first.
const MAX_RUNS: u32 = 200;
/// Runs between a third of the question's size and three times its size are similar.
const SIZE_RATIO: f64 = 3.0;

/// The mode that the engine drives, as the store has it.
const MAP: &str = "map";
/// Maximum number of past runs whose times are looked at, newest first.
const MAX_TIMES: u32 = 9;
/// Times from here on are given in minutes, in seconds.
const MINUTES_FROM: i64 = 90;

/// Tokens a question may need without similar runs: in the best and in the worst usual case.
struct Need {
    input: [u64; 2],
    output: [u64; 2],
    /// Input of sub-calls.
    sub_input: [u64; 2],
}

impl Plumb {
    /// Estimates the cost of a question. Sends nothing and reads no key. A question is about to come, so a model on this computer is loaded and reads
    /// its instructions.
    ///
    /// # Errors
    /// Those of [`Plumb::ask`] before its run starts: no model, no such library, a folder that is gone.
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
            (Some(root), Some(sub)) if root.is_free() && sub.is_free() => {
                let mut reason = free_reason(&[&model, &sub_model]);
                if mode == Mode::Map && sub_model.local {
                    let past = self.inner.store.times_of_runs_like(MAP, &model.name, &sub_model.name, MAX_TIMES).await?;
                    reason = format!("{reason} {}", lasting(past));
                }
                (Cost::Free, reason)
            }
            (Some(root), Some(sub)) => {
                let mut past = self.past_costs(mode, &model.name, &sub_model.name).await?;
                let (costs, mut reason) = match from_runs(&mut past, overview.tokens_estimate) {
                    Some(found) => found,
                    None => {
                        let costs = from_size(mode, overview.tokens_estimate, root, sub);
                        let prices =
                            if listed { format!(" at prices of {}", plumb_models::prices_as_of()) } else { String::new() };
                        (costs, format!("estimated from the size{prices}, because there are no similar runs yet"))
                    }
                };
                let [low, mut high] = costs;
                if let Some(limit) = options.limits.max_cost_usd.filter(|limit| *limit < high) {
                    high = limit;
                    reason.push_str("; it stops at your limit");
                }
                (Cost::Between { low_usd: low.min(high), high_usd: high }, reason)
            }
            (root, _) => {
                let unknown = if root.is_none() { &model } else { &sub_model };
                let reason = format!("The price of {} is unknown. Enter it in the settings.", unknown.name);
                (Cost::Unknown, reason)
            }
        };
        self.inner.models.prepare(options.sub_model.as_ref().unwrap_or(&options.model), instructions(mode)).await;
        Ok(Estimate { cost, reason, mode, mode_reason })
    }

    /// Costs of past runs with the same mode and models, in US dollars, with their sizes in tokens.
    async fn past_costs(&self, mode: Mode, model: &str, sub_model: &str) -> Result<Vec<(f64, u64)>, Fault> {
        let mode = match mode {
            Mode::Direct => "direct",
            Mode::Rlm => "rlm",
            Mode::Guided => "guided",
            Mode::Map => MAP,
        };
        let past = self.inner.store.costs_of_runs_like(mode, model, sub_model, MAX_RUNS).await?;
        Ok(past.into_iter().map(|(pico, tokens)| (pico as f64 / 1e12, tokens.max(0) as u64)).collect())
    }
}

/// Why a question costs nothing.
fn free_reason(models: &[&ModelProfile]) -> String {
    let here = models.iter().all(|model| model.local);
    if here { "Free: the model runs on this computer." } else { "Free: the model's price is zero." }.to_owned()
}

/// How long a question takes: as the middle one of earlier ones, given in milliseconds.
fn lasting(mut past: Vec<i64>) -> String {
    if past.len() < MIN_RUNS {
        return "An answer takes one to two minutes.".to_owned();
    }
    past.sort_unstable();
    let seconds = (past[past.len() / 2] / 1_000).max(1);
    let time = if seconds < MINUTES_FROM { format!("{seconds} seconds") } else { format!("{} minutes", (seconds + 30) / 60) };
    format!("An answer takes about {time}.")
}

/// Estimates from runs of about this size or, if they are too few, of any size.
fn from_runs(past: &mut Vec<(f64, u64)>, tokens: u64) -> Option<([f64; 2], String)> {
    let is_similar = |size: u64| {
        let ratio = (size.max(1) as f64) / (tokens.max(1) as f64);
        (1.0 / SIZE_RATIO..=SIZE_RATIO).contains(&ratio)
    };
    let similar = past.iter().filter(|(_, size)| is_similar(*size)).count();
    let reason = if similar >= MIN_RUNS {
        past.retain(|(_, size)| is_similar(*size));
        format!("{similar} similar runs")
    } else {
        format!("{} runs of other sizes with these models", past.len())
    };
    if past.len() < MIN_RUNS {
        return None;
    }
    past.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Outliers would make the range useless: the cheapest and the dearest tenth do not count.
    let at = |part: f64| past[((past.len() - 1) as f64 * part).round() as usize].0;
    Some(([at(0.1), at(0.9)], reason))
}

/// Estimates from the size and the usual number of steps.
fn from_size(mode: Mode, tokens: u64, root: Price, sub: Price) -> [f64; 2] {
    let need = match mode {
        // The numbers of lines take tokens too.
        Mode::Direct => Need { input: [tokens + 500, tokens * 3 / 2 + 1_000], output: [150, 2_000], sub_input: [0, 0] },
        Mode::Guided => Need { input: [3_000, 20_000], output: [200, 2_000], sub_input: [0, 0] },
        // A plan reads a few passages, or the beginning of each document; its calls are sub-calls.
        Mode::Map => Need { input: [400, 600], output: [5, 10], sub_input: [3_000, tokens.clamp(4_000, 15_000)] },
        // Each step sends all earlier steps again. Sub-calls read at most the whole text.
        Mode::Rlm => Need { input: [6_000, 100_000], output: [600, 8_000], sub_input: [0, tokens.min(300_000)] },
    };
    let cost = |which: usize| {
        let of = |input_tokens, output_tokens| Usage { input_tokens, output_tokens, ..Usage::default() };
        let of_root = root.cost(of(need.input[which], need.output[which]));
        of_root.plus(sub.cost(of(need.sub_input[which], need.sub_input[which] / 20))).dollars()
    };
    [cost(0), cost(1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_runs_count_and_outliers_do_not() {
        let mut past: Vec<(f64, u64)> = (1..=11).map(|n| (f64::from(n) / 100.0, 50_000)).collect();
        past.extend([(9.0, 5_000_000), (8.0, 10), (7.0, 151_000)]);
        let (costs, reason) = from_runs(&mut past, 50_000).unwrap();
        assert_eq!((costs, reason.as_str()), ([0.02, 0.10], "11 similar runs"));
    }

    #[test]
    fn the_time_is_that_of_the_middle_question() {
        assert_eq!(lasting(vec![20_000, 900, 41_000, 300_000]), "An answer takes about 41 seconds.");
        assert_eq!(lasting(vec![160_000; 3]), "An answer takes about 3 minutes.");
        assert!(lasting(vec![1, 2]).contains("one to two minutes"));
    }

    #[test]
    fn runs_of_other_sizes_are_named_and_too_few_say_nothing() {
        let mut past = vec![(0.1, 10), (0.3, 10), (0.2, 10)];
        let (costs, reason) = from_runs(&mut past, 50_000).unwrap();
        assert_eq!((costs, reason.as_str()), ([0.1, 0.3], "3 runs of other sizes with these models"));
        assert!(from_runs(&mut vec![(0.1, 50_000), (0.2, 50_000)], 50_000).is_none());
    }

    #[test]
    fn a_larger_text_read_at_once_costs_more() {
        let price = Price { input: 1.0, cached_input: None, cache_write: None, output: 10.0 };
        let [low, high] = from_size(Mode::Direct, 10_000, price, price);
        assert!(low > 0.01 && high < 0.05 && low < high, "{low} {high}");
        let [twice, _] = from_size(Mode::Direct, 20_000, price, price);
        assert!(twice > low * 1.5);
    }
}
