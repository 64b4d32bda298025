//! Settings: a name and a JSON value.

use crate::Store;
use crate::fault::of_sql;
use plumb_rlm::fault::{Code, Fault};
use serde::{Serialize, de::DeserializeOwned};

impl Store {
    /// A setting; `None` when it was never set, or when it has a form this version does not know.
    ///
    /// # Errors
    /// The database could not be read.
    pub async fn setting<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Fault> {
        let value: Option<String> = sqlx::query_scalar("SELECT value FROM settings WHERE key = ?")
            .bind(key)
            .fetch_optional(self.pool())
            .await
            .map_err(of_sql)?;
        Ok(value.and_then(|value| {
            serde_json::from_str(&value)
                .inspect_err(|error| tracing::warn!(key, %error, "a setting of unknown form is passed over"))
                .ok()
        }))
    }

    /// Keeps a setting. Never a key or password.
    ///
    /// # Errors
    /// The database could not be written.
    pub async fn set_setting<T: Serialize + Sync + ?Sized>(&self, key: &str, value: &T) -> Result<(), Fault> {
        let value = serde_json::to_string(value)
            .map_err(|error| Fault::new(Code::Store, format!("The setting {key} could not be written down: {error}.")))?;
        sqlx::query("INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
            .bind(key)
            .bind(value)
            .execute(self.pool())
            .await
            .map_err(of_sql)?;
        Ok(())
    }
}
