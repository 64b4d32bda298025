//! The dated table of windows and list prices, which `scripts/prices.py` makes from public facts. A model gets a price only where its name identifies
//! it for certain.

use super::providers;
use plumb_rlm::{money::Price, options::ModelChoice};
use reqwest::Url;
use serde::Deserialize;
use std::{collections::HashMap, sync::LazyLock};

#[derive(Deserialize)]
struct Table {
    as_of: String,
    /// Words that turn a name into another model's: `gpt-4o-audio` is not `gpt-4o`.
    azure_words: Vec<String>,
    models: Vec<Fact>,
}

/// The table's entry of a model.
#[derive(Deserialize)]
pub struct Fact {
    provider: String,
    name: String,
    /// Maximum tokens of a call.
    pub window: u32,
    /// Maximum tokens of a reply.
    pub max_output: u32,
    /// The price holds up to `window`; a longer call costs more as a whole.
    #[serde(default)]
    pub tier: bool,
    /// The model accepts a beginning for its reply.
    #[serde(default)]
    pub prefill: bool,
    /// US dollars per million tokens.
    pub price: Price,
    /// The page with the price.
    pub source: String,
}

#[derive(Deserialize)]
struct Pairs {
    cheap: HashMap<String, String>,
}

// Both files are part of the program, and a test reads them, so they cannot fail to parse at run time. An empty table would do no harm.
static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let empty = |_| Table { as_of: String::new(), azure_words: Vec::new(), models: Vec::new() };
    serde_json::from_str(include_str!("prices.json")).unwrap_or_else(empty)
});
static PAIRS: LazyLock<Pairs> =
    LazyLock::new(|| toml::from_str(include_str!("pairs.toml")).unwrap_or_else(|_| Pairs { cheap: HashMap::new() }));

/// The date of the table.
pub fn prices_as_of() -> &'static str {
    &TABLE.as_of
}

/// The table's models of a provider, as suggestions: any other name works too. Empty where the provider has deployments.
pub fn listed_models(provider: &str) -> Vec<&'static str> {
    let models = TABLE.models.iter().filter(|fact| fact.provider == provider && !providers::has_deployments(provider));
    models.map(|fact| fact.name.as_str()).collect()
}

/// The table's entry of a model. It holds at the provider's own address only.
pub fn fact(choice: &ModelChoice, url: &Url) -> Option<&'static Fact> {
    match choice.provider.as_str() {
        "azure" => deployed(&choice.name).filter(|_| is_azure(url)),
        _ if choice.base_url.is_some() => None,
        "openrouter" => routed(&choice.name),
        provider => named(provider, &choice.name),
    }
}

/// A model of the same provider for sub-calls at less than half the price.
pub fn cheaper(choice: &ModelChoice, url: &Url) -> Option<(&'static str, Price)> {
    let price = choice.price.or(fact(choice, url).map(|fact| fact.price))?;
    let name = PAIRS.cheap.get(&choice.provider)?;
    let cheap = fact(&ModelChoice { name: name.clone(), ..choice.clone() }, url)?.price;
    (cheap.input * 2.0 < price.input && cheap.output * 2.0 < price.output).then_some((name, cheap))
}

/// The entry with a name; a dated version of a listed model counts as that model.
fn named(provider: &str, name: &str) -> Option<&'static Fact> {
    let of_provider = || TABLE.models.iter().filter(|fact| fact.provider == provider);
    let dated = |listed: &str| name.strip_prefix(listed)?.strip_prefix('-').filter(|rest| is_date(rest));
    of_provider().find(|fact| fact.name == name).or_else(|| of_provider().find(|fact| dated(&fact.name).is_some()))
}

/// The entry of a model at OpenRouter, which charges the maker's price and puts the maker's name first: `anthropic/claude-sonnet-4.5`.
fn routed(name: &str) -> Option<&'static Fact> {
    match name.split_once('/')? {
        ("openai", name) => named("openai", name),
        ("google", name) => named("gemini", name),
        ("x-ai", name) => named("xai", name),
        ("anthropic", name) => named("anthropic", &name.replace('.', "-")),
        _ => None,
    }
}

/// The entry of a deployment, which its user named: the longest model whose words are together in the name, unless another word makes it another
/// model.
fn deployed(deployment: &str) -> Option<&'static Fact> {
    if let Some(fact) = named("azure", deployment) {
        return Some(fact);
    }
    let words = words(deployment);
    let within = TABLE.models.iter().filter(|fact| fact.provider == "azure").filter_map(|fact| {
        let of_model = self::words(&fact.name);
        let at = words.windows(of_model.len()).position(|some| some == of_model)?;
        Some((fact, at, of_model.len()))
    });
    let (fact, at, length) = within.max_by_key(|(.., length)| *length)?;
    let mut others = words[..at].iter().chain(&words[at + length..]);
    let another = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit()) || TABLE.azure_words.contains(word);
    (!others.any(another)).then_some(fact)
}

/// The words of a name: `gpt-4.1_prod` is "gpt", "4", "1", "prod".
fn words(name: &str) -> Vec<String> {
    let lower = name.to_ascii_lowercase();
    lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn is_azure(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    [".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com"].iter().any(|end| host.ends_with(end))
}

/// Whether a text is a date: `2026-11-21`, or `20261121` as Anthropic writes it.
fn is_date(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split('-').collect::<Vec<_>>()[..] {
        [date] => date.len() == 8 && digits(date),
        [year, month, day] => (year.len(), month.len(), day.len()) == (4, 2, 2) && [year, month, day].into_iter().all(digits),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
