//! Saves a text where the user says.

use plumb_api::fault::{Code, Fault};
use tauri::{AppHandle, Manager};
use tauri_plugin_dialog::DialogExt;
use tokio::sync::oneshot;

/// Asks where to save it, and writes it there; `false` where nothing was chosen. The page names no place: only the user does.
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
        Fault::new(Code::Unwritable, format!("It could not be saved there: {why}. Choose another place."))
    };
    let path = path.into_path().map_err(|e| unwritable(&e))?;
    tokio::fs::write(&path, text).await.map_err(|e| unwritable(&e))?;
    Ok(true)
}
