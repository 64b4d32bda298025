//! Facts about a model before it is called: its profile, the source of its price, and a cheaper model for sub-calls.

use super::{
    prices,
    profiles::{self, OwnProfiles},
    providers::{self, LOCAL},
};
use plumb_llama_protocol::FileFacts;
use plumb_rlm::{fault::Fault, money::Price, options::ModelChoice, traits::model::ModelProfile};

/// The source of a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceFrom {
    /// The choice itself.
    Choice,
    /// The user's file of models.
    OwnProfiles,
    /// The table of prices, as of [`prices::prices_as_of`].
    Table,
    /// The model runs on this computer and is free.
    Here,
}

/// Facts about a model.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The profile that a run uses.
    pub profile: ModelProfile,
    /// The profile without the user's file of models.
    pub default_profile: ModelProfile,
    /// The source of the profile's price; absent with the price.
    pub price_from: Option<PriceFrom>,
    /// The page behind the table's price, where it names one.
    pub source: Option<&'static str>,
    /// A model of the same provider for sub-calls at less than half the price, and its price.
    pub cheaper: Option<(&'static str, Price)>,
}

/// Facts about the model of a choice. `file` is the metadata of a model's file of the user's.
///
/// # Errors
/// `bad_price`; `unreachable` where the choice has no valid address.
pub fn facts(choice: &ModelChoice, file: Option<&FileFacts>, own: &OwnProfiles) -> Result<Facts, Fault> {
    profiles::check_price(choice)?;
    let nothing = OwnProfiles::default();
    if choice.provider == LOCAL {
        let of = |own| profiles::local(choice, file, own);
        let (profile, default_profile) = (of(own), of(&nothing));
        return Ok(Facts { profile, default_profile, price_from: Some(PriceFrom::Here), source: None, cheaper: None });
    }
    let url = providers::base_url(choice)?;
    let profile = profiles::remote(choice, &url, own);
    let entry = prices::fact(choice, &url);
    let from = match entry {
        _ if choice.price.is_some() => PriceFrom::Choice,
        _ if own.price(choice).is_some() => PriceFrom::OwnProfiles,
        Some(_) => PriceFrom::Table,
        None => PriceFrom::Here,
    };
    let price_from = profile.price.map(|_| from);
    let listed = entry.filter(|entry| price_from == Some(PriceFrom::Table) && !entry.source.is_empty());
    Ok(Facts {
        default_profile: profiles::remote(choice, &url, &nothing),
        profile,
        price_from,
        source: listed.map(|entry| entry.source.as_str()),
        cheaper: prices::cheaper(choice, &url),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_rlm::{fault::Code, options::KeySource};

    fn choice(provider: &str, name: &str, price: Option<Price>) -> ModelChoice {
        ModelChoice { provider: provider.into(), name: name.into(), base_url: None, key: KeySource::None, price }
    }

    #[test]
    fn a_negative_price_is_refused_and_not_taken_for_free() {
        let price = Price { input: -1.0, ..profiles::FREE };
        let refused = facts(&choice("openai", "m", Some(price)), None, &OwnProfiles::default());
        assert_eq!(refused.unwrap_err().code, Code::BadPrice);
    }

    #[test]
    fn a_price_comes_with_its_source() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("models.toml");
        let mine = "[[model]]\nprovider = 'openai'\nname = 'gpt-5-mini'\nprice = { input = 1, output = 2 }\n";
        std::fs::write(&path, mine).unwrap();
        let own = OwnProfiles::read(&path).unwrap();
        let of = |provider: &str, name: &str, price| facts(&choice(provider, name, price), None, &own).unwrap();
        let table = of("anthropic", "claude-opus-5-5", None);
        assert_eq!((table.price_from, table.cheaper.map(|(name, _)| name)), (Some(PriceFrom::Table), Some("claude-haiku-5-5")));
        assert!(table.source.is_some_and(|source| source.starts_with("https://")));
        let mine = of("openai", "gpt-5-mini", None);
        assert_eq!((mine.price_from, mine.profile.price.unwrap().input), (Some(PriceFrom::OwnProfiles), 1.0));
        assert_ne!(mine.default_profile.price, mine.profile.price);
        assert_eq!(of("openai", "gpt-5-mini", Some(profiles::FREE)).price_from, Some(PriceFrom::Choice));
        assert_eq!(of("ollama", "any", None).price_from, Some(PriceFrom::Here));
        assert_eq!(of("local", "any", None).profile.price, Some(profiles::FREE));
        let unknown = of("openai", "of-tomorrow", None);
        assert_eq!((unknown.profile.price, unknown.price_from, unknown.source, unknown.cheaper), (None, None, None, None));
    }
}
