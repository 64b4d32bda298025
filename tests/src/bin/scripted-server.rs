//! The scripted model server for tests not written in Rust: `scripted-server SCRIPT.json` prints its address and serves
//! until standard input closes.

use plumb_tests::scripted::{Script, ScriptedServer};
use std::{error::Error, io::Read};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: scripted-server SCRIPT.json")?;
    let script: Script = serde_json::from_slice(&std::fs::read(path)?)?;
    let server = ScriptedServer::start(script).await?;
    println!("{}", serde_json::json!({"base_url": server.base_url()}));
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(())
}
