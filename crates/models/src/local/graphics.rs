//! Whether to try a graphics card. A driver that fails ends the model's process, so the card rests for a day, in which it may be repaired.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs, io};

/// Rest of a card that failed.
const REST: Duration = Duration::from_secs(24 * 3600);

fn note(models_dir: &Path) -> PathBuf {
    models_dir.join("graphics.txt")
}

/// Whether a card may be tried: PLUMB_GRAPHICS=off is not set, and no card has failed within the last day.
pub fn may_be_tried(models_dir: &Path) -> bool {
    env::var_os("PLUMB_GRAPHICS").is_none_or(|value| value != "off") && failure(models_dir).is_none()
}

/// The card that failed within the last day, and the reason.
pub fn failure(models_dir: &Path) -> Option<String> {
    let note = note(models_dir);
    let age = fs::metadata(&note).and_then(|metadata| metadata.modified()).ok()?.elapsed().unwrap_or_default();
    (age < REST).then(|| fs::read_to_string(note).ok())?
}

/// Records a card's failure. Without the record, the next process tries the card again.
pub fn record_failure(models_dir: &Path, card: &str, why: &str) {
    tracing::warn!(card, why, "the graphics card is not used");
    let written: io::Result<()> =
        fs::create_dir_all(models_dir).and_then(|()| fs::write(note(models_dir), format!("{card}: {why}")));
    if let Err(error) = written {
        tracing::warn!(%error, "the failure of the graphics card could not be recorded");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[test]
    fn a_card_that_failed_is_tried_again_after_a_day() {
        let dir = tempfile::tempdir().unwrap();
        let models = dir.path().join("models");
        assert!(may_be_tried(&models));
        record_failure(&models, "Some card", "it broke");
        assert!(!may_be_tried(&models));
        assert_eq!(failure(&models).as_deref(), Some("Some card: it broke"));
        let file = fs::File::options().append(true).open(note(&models)).unwrap();
        file.set_modified(SystemTime::now() - REST - Duration::from_secs(1)).unwrap();
        assert!(may_be_tried(&models) && failure(&models).is_none());
    }
}
