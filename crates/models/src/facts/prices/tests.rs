use super::*;
use plumb_rlm::options::KeySource;

fn of(provider: &str, name: &str, base_url: Option<&str>) -> (ModelChoice, Url) {
    let choice = ModelChoice {
        provider: provider.into(),
        name: name.into(),
        base_url: base_url.map(Into::into),
        key: KeySource::None,
        price: None,
    };
    (choice, Url::parse(base_url.unwrap_or("https://example.org/v1")).unwrap())
}

fn price_of(provider: &str, name: &str) -> Option<Price> {
    let (choice, url) = of(provider, name, None);
    fact(&choice, &url).map(|fact| fact.price)
}

fn deployment(name: &str) -> Option<&'static str> {
    let (choice, url) = of("azure", name, Some("https://mine.openai.azure.com/openai/v1"));
    fact(&choice, &url).map(|fact| fact.name.as_str())
}

#[test]
fn the_table_parses_is_dated_and_names_its_sources() {
    assert!(is_date(prices_as_of()));
    for provider in ["openai", "anthropic", "gemini", "mistral", "deepseek", "groq", "together", "xai", "azure"] {
        assert!(TABLE.models.iter().any(|fact| fact.provider == provider), "{provider}");
        assert_eq!(listed_models(provider).is_empty(), provider == "azure", "a deployment has a name of its user's");
    }
    for fact in &TABLE.models {
        let Fact { name, window, max_output, price, .. } = fact;
        assert!(providers::provider(&fact.provider).is_some() && *window > 0 && *max_output > 0, "{name}");
        assert!(price.output > 0.0, "{name}");
        assert!(price.cached_input.is_none_or(|cached| cached < price.input), "{name}");
        assert!(price.cache_write.is_none_or(|write| write > price.input), "{name}");
        assert!(fact.source.is_empty() || fact.source.starts_with("https://"), "{name}");
    }
}

#[test]
fn a_dated_version_has_its_models_price() {
    assert_eq!(price_of("openai", "gpt-4o-mini-2024-07-18"), price_of("openai", "gpt-4o-mini"));
    assert!(price_of("openai", "gpt-4o-mini").is_some());
    assert_eq!(price_of("anthropic", "claude-haiku-4-5-20251001"), price_of("anthropic", "claude-haiku-4-5"));
    assert_eq!(price_of("anthropic", "claude-opus-5-5").unwrap().input, 4.0);
    assert_eq!(price_of("anthropic", "claude-opus-5").unwrap().input, 5.0);
    for other in ["gpt-4o-audio-preview", "gpt-4o-minister", "gpt-4o-", "gpt-5-turbo", "gpt", "GPT-4o "] {
        assert_eq!(price_of("openai", other), None, "{other}");
    }
}

#[test]
fn a_deployments_price_needs_a_certain_name() {
    for (name, model) in [
        ("gpt-4o", "gpt-4o"),
        ("prod-gpt-4o-mini", "gpt-4o-mini"),
        ("Team_GPT-4.1-mini", "gpt-4.1-mini"),
        ("gpt-5-2-legal", "gpt-5.2"),
    ] {
        assert_eq!(deployment(name), Some(model), "{name}");
    }
    for unsure in ["gpt-4o-audio", "gpt-4o-realtime-prod", "my-gpt", "gpt-4o-7", "gpt-5.2-pro", "assistant"] {
        assert_eq!(deployment(unsure), None, "{unsure}");
    }
    let (choice, url) = of("azure", "gpt-4o", Some("https://proxy.example.org/openai/v1"));
    assert!(fact(&choice, &url).is_none());
}

#[test]
fn openrouter_has_makers_prices_and_others_have_none() {
    assert_eq!(price_of("openrouter", "anthropic/claude-haiku-4.5"), price_of("anthropic", "claude-haiku-4-5"));
    assert_eq!(price_of("openrouter", "gpt-4o"), None);
    assert_eq!(price_of("openrouter", "openai/gpt-4o:free"), None);
    let (choice, url) = of("openai", "gpt-4o", Some("https://proxy.example.org/v1"));
    assert!(fact(&choice, &url).is_none());
}

#[test]
fn cheaper_models_are_in_the_table_and_much_cheaper() {
    for (provider, name) in &PAIRS.cheap {
        assert!(price_of(provider, name).is_some(), "{provider}: {name}");
        let (choice, url) = of(provider, name, None);
        assert!(cheaper(&choice, &url).is_none(), "{name} is suggested for itself");
    }
    let suggested = |provider, name| {
        let (choice, url) = of(provider, name, None);
        cheaper(&choice, &url).map(|(name, _)| name)
    };
    assert_eq!(suggested("anthropic", "claude-opus-5-5"), Some("claude-haiku-5-5"));
    assert_eq!(suggested("openai", "gpt-5-nano"), None);
    assert_eq!(suggested("openai", "a-model-without-a-price"), None);
    let (choice, url) = of("openai", "gpt-6-astra", Some("https://proxy.example.org/v1"));
    assert_eq!(cheaper(&choice, &url), None, "another server may not have it");
}
