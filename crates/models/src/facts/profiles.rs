//! Profiles of models: the user's word, the table of prices, and cautious guesses for the rest.

use super::{
    catalogue, prices,
    providers::{self, LOCAL, Provider},
};
use plumb_llama_protocol::{FileFacts, SLOTS};
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
    money::Price,
    options::ModelChoice,
    traits::model::{ModelProfile, Strength},
};
use reqwest::Url;
use serde::Deserialize;
use std::{fmt::Display, io::ErrorKind, path::Path, sync::LazyLock};

/// The price of calls that stay on this computer.
pub const FREE: Price = Price { input: 0.0, cached_input: None, cache_write: None, output: 0.0 };
/// Default window of a local model, in tokens. A larger one takes memory that most laptops do not have to spare.
pub const DEFAULT_LOCAL_WINDOW_TOKENS: u32 = 16_384;
/// Minimum window of a local model that is of any use, in tokens.
const MIN_LOCAL_WINDOW_TOKENS: u32 = 512;
/// Maximum length of a local model's reply, in tokens. A small window gives a reply at most [`LOCAL_REPLY_SHARE`] of itself.
const MAX_LOCAL_OUTPUT_TOKENS: u32 = 4_096;
/// One part in so many of a local model's window that a reply may fill.
const LOCAL_REPLY_SHARE: u32 = 4;
/// Window of an unknown model at a cloud provider, in tokens.
const CLOUD_WINDOW_TOKENS: u32 = 128_000;
/// Window of an unknown model on a server of the user's, in tokens.
const OWN_WINDOW_TOKENS: u32 = 32_768;
/// Maximum length of an unknown model's reply, in tokens.
const UNKNOWN_MAX_OUTPUT_TOKENS: u32 = 8_192;
/// Calls at the same time to a server for one person.
const PERSONAL_SERVER_CONCURRENCY: u32 = 4;
/// Billions of parameters below which a model gets the guided REPL.
const STRONG_BILLIONS: f64 = 12.0;

/// The user's own facts about models. They take precedence over the table, field by field, and hold at any address.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnProfiles {
    #[serde(default)]
    model: Vec<OwnFact>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnFact {
    provider: String,
    name: String,
    window: Option<u32>,
    max_output: Option<u32>,
    strength: Option<Strength>,
    prefill: Option<bool>,
    concurrency: Option<u32>,
    price: Option<Price>,
}

impl OwnProfiles {
    /// Reads the user's file; empty where there is none.
    ///
    /// # Errors
    /// `bad_profiles` when it cannot be read or parsed. It is not ignored, because a cost limit may depend on a price in it.
    pub fn read(path: &Path) -> Result<Self, Fault> {
        let wrong = |why: &dyn Display| {
            fault!(
                Code::BadProfiles,
                "Plumb cannot use your file of models, {path}: {why}. Correct it, or remove the file.",
                path = path.display(),
                why = why,
            )
        };
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            text => text.map_err(|error| wrong(&error))?,
        };
        let own: Self = toml::from_str(&text).map_err(|error| {
            let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
            wrong(&line.map_or_else(|| error.message().to_owned(), |line| format!("line {line}: {}", error.message())))
        })?;
        let zero = |fact: &&OwnFact| fact.window == Some(0) || fact.max_output == Some(0) || fact.concurrency == Some(0);
        if let Some(fact) = own.model.iter().find(zero) {
            return Err(wrong(&format!("{}:{} has a zero that is not allowed", fact.provider, fact.name)));
        }
        if let Some(fact) = own.model.iter().find(|fact| fact.price.is_some_and(|price| !price.is_sound())) {
            return Err(wrong(&format!("{}:{} has a price that is negative or not a number", fact.provider, fact.name)));
        }
        Ok(own)
    }

    fn fact(&self, choice: &ModelChoice) -> Option<&OwnFact> {
        self.model.iter().find(|fact| fact.provider == choice.provider && fact.name == choice.name)
    }

    /// The user's price of a model.
    pub fn price(&self, choice: &ModelChoice) -> Option<Price> {
        self.fact(choice)?.price
    }

    /// The user's word on a model's strength.
    fn strength(&self, choice: &ModelChoice) -> Option<Strength> {
        self.fact(choice)?.strength
    }

    /// The user's window of a model, in tokens.
    fn window(&self, choice: &ModelChoice) -> Option<u32> {
        self.fact(choice)?.window
    }
}

/// Refuses a choice whose price is not a usable number, because no cost limit would hold with it.
///
/// # Errors
/// `bad_price`.
pub fn check_price(choice: &ModelChoice) -> Result<(), Fault> {
    if choice.price.is_none_or(|price| price.is_sound()) {
        return Ok(());
    }
    Err(fault!(
        Code::BadPrice,
        "The price of {provider}:{model} is negative or not a number. Enter US dollars for a million tokens, or leave it out.",
        provider = &choice.provider,
        model = &choice.name,
    ))
}

/// Adds Anthropic's price for writing to the cache, a quarter more than for reading, where the user's price leaves it out:
/// <https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching#pricing>.
fn with_cache(price: Price, provider: &str) -> Price {
    let cache_write = price.cache_write.or((provider == "anthropic").then_some(price.input * 1.25));
    Price { cache_write, ..price }
}

/// The profile of a model on this computer. `file` is the metadata of a file of the user's, and `None` for a built-in model.
pub fn local(choice: &ModelChoice, file: Option<&FileFacts>, own: &OwnProfiles) -> ModelProfile {
    let name = match file {
        Some(_) => Path::new(&choice.name).file_name().unwrap_or_default().to_string_lossy(),
        None => choice.name.as_str().into(),
    };
    let built_in = catalogue::built_in(&choice.name).map(|model| model.window);
    let trained = file.map(|file| file.window).or(built_in).filter(|window| *window > 0).unwrap_or(DEFAULT_LOCAL_WINDOW_TOKENS);
    let window_tokens = own.window(choice).unwrap_or(DEFAULT_LOCAL_WINDOW_TOKENS).min(trained).max(MIN_LOCAL_WINDOW_TOKENS);
    // The file's word on its size takes precedence over its name's; only the name says which family it is of.
    let judged = || file.map_or(Strength::Small, |file| strength_by_name(&format!("{name} {}", file.parameters), false));
    ModelProfile {
        strength: own.strength(choice).unwrap_or_else(judged),
        name: format!("{LOCAL}:{name}"),
        window_tokens,
        max_output_tokens: MAX_LOCAL_OUTPUT_TOKENS.min(window_tokens / LOCAL_REPLY_SHARE),
        price: Some(FREE),
        local: true,
        prefill: true,
        attends: true,
        concurrency: Some(SLOTS),
    }
}

/// The profile of a model on a server.
pub fn remote(choice: &ModelChoice, url: &Url, own: &OwnProfiles) -> ModelProfile {
    let provider = providers::provider(&choice.provider);
    let fact = prices::fact(choice, url);
    let own_machine = provider.is_none_or(|provider: &Provider| provider.own_machine);
    // Calls that a server here forwards leave this computer all the same, and cost money.
    let local = providers::is_loopback(url) && !providers::forwards_calls(choice);
    let free = provider.is_some_and(|provider| provider.free_here) && local;
    let none = OwnFact::default();
    let own = own.fact(choice).unwrap_or(&none);
    let window_tokens =
        own.window.or(fact.map(|fact| fact.window)).unwrap_or(if own_machine { OWN_WINDOW_TOKENS } else { CLOUD_WINDOW_TOKENS });
    let max_output = own.max_output.or(fact.map(|fact| fact.max_output)).unwrap_or(UNKNOWN_MAX_OUTPUT_TOKENS);
    // These serve one person, a few calls at a time; other servers batch many calls.
    let concurrency =
        matches!(choice.provider.as_str(), "ollama" | "lmstudio" | "llamacpp").then_some(PERSONAL_SERVER_CONCURRENCY);
    ModelProfile {
        name: format!("{}:{}", choice.provider, choice.name),
        window_tokens,
        max_output_tokens: max_output.min(window_tokens / 2),
        strength: own.strength.unwrap_or_else(|| strength_by_name(&choice.name, fact.is_some())),
        // A price that holds up to some length is unknown for the longer calls that the user's own window allows.
        price: choice
            .price
            .or(own.price)
            .map(|price| with_cache(price, &choice.provider))
            .or(fact.filter(|fact| !fact.tier || window_tokens <= fact.window).map(|fact| fact.price))
            .or(free.then_some(FREE)),
        local,
        prefill: own.prefill.unwrap_or(fact.is_some_and(|fact| fact.prefill)),
        attends: false,
        concurrency: own.concurrency.or(concurrency),
    }
}

#[derive(Deserialize)]
struct Families {
    family: Vec<Family>,
}

#[derive(Deserialize)]
struct Family {
    word: String,
    strength: Strength,
}

// The file is part of the program, and a test reads it. An empty list would do no harm.
static FAMILIES: LazyLock<Families> =
    LazyLock::new(|| toml::from_str(include_str!("families.toml")).unwrap_or_else(|_| Families { family: Vec::new() }));

/// The strength that a model's name implies, by its family or its size. A `listed` "mini" of a provider is stronger than one for a laptop.
fn strength_by_name(name: &str, listed: bool) -> Strength {
    let name = name.to_ascii_lowercase();
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    if let Some(family) = FAMILIES.family.iter().find(|family| words.clone().any(|word| word == family.word)) {
        return family.strength;
    }
    let billions = words.clone().filter_map(|word| word.strip_suffix('b')?.parse::<f64>().ok()).next_back();
    match billions {
        Some(billions) if billions < STRONG_BILLIONS => Strength::Small,
        Some(_) => Strength::Strong,
        None if !listed && words.any(|word| matches!(word, "tiny" | "mini" | "nano")) => Strength::Small,
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
        remote(&choice, &Url::parse("https://example.org/v1").unwrap(), &OwnProfiles::default())
    }

    #[test]
    fn prefill_needs_a_model_known_to_take_it() {
        assert!(profile_of("anthropic", "claude-haiku-4-5").prefill);
        assert!(!profile_of("anthropic", "claude-opus-5").prefill && !profile_of("anthropic", "claude-of-tomorrow").prefill);
    }

    #[test]
    fn a_models_name_implies_its_strength() {
        for small in ["qwen2.5-coder:1.5b", "llama3.2:3b-instruct", "Qwen/Qwen2.5-7B-Instruct", "phi-4-mini"] {
            assert_eq!(strength_by_name(small, false), Strength::Small, "{small}");
        }
        for strong in ["llama3.3:70b", "qwen/qwen3-235b-a22b", "gpt-oss-120b", "some-model"] {
            assert_eq!(strength_by_name(strong, false), Strength::Strong, "{strong}");
        }
        for recursive in ["mit-oasys/rlm-qwen3-8b-v0.1", "RLM-Qwen3-8B", "rlm-qwen3:8b-q4"] {
            assert_eq!(strength_by_name(recursive, false), Strength::Recursive, "{recursive}");
        }
        assert_eq!(strength_by_name("vrlm-7b", false), Strength::Small);
        assert_eq!(strength_by_name("gpt-5-mini", true), Strength::Strong);
        assert_eq!(strength_by_name("ministral-3b-latest", true), Strength::Small);
    }

    #[test]
    fn an_unknown_window_is_cautious_unless_the_user_says() {
        assert_eq!(profile_of("openrouter", "some/model").window_tokens, 128_000);
        assert_eq!(profile_of("vllm", "some/model").window_tokens, 32_768);
        let choice = ModelChoice { provider: "vllm".into(), name: "m".into(), base_url: None, key: KeySource::None, price: None };
        let url = Url::parse("http://localhost:8000/v1").unwrap();
        let own: OwnProfiles = toml::from_str("[[model]]\nprovider = 'vllm'\nname = 'm'\nwindow = 8_192").unwrap();
        assert_eq!(remote(&choice, &url, &own).window_tokens, 8_192);
        assert!(remote(&choice, &url, &own).local);
    }

    #[test]
    fn the_users_facts_override_the_table_field_by_field() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("models.toml");
        assert!(OwnProfiles::read(&path).unwrap().model.is_empty(), "a missing file is no fault");
        let words = "# mine\n[[model]]\nprovider = \"openai\"\nname = \"gpt-5\"\nstrength = \"small\"\nprice = { input = 1, output = 2 }\n";
        std::fs::write(&path, words).unwrap();
        let own = OwnProfiles::read(&path).unwrap();
        let choice =
            ModelChoice { provider: "openai".into(), name: "gpt-5".into(), base_url: None, key: KeySource::None, price: None };
        let mine = remote(&choice, &Url::parse("https://api.openai.com/v1").unwrap(), &own);
        assert_eq!((mine.strength, mine.window_tokens), (Strength::Small, 272_000));
        assert_eq!(mine.price, Some(Price { input: 1.0, cached_input: None, cache_write: None, output: 2.0 }));
    }

    #[test]
    fn a_tiered_price_does_not_hold_for_longer_calls() {
        let choice = |name: &str| ModelChoice {
            provider: "gemini".into(),
            name: name.into(),
            base_url: None,
            key: KeySource::None,
            price: None,
        };
        let url = Url::parse("https://example.org/v1").unwrap();
        let tiered = remote(&choice("gemini-2.5-pro"), &url, &OwnProfiles::default());
        assert!(tiered.window_tokens == 200_000 && tiered.price.is_some());
        let longer = "[[model]]\nprovider = 'gemini'\nname = 'gemini-2.5-pro'\nwindow = 1_000_000";
        assert_eq!(remote(&choice("gemini-2.5-pro"), &url, &toml::from_str(longer).unwrap()).price, None);
    }

    #[test]
    fn only_a_model_server_on_this_computer_is_free() {
        let price = |provider: &str, url: &str| {
            let choice = ModelChoice {
                provider: provider.into(),
                name: "m".into(),
                base_url: Some(url.into()),
                key: KeySource::None,
                price: None,
            };
            remote(&choice, &Url::parse(url).unwrap(), &OwnProfiles::default()).price
        };
        assert_eq!(price("ollama", "http://localhost:11434/v1"), Some(FREE));
        assert_eq!(price("ollama", "https://example.org/v1"), None);
        assert_eq!(price("litellm", "http://localhost:4000/v1"), None);
        assert_eq!(price("server", "http://localhost:8000/v1"), None);
    }

    #[test]
    fn forwarded_calls_are_neither_local_nor_free() {
        let of = |provider: &str, name: &str, url: &str| {
            let choice = ModelChoice {
                provider: provider.into(),
                name: name.into(),
                base_url: Some(url.into()),
                key: KeySource::None,
                price: None,
            };
            let profile = remote(&choice, &Url::parse(url).unwrap(), &OwnProfiles::default());
            (profile.local, profile.price)
        };
        let ollama = "http://localhost:11434/v1";
        for cloud in ["gpt-oss:120b-cloud", "glm-4.6:cloud", "Kimi-K2:1T-Cloud"] {
            assert_eq!(of("ollama", cloud, ollama), (false, None), "{cloud}");
        }
        assert_eq!(of("server", "gpt-oss:120b-cloud", ollama), (false, None));
        assert_eq!(of("ollama", "cloudy:7b", ollama), (true, Some(FREE)));
        assert_eq!(of("litellm", "m", "http://localhost:4000/v1"), (false, None));
        assert_eq!(of("portkey", "@openai/gpt-5", "http://127.0.0.1:8787/v1"), (false, None));
        // The price of another server is unknown.
        assert_eq!(of("server", "m", "http://localhost:8000/v1"), (true, None));
    }

    #[test]
    fn the_users_price_includes_anthropics_cache_writes() {
        let said = |cache_write| Price { input: 4.0, cached_input: None, cache_write, output: 20.0 };
        let of = |provider: &str, price| {
            let choice = ModelChoice {
                provider: provider.into(),
                name: "m".into(),
                base_url: None,
                key: KeySource::None,
                price: Some(price),
            };
            remote(&choice, &Url::parse("https://example.org/v1").unwrap(), &OwnProfiles::default()).price
        };
        assert_eq!(of("anthropic", said(None)), Some(said(Some(5.0))));
        assert_eq!(of("anthropic", said(Some(8.0))), Some(said(Some(8.0))));
        assert_eq!(of("openai", said(None)), Some(said(None)));
        let own = "[[model]]\nprovider = 'anthropic'\nname = 'm'\nprice = { input = 4, output = 20 }";
        let choice =
            ModelChoice { provider: "anthropic".into(), name: "m".into(), base_url: None, key: KeySource::None, price: None };
        let url = Url::parse("https://example.org/v1").unwrap();
        assert_eq!(remote(&choice, &url, &toml::from_str(own).unwrap()).price, Some(said(Some(5.0))));
    }

    #[test]
    fn concurrency_is_known_for_personal_servers_only() {
        assert_eq!((profile_of("ollama", "m").concurrency, profile_of("openai", "m").concurrency), (Some(4), None));
        assert_eq!(profile_of("server", "m").concurrency, None);
        let own = "[[model]]\nprovider = 'server'\nname = 'm'\nconcurrency = 8";
        let choice =
            ModelChoice { provider: "server".into(), name: "m".into(), base_url: None, key: KeySource::None, price: None };
        let url = Url::parse("https://example.org/v1").unwrap();
        assert_eq!(remote(&choice, &url, &toml::from_str(own).unwrap()).concurrency, Some(8));
    }

    #[test]
    fn an_unreadable_file_of_models_is_refused_by_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("models.toml");
        for (words, line) in [
            ("[[model]]\nprovider = 'openai'\nname = 'm'\nwindw = 5\n", "line 4"),
            ("[[model]]\nprovider = 'openai'\n", "line 1"),
            ("model = 3", "line 1"),
            ("[[model]]\nprovider = 'a'\nname = 'm'\nwindow = 0\n", "a:m"),
            ("[[model]]\nprovider = 'a'\nname = 'm'\nprice = { input = -1, output = 2 }\n", "a:m has a price that is negative"),
            ("[[model]]\nprovider = 'a'\nname = 'm'\nprice = { input = 1, output = nan }\n", "a:m has a price that is negative"),
        ] {
            std::fs::write(&path, words).unwrap();
            let error = OwnProfiles::read(&path).unwrap_err();
            assert!(error.code == Code::BadProfiles && error.message.contains(line), "{words}: {}", error.message);
        }
        std::fs::write(&path, b"\xff").unwrap();
        assert_eq!(OwnProfiles::read(&path).unwrap_err().code, Code::BadProfiles);
    }

    fn local_profile(name: &str, file: Option<&FileFacts>, own: &str) -> ModelProfile {
        let choice = ModelChoice { provider: LOCAL.into(), name: name.into(), base_url: None, key: KeySource::None, price: None };
        local(&choice, file, &toml::from_str(own).unwrap())
    }

    #[test]
    fn a_local_file_is_judged_by_its_name_and_metadata() {
        let file = |parameters: &str| FileFacts { parameters: parameters.into(), window: 4_096, ..FileFacts::default() };
        let judged = |path: &str, file: Option<&FileFacts>| {
            let profile = local_profile(path, file, "");
            (profile.name, profile.window_tokens, profile.strength)
        };
        // The folders that it lies in do not count.
        assert_eq!(judged("/models/3b/large.gguf", Some(&file("70B"))), ("local:large.gguf".into(), 4_096, Strength::Strong));
        assert_eq!(judged("/models/70b/any.gguf", Some(&file("1.5B"))), ("local:any.gguf".into(), 4_096, Strength::Small));
        let built_in = "qwen2.5-coder-1.5b";
        assert_eq!(judged(built_in, None), (format!("local:{built_in}"), DEFAULT_LOCAL_WINDOW_TOKENS, Strength::Small));
    }

    #[test]
    fn a_local_reply_fits_its_window_and_calls_fit_the_slots() {
        let with_window = |window: u32| {
            let own = format!("[[model]]\nprovider = 'local'\nname = 'qwen2.5-coder-1.5b'\nwindow = {window}");
            local_profile("qwen2.5-coder-1.5b", None, &own)
        };
        for (asked, window, output) in [(32_768, 32_768, 4_096), (8_192, 8_192, 2_048), (100_000, 32_768, 4_096), (1, 512, 128)] {
            let profile = with_window(asked);
            assert_eq!((profile.window_tokens, profile.max_output_tokens), (window, output), "{asked}");
            assert_eq!(profile.concurrency, Some(SLOTS));
        }
    }
}
