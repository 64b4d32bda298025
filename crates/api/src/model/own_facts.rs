//! What the user says of models, in `models.toml`. The file is theirs: it may hold comments and more than is said here, and all of that stays.

use crate::{plumb::locked, types::OwnFacts};
use plumb_rlm::fault::{Code, Fault};
use std::{fmt::Display, fs, io, path::Path, sync::Mutex};
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

/// What is said of a model; nothing where nothing is.
pub fn read(file: &Path, provider: &str, name: &str) -> Result<OwnFacts, Fault> {
    let document = parse(file)?;
    let all = document.get("model").and_then(Item::as_array_of_tables);
    let Some(fact) = all.and_then(|all| all.get(position(all, provider, name)?)) else {
        return Ok(OwnFacts::default());
    };
    // The names and forms are those of the type that crosses to the front end.
    let said = |key: &str| fact.get(key).and_then(Item::as_value).map(json);
    let facts = ["window", "strength", "price"].into_iter().filter_map(|key| Some((key.to_owned(), said(key)?)));
    serde_json::from_value(serde_json::Value::Object(facts.collect())).map_err(|e| unusable(file, &e))
}

/// Says it, or takes back what is absent now.
pub fn write(file: &Path, provider: &str, name: &str, own: OwnFacts) -> Result<(), Fault> {
    let is_amount = |amount: f64| amount.is_finite() && amount >= 0.0;
    if own.window == Some(0) || own.price.is_some_and(|price| !is_amount(price.input) || !is_amount(price.output)) {
        return Err(Fault::new(
            Code::BadRequest,
            "A model reads at least one token at once, and a price is an amount of 0 or more.",
        ));
    }
    // One after another: each writes the whole file.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = locked(&ALONE);
    let before = read(file, provider, name)?;
    let mut document = parse(file)?;
    let all = document.entry("model").or_insert(Item::ArrayOfTables(ArrayOfTables::new())).as_array_of_tables_mut();
    let all = all.ok_or_else(|| unusable(file, &"the models in it are not written as [[model]]"))?;
    let at = position(all, provider, name).unwrap_or_else(|| {
        let mut fact = Table::new();
        fact.insert("provider", value(provider));
        fact.insert("name", value(name));
        all.push(fact);
        all.len() - 1
    });
    if let Some(fact) = all.get_mut(at) {
        put(fact, "window", own.window, before.window, |window| Value::from(i64::from(window)));
        put(fact, "strength", own.strength, before.strength, |strength| {
            Value::from(serde_json::to_value(strength).ok().as_ref().and_then(|word| word.as_str()).unwrap_or_default())
        });
        put(fact, "price", own.price, before.price, |price| {
            let mut both = InlineTable::new();
            both.insert("input", price.input.into());
            both.insert("output", price.output.into());
            both.into()
        });
        if fact.len() == 2 {
            all.remove(at);
        }
    }
    if all.is_empty() {
        document.remove("model");
    }
    replace(file, &document.to_string())
        .map_err(|e| Fault::new(Code::Unwritable, format!("{} could not be written: {e}.", file.display())))
}

/// What is as it was keeps its comments, and whatever else stands in it.
fn put<T: PartialEq + Copy>(fact: &mut Table, key: &str, now: Option<T>, before: Option<T>, form: impl Fn(T) -> Value) {
    match now {
        _ if now == before => {}
        None => drop(fact.remove(key)),
        Some(now) => {
            let mut new = form(now);
            if let Some(old) = fact.get(key).and_then(Item::as_value) {
                *new.decor_mut() = old.decor().clone();
            }
            fact.insert(key, Item::Value(new));
        }
    }
}

/// The first one counts, as for who reads the file.
fn position(all: &ArrayOfTables, provider: &str, name: &str) -> Option<usize> {
    let is = |fact: &Table, key: &str, word: &str| fact.get(key).and_then(Item::as_str) == Some(word);
    all.iter().position(|fact| is(fact, "provider", provider) && is(fact, "name", name))
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Integer(number) => (*number.value()).into(),
        Value::Float(number) => (*number.value()).into(),
        Value::String(text) => text.value().as_str().into(),
        Value::InlineTable(table) => table.iter().map(|(key, value)| (key.to_owned(), json(value))).collect(),
        _ => serde_json::Value::Null,
    }
}

fn parse(file: &Path) -> Result<DocumentMut, Fault> {
    match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(DocumentMut::new()),
        text => text.map_err(|e| unusable(file, &e))?.parse().map_err(|e| unusable(file, &e)),
    }
}

/// All of it or nothing: a file that is half there would keep every question from being asked.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    // Where it is a link to a file that lies elsewhere, that file is the one.
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut new, text.as_bytes())?;
    new.as_file().sync_all()?;
    new.persist(&file)?;
    Ok(())
}

fn unusable(file: &Path, why: &dyn Display) -> Fault {
    let message =
        format!("What you wrote down of models in {} cannot be used: {why}. Correct it, or remove the file.", file.display());
    Fault::new(Code::BadProfiles, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_rlm::{money::Price, traits::model::Strength};

    const MINE: &str = "# My models.\n\n[[model]] # the one at work\nprovider = 'openai'\nname = 'gpt-5'\nwindow = 8_192 # measured\nmax_output = 2_048\nprice = { input = 1, cached_input = 0.1, output = 2 } # by contract\n\n# And this one.\n[[model]]\nprovider = 'server'\nname = 'other'\nprefill = true\n";

    fn price(input: f64, output: f64) -> Price {
        Price { input, cached_input: None, cache_write: None, output }
    }

    fn file() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data").join("models.toml");
        (folder, path)
    }

    #[tokio::test]
    async fn what_is_said_of_a_model_is_read_by_who_asks_it_and_taken_back_whole() {
        let (_folder, path) = file();
        let own = OwnFacts { window: Some(16_000), strength: Some(Strength::Small), price: Some(price(0.5, 3.0)) };
        write(&path, "server", "my \"model\"", own).unwrap();
        assert_eq!(read(&path, "server", "my \"model\"").unwrap(), own);
        let choice = serde_json::json!({"provider": "server", "name": "my \"model\"", "base_url": "https://example.org/v1"});
        let models = plumb_models::Models::new("/no/such/folder".into(), path.clone());
        let profile = models.facts(&serde_json::from_value(choice).unwrap()).await.unwrap().profile;
        assert_eq!((profile.window_tokens, profile.strength, profile.price), (16_000, Strength::Small, own.price));
        write(&path, "server", "my \"model\"", OwnFacts::default()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
    }

    #[tokio::test]
    async fn comments_and_what_is_not_said_here_stay_as_they_are() {
        let (_folder, path) = file();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, MINE).unwrap();
        let before = read(&path, "openai", "gpt-5").unwrap();
        assert_eq!(before.price.unwrap().cached_input, Some(0.1));
        write(&path, "openai", "gpt-5", before).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), MINE);
        write(&path, "openai", "gpt-5", OwnFacts { window: Some(4_096), ..before }).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), MINE.replace("8_192", "4096"));
        write(&path, "openai", "gpt-5", OwnFacts::default()).unwrap();
        let left = fs::read_to_string(&path).unwrap();
        assert!(
            left.contains("# My models.") && left.contains("max_output = 2_048") && left.ends_with("prefill = true\n"),
            "{left}"
        );
        assert!(!left.contains("window") && !left.contains("price"), "{left}");
        write(&path, "server", "new", OwnFacts { price: Some(price(1.0, 2.0)), ..OwnFacts::default() }).unwrap();
        let added = fs::read_to_string(&path).unwrap();
        assert!(added.starts_with(&left) && added.contains("name = \"new\""), "{added}");
        let choice = serde_json::from_value(serde_json::json!({"provider": "ollama", "name": "m"})).unwrap();
        plumb_models::Models::new("/no/such/folder".into(), path).facts(&choice).await.unwrap();
    }

    #[test]
    fn what_would_keep_every_question_from_being_asked_is_not_written() {
        let (_folder, path) = file();
        for wrong in [
            OwnFacts { window: Some(0), ..OwnFacts::default() },
            OwnFacts { price: Some(price(-1.0, 1.0)), ..OwnFacts::default() },
        ] {
            assert_eq!(write(&path, "a", "b", wrong).unwrap_err().code, Code::BadRequest);
        }
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_and_left_alone() {
        let (_folder, path) = file();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        for wrong in ["[[model", "model = [{ provider = 'a', name = 'b' }]"] {
            fs::write(&path, wrong).unwrap();
            let error = write(&path, "a", "b", OwnFacts { window: Some(9_000), ..OwnFacts::default() }).unwrap_err();
            assert!(error.code == Code::BadProfiles && error.message.contains("models.toml"), "{}", error.message);
            assert_eq!(fs::read_to_string(&path).unwrap(), wrong);
        }
    }
}
