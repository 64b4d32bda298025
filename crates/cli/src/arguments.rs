//! What can be typed.

use clap::{Args, Parser, Subcommand, ValueEnum};
use plumb_api::{
    Price,
    documents::Include,
    fault::{Code, Fault},
    options::{KeySource, Limits, ModeChoice, ModelChoice},
};
use std::path::PathBuf;

/// The provider's name of the models on this computer.
const LOCAL: &str = "local";

/// Ask questions about folders of documents and code of any size.
#[derive(Parser)]
#[command(name = "plumb", version, about)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// Standard output is for a program.
    pub fn wants_json(&self) -> bool {
        match &self.command {
            Command::Ask(ask) => ask.output.json,
            Command::Resume(resume) => resume.output.json,
            Command::Files(files) => files.json,
            Command::Spending(spending) => spending.json,
            Command::Runs { json, .. } | Command::Show { json, .. } | Command::Doctor { json } => *json,
            Command::Model(_) | Command::Serve(_) => false,
        }
    }
}

#[derive(Subcommand)]
pub enum Command {
    /// Ask a question about folders and files.
    Ask(Box<Ask>),
    /// Go on with a run that was interrupted, stopped, failed or reached a limit.
    Resume(Resume),
    /// Show what Plumb makes of each document: its kind, whether it could be read, and why not.
    Files(Files),
    /// List past questions, newest first.
    Runs {
        /// Print a JSON array.
        #[arg(long)]
        json: bool,
        /// The most to list.
        #[arg(long, default_value_t = 1000)]
        limit: u32,
    },
    /// Show a past question: how it was found, its answer, its cost.
    Show {
        /// The run's id, or a unique beginning of it.
        run: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Show what was spent this month: by day, provider and model, and the dearest questions. Sets the monthly limit.
    Spending(Spending),
    /// The built-in model.
    #[command(subcommand)]
    Model(Model),
    /// Examine this computer: what is sealed and how that was measured, the keychain, the model.
    Doctor {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Serve the window's page to a browser on this machine.
    Serve(Serve),
}

/// What is printed, and where.
#[derive(Args, Clone)]
pub struct Output {
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    /// Write every event to this file, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
}

#[derive(Args)]
pub struct Ask {
    /// The question, in any language.
    pub question: String,
    /// Folders and files to ask about.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The model that answers: `local:qwen2.5-coder-1.5b`, `local:FILE.gguf`, `openai:NAME`, `anthropic:NAME`, `server:NAME` with --base-url, …
    #[arg(long, value_name = "PROVIDER:NAME", value_parser = named)]
    pub model: Option<(String, String)>,
    /// The model of sub-calls; the same where absent.
    #[arg(long, value_name = "PROVIDER:NAME", value_parser = named)]
    pub sub_model: Option<(String, String)>,
    /// The address of the server; the provider's own where absent.
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    #[command(flatten)]
    pub key: KeyFrom,
    /// What the model costs: US dollars per million tokens, input and output.
    #[arg(long, value_name = "IN,OUT", value_parser = price)]
    pub price: Option<Price>,
    #[command(flatten)]
    pub sub: SubServer,
    /// What the sub-model costs; as --price where both are at one server.
    #[arg(long, value_name = "IN,OUT", value_parser = price)]
    pub sub_price: Option<Price>,
    /// How to answer.
    #[arg(long, value_enum, default_value_t = Mode::Auto)]
    pub mode: Mode,
    /// Spend at most this many US dollars.
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub max_cost: Option<f64>,
    /// The most steps.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_turns: Option<u32>,
    /// The most sub-calls in all.
    #[arg(long, value_name = "N")]
    pub max_calls: Option<u32>,
    /// How deep helpers with a REPL of their own may nest; 0: none.
    #[arg(long, value_name = "N")]
    pub max_depth: Option<u32>,
    /// The most sub-calls at the same time.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub concurrency: Option<u32>,
    /// The most time, in seconds.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: Option<u64>,
    /// Run code elsewhere: a command that starts plumb-python on another machine or in a container and leaves its input and output to it.
    #[arg(long, value_name = "COMMAND")]
    pub repl_command: Option<String>,
    /// From now on nothing of these folders and files may leave this computer: remote models and --repl-command are refused.
    #[arg(long)]
    pub local_only: bool,
    #[command(flatten)]
    pub include: Included,
    /// Makes a local model's choices repeatable.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Say what the question would cost, and why that is thought; nothing is sent.
    #[arg(long)]
    pub estimate: bool,
    #[command(flatten)]
    pub output: Output,
}

/// What of folders is listed beside plain files.
#[derive(Args, Clone, Copy)]
pub struct Included {
    /// List hidden files too: those whose names begin with a dot.
    #[arg(long)]
    pub hidden: bool,
    /// List files too that .gitignore and .ignore name.
    #[arg(long)]
    pub ignored: bool,
    /// List the inside of .git folders too (with --hidden).
    #[arg(long)]
    pub git: bool,
}

impl Included {
    /// Something was asked for.
    pub fn is_any(self) -> bool {
        self.hidden || self.ignored || self.git
    }
}

impl From<Included> for Include {
    fn from(Included { hidden, ignored, git }: Included) -> Self {
        Include { hidden, ignored, git }
    }
}

#[derive(Args)]
pub struct Files {
    /// Folders and files.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Print one JSON object for each document, one a line.
    #[arg(long)]
    pub json: bool,
    /// Print the text that was read, too.
    #[arg(long, conflicts_with = "listed")]
    pub text: bool,
    /// Read text in pictures and scans too, where tesseract is installed.
    #[arg(long)]
    pub pictures: bool,
    /// Only list; read nothing.
    #[arg(long)]
    pub listed: bool,
    #[command(flatten)]
    pub include: Included,
}

/// Where the key of --model comes from; the keychain where nothing is said. It goes to that model's server and to no other.
#[derive(Args)]
pub struct KeyFrom {
    /// The environment variable that holds the key.
    #[arg(long, value_name = "VAR", conflicts_with = "api_key_command")]
    api_key_env: Option<String>,
    /// A command whose first line is the key: that of a password manager, say. Asked once in a session.
    #[arg(long, value_name = "COMMAND")]
    api_key_command: Option<String>,
}

impl KeyFrom {
    /// What was said.
    pub fn source(&self) -> Option<KeySource> {
        key_source(self.api_key_env.as_ref(), self.api_key_command.as_ref())
    }
}

/// The server of sub-calls, where it is another one than the model's: nothing that was said of that one holds for it.
#[derive(Args)]
pub struct SubServer {
    /// The address of the sub-model's server, where it is not the model's.
    #[arg(long, value_name = "URL")]
    pub sub_base_url: Option<String>,
    /// The environment variable that holds the key of the sub-model's server.
    #[arg(long, value_name = "VAR", conflicts_with = "sub_api_key_command")]
    sub_api_key_env: Option<String>,
    /// A command whose first line is the key of the sub-model's server.
    #[arg(long, value_name = "COMMAND")]
    sub_api_key_command: Option<String>,
}

impl SubServer {
    /// Where its key was said to be.
    pub fn key(&self) -> Option<KeySource> {
        key_source(self.sub_api_key_env.as_ref(), self.sub_api_key_command.as_ref())
    }
}

fn key_source(variable: Option<&String>, command: Option<&String>) -> Option<KeySource> {
    let env = variable.cloned().map(|variable| KeySource::Env { variable });
    env.or_else(|| command.cloned().map(|command| KeySource::Command { command }))
}

#[derive(Args)]
pub struct Resume {
    /// The run's id, or a unique beginning of it.
    pub run: String,
    /// Another address of the model's server.
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    #[command(flatten)]
    pub key: KeyFrom,
    #[command(flatten)]
    pub sub: SubServer,
    /// Spend at most this many US dollars, all parts of the run together.
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub max_cost: Option<f64>,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Args)]
pub struct Spending {
    /// Another month, such as 2026-10.
    #[arg(value_name = "MONTH")]
    pub month: Option<String>,
    /// From now on spend at most this many US dollars in a month, all questions together.
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub limit: Option<f64>,
    /// Take the monthly limit away.
    #[arg(long, conflicts_with = "limit")]
    pub no_limit: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Subcommand)]
pub enum Model {
    /// Fetch a built-in model, once; goes on where it stopped.
    Fetch {
        /// Which.
        #[arg(default_value = "qwen2.5-coder-1.5b")]
        id: String,
        /// Take it from this file or address instead of its publisher.
        #[arg(long, value_name = "FILE|URL")]
        from: Option<String>,
    },
    /// List the models that run on this computer.
    List,
    /// Add a model of your own: any file in the format GGUF. It stays where it is.
    Add {
        /// The file.
        file: PathBuf,
    },
    /// Delete what was fetched of a built-in model, or take a file off the list.
    Remove {
        /// As it stands in the list.
        id: String,
    },
}

#[derive(Args)]
pub struct Serve {
    /// The folders that may be opened; your home folder where absent.
    #[arg(value_name = "FOLDER")]
    pub roots: Vec<PathBuf>,
    /// The port on this machine; any free one where absent.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Mode {
    /// Plumb chooses, and says why.
    Auto,
    /// The whole text in one call.
    Direct,
    /// Step by step, for strong models.
    Rlm,
    /// Step by step with guidance, for small models.
    Guided,
}

impl From<Mode> for ModeChoice {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Auto => ModeChoice::Auto,
            Mode::Direct => ModeChoice::Direct,
            Mode::Rlm => ModeChoice::Rlm,
            Mode::Guided => ModeChoice::Guided,
        }
    }
}

/// What was said of a model's server: it holds for that server, and nothing of it goes to another.
struct Said {
    base_url: Option<String>,
    key: Option<KeySource>,
    price: Option<Price>,
}

impl Said {
    fn choice(self, (provider, name): &(String, String)) -> ModelChoice {
        let local = provider == LOCAL;
        ModelChoice {
            provider: provider.clone(),
            // The run can be gone on with from another folder.
            name: if local { absolute(name) } else { name.clone() },
            key: match self.key {
                _ if local => KeySource::None,
                Some(key) => key,
                None if self.base_url.is_some() => KeySource::None,
                None => KeySource::Keychain,
            },
            base_url: self.base_url.filter(|_| !local),
            price: self.price.filter(|_| !local),
        }
    }
}

impl Ask {
    /// The models that were named: the root's and the sub-calls'. `None`: as the settings say.
    ///
    /// # Errors
    /// Where a key was given, and no model whose key it could be: it is not sent to whoever happens to be asked.
    pub fn models(&self) -> Result<(Option<ModelChoice>, Option<ModelChoice>), Fault> {
        // A server was named, but no model of it: most servers of one model ignore the name.
        let unnamed = ("server".to_owned(), "default".to_owned());
        let root = self.model.as_ref().or(self.base_url.as_ref().map(|_| &unnamed));
        let sub = self.sub_model.as_ref();
        let takes_key = |named: Option<&(String, String)>| named.is_some_and(|(provider, _)| provider != LOCAL);
        if self.key.source().is_some() && !takes_key(root) {
            let message = "--api-key-env and --api-key-command give the key of --model: name a model of a provider with it. The key of --sub-model is given with --sub-api-key-env or --sub-api-key-command.";
            return Err(Fault::new(Code::KeyForNobody, message));
        }
        if self.sub.key().is_some() && !takes_key(sub) {
            let message =
                "--sub-api-key-env and --sub-api-key-command give the key of --sub-model: name a model of a provider with it.";
            return Err(Fault::new(Code::KeyForNobody, message));
        }
        let said = || Said { base_url: self.base_url.clone(), key: self.key.source(), price: self.price };
        let of_sub = |(provider, _): &(String, String)| {
            let own = Said { base_url: self.sub.sub_base_url.clone(), key: self.sub.key(), price: self.sub_price };
            let one_server =
                root.is_some_and(|(of_root, _)| of_root == provider) && (own.base_url.is_none() || own.base_url == self.base_url);
            if !one_server {
                return own;
            }
            let of_root = said();
            Said { base_url: of_root.base_url, key: own.key.or(of_root.key), price: own.price.or(of_root.price) }
        };
        Ok((root.map(|named| said().choice(named)), sub.map(|named| of_sub(named).choice(named))))
    }

    /// The limits, where any was given.
    pub fn limits(&self, base: Limits) -> Limits {
        Limits {
            max_cost_usd: self.max_cost.or(base.max_cost_usd),
            max_turns: self.max_turns.unwrap_or(base.max_turns),
            max_calls: self.max_calls.unwrap_or(base.max_calls),
            max_depth: self.max_depth.unwrap_or(base.max_depth),
            max_tokens: base.max_tokens,
            concurrency: self.concurrency.unwrap_or(base.concurrency),
            timeout_s: self.timeout.unwrap_or(base.timeout_s),
        }
    }
}

/// A model's file by its whole path; the name of a built-in model as it is.
pub fn absolute(name: &str) -> String {
    let path = std::path::absolute(name).ok().filter(|_| plumb_api::is_model_file(name));
    path.map_or_else(|| name.to_owned(), |path| path.to_string_lossy().into_owned())
}

fn named(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((provider, name)) if !provider.is_empty() && !name.is_empty() => Ok((provider.to_owned(), name.to_owned())),
        _ => Err("a model is named PROVIDER:NAME, for example local:qwen2.5-coder-1.5b or openai:gpt-5-mini".to_owned()),
    }
}

fn price(text: &str) -> Result<Price, String> {
    let wrong = || "a price is two amounts in US dollars per million tokens, for input and output: 0.25,2".to_owned();
    let (input, output) = text.split_once(',').ok_or_else(wrong)?;
    let each =
        |part: &str| part.trim().parse::<f64>().ok().filter(|amount| amount.is_finite() && *amount >= 0.0).ok_or_else(wrong);
    Ok(Price { input: each(input)?, cached_input: None, cache_write: None, output: each(output)? })
}

fn amount(text: &str) -> Result<f64, String> {
    let amount = text.trim_start_matches('$').parse::<f64>().ok();
    amount
        .filter(|amount| amount.is_finite() && *amount > 0.0)
        .ok_or_else(|| "a limit is an amount in US dollars above zero: 0.50".to_owned())
}
