//! `plumb model`: the models that run on this computer.

use crate::terminal::{say, tell};
use crate::{
    arguments::{Model, absolute},
    interrupt::Interrupts,
    outcome::Exit,
};
use plumb_api::{
    Plumb,
    fault::Fault,
    types::{AddModel, BuiltInModel, FetchModel, ModelId, Nothing, Update},
};
use std::time::Instant;
use tokio::sync::broadcast::error::RecvError;

/// `plumb model`.
pub async fn run(plumb: &Plumb, command: Model) -> Result<Exit, Fault> {
    match command {
        Model::List => list(plumb).await,
        Model::Fetch { id, from } => fetch(plumb, id, from).await,
        Model::Add { file } => {
            let added = plumb.add_model(AddModel { path: absolute(&file.to_string_lossy()) }).await?;
            line(&added);
            Ok(Exit::Answered)
        }
        Model::Remove { id } => {
            plumb.remove_model(ModelId { id: absolute(&id) }).await?;
            Ok(Exit::Answered)
        }
    }
}

async fn list(plumb: &Plumb) -> Result<Exit, Fault> {
    plumb.built_in_models(Nothing {}).await?.iter().for_each(line);
    Ok(Exit::Answered)
}

fn line(model: &BuiltInModel) {
    let megabytes = model.bytes / 1_000_000;
    if let Some(file) = &model.file {
        let gigabytes = file.memory_bytes as f64 / 1e9;
        let state = file.fault.clone().unwrap_or_else(|| format!("ready, needs {gigabytes:.1} GB of memory"));
        say!("local:{}\n    {}  {}  {megabytes} MB  {state}", model.id, model.name, file.parameters);
        return;
    }
    let state = if model.ready {
        "ready".to_owned()
    } else if model.bytes_here > 0 {
        format!("{} of {megabytes} MB downloaded", model.bytes_here / 1_000_000)
    } else {
        "not downloaded".to_owned()
    };
    say!("local:{:<22} {:<22} {megabytes:>5} MB  {:<11} {state}", model.id, model.name, model.licence);
}

async fn fetch(plumb: &Plumb, id: String, from: Option<String>) -> Result<Exit, Fault> {
    let (mut updates, mut interrupts) = (plumb.updates(), Interrupts::listen()?);
    plumb.fetch_model(FetchModel { id: id.clone(), from_file: from }).await?;
    let since = Instant::now();
    loop {
        tokio::select! {
            update = updates.recv() => match update {
                Ok(Update::Fetch { id: of, bytes_here, bytes, done, fault }) if of == id => {
                    bar(bytes_here, bytes, since);
                    if let Some(fault) = fault {
                        eprintln!();
                        return Err(fault);
                    }
                    if done {
                        eprintln!();
                        say!("local:{id} is ready");
                        return Ok(Exit::Answered);
                    }
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ok(Exit::Failed),
            },
            () = interrupts.next() => {
                plumb.stop_fetch(ModelId { id: id.clone() }).await?;
                tell!("\nStopped. Plumb keeps what has arrived; run the same command to continue.");
                return Ok(Exit::Stopped);
            }
        }
    }
}

fn bar(here: u64, all: u64, since: Instant) {
    let filled = (here * 30 / all.max(1)) as usize;
    let speed = here as f64 / 1e6 / since.elapsed().as_secs_f64().max(0.001);
    eprint!(
        "\r[{}{}] {} of {} MB, {speed:.0} MB/s ",
        "#".repeat(filled),
        " ".repeat(30 - filled.min(30)),
        here / 1_000_000,
        all / 1_000_000
    );
}
