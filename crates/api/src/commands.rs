//! The table of commands.

use crate::{plumb::Plumb, types::*};
use plumb_rlm::fault::{Code, Fault};

/// Declares the commands once: their names on the wire, their requests and their responses. Makes the interface that TypeScript sees and the
/// dispatch that every host across a wire uses.
macro_rules! commands {
    ($($(#[doc = $doc:literal])+ $name:ident: $request:ty => $response:ty;)+) => {
        /// All commands, for TypeScript: name to request and response.
        #[derive(ts_rs::TS)]
        #[ts(export)]
        #[allow(dead_code)]
        pub struct Commands {
            $($(#[doc = $doc])+ pub $name: ($request, $response),)+
        }

        impl Plumb {
            /// Runs the command `name` with `request` as JSON: what hosts across a wire call.
            ///
            /// # Errors
            /// `unknown_command`, `bad_request`, or the command's own.
            pub async fn dispatch(&self, name: &str, request: serde_json::Value) -> Result<serde_json::Value, Fault> {
                match name {
                    $(stringify!($name) => {
                        let request: $request = serde_json::from_value(request).map_err(|e| Fault::new(Code::BadRequest, e.to_string()))?;
                        let response: $response = self.$name(request).await?;
                        serde_json::to_value(response).map_err(|e| Fault::new(Code::BadRequest, e.to_string()))
                    })+
                    _ => Err(Fault::new(Code::UnknownCommand, format!("There is no command “{name}”."))),
                }
            }
        }
    };
}

commands! {
    /// What the user has chosen.
    settings: Nothing => Settings;
    /// Replaces it.
    set_settings: Settings => Settings;
    /// All libraries, last used first.
    libraries: Nothing => Vec<Library>;
    /// Opens folders and files; returns before they are listed.
    open_library: OpenLibrary => Library;
    /// Takes a library off the list. No file of the user's is touched.
    close_library: LibraryId => Nothing;
    /// Marks a library as one that may not leave this computer, or takes that back.
    set_local_only: SetLocalOnly => Nothing;
    /// Says what of a library's folders is listed beside plain files.
    set_include: SetInclude => Nothing;
    /// Lists a library's folders again, where changes do not show by themselves.
    rescan: LibraryId => Nothing;
    /// Reads every document of a library once; progress arrives as updates.
    examine: LibraryId => Nothing;
    /// Stops that.
    stop_examine: LibraryId => Nothing;
    /// A library's listing.
    documents: ListDocuments => Documents;
    /// Lines of a document.
    read_lines: ReadLines => Lines;
    /// A page of a PDF as an image, with the boxes of its words.
    read_page: ReadPage => PageImage;
    /// Which of the documents that an answer cites have changed since.
    check_sources: RunRef => SourceChecks;
    /// Asks a question; returns when the run has begun.
    ask: Ask => RunSummary;
    /// What a question would cost; its words may be empty, and nothing is sent.
    estimate: Ask => Estimate;
    /// Stops a run.
    stop: RunRef => Nothing;
    /// Goes on with a run.
    resume: Resume => RunSummary;
    /// The history, newest first.
    runs: ListRuns => Vec<RunSummary>;
    /// A run, whole.
    run: RunRef => Run;
    /// A run's outcome.
    answer: RunRef => Answer;
    /// Deletes a run from the history.
    delete_run: RunRef => Nothing;
    /// What was spent in a month.
    spending: SpendingOf => Spending;
    /// Sets the most that may be spent in a month, or takes the limit away.
    set_month_limit: MonthLimit => Nothing;
    /// The whole prompt of a sub-call.
    read_prompt: ReadPrompt => Text;
    /// The models that run on this computer: those built in, then the user's files.
    built_in_models: Nothing => Vec<BuiltInModel>;
    /// Adds a model's file, after a look at it. It stays where it is.
    add_model: AddModel => BuiltInModel;
    /// Deletes what was fetched of a built-in model, or takes a file of the user's off the list.
    remove_model: ModelId => Nothing;
    /// Begins to fetch a built-in model; progress arrives as updates.
    fetch_model: FetchModel => Nothing;
    /// Stops fetching; what has arrived is kept.
    stop_fetch: ModelId => Nothing;
    /// Providers to choose from.
    providers: Nothing => Vec<Provider>;
    /// What is known of a model: its price, and a cheaper one for pieces.
    model_facts: ModelFactsOf => ModelFacts;
    /// Writes down what the user says of a model.
    set_model_facts: SetModelFacts => Nothing;
    /// The models that a server offers.
    offered_models: OfferedModels => Vec<String>;
    /// Servers of models that run on this computer.
    local_servers: Nothing => Vec<LocalServer>;
    /// Keeps a key.
    set_key: SetKey => KeyState;
    /// Whether there is a key, and where. Never the key.
    key_state: KeyFor => KeyState;
    /// Forgets a key.
    delete_key: KeyFor => Nothing;
    /// Makes one tiny call.
    test_model: TestModel => TestResult;
    /// Tries a command that runs code elsewhere.
    test_repl: TestRepl => TestResult;
    /// Examines this computer.
    doctor: Nothing => Doctor;
    /// What lies in a folder; only where the system's own dialog cannot be had.
    browse: Browse => Folder;
}

#[cfg(test)]
mod tests {
    use plumb_rlm::{
        fault::remedy::{Remedy, in_typescript},
        record::event::Event,
    };
    use ts_rs::{Config, TS};

    /// Types and data that no command names: remedies, and `Event`, which TypeScript sees inside of `Told`.
    #[test]
    fn export_bindings_beside_the_commands() {
        let config = Config::from_env();
        Remedy::export_all(&config).unwrap();
        Event::export_all(&config).unwrap();
        std::fs::write(config.out_dir().join("remedies.ts"), in_typescript()).unwrap();
    }
}
