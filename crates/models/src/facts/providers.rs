//! The providers that Plumb knows by name. Their wire formats are in [`crate::formats`].

use plumb_rlm::{
    fault,
    fault::{Code, Fault},
    options::ModelChoice,
};
use reqwest::Url;
use std::net::IpAddr;

/// The provider of the models that run inside Plumb.
pub const LOCAL: &str = "local";

/// A provider known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its id, as in [`ModelChoice::provider`].
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Its address; `None` where each user has another.
    pub base_url: Option<&'static str>,
    /// An example of its address.
    pub example: &'static str,
    /// The environment variable that usually holds its key.
    pub key_variable: Option<&'static str>,
    /// The header for its key.
    pub key_header: KeyHeader,
    /// It refuses every call without a key.
    pub key_required: bool,
    /// It runs on a machine of the user's, whose memory limits the model's window.
    pub own_machine: bool,
    /// Its calls cost nothing where it runs on this computer: it does not forward them to anyone who charges.
    pub free_here: bool,
    /// It forwards calls to other providers, which only its own settings name.
    pub gateway: bool,
}

/// The header that carries a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyHeader {
    /// `Authorization: Bearer …`.
    Bearer,
    /// One of the provider's own, in lower case.
    Named(&'static str),
}

const fn cloud(id: &'static str, name: &'static str, base_url: &'static str, key_variable: &'static str) -> Provider {
    Provider {
        id,
        name,
        base_url: Some(base_url),
        example: base_url,
        key_variable: Some(key_variable),
        key_header: KeyHeader::Bearer,
        key_required: true,
        own_machine: false,
        free_here: false,
        gateway: false,
    }
}

const fn own(id: &'static str, name: &'static str, base_url: &'static str) -> Provider {
    Provider {
        id,
        name,
        base_url: Some(base_url),
        example: base_url,
        key_variable: None,
        key_header: KeyHeader::Bearer,
        key_required: false,
        own_machine: true,
        free_here: true,
        gateway: false,
    }
}

impl Provider {
    const fn key_in(self, header: &'static str) -> Self {
        Provider { key_header: KeyHeader::Named(header), ..self }
    }

    /// It forwards calls to others.
    const fn forwarding(self) -> Self {
        Provider { free_here: false, gateway: true, ..self }
    }

    /// Each user has another address, so the known one is only an example.
    const fn elsewhere(self) -> Self {
        Provider { base_url: None, ..self }
    }
}

const PROVIDERS: &[Provider] = &[
    cloud("openai", "OpenAI", "https://api.openai.com/v1", "OPENAI_API_KEY"),
    cloud("anthropic", "Anthropic", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY").key_in("x-api-key"),
    cloud("gemini", "Google Gemini", "https://generativelanguage.googleapis.com/v1beta", "GEMINI_API_KEY")
        .key_in("x-goog-api-key"),
    cloud("openrouter", "OpenRouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    // A model's name is its deployment's: <https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle>.
    cloud("azure", "Azure OpenAI", "https://RESOURCE.openai.azure.com/openai/v1", "AZURE_OPENAI_API_KEY")
        .key_in("api-key")
        .elsewhere(),
    // A model's name says which provider answers, as `@PROVIDER/NAME`: <https://portkey.ai/docs/api-reference/inference-api/headers>.
    cloud("portkey", "Portkey", "https://api.portkey.ai/v1", "PORTKEY_API_KEY").key_in("x-portkey-api-key").forwarding(),
    cloud("mistral", "Mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    cloud("deepseek", "DeepSeek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"),
    cloud("groq", "Groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    cloud("together", "Together", "https://api.together.xyz/v1", "TOGETHER_API_KEY"),
    cloud("xai", "xAI", "https://api.x.ai/v1", "XAI_API_KEY"),
    own("ollama", "Ollama", "http://localhost:11434/v1"),
    own("lmstudio", "LM Studio", "http://localhost:1234/v1"),
    own("llamacpp", "llama.cpp", "http://localhost:8080/v1"),
    own("vllm", "vLLM", "http://localhost:8000/v1"),
    own("sglang", "SGLang", "http://localhost:30000/v1"),
    Provider { key_variable: Some("LITELLM_API_KEY"), ..own("litellm", "LiteLLM", "http://localhost:4000/v1") }.forwarding(),
    // It may be any of these, so nothing more is known of it.
    Provider { free_here: false, ..own("server", "Another server", "http://localhost:8000/v1").elsewhere() },
];

/// Advice on the name of a model where a provider has deployments.
pub const DEPLOYMENT_ADVICE: &str =
    "Azure wants the name that you gave the deployment, not that of its model. Azure's portal shows it under Deployments.";

/// Whether a provider knows its models by the names that users gave to deployments.
pub fn has_deployments(provider: &str) -> bool {
    provider == "azure"
}

/// All providers, in the order in which a front end lists them.
pub fn providers() -> &'static [Provider] {
    PROVIDERS
}

/// The provider with this id.
pub fn provider(id: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.id == id)
}

/// The address of a choice's server.
///
/// # Errors
/// `unreachable` when the provider is unknown, or its address is missing or no web address.
pub fn base_url(choice: &ModelChoice) -> Result<Url, Fault> {
    let known = provider(&choice.provider);
    let address = choice.base_url.as_deref().or(known.and_then(|provider| provider.base_url)).ok_or_else(|| match known {
        Some(known) => {
            fault!(Code::Unreachable, "The server has no address. Enter one, such as {example}.", example = known.example)
        }
        None => fault!(
            Code::Unreachable,
            "There is no provider \"{provider}\". Choose one of: local, {known}.",
            provider = &choice.provider,
            known = PROVIDERS.iter().map(|provider| provider.id).collect::<Vec<_>>().join(", "),
        ),
    })?;
    let url = Url::parse(address.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url = url.ok_or_else(|| {
        fault!(Code::Unreachable, "The server's address is not a web address. Enter one like https://example.org/v1.")
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        let message = "The server's address contains a user name or password. Remove it, and enter the key as a key.";
        return Err(Fault::new(Code::Unreachable, message));
    }
    Ok(url)
}

/// The part of an address that a key belongs to: scheme, host and port.
pub fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Whether a choice's server forwards calls, wherever it runs. Gateways do, and so does Ollama for models of its cloud, whose names have an ending of
/// their own (`gpt-oss:120b-cloud`, `glm-4.6:cloud`): <https://docs.ollama.com/cloud>.
pub fn forwards_calls(choice: &ModelChoice) -> bool {
    let name = choice.name.trim().to_ascii_lowercase();
    let cloud = [":cloud", "-cloud"].iter().any(|end| name.ends_with(end));
    provider(&choice.provider).is_some_and(|provider| provider.gateway || provider.own_machine && cloud)
}

/// Whether an address is this computer's.
pub fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

/// Whether an address is in this computer or its private network, where users have servers of their own.
pub fn is_private(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        // Private networks over the internet use 100.64.0.0/10.
        Ok(IpAddr::V4(ip)) => {
            let [a, b, ..] = ip.octets();
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || (a == 100 && (64..128).contains(&b))
        }
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        Err(_) => !host.contains('.') || [".local", ".lan", ".internal", ".home.arpa"].iter().any(|end| host.ends_with(end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_rlm::options::KeySource;

    fn choice(provider: &str, base_url: Option<&str>) -> ModelChoice {
        ModelChoice {
            provider: provider.into(),
            name: "m".into(),
            base_url: base_url.map(Into::into),
            key: KeySource::None,
            price: None,
        }
    }

    #[test]
    fn known_addresses_are_valid_and_cloud_ones_encrypted() {
        for provider in providers().iter().filter(|provider| provider.base_url.is_some()) {
            let url = base_url(&choice(provider.id, None)).unwrap();
            assert_eq!(url.scheme() == "https", !provider.own_machine, "{}", provider.id);
        }
    }

    #[test]
    fn ids_are_unique_and_required_keys_have_a_variable() {
        for provider in providers() {
            assert_eq!(providers().iter().filter(|other| other.id == provider.id).count(), 1, "{}", provider.id);
            assert!(!provider.key_required || provider.key_variable.is_some(), "{}", provider.id);
        }
    }

    #[test]
    fn an_address_with_a_password_is_refused_unshown() {
        let error = base_url(&choice("server", Some("https://me:secret@example.org/v1"))).unwrap_err();
        assert!(!error.message.contains("secret"));
    }

    #[test]
    fn wrong_addresses_and_unknown_providers_differ() {
        assert!(base_url(&choice("server", None)).unwrap_err().message.contains("no address"));
        assert!(base_url(&choice("azure", None)).unwrap_err().message.contains("https://RESOURCE.openai.azure.com/openai/v1"));
        assert!(base_url(&choice("server", Some("file:///etc"))).unwrap_err().message.contains("not a web address"));
        assert!(base_url(&choice("nope", None)).unwrap_err().message.contains("There is no provider"));
    }

    #[test]
    fn only_this_computer_is_loopback() {
        let is = |url: &str| is_loopback(&Url::parse(url).unwrap());
        assert!(is("http://localhost:1/v1") && is("http://127.0.0.1/v1") && is("http://[::1]:8/"));
        assert!(!is("http://localhost.example.org/") && !is("http://10.0.0.1/"));
    }

    #[test]
    fn only_private_networks_are_private() {
        let is = |host: &str| is_private(&Url::parse(&format!("http://{host}/v1")).unwrap());
        for near in ["localhost", "127.0.0.1", "[::1]", "10.1.2.3", "172.16.0.1", "192.168.0.9", "100.100.1.1", "[fd00::1]"] {
            assert!(is(near), "{near}");
        }
        assert!(is("gpu-box:8000") && is("gpu-box.local") && is("gpu-box.lan"));
        for far in ["api.openai.com", "8.8.8.8", "172.32.0.1", "100.128.0.1", "[2001:db8::1]", "local.example.org"] {
            assert!(!is(far), "{far}");
        }
    }
}
