//! Circles of files inside a crate.

use crate::lexer::{Source, sources};
use std::collections::{BTreeMap, BTreeSet};

/// Crates whose files may not use each other in circles, but for the files named.
const ENFORCED: &[(&str, &[&[&str]])] = &[
    // A cell's host starts the children whose cells have a host.
    ("rlm", &[&["node/children.rs", "node/host.rs", "node/turns.rs", "node/worker.rs"]]),
    ("api", &[]),
    ("corpus", &[]),
    ("models", &[]),
    ("repl", &[]),
    ("store", &[]),
];

type Uses = BTreeMap<String, BTreeSet<String>>;

/// For each file of a crate: the files that it uses.
fn uses(files: &[Source]) -> Uses {
    let modules: BTreeMap<Vec<String>, &str> = files.iter().map(|file| (module(&file.path), file.path.as_str())).collect();
    let of = |file: &Source| {
        let own = module(&file.path);
        let mut paths = paths(&file.code, "crate::", &[]);
        paths.extend(self::paths(&file.code, "super::", &own[..own.len().saturating_sub(1)]));
        // A module is used without its full name by the file that declares it.
        let declared =
            file.code.lines().filter_map(|line| line.trim().strip_suffix(';')?.rsplit_once("mod ").map(|(_, name)| name));
        for name in declared.filter(|name| file.code.contains(&format!("{name}::"))) {
            paths.push(own.iter().cloned().chain([name.to_owned()]).collect());
        }
        let resolve = |path: Vec<String>| {
            let longest = (1..=path.len()).rev().find_map(|length| modules.get(&path[..length]));
            longest.map(|path| (*path).to_owned())
        };
        let used = paths.into_iter().filter_map(resolve).filter(|used| *used != file.path).collect();
        (file.path.clone(), used)
    };
    files.iter().map(of).collect()
}

/// The path of a file's module in its crate: `node/turns.rs` is `node::turns`.
fn module(path: &str) -> Vec<String> {
    let path = path.trim_end_matches(".rs");
    if path == "lib" || path == "main" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// All paths in `code` that begin with `start`, which stands for the module `before`, with each name of a list in brackets.
fn paths(code: &str, start: &str, before: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(start) {
        expand(&code[at + start.len()..], before, &mut found);
    }
    found
}

/// Adds the paths that `rest` begins with, after `before`. Returns the bytes that were read.
fn expand(rest: &str, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let trimmed = rest.trim_start();
    let skipped = rest.len() - trimmed.len();
    if !trimmed.starts_with('{') {
        let name: String = trimmed.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '*').collect();
        let path: Vec<String> = before.iter().cloned().chain([name.clone()]).collect();
        let after = skipped + name.len();
        if !name.is_empty() && rest[after..].starts_with("::") {
            return after + 2 + expand(&rest[after + 2..], &path, found);
        }
        found.push(path);
        return after;
    }
    let mut at = skipped + 1;
    loop {
        let rest_of_list = &rest[at..];
        let next = rest_of_list.trim_start();
        at += rest_of_list.len() - next.len();
        match next.chars().next() {
            None => return at,
            Some('}') => return at + 1,
            Some(',') => at += 1,
            Some(_) => at += expand(next, before, found).max(1),
        }
    }
}

/// Groups of files of which each uses, by way of others, itself.
fn circles(uses: &Uses) -> Vec<BTreeSet<String>> {
    let reached = |from: &String| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(file) = next.pop() {
            next.extend(uses[file].iter().filter(|used| seen.insert((*used).clone())));
        }
        seen
    };
    let all: BTreeMap<&String, BTreeSet<String>> = uses.keys().map(|file| (file, reached(file))).collect();
    let circle = |file: &String| all[file].iter().filter(|other| all[*other].contains(file)).cloned().collect::<BTreeSet<_>>();
    let circles: BTreeSet<BTreeSet<String>> = uses.keys().map(circle).filter(|circle| !circle.is_empty()).collect();
    circles.into_iter().collect()
}

#[test]
fn files_of_a_crate_use_each_other_in_no_circle() {
    for (krate, allowed) in ENFORCED {
        let uses = uses(&sources(krate));
        let found = circles(&uses);
        let allowed: Vec<BTreeSet<String>> =
            allowed.iter().map(|files| files.iter().map(|&file| file.to_owned()).collect()).collect();
        for circle in &found {
            let within = circle.iter().map(|file| (file, uses[file].intersection(circle).collect::<Vec<_>>()));
            assert!(allowed.contains(circle), "{krate} has a circle of files:\n{:#?}", within.collect::<Vec<_>>());
        }
        assert_eq!(found.len(), allowed.len(), "{krate}: every exception is needed");
    }
}

#[test]
fn circles_are_found_through_lists_and_declared_modules() {
    let file = |path: &str, code: &str| crate::lexer::read(path, code);
    let files = [
        file("lib.rs", "mod a;\nmod b;"),
        file("a.rs", "pub mod inner;\nuse crate::{b::{Thing, self}, c};\nfn f() { inner::g() }"),
        file("a/inner.rs", "use crate::c::{\n    x,\n};"),
        file("a/other.rs", "use super::inner::{self, Kind};"),
        file("b.rs", "fn f() -> crate::a::inner::Kind {}"),
        file("c.rs", "// use crate::a;\n#[cfg(test)]\nmod tests {\n    use crate::a::X;\n}\n"),
    ];
    let uses = uses(&files);
    let used = |path: &str| uses[path].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!((used("a.rs"), used("b.rs"), used("c.rs")), (vec!["a/inner.rs", "b.rs", "c.rs"], vec!["a/inner.rs"], vec![]));
    assert_eq!(used("a/other.rs"), ["a/inner.rs"]);
    assert!(circles(&uses).is_empty());
    let circle = [file("a.rs", "use crate::b::B;"), file("b.rs", "use crate::{c, a::A};"), file("c.rs", "")];
    assert_eq!(circles(&super::circles::uses(&circle)), [BTreeSet::from(["a.rs".to_owned(), "b.rs".to_owned()])]);
}
