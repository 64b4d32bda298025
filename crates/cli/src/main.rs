//! `plumb`: asks questions about folders of documents from a terminal, and serves Plumb's page to a browser on this computer.

mod arguments;
mod ask;
mod doctor;
mod files;
mod history;
mod interrupt;
mod model;
mod outcome;
mod sent;
mod serve;
mod spending;
mod terminal;

use arguments::{Arguments, Command};
use clap::Parser;
use outcome::Exit;
use plumb_api::{Folders, Plumb};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("PLUMB_LOG").unwrap_or_else(|_| "error".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    // On bad usage clap ends the program with exit status 2.
    let arguments = Arguments::parse();
    let json = arguments.wants_json();
    match run(arguments.command).await {
        Ok(exit) => exit.into(),
        Err(error) => {
            outcome::failed(&error, json);
            Exit::Failed.into()
        }
    }
}

async fn run(command: Command) -> Result<Exit, plumb_api::fault::Fault> {
    if let Command::Serve(serve) = command {
        return serve::run(serve).await;
    }
    let plumb = Plumb::open(Folders::of_this_user()).await?;
    match command {
        Command::Ask(ask) => ask::ask(&plumb, *ask).await,
        Command::Resume(resume) => ask::resume(&plumb, resume).await,
        Command::Files(files) => files::run(&plumb, files).await,
        Command::Runs { json, limit } => history::runs(&plumb, json, limit).await,
        Command::Show { run, json } => history::show(&plumb, run, json).await,
        Command::Spending(spending) => spending::run(&plumb, spending).await,
        Command::Model(model) => model::run(&plumb, model).await,
        Command::Doctor { json } => doctor::run(&plumb, json).await,
        Command::Serve(_) => Ok(Exit::Answered),
    }
}
