//! The servers that Plumb knows by name. What they speak is in [`crate::formats`].

use plumb_rlm::{
    fault::{Code, Fault},
    options::ModelChoice,
};
use reqwest::Url;
use std::net::IpAddr;

/// A server known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider {
    /// As it stands in [`ModelChoice::provider`].
    pub id: &'static str,
    /// As people write it.
    pub name: &'static str,
    /// Where it is; `None`: the user says.
    pub base_url: Option<&'static str>,
    /// What its address looks like, where the user says it.
    pub example: &'static str,
    /// The environment variable in which its key usually lies.
    pub key_variable: Option<&'static str>,
    /// Where it wants the key.
    pub key_header: KeyHeader,
    /// It answers nobody without a key.
    pub key_required: bool,
    /// It runs on a machine of the user's: the model's window is what that machine affords.
    pub own_machine: bool,
    /// Its calls cost nothing where it runs on this computer: it does not hand them on to somebody who charges.
    pub free_here: bool,
    /// A gateway: whom it hands calls on to, only its own settings say.
    pub gateway: bool,
}

/// The header in which a key travels.
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

    /// It hands calls on to others.
    const fn handing_on(self) -> Self {
        Provider { free_here: false, gateway: true, ..self }
    }

    /// Its address is another for each user: what is known is only an example.
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
    // The name of a model is that of its deployment: <https://learn.microsoft.com/azure/foundry/openai/api-version-lifecycle>.
    cloud("azure", "Azure OpenAI", "https://RESOURCE.openai.azure.com/openai/v1", "AZURE_OPENAI_API_KEY")
        .key_in("api-key")
        .elsewhere(),
    // Which provider answers stands in the name of the model, as `@PROVIDER/NAME`: <https://portkey.ai/docs/api-reference/inference-api/headers>.
    cloud("portkey", "Portkey", "https://api.portkey.ai/v1", "PORTKEY_API_KEY").key_in("x-portkey-api-key").handing_on(),
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
    Provider { key_variable: Some("LITELLM_API_KEY"), ..own("litellm", "LiteLLM", "http://localhost:4000/v1") }.handing_on(),
    // It may be one or the other; what it is, nobody says.
    Provider { free_here: false, ..own("server", "Another server", "http://localhost:8000/v1").elsewhere() },
];

/// What is to be done about the name of a model where servers know deployments.
pub const DEPLOYMENT: &str =
    "Azure wants the name that you gave the deployment, not that of its model. It stands in Azure's portal under Deployments.";

/// Whether a provider's models are asked for by the names that its user gave to deployments.
pub fn has_deployments(provider: &str) -> bool {
    provider == "azure"
}

/// All of them, as a front end lists them.
pub fn providers() -> &'static [Provider] {
    PROVIDERS
}

/// The one named `id`.
pub fn provider(id: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|provider| provider.id == id)
}

/// Where a choice's server is.
///
/// # Errors
/// When the provider is unknown, or its address is missing or no web address.
pub fn base_url(choice: &ModelChoice) -> Result<Url, Fault> {
    let known = provider(&choice.provider);
    let address = choice.base_url.as_deref().or(known.and_then(|provider| provider.base_url)).ok_or_else(|| match known {
        Some(known) => bad_address(&format!("No address of a server is given. Enter one, such as {}.", known.example)),
        None => bad_address(&format!(
            "There is no provider \"{}\". Choose one of: local, {}.",
            choice.provider,
            PROVIDERS.iter().map(|provider| provider.id).collect::<Vec<_>>().join(", ")
        )),
    })?;
    let url = Url::parse(address.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url =
        url.ok_or_else(|| bad_address("The server's address is not a web address. It looks like https://example.org/v1."))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad_address("The server's address holds a user name or password. Take it out and enter the key as a key."));
    }
    Ok(url)
}

/// The part of an address that a key belongs to: scheme, host and port.
pub fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Whether a choice's server, wherever it runs, has others answer: a gateway does, and Ollama for the models of its cloud, which it tells by the end of
/// their names (`gpt-oss:120b-cloud`, `glm-4.6:cloud`): <https://docs.ollama.com/cloud>.
pub fn hands_on(choice: &ModelChoice) -> bool {
    let name = choice.name.trim().to_ascii_lowercase();
    let cloud = [":cloud", "-cloud"].iter().any(|end| name.ends_with(end));
    provider(&choice.provider).is_some_and(|provider| provider.gateway || provider.own_machine && cloud)
}

/// Whether this address is one of this computer.
pub fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

/// Whether this address is one of this computer or of the network around it, where people's own servers are.
pub fn is_near(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        // 100.64.0.0/10 is what private networks over the internet use.
        Ok(IpAddr::V4(ip)) => {
            let [a, b, ..] = ip.octets();
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || (a == 100 && (64..128).contains(&b))
        }
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        Err(_) => !host.contains('.') || [".local", ".lan", ".internal", ".home.arpa"].iter().any(|end| host.ends_with(end)),
    }
}

fn bad_address(message: &str) -> Fault {
    Fault::new(Code::Unreachable, message)
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
    fn every_known_address_is_a_web_address_and_cloud_ones_are_encrypted() {
        for provider in providers().iter().filter(|provider| provider.base_url.is_some()) {
            let url = base_url(&choice(provider.id, None)).unwrap();
            assert_eq!(url.scheme() == "https", !provider.own_machine, "{}", provider.id);
        }
    }

    #[test]
    fn each_name_stands_once_and_what_needs_a_key_names_its_variable() {
        for provider in providers() {
            assert_eq!(providers().iter().filter(|other| other.id == provider.id).count(), 1, "{}", provider.id);
            assert!(!provider.key_required || provider.key_variable.is_some(), "{}", provider.id);
        }
    }

    #[test]
    fn an_address_with_a_password_in_it_is_refused_without_showing_it() {
        let error = base_url(&choice("server", Some("https://me:secret@example.org/v1"))).unwrap_err();
        assert!(!error.message.contains("secret"));
    }

    #[test]
    fn nonsense_addresses_and_names_are_told_apart() {
        assert!(base_url(&choice("server", None)).unwrap_err().message.contains("No address"));
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
    fn the_network_around_this_computer_is_near_and_the_rest_is_not() {
        let is = |host: &str| is_near(&Url::parse(&format!("http://{host}/v1")).unwrap());
        for near in ["localhost", "127.0.0.1", "[::1]", "10.1.2.3", "172.16.0.1", "192.168.0.9", "100.100.1.1", "[fd00::1]"] {
            assert!(is(near), "{near}");
        }
        assert!(is("gpu-box:8000") && is("gpu-box.local") && is("gpu-box.lan"));
        for far in ["api.openai.com", "8.8.8.8", "172.32.0.1", "100.128.0.1", "[2001:db8::1]", "local.example.org"] {
            assert!(!is(far), "{far}");
        }
    }
}
