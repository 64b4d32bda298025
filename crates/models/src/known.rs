//! What can be said of a model before it is chosen: its price and who says so, and a cheaper one for pieces.

use crate::{
    connect::LOCAL,
    local::DEFAULT_WINDOW,
    prices,
    profiles::{self, OwnProfiles},
    providers,
};
use plumb_rlm::{
    model::{ModelError, ModelProfile},
    money::Price,
    options::ModelChoice,
};
use std::path::Path;

/// Who says what a model costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceFrom {
    /// The choice itself.
    Choice,
    /// What the user wrote down of models.
    OwnProfiles,
    /// The table of prices, as of [`prices::prices_as_of`].
    Table,
    /// It runs on this computer.
    Here,
}

/// What is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// US dollars per million tokens.
    pub price: Option<Price>,
    /// Who says so; absent with the price.
    pub price_from: Option<PriceFrom>,
    /// The page behind the table's price, where it names one.
    pub source: Option<&'static str>,
    /// A model of the same provider that reads pieces for less than half, and its price.
    pub cheaper: Option<(&'static str, Price)>,
}

/// What is known of the model that a choice names. `own` is the file in which the user wrote down what is known of models.
///
/// # Errors
/// `bad_profiles`; `unreachable` where the choice's address is none.
pub fn known(choice: &ModelChoice, own: &Path) -> Result<Known, ModelError> {
    if choice.provider == LOCAL {
        let price = Some(profiles::FREE);
        return Ok(Known { price, price_from: Some(PriceFrom::Here), source: None, cheaper: None });
    }
    let own = OwnProfiles::read(own)?;
    let url = providers::base_url(choice)?;
    let price = profiles::profile(choice, &url, &own).price;
    let fact = prices::fact(choice, &url);
    let from = match fact {
        _ if choice.price.is_some() => PriceFrom::Choice,
        _ if own.price(choice).is_some() => PriceFrom::OwnProfiles,
        Some(_) => PriceFrom::Table,
        None => PriceFrom::Here,
    };
    let price_from = price.map(|_| from);
    let source = fact.filter(|fact| price_from == Some(PriceFrom::Table) && !fact.source.is_empty());
    Ok(Known { price, price_from, source: source.map(|fact| fact.source.as_str()), cheaper: prices::cheaper(choice, &url) })
}

/// The profile of the model that a choice names, before there is a way to it: its key is not looked at, nor whether a built-in one is here.
///
/// # Errors
/// `bad_profiles`; `unreachable` where the choice's address is none.
pub fn profile_of(choice: &ModelChoice, own: &Path) -> Result<ModelProfile, ModelError> {
    let own = OwnProfiles::read(own)?;
    if choice.provider == LOCAL {
        return Ok(ModelProfile {
            name: format!("{LOCAL}:{}", choice.name),
            window_tokens: own.window(choice).unwrap_or(DEFAULT_WINDOW),
            max_output_tokens: DEFAULT_WINDOW / 4,
            strength: own.strength(choice).unwrap_or_else(|| profiles::strength_by_name(&choice.name)),
            price: Some(profiles::FREE),
            local: true,
            prefill: true,
            concurrency: 1,
        });
    }
    Ok(profiles::profile(choice, &providers::base_url(choice)?, &own))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_rlm::options::KeySource;

    #[test]
    fn who_says_the_price_is_told_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("models.toml");
        let mine = "[[model]]\nprovider = 'openai'\nname = 'gpt-5-mini'\nprice = { input = 1, output = 2 }\n";
        std::fs::write(&own, mine).unwrap();
        let of = |provider: &str, name: &str, price| {
            let choice =
                ModelChoice { provider: provider.into(), name: name.into(), base_url: None, key: KeySource::None, price };
            known(&choice, &own).unwrap()
        };
        let table = of("anthropic", "claude-opus-5-5", None);
        assert_eq!((table.price_from, table.cheaper.map(|(name, _)| name)), (Some(PriceFrom::Table), Some("claude-haiku-5-5")));
        assert!(table.source.is_some_and(|source| source.starts_with("https://")));
        assert_eq!(of("openai", "gpt-5-mini", None).price_from, Some(PriceFrom::OwnProfiles));
        assert_eq!(of("openai", "gpt-5-mini", Some(profiles::FREE)).price_from, Some(PriceFrom::Choice));
        assert_eq!(of("ollama", "any", None).price_from, Some(PriceFrom::Here));
        assert_eq!(of("local", "any", None).price, Some(profiles::FREE));
        assert_eq!(of("openai", "of-tomorrow", None), Known { price: None, price_from: None, source: None, cheaper: None });
    }
}
