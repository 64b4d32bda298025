//! The command line's arguments, whose doc comments are the help texts.

use clap::{Args, Parser, Subcommand, ValueEnum};
use plumb_api::{
    Price,
    documents::Include,
    fault::{Code, Fault},
    options::{KeySource, Limits, ModeChoice, ModelChoice},
};
use std::path::PathBuf;

/// Provider id of models on this computer.
const LOCAL_PROVIDER: &str = "local";

/// Ask questions about folders of documents and code of any size.
#[derive(Parser)]
#[command(name = "plumb", version, about)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// Whether standard output is for a program.
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
    /// Continue a run that was interrupted, stopped, failed or reached a limit.
    Resume(Resume),
    /// List documents: their kind, whether Plumb can read them, and why not.
    Files(Files),
    /// List past questions, newest first.
    Runs {
        /// Print a JSON array.
        #[arg(long)]
        json: bool,
        /// List at most this many.
        #[arg(long, default_value_t = 1000)]
        limit: u32,
    },
    /// Show a past question: its steps, answer and cost.
    Show {
        /// The run's id, or a unique beginning of it.
        run: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Show this month's spending by day, provider, model and question, or set the monthly limit.
    Spending(Spending),
    /// Manage the models that run on this computer.
    #[command(subcommand)]
    Model(Model),
    /// Check this computer: the sealed worker, the keychain, the models.
    Doctor {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Serve Plumb's page to a browser on this computer.
    Serve(Serve),
}

/// Output options.
#[derive(Args, Clone)]
pub struct Output {
    /// Print one JSON object on standard output.
    #[arg(long)]
    pub json: bool,
    /// Write all events to this file, one JSON object per line.
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
    /// Model that answers: `local:qwen2.5-coder-1.5b`, `local:FILE.gguf`, `openai:NAME`, `anthropic:NAME`, or `server:NAME` with --base-url.
    #[arg(long, value_name = "PROVIDER:NAME", value_parser = named)]
    pub model: Option<(String, String)>,
    /// Model of sub-calls [default: that of --model].
    #[arg(long, value_name = "PROVIDER:NAME", value_parser = named)]
    pub sub_model: Option<(String, String)>,
    /// Address of the server [default: the provider's].
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    #[command(flatten)]
    pub key: KeyFrom,
    /// Price of the model, in US dollars per million tokens of input and output.
    #[arg(long, value_name = "IN,OUT", value_parser = price)]
    pub price: Option<Price>,
    #[command(flatten)]
    pub sub: SubServer,
    /// Price of the sub-model [default: --price if both models are at one server].
    #[arg(long, value_name = "IN,OUT", value_parser = price)]
    pub sub_price: Option<Price>,
    /// How to answer the question.
    #[arg(long, value_enum, default_value_t = Mode::Auto)]
    pub mode: Mode,
    /// Spend at most this many US dollars.
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub max_cost: Option<f64>,
    /// Take at most this many steps.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_turns: Option<u32>,
    /// Make at most this many sub-calls.
    #[arg(long, value_name = "N")]
    pub max_calls: Option<u32>,
    /// Nest helpers at most this deep; 0 allows none.
    #[arg(long, value_name = "N")]
    pub max_depth: Option<u32>,
    /// Make at most this many sub-calls at the same time.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub concurrency: Option<u32>,
    /// Stop after this many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub timeout: Option<u64>,
    /// Run code elsewhere: a command that starts plumb-python on another computer or in a container, such as `ssh HOST plumb-python`.
    #[arg(long, value_name = "COMMAND")]
    pub repl_command: Option<String>,
    /// Keep these folders and files on this computer from now on: Plumb refuses remote models and --repl-command for them.
    #[arg(long)]
    pub local_only: bool,
    #[command(flatten)]
    pub include: Included,
    /// Seed that makes a local model's choices repeatable.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Estimate the cost and say why; send nothing.
    #[arg(long)]
    pub estimate: bool,
    #[command(flatten)]
    pub output: Output,
}

/// Hidden and ignored files to list too.
#[derive(Args, Clone, Copy)]
pub struct Included {
    /// List hidden files too, whose names begin with a dot.
    #[arg(long)]
    pub hidden: bool,
    /// List files too that .gitignore or .ignore excludes.
    #[arg(long)]
    pub ignored: bool,
    /// List the contents of .git folders too (with --hidden).
    #[arg(long)]
    pub git: bool,
}

impl Included {
    /// Whether any of these options was given.
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
    /// Print one JSON object per document, one per line.
    #[arg(long)]
    pub json: bool,
    /// Print the documents' text too.
    #[arg(long, conflicts_with = "listed")]
    pub text: bool,
    /// Read text in pictures and scans too; needs tesseract.
    #[arg(long)]
    pub pictures: bool,
    /// List only; read nothing.
    #[arg(long)]
    pub listed: bool,
    #[command(flatten)]
    pub include: Included,
}

/// Source of the key of --model, sent only to that model's server. Without these options the key comes from the keychain.
#[derive(Args)]
pub struct KeyFrom {
    /// Environment variable that holds the key of --model.
    #[arg(long, value_name = "VAR", conflicts_with = "api_key_command")]
    api_key_env: Option<String>,
    /// Command that prints the key of --model on its first line, such as a password manager's. Plumb runs it once.
    #[arg(long, value_name = "COMMAND")]
    api_key_command: Option<String>,
}

impl KeyFrom {
    /// The chosen source, if any.
    pub fn source(&self) -> Option<KeySource> {
        key_source(self.api_key_env.as_ref(), self.api_key_command.as_ref())
    }
}

/// The sub-model's server, if it is not the model's. The options for the model's server do not apply to it.
#[derive(Args)]
pub struct SubServer {
    /// Address of the sub-model's server, if it is not the model's.
    #[arg(long, value_name = "URL")]
    pub sub_base_url: Option<String>,
    /// Environment variable that holds the key of --sub-model.
    #[arg(long, value_name = "VAR", conflicts_with = "sub_api_key_command")]
    sub_api_key_env: Option<String>,
    /// Command that prints the key of --sub-model on its first line.
    #[arg(long, value_name = "COMMAND")]
    sub_api_key_command: Option<String>,
}

impl SubServer {
    /// The chosen source of its key, if any.
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
    /// New address of the model's server.
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    #[command(flatten)]
    pub key: KeyFrom,
    #[command(flatten)]
    pub sub: SubServer,
    /// Spend at most this many US dollars on the whole run.
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub max_cost: Option<f64>,
    #[command(flatten)]
    pub output: Output,
}

#[derive(Args)]
pub struct Spending {
    /// Month to show, such as 2026-10 [default: this month].
    #[arg(value_name = "MONTH")]
    pub month: Option<String>,
    /// Spend at most this many US dollars a month on all questions together.
    #[arg(long, value_name = "USD", value_parser = amount)]
    pub limit: Option<f64>,
    /// Remove the monthly limit.
    #[arg(long, conflicts_with = "limit")]
    pub no_limit: bool,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Subcommand)]
pub enum Model {
    /// Download a built-in model, or continue its download.
    Fetch {
        /// Id of the model, as `plumb model list` shows it.
        #[arg(default_value = "qwen2.5-coder-1.5b")]
        id: String,
        /// Take the model from this file or address instead of its publisher.
        #[arg(long, value_name = "FILE|URL")]
        from: Option<String>,
    },
    /// List the models that run on this computer.
    List,
    /// Add a model file of your own, in GGUF format. The file stays where it is.
    Add {
        /// The model file.
        file: PathBuf,
    },
    /// Delete the download of a built-in model, or remove your own file from the list.
    Remove {
        /// Id of the model, as `plumb model list` shows it.
        id: String,
    },
}

#[derive(Args)]
pub struct Serve {
    /// Folders that the page may open [default: your home folder].
    #[arg(value_name = "FOLDER")]
    pub roots: Vec<PathBuf>,
    /// Port on this computer; 0 takes any free port.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Mode {
    /// Let Plumb choose and say why.
    Auto,
    /// Read the whole text in one call.
    Direct,
    /// Work step by step with code; for strong models.
    Rlm,
    /// Work step by step with guidance; for small models.
    Guided,
    /// Follow a plan of Plumb's for the kind of question, without code.
    Map,
}

impl From<Mode> for ModeChoice {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Auto => ModeChoice::Auto,
            Mode::Direct => ModeChoice::Direct,
            Mode::Rlm => ModeChoice::Rlm,
            Mode::Guided => ModeChoice::Guided,
            Mode::Map => ModeChoice::Map,
        }
    }
}

/// Options for one model's server. They never apply to another server.
struct ServerOptions {
    base_url: Option<String>,
    key: Option<KeySource>,
    price: Option<Price>,
}

impl ServerOptions {
    fn choice(self, (provider, name): &(String, String)) -> ModelChoice {
        let local = provider == LOCAL_PROVIDER;
        ModelChoice {
            provider: provider.clone(),
            // Absolute, because the run may be continued from another folder.
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
    /// The models of the root and of sub-calls, if named; else the settings choose.
    ///
    /// # Errors
    /// `key_for_nobody` if a key is given without a model that takes it. The key must not reach another model's server.
    pub fn models(&self) -> Result<(Option<ModelChoice>, Option<ModelChoice>), Fault> {
        // --base-url without --model: servers of a single model ignore the name.
        let unnamed = ("server".to_owned(), "default".to_owned());
        let root = self.model.as_ref().or(self.base_url.as_ref().map(|_| &unnamed));
        let sub = self.sub_model.as_ref();
        let takes_key = |named: Option<&(String, String)>| named.is_some_and(|(provider, _)| provider != LOCAL_PROVIDER);
        if self.key.source().is_some() && !takes_key(root) {
            let message = "--api-key-env and --api-key-command give the key of --model, which is missing or runs on this computer. Name a provider's model with --model, or give the key of --sub-model with --sub-api-key-env or --sub-api-key-command.";
            return Err(Fault::new(Code::KeyForNobody, message));
        }
        if self.sub.key().is_some() && !takes_key(sub) {
            let message = "--sub-api-key-env and --sub-api-key-command give the key of --sub-model, which is missing or runs on this computer. Name a provider's model with --sub-model.";
            return Err(Fault::new(Code::KeyForNobody, message));
        }
        let of_model = || ServerOptions { base_url: self.base_url.clone(), key: self.key.source(), price: self.price };
        let of_sub = |(provider, _): &(String, String)| {
            let own = ServerOptions { base_url: self.sub.sub_base_url.clone(), key: self.sub.key(), price: self.sub_price };
            let same_server =
                root.is_some_and(|(of_root, _)| of_root == provider) && (own.base_url.is_none() || own.base_url == self.base_url);
            if !same_server {
                return own;
            }
            let shared = of_model();
            ServerOptions { base_url: shared.base_url, key: own.key.or(shared.key), price: own.price.or(shared.price) }
        };
        Ok((root.map(|named| of_model().choice(named)), sub.map(|named| of_sub(named).choice(named))))
    }

    /// The given limits, else those of `base`.
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

/// Makes a model file's path absolute; leaves a built-in model's name as it is.
pub fn absolute(name: &str) -> String {
    let path = std::path::absolute(name).ok().filter(|_| plumb_api::is_model_file(name));
    path.map_or_else(|| name.to_owned(), |path| path.to_string_lossy().into_owned())
}

/// Parses `PROVIDER:NAME`.
fn named(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((provider, name)) if !provider.is_empty() && !name.is_empty() => Ok((provider.to_owned(), name.to_owned())),
        _ => Err("a model's name has the form PROVIDER:NAME, such as local:qwen2.5-coder-1.5b or openai:gpt-5-mini".to_owned()),
    }
}

/// Parses `IN,OUT`.
fn price(text: &str) -> Result<Price, String> {
    let wrong = || "a price is two amounts in US dollars per million tokens, for input and output, such as 0.25,2".to_owned();
    let (input, output) = text.split_once(',').ok_or_else(wrong)?;
    let each =
        |part: &str| part.trim().parse::<f64>().ok().filter(|amount| amount.is_finite() && *amount >= 0.0).ok_or_else(wrong);
    Ok(Price { input: each(input)?, cached_input: None, cache_write: None, output: each(output)? })
}

/// Parses an amount above zero, in US dollars.
fn amount(text: &str) -> Result<f64, String> {
    let amount = text.trim_start_matches('$').parse::<f64>().ok();
    amount
        .filter(|amount| amount.is_finite() && *amount > 0.0)
        .ok_or_else(|| "a limit is an amount in US dollars above zero, such as 0.50".to_owned())
}
