//! The table of commands.

use crate::{plumb::Plumb, types::*};
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
};

/// Declares each command once: its name on the wire, its request and its response. Generates the TypeScript interface and the dispatch that
/// hosts across a wire use.
macro_rules! commands {
    ($($(#[doc = $doc:literal])+ $name:ident: $request:ty => $response:ty;)+) => {
        /// All commands, for TypeScript: request and response by name.
        #[derive(ts_rs::TS)]
        #[ts(export)]
        #[allow(dead_code)]
        pub struct Commands {
            $($(#[doc = $doc])+ pub $name: ($request, $response),)+
        }

        impl Plumb {
            /// Runs the command `name` with a JSON `request`; for hosts across a wire.
            ///
            /// # Errors
            /// `unknown_command`, `bad_request`, or the command's own errors.
            pub async fn dispatch(&self, name: &str, request: serde_json::Value) -> Result<serde_json::Value, Fault> {
                match name {
                    $(stringify!($name) => {
                        let request: $request = serde_json::from_value(request)
                            .map_err(|e| fault!(Code::BadRequest, "Plumb could not read the request of {command}: {reason}.", command = name, reason = e))?;
                        let response: $response = self.$name(request).await?;
                        serde_json::to_value(response)
                            .map_err(|e| fault!(Code::Crashed, "Plumb could not send the reply of {command}: {reason}.", command = name, reason = e))
                    })+
                    _ => Err(fault!(Code::UnknownCommand, "Plumb has no command “{command}”. The page may come from another version: reload it.", command = name)),
                }
            }
        }
    };
}

commands! {
    /// The user's settings.
    settings: Nothing => Settings;
    /// Replaces the settings.
    set_settings: Settings => Settings;
    /// All libraries, last used first.
    libraries: Nothing => Vec<Library>;
    /// Opens folders and files as a library; returns before they are listed.
    open_library: OpenLibrary => Library;
    /// Removes a library from the list. The user's files stay as they are.
    close_library: LibraryId => Nothing;
    /// Marks a library to stay on this computer, or lets it leave.
    set_local_only: SetLocalOnly => Nothing;
    /// Chooses the hidden and ignored files of a library that are listed too.
    set_include: SetInclude => Nothing;
    /// Lists a library's folders again, where Plumb cannot watch them for changes.
    rescan: LibraryId => Nothing;
    /// Reads every document of a library once; progress arrives as updates.
    examine: LibraryId => Nothing;
    /// Stops reading every document of a library.
    stop_examine: LibraryId => Nothing;
    /// A library's listing.
    documents: ListDocuments => Documents;
    /// Lines of a document.
    read_lines: ReadLines => Lines;
    /// A page of a PDF as an image, with the boxes of its words.
    read_page: ReadPage => PageImage;
    /// Documents cited by an answer that have changed since.
    check_sources: RunRef => SourceChecks;
    /// Asks a question; returns once the run has started.
    ask: Ask => RunSummary;
    /// Estimates the cost of a question, which may still be empty. Sends nothing.
    estimate: Ask => Estimate;
    /// Stops a run.
    stop: RunRef => Nothing;
    /// Continues a run.
    resume: Resume => RunSummary;
    /// The history, newest first.
    runs: ListRuns => Vec<RunSummary>;
    /// A run with all its events.
    run: RunRef => Run;
    /// A run's outcome.
    answer: RunRef => Answer;
    /// Deletes a run from the history.
    delete_run: RunRef => Nothing;
    /// A month's spending.
    spending: SpendingOf => Spending;
    /// Sets or removes the monthly spending limit.
    set_month_limit: MonthLimit => Nothing;
    /// The full prompt of a sub-call.
    read_prompt: ReadPrompt => Text;
    /// Models on this computer: built-in models first, then the user's files.
    built_in_models: Nothing => Vec<BuiltInModel>;
    /// Adds a model file after inspecting it. The file stays where it is.
    add_model: AddModel => BuiltInModel;
    /// Deletes the download of a built-in model, or removes a user's file from the list.
    remove_model: ModelId => Nothing;
    /// Starts downloading a built-in model; progress arrives as updates.
    fetch_model: FetchModel => Nothing;
    /// Stops a download and keeps the bytes that have arrived.
    stop_fetch: ModelId => Nothing;
    /// Providers to choose from.
    providers: Nothing => Vec<Provider>;
    /// Known facts about a model: its price, and a cheaper model for sub-calls.
    model_facts: ModelFactsOf => ModelFacts;
    /// Saves the user's own facts about a model.
    set_model_facts: SetModelFacts => Nothing;
    /// Models that a server offers.
    offered_models: OfferedModels => Vec<String>;
    /// Model servers that run on this computer.
    local_servers: Nothing => Vec<LocalServer>;
    /// Stores a key.
    set_key: SetKey => KeyState;
    /// Whether a key is stored, and where. Never the key itself.
    key_state: KeyFor => KeyState;
    /// Deletes a key.
    delete_key: KeyFor => Nothing;
    /// Tests a model with one tiny call.
    test_model: TestModel => TestResult;
    /// Tests a command that runs code elsewhere.
    test_repl: TestRepl => TestResult;
    /// Examines this computer.
    doctor: Nothing => Doctor;
    /// Lists a folder, for hosts without the system's file dialog.
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
