//! Whether a graphics card is tried. A driver that fails ends the model's process, so after that it rests for a day: it may have been mended by then.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs, io};

/// So long.
const REST: Duration = Duration::from_secs(24 * 3600);

fn note(models_dir: &Path) -> PathBuf {
    models_dir.join("graphics.txt")
}

/// Whether it may be tried: nobody has said no with PLUMB_GRAPHICS=off, and it has not failed of late.
pub fn may_be_tried(models_dir: &Path) -> bool {
    env::var_os("PLUMB_GRAPHICS").is_none_or(|value| value != "off") && failure(models_dir).is_none()
}

/// How it failed of late, in words.
pub fn failure(models_dir: &Path) -> Option<String> {
    let note = note(models_dir);
    let age = fs::metadata(&note).and_then(|metadata| metadata.modified()).ok()?.elapsed().unwrap_or_default();
    (age < REST).then(|| fs::read_to_string(note).ok())?
}

/// It failed. Where that cannot be written down it is tried again the next time.
pub fn failed(models_dir: &Path, card: &str, why: &str) {
    tracing::warn!(card, why, "the graphics card is not used");
    let written: io::Result<()> =
        fs::create_dir_all(models_dir).and_then(|()| fs::write(note(models_dir), format!("{card}: {why}")));
    if let Err(error) = written {
        tracing::warn!(%error, "that the graphics card failed could not be kept");
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
        failed(&models, "Some card", "it broke");
        assert!(!may_be_tried(&models));
        assert_eq!(failure(&models).as_deref(), Some("Some card: it broke"));
        let file = fs::File::options().append(true).open(note(&models)).unwrap();
        file.set_modified(SystemTime::now() - REST - Duration::from_secs(1)).unwrap();
        assert!(may_be_tried(&models) && failure(&models).is_none());
    }
}
