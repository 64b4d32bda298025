//! Desktop notifications about answers while the window is in the background.

use plumb_api::{
    Plumb,
    event::{EventKind, RunStatus},
    types::Update,
};
use tauri::{AppHandle, Manager};
use tauri_plugin_notification::NotificationExt;
use tokio::sync::broadcast::error::RecvError;

/// Shows a notification for each run that ends while the window is not in front.
pub fn when_answered(app: AppHandle, plumb: &Plumb) {
    let mut updates = plumb.updates();
    tauri::async_runtime::spawn(async move {
        loop {
            let event = match updates.recv().await {
                Ok(Update::Event { event, .. }) => event,
                Ok(_) | Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => break,
            };
            let EventKind::Finished { status, answer, .. } = event.event.kind else { continue };
            let in_front = app.get_webview_window("main").is_some_and(|window| window.is_focused().unwrap_or(false));
            let title = match status {
                RunStatus::Answered => "Your question is answered",
                RunStatus::Limit => "Your question reached a limit",
                RunStatus::Failed => "Plumb could not answer your question",
                // The user stopped it and needs no notification.
                RunStatus::Stopped => continue,
            };
            if !in_front {
                let beginning: String = answer.chars().take(140).collect();
                // Some desktops have no notifications; that is not an error.
                let _ = app.notification().builder().title(title).body(beginning).show();
            }
        }
    });
}
