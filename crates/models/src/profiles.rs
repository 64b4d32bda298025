//! What is known of a model before it is called: the user's word, the table of prices, and cautious guesses for the rest.

use crate::{
    prices,
    providers::{self, Provider},
};
use plumb_rlm::{
    fault::{Code, Fault},
    money::Price,
    options::ModelChoice,
    traits::model::{ModelProfile, Strength},
};
use reqwest::Url;
use serde::Deserialize;
use std::{fmt::Display, io::ErrorKind, path::Path, sync::LazyLock};

/// The price of what runs on this computer.
pub const FREE: Price = Price { input: 0.0, cached_input: None, cache_write: None, output: 0.0 };
const CLOUD_WINDOW: u32 = 128_000;
const OWN_WINDOW: u32 = 32_768;
const UNKNOWN_MAX_OUTPUT: u32 = 8_192;
/// Below this many billions of parameters a model gets the guided REPL.
const STRONG_BILLIONS: f64 = 12.0;

/// What the user wrote down of models. It goes before the table, word by word, and holds at any address.
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
    /// From a file; nothing where there is none.
    ///
    /// # Errors
    /// `bad_profiles`: it cannot be read, or says something else than it should. It is not passed over: a price in it keeps a limit.
    pub fn read(path: &Path) -> Result<Self, Fault> {
        let wrong = |why: &dyn Display| {
            Fault::new(
                Code::BadProfiles,
                format!(
                    "What you wrote down of models in {} cannot be used: {why}. Correct it, or remove the file.",
                    path.display()
                ),
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
            return Err(wrong(&format!("{}:{} has a zero where none can be", fact.provider, fact.name)));
        }
        if let Some(fact) = own.model.iter().find(|fact| fact.price.is_some_and(|price| !price.is_sound())) {
            return Err(wrong(&format!("{}:{} has a price below zero, or one that is no number", fact.provider, fact.name)));
        }
        Ok(own)
    }

    fn fact(&self, choice: &ModelChoice) -> Option<&OwnFact> {
        self.model.iter().find(|fact| fact.provider == choice.provider && fact.name == choice.name)
    }

    /// What a model costs, if the user wrote it down.
    pub fn price(&self, choice: &ModelChoice) -> Option<Price> {
        self.fact(choice)?.price
    }

    /// Which REPL suits it, if the user wrote it down.
    pub fn strength(&self, choice: &ModelChoice) -> Option<Strength> {
        self.fact(choice)?.strength
    }

    /// How many tokens fit, if the user wrote it down.
    pub fn window(&self, choice: &ModelChoice) -> Option<u32> {
        self.fact(choice)?.window
    }
}

/// Refuses a choice whose price is none: as a price of nothing it would break each limit.
///
/// # Errors
/// `bad_price`.
pub fn check_price(choice: &ModelChoice) -> Result<(), Fault> {
    if choice.price.is_none_or(|price| price.is_sound()) {
        return Ok(());
    }
    let message = format!(
        "The price of {}:{} is below zero, or no number. Say it in US dollars for a million tokens, or leave it out.",
        choice.provider, choice.name
    );
    Err(Fault::new(Code::BadPrice, message))
}

/// Where a mark has the provider keep the beginning of a conversation, that costs a quarter more than to read it:
/// <https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching#pricing>. Who says a price hardly ever says that.
fn with_cache(price: Price, provider: &str) -> Price {
    let cache_write = price.cache_write.or((provider == "anthropic").then_some(price.input * 1.25));
    Price { cache_write, ..price }
}

/// The profile of a model on a server.
pub fn profile(choice: &ModelChoice, url: &Url, own: &OwnProfiles) -> ModelProfile {
    let provider = providers::provider(&choice.provider);
    let fact = prices::fact(choice, url);
    let own_machine = provider.is_none_or(|provider: &Provider| provider.own_machine);
    // What a server here hands on to others leaves this computer all the same, and has to be paid for.
    let local = providers::is_loopback(url) && !providers::hands_on(choice);
    let free = provider.is_some_and(|provider| provider.free_here) && local;
    let nothing = OwnFact::default();
    let own = own.fact(choice).unwrap_or(&nothing);
    let window_tokens =
        own.window.or(fact.map(|fact| fact.window)).unwrap_or(if own_machine { OWN_WINDOW } else { CLOUD_WINDOW });
    let max_output = own.max_output.or(fact.map(|fact| fact.max_output)).unwrap_or(UNKNOWN_MAX_OUTPUT);
    // These serve one person, a few calls at a time; other servers put many calls into one batch.
    let concurrency = matches!(choice.provider.as_str(), "ollama" | "lmstudio" | "llamacpp").then_some(4);
    ModelProfile {
        name: format!("{}:{}", choice.provider, choice.name),
        window_tokens,
        max_output_tokens: max_output.min(window_tokens / 2),
        strength: own.strength.unwrap_or_else(|| by_name(&choice.name, fact.is_some())),
        // A price that holds up to some length says nothing of a call that the user's own window lets be longer.
        price: choice
            .price
            .or(own.price)
            .map(|price| with_cache(price, &choice.provider))
            .or(fact.filter(|fact| !fact.tier || window_tokens <= fact.window).map(|fact| fact.price))
            .or(free.then_some(FREE)),
        local,
        prefill: own.prefill.unwrap_or(fact.is_some_and(|fact| fact.prefill)),
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

// Part of the program, and a test reads it; empty is the harmless answer if it were wrong.
static FAMILIES: LazyLock<Families> =
    LazyLock::new(|| toml::from_str(include_str!("families.toml")).unwrap_or_else(|_| Families { family: Vec::new() }));

/// What a model's name says of its family or its size.
pub fn strength_by_name(name: &str) -> Strength {
    by_name(name, false)
}

/// A "mini" of a listed provider is stronger than one that fits on a computer of one's own.
fn by_name(name: &str, listed: bool) -> Strength {
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
        profile(&choice, &Url::parse("https://example.org/v1").unwrap(), &OwnProfiles::default())
    }

    #[test]
    fn a_reply_is_made_to_begin_with_a_text_only_where_the_model_is_known_to_take_it() {
        assert!(profile_of("anthropic", "claude-haiku-4-5").prefill);
        assert!(!profile_of("anthropic", "claude-opus-5").prefill && !profile_of("anthropic", "claude-of-tomorrow").prefill);
    }

    #[test]
    fn the_size_in_a_models_name_tells_its_strength() {
        for small in ["qwen2.5-coder:1.5b", "llama3.2:3b-instruct", "Qwen/Qwen2.5-7B-Instruct", "phi-4-mini"] {
            assert_eq!(strength_by_name(small), Strength::Small, "{small}");
        }
        for strong in ["llama3.3:70b", "qwen/qwen3-235b-a22b", "gpt-oss-120b", "some-model"] {
            assert_eq!(strength_by_name(strong), Strength::Strong, "{strong}");
        }
        for recursive in ["mit-oasys/rlm-qwen3-8b-v0.1", "RLM-Qwen3-8B", "rlm-qwen3:8b-q4"] {
            assert_eq!(strength_by_name(recursive), Strength::Recursive, "{recursive}");
        }
        assert_eq!(strength_by_name("vrlm-7b"), Strength::Small);
        assert_eq!(by_name("gpt-5-mini", true), Strength::Strong);
        assert_eq!(by_name("ministral-3b-latest", true), Strength::Small);
    }

    #[test]
    fn an_unknown_model_gets_a_cautious_window_and_the_users_word_goes_first() {
        assert_eq!(profile_of("openrouter", "some/model").window_tokens, 128_000);
        assert_eq!(profile_of("vllm", "some/model").window_tokens, 32_768);
        let choice = ModelChoice { provider: "vllm".into(), name: "m".into(), base_url: None, key: KeySource::None, price: None };
        let url = Url::parse("http://localhost:8000/v1").unwrap();
        let own: OwnProfiles = toml::from_str("[[model]]\nprovider = 'vllm'\nname = 'm'\nwindow = 8_192").unwrap();
        assert_eq!(profile(&choice, &url, &own).window_tokens, 8_192);
        assert!(profile(&choice, &url, &own).local);
    }

    #[test]
    fn what_the_user_wrote_down_goes_before_the_table_and_leaves_the_rest_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("models.toml");
        assert!(OwnProfiles::read(&path).unwrap().model.is_empty(), "no file is no fault");
        let words = "# mine\n[[model]]\nprovider = \"openai\"\nname = \"gpt-5\"\nstrength = \"small\"\nprice = { input = 1, output = 2 }\n";
        std::fs::write(&path, words).unwrap();
        let own = OwnProfiles::read(&path).unwrap();
        let choice =
            ModelChoice { provider: "openai".into(), name: "gpt-5".into(), base_url: None, key: KeySource::None, price: None };
        let mine = profile(&choice, &Url::parse("https://api.openai.com/v1").unwrap(), &own);
        assert_eq!((mine.strength, mine.window_tokens), (Strength::Small, 272_000));
        assert_eq!(mine.price, Some(Price { input: 1.0, cached_input: None, cache_write: None, output: 2.0 }));
    }

    #[test]
    fn a_price_that_holds_up_to_a_length_is_not_taken_for_longer_calls() {
        let choice = |name: &str| ModelChoice {
            provider: "gemini".into(),
            name: name.into(),
            base_url: None,
            key: KeySource::None,
            price: None,
        };
        let url = Url::parse("https://example.org/v1").unwrap();
        let tiered = profile(&choice("gemini-2.5-pro"), &url, &OwnProfiles::default());
        assert!(tiered.window_tokens == 200_000 && tiered.price.is_some());
        let longer = "[[model]]\nprovider = 'gemini'\nname = 'gemini-2.5-pro'\nwindow = 1_000_000";
        assert_eq!(profile(&choice("gemini-2.5-pro"), &url, &toml::from_str(longer).unwrap()).price, None);
    }

    #[test]
    fn a_server_of_models_on_this_computer_is_free_and_one_elsewhere_or_that_hands_on_is_not() {
        let price = |provider: &str, url: &str| {
            let choice = ModelChoice {
                provider: provider.into(),
                name: "m".into(),
                base_url: Some(url.into()),
                key: KeySource::None,
                price: None,
            };
            profile(&choice, &Url::parse(url).unwrap(), &OwnProfiles::default()).price
        };
        assert_eq!(price("ollama", "http://localhost:11434/v1"), Some(FREE));
        assert_eq!(price("ollama", "https://example.org/v1"), None);
        assert_eq!(price("litellm", "http://localhost:4000/v1"), None);
        assert_eq!(price("server", "http://localhost:8000/v1"), None);
    }

    #[test]
    fn what_a_server_here_hands_on_to_others_is_neither_on_this_computer_nor_free() {
        let of = |provider: &str, name: &str, url: &str| {
            let choice = ModelChoice {
                provider: provider.into(),
                name: name.into(),
                base_url: Some(url.into()),
                key: KeySource::None,
                price: None,
            };
            let profile = profile(&choice, &Url::parse(url).unwrap(), &OwnProfiles::default());
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
        // Of these nothing can be known.
        assert_eq!(of("server", "m", "http://localhost:8000/v1"), (true, None));
    }

    #[test]
    fn a_price_that_the_user_says_has_the_caches_writes_in_it_where_they_are_billed() {
        let said = |cache_write| Price { input: 4.0, cached_input: None, cache_write, output: 20.0 };
        let of = |provider: &str, price| {
            let choice = ModelChoice {
                provider: provider.into(),
                name: "m".into(),
                base_url: None,
                key: KeySource::None,
                price: Some(price),
            };
            profile(&choice, &Url::parse("https://example.org/v1").unwrap(), &OwnProfiles::default()).price
        };
        assert_eq!(of("anthropic", said(None)), Some(said(Some(5.0))));
        assert_eq!(of("anthropic", said(Some(8.0))), Some(said(Some(8.0))));
        assert_eq!(of("openai", said(None)), Some(said(None)));
        let own = "[[model]]\nprovider = 'anthropic'\nname = 'm'\nprice = { input = 4, output = 20 }";
        let choice =
            ModelChoice { provider: "anthropic".into(), name: "m".into(), base_url: None, key: KeySource::None, price: None };
        let url = Url::parse("https://example.org/v1").unwrap();
        assert_eq!(profile(&choice, &url, &toml::from_str(own).unwrap()).price, Some(said(Some(5.0))));
    }

    #[test]
    fn only_servers_of_one_person_and_those_the_user_knows_have_a_number_of_calls_at_once() {
        assert_eq!((profile_of("ollama", "m").concurrency, profile_of("openai", "m").concurrency), (Some(4), None));
        assert_eq!(profile_of("server", "m").concurrency, None);
        let own = "[[model]]\nprovider = 'server'\nname = 'm'\nconcurrency = 8";
        let choice =
            ModelChoice { provider: "server".into(), name: "m".into(), base_url: None, key: KeySource::None, price: None };
        let url = Url::parse("https://example.org/v1").unwrap();
        assert_eq!(profile(&choice, &url, &toml::from_str(own).unwrap()).concurrency, Some(8));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line_and_not_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("models.toml");
        for (words, line) in [
            ("[[model]]\nprovider = 'openai'\nname = 'm'\nwindw = 5\n", "line 4"),
            ("[[model]]\nprovider = 'openai'\n", "line 1"),
            ("model = 3", "line 1"),
            ("[[model]]\nprovider = 'a'\nname = 'm'\nwindow = 0\n", "a:m"),
            ("[[model]]\nprovider = 'a'\nname = 'm'\nprice = { input = -1, output = 2 }\n", "a:m has a price below zero"),
            ("[[model]]\nprovider = 'a'\nname = 'm'\nprice = { input = 1, output = nan }\n", "a:m has a price below zero"),
        ] {
            std::fs::write(&path, words).unwrap();
            let error = OwnProfiles::read(&path).unwrap_err();
            assert!(error.code == Code::BadProfiles && error.message.contains(line), "{words}: {}", error.message);
        }
        std::fs::write(&path, b"\xff").unwrap();
        assert_eq!(OwnProfiles::read(&path).unwrap_err().code, Code::BadProfiles);
    }
}
