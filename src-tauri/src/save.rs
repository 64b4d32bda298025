//! Saves a text to a file that the user chooses.

use plumb_api::{
    fault,
    fault::{Code, Fault},
};
use tauri::{AppHandle, Manager};
use tauri_plugin_dialog::DialogExt;
use tokio::sync::oneshot;

/// Opens the save dialog and writes the text to the chosen file. Returns `false` if the user chose none.
/// The page cannot name the file, so a hostile page cannot write anywhere.
#[tauri::command]
pub async fn save_text(app: AppHandle, name: String, text: String) -> Result<bool, Fault> {
    let (answer, chosen) = oneshot::channel();
    let mut dialog = app.dialog().file().set_title("Save").set_file_name(name);
    if let Some(window) = app.get_webview_window("main") {
        dialog = dialog.set_parent(&window);
    }
    dialog.save_file(|path| drop(answer.send(path)));
    let Some(path) = chosen.await.ok().flatten() else { return Ok(false) };
    let unwritable = |why: &dyn std::fmt::Display| {
        fault!(Code::Unwritable, "Plumb could not save the file: {reason}. Choose another place.", reason = why)
    };
    let path = path.into_path().map_err(|e| unwritable(&e))?;
    tokio::fs::write(&path, text).await.map_err(|e| unwritable(&e))?;
    Ok(true)
}
