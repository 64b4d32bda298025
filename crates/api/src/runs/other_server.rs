//! Other addresses and keys for a continued run. Each belongs to one server and never reaches another.

use crate::types::Resume;
use plumb_models::LOCAL;
use plumb_rlm::{
    fault::{Code, Fault},
    options::{KeySource, ModelChoice, RunOptions},
};

/// Changes the addresses and keys of a run's models.
///
/// # Errors
/// `key_for_nobody` if no model takes a given key.
pub fn redirect(options: &mut RunOptions, request: &Resume) -> Result<(), Fault> {
    let one_server = |a: &ModelChoice, b: &ModelChoice| a.provider == b.provider && a.base_url == b.base_url;
    let shares = options.sub_model.as_ref().is_some_and(|sub| one_server(sub, &options.model));
    if request.key.is_some() && options.model.provider == LOCAL {
        let message = "The model of this question runs on this computer and takes no key. Give the key of its sub-calls with --sub-api-key-env or --sub-api-key-command.";
        return Err(Fault::new(Code::KeyForNobody, message));
    }
    if request.sub_key.is_some() && options.sub_model.as_ref().is_none_or(|sub| sub.provider == LOCAL) {
        let message = "The sub-calls of this question have no model of their own that takes a key. Give the key of its model with --api-key-env or --api-key-command.";
        return Err(Fault::new(Code::KeyForNobody, message));
    }
    if let Some(sub) = &mut options.sub_model {
        let (shared_url, shared_key) = if shares { (&request.base_url, &request.key) } else { (&None, &None) };
        redirect_model(
            sub,
            request.sub_base_url.as_ref().or(shared_url.as_ref()),
            request.sub_key.as_ref().or(shared_key.as_ref()),
        );
    }
    redirect_model(&mut options.model, request.base_url.as_ref(), request.key.as_ref());
    Ok(())
}

fn redirect_model(choice: &mut ModelChoice, base_url: Option<&String>, key: Option<&KeySource>) {
    if choice.provider == LOCAL {
        return;
    }
    if let Some(url) = base_url.filter(|url| choice.base_url.as_ref() != Some(url)) {
        choice.base_url = Some(url.clone());
        // A variable's or a command's key belongs to the old address. The keychain holds a key for each address.
        if choice.key != KeySource::Keychain {
            choice.key = KeySource::None;
        }
    }
    if let Some(key) = key {
        choice.key = key.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(provider: &str, base_url: Option<&str>, variable: &str) -> ModelChoice {
        ModelChoice {
            provider: provider.into(),
            name: "m".into(),
            base_url: base_url.map(Into::into),
            key: env(variable),
            price: None,
        }
    }

    fn env(variable: &str) -> KeySource {
        KeySource::Env { variable: variable.into() }
    }

    fn run(model: ModelChoice, sub_model: Option<ModelChoice>) -> RunOptions {
        serde_json::from_value(serde_json::json!({ "model": model, "sub_model": sub_model })).unwrap()
    }

    fn asked() -> Resume {
        serde_json::from_value(serde_json::json!({ "run": "r" })).unwrap()
    }

    #[test]
    fn a_new_key_and_address_reach_no_other_server() {
        let mut options = run(choice("anthropic", None, "A"), Some(choice("openai", None, "O")));
        let request = Resume { base_url: Some("https://proxy.example.org/v1".into()), key: Some(env("NEW")), ..asked() };
        redirect(&mut options, &request).unwrap();
        assert_eq!((options.model.base_url.as_deref(), &options.model.key), (Some("https://proxy.example.org/v1"), &env("NEW")));
        let sub = options.sub_model.unwrap();
        assert_eq!((sub.base_url, sub.key), (None, env("O")));
    }

    #[test]
    fn two_models_at_one_server_share_a_new_key() {
        let server = || choice("server", Some("http://localhost:1/v1"), "A");
        let mut options = run(server(), Some(server()));
        redirect(&mut options, &Resume { base_url: Some("http://localhost:2/v1".into()), key: Some(env("NEW")), ..asked() })
            .unwrap();
        assert_eq!(options.sub_model.as_ref(), Some(&options.model));
        assert_eq!(options.model.key, env("NEW"));
        redirect(&mut options, &Resume { sub_key: Some(env("SUB")), ..asked() }).unwrap();
        assert_eq!((options.model.key, options.sub_model.unwrap().key), (env("NEW"), env("SUB")));
    }

    #[test]
    fn a_variables_key_does_not_follow_to_a_new_address() {
        let mut options = run(choice("openai", None, "O"), None);
        redirect(&mut options, &Resume { base_url: Some("http://localhost:9/v1".into()), ..asked() }).unwrap();
        assert_eq!(options.model.key, KeySource::None);
    }

    #[test]
    fn a_key_that_no_model_takes_is_refused() {
        let mut local = run(choice(LOCAL, None, "A"), None);
        for request in [Resume { key: Some(env("K")), ..asked() }, Resume { sub_key: Some(env("K")), ..asked() }] {
            assert_eq!(redirect(&mut local, &request).unwrap_err().code, Code::KeyForNobody);
        }
    }
}
