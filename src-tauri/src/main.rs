//! The desktop window: shows the page of `ui/` and connects it to `api`, which makes all decisions.

mod drops;
mod notify;
mod save;

use drops::Drops;
use plumb_api::{Folders, Plumb, fault::Fault, types::Update};
use tauri::{AppHandle, Manager, State, WindowEvent, ipc::Channel};
use tauri_plugin_dialog::{DialogExt, MessageDialogKind};
use tokio::sync::broadcast::error::RecvError;

/// Runs a command of `api`.
#[tauri::command]
async fn call(plumb: State<'_, Plumb>, name: String, args: serde_json::Value) -> Result<serde_json::Value, Fault> {
    plumb.dispatch(&name, args).await
}

/// Sends the page every update from now on, beginning with the paths named at the start.
#[tauri::command]
fn updates(plumb: State<'_, Plumb>, drops: State<'_, Drops>, channel: Channel<Update>) {
    let mut updates = plumb.updates();
    for paths in drops.page_is_there() {
        plumb.tell(Update::Dropped { paths });
    }
    tauri::async_runtime::spawn(async move {
        loop {
            let update = match updates.recv().await {
                Ok(update) => update,
                Err(RecvError::Lagged(_)) => Update::Missed,
                Err(RecvError::Closed) => break,
            };
            // The page was closed or reloaded. A reloaded page calls `updates` again.
            if channel.send(update).is_err() {
                break;
            }
        }
    });
}

fn main() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("PLUMB_LOG").unwrap_or_else(|_| "error".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let built = tauri::Builder::default()
        // Must come first, so that a second start only hands over its folders.
        .plugin(tauri_plugin_single_instance::init(|app, arguments, folder| {
            drops::dropped(app, drops::named(&arguments, &folder));
            raise(app);
        }))
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .plugin(tauri_plugin_opener::init())
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .invoke_handler(tauri::generate_handler![call, updates, save::save_text])
        .on_window_event(|window, event| {
            if let WindowEvent::DragDrop(tauri::DragDropEvent::Drop { paths, .. }) = event {
                drops::dropped(window.app_handle(), drops::as_text(paths));
            }
        })
        .setup(|app| {
            let opened = tauri::async_runtime::block_on(Plumb::open(Folders::of_this_user()));
            match opened {
                Ok(plumb) => {
                    let here = std::env::current_dir().unwrap_or_default();
                    let arguments: Vec<String> = std::env::args().collect();
                    app.manage(Drops::begin(drops::named(&arguments, &here.to_string_lossy())));
                    notify::when_answered(app.handle().clone(), &plumb);
                    app.manage(plumb);
                    Ok(())
                }
                Err(error) => {
                    app.dialog()
                        .message(&error.message)
                        .title("Plumb cannot start")
                        .kind(MessageDialogKind::Error)
                        .blocking_show();
                    Err(error.into())
                }
            }
        })
        .run(tauri::generate_context!());
    if let Err(error) = built {
        tracing::error!("the window could not be opened: {error}");
        eprintln!("Plumb could not open its window: {error}. Use `plumb ask` in a terminal instead.");
        std::process::exit(1);
    }
}

/// Brings the window to the front.
fn raise(app: &AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        let _ = window.unminimize();
        let _ = window.set_focus();
    }
}
