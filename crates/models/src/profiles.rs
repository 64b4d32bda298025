//! What is known of a model before it is called: a dated table of facts, and cautious guesses for the rest.

use crate::providers::{self, Provider};
use plumb_rlm::model::{ModelProfile, Strength};
use plumb_rlm::money::Price;
use plumb_rlm::options::ModelChoice;
use reqwest::Url;
use serde::Deserialize;
use std::sync::LazyLock;

#[derive(Deserialize)]
struct Table {
    as_of: String,
    model: Vec<Fact>,
}

#[derive(Deserialize)]
struct Fact {
    provider: String,
    name: String,
    window: u32,
    max_output: u32,
    strength: Strength,
    /// A reply can be made to begin with a given text.
    #[serde(default)]
    prefill: bool,
    price: Option<Price>,
}

// The table is part of the program, and a test reads it: it cannot be wrong at run time, and empty is the harmless answer if it were.
static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("profiles.toml")).unwrap_or(Table { as_of: String::new(), model: Vec::new() }));

const CLOUD_WINDOW: u32 = 128_000;
const OWN_WINDOW: u32 = 32_768;
const UNKNOWN_MAX_OUTPUT: u32 = 8_192;
/// Below this many billions of parameters a model gets the guided REPL.
const STRONG_BILLIONS: f64 = 12.0;

/// The day on which the prices of the table were true, where an entry's comment names no other.
pub fn prices_as_of() -> &'static str {
    &TABLE.as_of
}

/// The models of a provider that the table knows, as suggestions: any other name works too.
pub fn listed_models(provider: &str) -> Vec<&'static str> {
    TABLE.model.iter().filter(|fact| fact.provider == provider).map(|fact| fact.name.as_str()).collect()
}

/// The profile of a model on a server. `window` is what the user says fits.
pub fn profile(choice: &ModelChoice, url: &Url, window: Option<u32>) -> ModelProfile {
    let provider = providers::provider(&choice.provider);
    // The table's facts hold at the provider's own address only.
    let fact = fact(&choice.provider, &choice.name).filter(|_| choice.base_url.is_none());
    let own_machine = provider.is_none_or(|provider: &Provider| provider.own_machine);
    let window_tokens = window.or(fact.map(|fact| fact.window)).unwrap_or(if own_machine { OWN_WINDOW } else { CLOUD_WINDOW });
    let max_output = fact.map_or(UNKNOWN_MAX_OUTPUT, |fact| fact.max_output);
    ModelProfile {
        name: format!("{}:{}", choice.provider, choice.name),
        window_tokens,
        max_output_tokens: max_output.min(window_tokens / 2),
        strength: fact.map_or_else(|| strength_by_name(&choice.name), |fact| fact.strength),
        price: choice.price.or(fact.and_then(|fact| fact.price)),
        local: providers::is_loopback(url),
        prefill: fact.is_some_and(|fact| fact.prefill),
        // These serve one person, a few calls at a time; other servers put many calls into one batch.
        concurrency: if matches!(choice.provider.as_str(), "ollama" | "lmstudio" | "llamacpp") { 4 } else { 32 },
    }
}

/// The table's entry; a dated version of a listed model counts as that model.
fn fact(provider: &str, name: &str) -> Option<&'static Fact> {
    let dated = |listed: &str| name.strip_prefix(listed)?.strip_prefix('-').filter(|rest| is_date(rest));
    TABLE.model.iter().find(|fact| fact.provider == provider && (fact.name == name || dated(&fact.name).is_some()))
}

/// `2026-11-21`, or `20261121` as Anthropic writes it.
fn is_date(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split('-').collect::<Vec<_>>()[..] {
        [date] => date.len() == 8 && digits(date),
        [year, month, day] => (year.len(), month.len(), day.len()) == (4, 2, 2) && [year, month, day].into_iter().all(digits),
        _ => false,
    }
}

fn strength_by_name(name: &str) -> Strength {
    let name = name.to_ascii_lowercase();
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    let billions = words.clone().filter_map(|word| word.strip_suffix('b')?.parse::<f64>().ok()).next_back();
    match billions {
        Some(billions) if billions < STRONG_BILLIONS => Strength::Small,
        Some(_) => Strength::Strong,
        None if words.any(|word| matches!(word, "tiny" | "mini" | "nano")) => Strength::Small,
        None => Strength::Strong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_rlm::options::KeySource;

    fn profile_of(provider: &str, name: &str) -> ModelProfile {
        let choice =
            ModelChoice { provider: provider.into(), name: name.into(), base_url: None, key: KeySource::None, price: None };
        profile(&choice, &Url::parse("https://example.org/v1").unwrap(), None)
    }

    #[test]
    fn the_table_reads_and_is_dated() {
        assert!(is_date(prices_as_of()));
        assert!(TABLE.model.len() >= 12);
        assert!(
            TABLE.model.iter().all(|fact| providers::provider(&fact.provider).is_some() && fact.window > fact.max_output / 2)
        );
    }

    #[test]
    fn a_dated_version_costs_what_its_model_costs_and_another_model_does_not() {
        assert_eq!(profile_of("openai", "gpt-4o-mini-2024-07-18").price, profile_of("openai", "gpt-4o-mini").price);
        assert!(profile_of("openai", "gpt-4o-mini").price.is_some());
        assert_eq!(profile_of("anthropic", "claude-haiku-4-5-20251001").price, profile_of("anthropic", "claude-haiku-4-5").price);
        assert_eq!(profile_of("anthropic", "claude-opus-5-5").price.unwrap().input, 4.0);
        assert_eq!(profile_of("anthropic", "claude-opus-5").price.unwrap().input, 5.0);
        assert_eq!(profile_of("openai", "gpt-4o-audio-preview").price, None);
        assert_eq!(profile_of("openrouter", "gpt-4o").price, None);
    }

    #[test]
    fn a_reply_is_made_to_begin_with_a_text_only_where_the_model_is_known_to_take_it() {
        assert!(profile_of("anthropic", "claude-haiku-4-5").prefill);
        assert!(!profile_of("anthropic", "claude-opus-5").prefill && !profile_of("anthropic", "claude-of-tomorrow").prefill);
    }

    #[test]
    fn the_prices_of_a_cache_lie_around_that_of_fresh_input() {
        for fact in &TABLE.model {
            let Some(price) = fact.price else { continue };
            assert!(price.cached_input.is_none_or(|cached| cached < price.input), "{}", fact.name);
            assert!(price.cache_write.is_none_or(|write| write > price.input), "{}", fact.name);
        }
    }

    #[test]
    fn prices_of_a_provider_are_not_taken_for_another_server_that_uses_its_names() {
        let choice = ModelChoice {
            provider: "openai".into(),
            name: "gpt-4o".into(),
            base_url: Some("https://proxy.example.org/v1".into()),
            key: KeySource::None,
            price: None,
        };
        assert_eq!(profile(&choice, &Url::parse("https://proxy.example.org/v1").unwrap(), None).price, None);
    }

    #[test]
    fn the_size_in_a_models_name_tells_its_strength() {
        for small in ["qwen2.5-coder:1.5b", "llama3.2:3b-instruct", "Qwen/Qwen2.5-7B-Instruct", "phi-4-mini"] {
            assert_eq!(strength_by_name(small), Strength::Small, "{small}");
        }
        for strong in ["llama3.3:70b", "qwen/qwen3-235b-a22b", "gpt-oss-120b", "some-model"] {
            assert_eq!(strength_by_name(strong), Strength::Strong, "{strong}");
        }
    }

    #[test]
    fn an_unknown_model_gets_a_cautious_window_and_the_users_word_goes_first() {
        assert_eq!(profile_of("openrouter", "some/model").window_tokens, 128_000);
        assert_eq!(profile_of("vllm", "some/model").window_tokens, 32_768);
        let choice = ModelChoice { provider: "vllm".into(), name: "m".into(), base_url: None, key: KeySource::None, price: None };
        let url = Url::parse("http://localhost:8000/v1").unwrap();
        assert_eq!(profile(&choice, &url, Some(8_192)).window_tokens, 8_192);
        assert!(profile(&choice, &url, None).local);
    }
}
