//! Settings: names with JSON values.

use crate::{
    fault::{of_sql, unwritable},
    store::Store,
};
use plumb_rlm::fault::Fault;
use serde::{Serialize, de::DeserializeOwned};

impl Store {
    /// A setting; `None` if it was never set, or if this version cannot read its value.
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
                .inspect_err(|error| tracing::warn!(key, %error, "skipped a setting of unknown form"))
                .ok()
        }))
    }

    /// Stores a setting. Keys and passwords do not belong here.
    ///
    /// # Errors
    /// The database could not be written.
    pub async fn set_setting<T: Serialize + Sync + ?Sized>(&self, key: &str, value: &T) -> Result<(), Fault> {
        let value = serde_json::to_string(value).map_err(|error| unwritable(&format!("the setting {key}"), &error))?;
        sqlx::query("INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
            .bind(key)
            .bind(value)
            .execute(self.pool())
            .await
            .map_err(of_sql)?;
        Ok(())
    }
}
