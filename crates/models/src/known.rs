//! What can be said of a model before it is chosen: its price and who says so, and a cheaper one for pieces.

use crate::{
    catalogue,
    connect::LOCAL,
    frame::Facts,
    local::{self, DEFAULT_WINDOW, LEAST_WINDOW},
    prices,
    profiles::{self, OwnProfiles},
    providers,
};
use plumb_rlm::{
    fault::Fault,
    money::Price,
    options::ModelChoice,
    traits::model::{ModelProfile, Strength},
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
/// `bad_profiles`; `bad_price`; `unreachable` where the choice's address is none.
pub fn known(choice: &ModelChoice, own: &Path) -> Result<Known, Fault> {
    if choice.provider == LOCAL {
        let price = Some(profiles::FREE);
        return Ok(Known { price, price_from: Some(PriceFrom::Here), source: None, cheaper: None });
    }
    let own = OwnProfiles::read(own)?;
    profiles::check_price(choice)?;
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

/// The tokens that fit in a model on this computer, and which REPL suits it. `facts`: what its file says, where that is one of the user's.
pub fn here(choice: &ModelChoice, facts: Option<&Facts>, own: &OwnProfiles) -> (u32, Strength) {
    let built_in = catalogue::built_in(&choice.name).map(|model| model.window);
    let trained = facts.map(|facts| facts.window).or(built_in).filter(|window| *window > 0).unwrap_or(DEFAULT_WINDOW);
    let window = own.window(choice).unwrap_or(DEFAULT_WINDOW).min(trained).max(LEAST_WINDOW);
    let judged = || match facts {
        // The file's word on its size goes before its name's; what family it is of, only the name says.
        Some(facts) => {
            let name = Path::new(&choice.name).file_name().unwrap_or_default().to_string_lossy();
            profiles::strength_by_name(&format!("{name} {}", facts.parameters))
        }
        None => Strength::Small,
    };
    (window, own.strength(choice).unwrap_or_else(judged))
}

/// The profile of the model that a choice names, before there is a way to it: its key is not looked at, nor whether a built-in one is here.
///
/// # Errors
/// `bad_profiles`; `bad_price`; `unreachable` where the choice's address is none; `wrong_file`, `local_model` where its file is none.
pub async fn profile_of(choice: &ModelChoice, own: &Path) -> Result<ModelProfile, Fault> {
    let own = OwnProfiles::read(own)?;
    profiles::check_price(choice)?;
    if choice.provider == LOCAL {
        let own_file = local::is_file(&choice.name);
        let facts = if own_file { Some(local::facts(Path::new(&choice.name)).await?) } else { None };
        let (window_tokens, strength) = here(choice, facts.as_ref(), &own);
        return Ok(ModelProfile {
            name: format!("{LOCAL}:{}", choice.name),
            window_tokens,
            max_output_tokens: DEFAULT_WINDOW / 4,
            strength,
            price: Some(profiles::FREE),
            local: true,
            prefill: true,
            concurrency: None,
        });
    }
    Ok(profiles::profile(choice, &providers::base_url(choice)?, &own))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_rlm::{fault::Code, options::KeySource};

    #[test]
    fn a_file_is_judged_by_its_name_and_what_it_says_and_not_by_the_folders_it_lies_in() {
        let facts = |parameters: &str| Facts { parameters: parameters.into(), window: 4_096, ..Facts::default() };
        let judged = |path: &str, facts: Option<&Facts>| {
            let choice =
                ModelChoice { provider: LOCAL.into(), name: path.into(), base_url: None, key: KeySource::None, price: None };
            here(&choice, facts, &OwnProfiles::default())
        };
        assert_eq!(judged("/models/3b/large.gguf", Some(&facts("70B"))), (4_096, Strength::Strong));
        assert_eq!(judged("/models/70b/any.gguf", Some(&facts("1.5B"))), (4_096, Strength::Small));
        assert_eq!(judged("qwen2.5-coder-1.5b", None), (DEFAULT_WINDOW, Strength::Small));
    }

    #[test]
    fn a_price_below_zero_is_refused_and_not_taken_for_free() {
        let price = Price { input: -1.0, ..profiles::FREE };
        let choice =
            ModelChoice { provider: "openai".into(), name: "m".into(), base_url: None, key: KeySource::None, price: Some(price) };
        assert_eq!(known(&choice, Path::new("/no/such/file")).unwrap_err().code, Code::BadPrice);
    }

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
