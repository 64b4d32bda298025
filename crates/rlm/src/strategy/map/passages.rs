//! Questions to single passages, and the places of what comes back.

use crate::{
    prompts::{context, render},
    strategy::map::{
        documents::{Documents, STEM_CHARS, Window, heading, names::capitalised, title},
        steps::Ask,
    },
};
use regex::Regex;
use std::{collections::HashSet, sync::LazyLock};

/// The number of a line in brackets.
#[allow(clippy::expect_used, reason = "a constant pattern, covered by tests")]
static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\s*\[+(?:line )?(\d{1,4})[^\]\n]{0,12}\]+\s*").expect("constant pattern"));

/// The mark or number of an item of a list.
#[allow(clippy::expect_used, reason = "a constant pattern, covered by tests")]
static MARK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[-*•+–]\s+|\(?\d{1,3}[.)]\s+|\(?[a-z]\)\s+|\*{0,2}\d{1,2}(?:\.\d{1,2})+\.?\*{0,2}\s+)")
        .expect("constant pattern")
});

/// Length from which a line counts as one of wrapped prose, in characters.
const MIN_WRAPPED_CHARS: usize = 50;
/// Longer words that a number may have beside it as its unit.
const MAX_UNIT_WORDS: usize = 2;
/// Shortest sentence, in bytes: a full stop before it belongs to an abbreviation.
const MIN_SENTENCE_BYTES: usize = 25;
/// Maximum number of sentences that stand for an entry.
const MAX_SENTENCES: usize = 3;
/// Maximum number of findings of one line.
const MAX_OF_LINE: usize = 4;
/// The beginning of a reply that says that a passage holds no answer.
const NOT_FOUND: &str = "not found";

/// Something a passage says, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The document's place in [`Documents::all`].
    pub document: usize,
    /// Number of the line.
    pub line: u64,
    /// In the model's words, without marks.
    pub text: String,
}

impl Finding {
    /// The finding with the mark of its place.
    pub fn marked(&self, documents: &Documents) -> String {
        format!("{} {}", unquoted(&self.text), documents.mark(self.document, self.line))
    }

    /// What holds now: what was before a change follows it in brackets.
    pub fn now(&self) -> &str {
        self.text.split(" (").next().unwrap_or_default()
    }

    /// Whether another finding says all that this one does: its numbers, or its words where it has none.
    pub fn says_no_more_than(&self, other: &Finding) -> bool {
        let known: HashSet<String> = numbers(&other.text).collect();
        let mut own = numbers(&self.text).peekable();
        if own.peek().is_some() {
            return own.all(|number| known.contains(&number));
        }
        let known = words(&other.text);
        words(&self.text).iter().all(|word| known.contains(word))
    }
}

/// A text whose quotation marks are single ones: words in double ones before a mark are compared with the line that the mark names, and the model's
/// own, or those of a sentence that runs over several lines, need not stand in it.
pub fn unquoted(text: &str) -> String {
    text.replace(['"', '“', '”', '„', '«', '»'], "'")
}

/// A passage as the model sees it: the document, its title, and lines numbered from 1.
pub fn shown(documents: &Documents, window: &Window) -> String {
    let document = &documents.all[window.document];
    let title = heading(document.text.as_str());
    let first = window.lines.first().map(|(_, line)| line.as_str());
    let title = if first == Some(title) { "" } else { title };
    let lines: Vec<String> =
        (1..).zip(&window.lines).map(|(number, (_, line)): (usize, _)| format!("{number}: {line}")).collect();
    render("map_passage", context! { path => document.path.clone(), title, lines })
}

/// A question to a passage. `templates`: the instructions and the reply's beginning.
pub fn ask(documents: &Documents, window: &Window, question: &str, templates: [&str; 2], max_tokens: u32) -> Ask {
    let [system, begin] = templates;
    Ask::writing(system, asked_of(documents, window, question), begin, &["\n\n", "\nQuestion:"], max_tokens)
}

/// A passage as running text below its document's path and title.
pub fn shown_text(documents: &Documents, window: &Window) -> String {
    let document = &documents.all[window.document];
    let title = heading(document.text.as_str());
    let text = running(window, title);
    let title = if text.lines().next() == Some(title) { "" } else { title };
    render("map_text", context! { path => document.path.clone(), title, text })
}

/// A passage and the question about it.
pub fn asked_of(documents: &Documents, window: &Window, question: &str) -> String {
    render("map_ask", context! { passage => shown_text(documents, window), question })
}

/// The line of a window that shares most words with a text, as a finding, and their number.
pub fn best_sentence(window: &Window, question: &str) -> Option<(usize, Finding)> {
    let wanted = stems(question);
    let shared = |line: &str| shared(line, &wanted);
    let (line, text) = window.lines.iter().reduce(|a, b| if shared(&b.1) > shared(&a.1) { b } else { a })?;
    Some((shared(text), Finding { document: window.document, line: *line, text: text.clone() }))
}

/// The sentence of a window that names somebody or something which a question does not, and shares most words with it.
pub fn naming_sentence(window: &Window, question: &str) -> Option<Finding> {
    let longer = question.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 3);
    let wanted: HashSet<String> = longer.map(|word| stem(word.to_lowercase())).collect();
    let text = running(window, "");
    let names = |sentence: &&str| capitalised(sentence).into_iter().flat_map(words).any(|word| !wanted.contains(&stem(word)));
    let (count, sentence) = text
        .lines()
        .flat_map(sentences)
        .filter(names)
        .map(|sentence| (shared(sentence, &wanted), sentence))
        .reduce(|a, b| if b.0 > a.0 { b } else { a })?;
    let (_, finding) = best_sentence(window, sentence)?;
    (count > 0).then(|| Finding { text: sentence.to_owned(), ..finding })
}

/// The item that a line is, without its mark. `None` for another line.
pub fn item(line: &str) -> Option<&str> {
    MARK.find(line).map(|mark| line[mark.end()..].trim()).filter(|text| !text.is_empty())
}

/// A finding in the sentences that it rests on, word for word: small models find an entry and reword it wrongly.
pub fn verbatim(window: &Window, finding: &Finding) -> Finding {
    let sentences = sentences_of(window, finding);
    if sentences.is_empty() { finding.clone() } else { Finding { text: sentences.join(" "), ..finding.clone() } }
}

/// The sentences of a window that a finding rests on. None where it shares no word with any.
pub fn sentences_of(window: &Window, finding: &Finding) -> Vec<String> {
    let text = running(window, "");
    let sentences: Vec<&str> = text.lines().flat_map(sentences).collect();
    let wanted = stems(&finding.text);
    let shared: Vec<usize> = sentences.iter().map(|sentence| shared(sentence, &wanted)).collect();
    let Some(best) = (0..shared.len()).reduce(|a, b| if shared[b] > shared[a] { b } else { a }).filter(|best| shared[*best] > 0)
    else {
        return Vec::new();
    };
    // Those beside the best one that share enough with the finding, the next ones first.
    let is_of = |at: usize| shared.get(at).is_some_and(|count| *count > 0 && count * 3 >= shared[best]);
    let last = (best..best + MAX_SENTENCES).take_while(|at| is_of(*at)).last().unwrap_or(best);
    let room = MAX_SENTENCES - 1 - (last - best);
    let first = (best.saturating_sub(room)..=best).rev().take_while(|at| is_of(*at)).last().unwrap_or(best);
    sentences[first..=last].iter().map(|sentence| item(sentence).unwrap_or(sentence).to_owned()).collect()
}

/// Sentences of a line: they end at a full stop before a space and a capital letter or digit.
fn sentences(line: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    let chars: Vec<(usize, char)> = line.char_indices().collect();
    for trio in chars.windows(3) {
        let [(_, end), (space, gap), (next, letter)] = trio else { continue };
        let is_end = matches!(end, '.' | '!' | '?') && *gap == ' ' && (letter.is_uppercase() || letter.is_numeric());
        if is_end && next - start > MIN_SENTENCE_BYTES {
            sentences.push(line[start..*space].trim());
            start = *next;
        }
    }
    sentences.push(line[start..].trim());
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

/// The text of a window without the document's title. Lines of wrapped prose are joined; those of code, tables and lists stay.
pub fn running(window: &Window, title: &str) -> String {
    let mut text = String::new();
    let mut before: Option<&(u64, String)> = None;
    for line in window.lines.iter().filter(|(_, line)| line != title) {
        let is_wrapped = |(number, text): &(u64, String)| {
            number + 1 == line.0 && text.chars().count() >= MIN_WRAPPED_CHARS && !text.contains('|') && !line.1.contains('|')
        };
        if let Some(before) = before {
            text.push(if is_wrapped(before) { ' ' } else { '\n' });
        }
        text.push_str(&line.1);
        before = Some(line);
    }
    text
}

/// Findings as a list with their places.
pub fn bullets<'f>(documents: &Documents, found: impl IntoIterator<Item = &'f Finding>) -> String {
    found.into_iter().map(|finding| format!("- {}", finding.marked(documents))).collect::<Vec<_>>().join("\n")
}

/// Whether a reply says that there is nothing.
pub fn is_nothing(text: &str) -> bool {
    let text = text.trim().trim_start_matches(['-', '*', '"', ' ']).to_lowercase();
    text.is_empty() || text.starts_with(NOT_FOUND) || ["none", "none.", "nothing", "n/a"].contains(&text.as_str())
}

/// The findings of a reply, one a line. A line without the number of a line of its passage gets the one that shares most of its words; one that
/// shares none with any is dropped.
pub fn findings(documents: &Documents, window: &Window, reply: &str) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for finding in reply.lines().filter(|line| !is_nothing(line)).filter_map(|line| finding(documents, window, line)) {
        // A small model that repeats itself about one line does so to the end of its reply.
        if found.iter().filter(|known| known.line == finding.line).count() < MAX_OF_LINE {
            found.push(finding);
        }
    }
    found
}

fn finding(documents: &Documents, window: &Window, line: &str) -> Option<Finding> {
    let named = NUMBER.captures_iter(line).find_map(|found| found[1].parse::<usize>().ok());
    let text = NUMBER.replace_all(line, " ");
    let text = text.trim().trim_start_matches(['-', '*', '•', ' ']).trim().to_owned();
    if text.is_empty() || is_nothing(&text) {
        return None;
    }
    let wanted = words(&text);
    let shared = |of: &str| words(of).into_iter().filter(|word| wanted.contains(word)).count();
    let best = window.lines.iter().map(|(number, line)| (shared(line), *number)).reduce(|a, b| if b.0 > a.0 { b } else { a })?;
    let named = named.and_then(|number| window.lines.get(number.checked_sub(1)?));
    // Small models miscount: a line that shares nothing with the finding is not its place where another does.
    let line = match named {
        Some((number, line)) if shared(line) * 2 >= best.0 => *number,
        _ if best.0 > 0 => best.1,
        Some((number, _)) => *number,
        None => return None,
    };
    let is_founded = has_its_numbers(window, line, &text) && has_its_words(documents, window, &text);
    is_founded.then_some(Finding { document: window.document, line, text })
}

/// Whether at least half of a finding's longer words stand in its passage or in the document's title: small models repeat their examples. A number
/// with a unit needs no more than the number.
fn has_its_words(documents: &Documents, window: &Window, text: &str) -> bool {
    let title = documents.all.get(window.document).map(title).unwrap_or_default();
    let (founded, all) = longer_words(text, window.lines.iter().map(|(_, line)| line.as_str()).chain([title.as_str()]));
    founded * 2 >= all || all <= MAX_UNIT_WORDS && numbers(text).next().is_some()
}

/// Whether an answer says something, and two thirds of its longer words stand in the notes that it was written from.
pub fn is_made_of(answer: &str, notes: &str) -> bool {
    let (founded, all) = longer_words(answer, [notes]);
    !answer.trim().is_empty() && founded * 3 >= all * 2
}

/// Number of a text's words of more than three characters that stand in others in any form, and of all.
fn longer_words<'t>(text: &str, others: impl IntoIterator<Item = &'t str>) -> (usize, usize) {
    let known: HashSet<String> = others.into_iter().flat_map(words).map(stem).collect();
    let wanted: Vec<String> = words(text).into_iter().filter(|word| word.chars().count() > 3).map(stem).collect();
    (wanted.iter().filter(|word| known.contains(*word)).count(), wanted.len())
}

/// Stems of a text's words.
fn stems(text: &str) -> HashSet<String> {
    words(text).into_iter().map(stem).collect()
}

/// Number of a text's words whose stems are among those that are wanted.
fn shared(text: &str, wanted: &HashSet<String>) -> usize {
    words(text).into_iter().map(stem).filter(|stem| wanted.contains(stem)).count()
}

/// The part of a word by which its forms are known.
fn stem(word: String) -> String {
    word.chars().take(STEM_CHARS).collect()
}

/// Whether all numbers of a finding stand in its line or in the ones beside it: small models make up dates and amounts.
fn has_its_numbers(window: &Window, line: u64, text: &str) -> bool {
    let at = window.lines.iter().position(|(number, _)| *number == line).unwrap_or_default();
    let near: HashSet<String> = window.lines[at.saturating_sub(1)..].iter().take(3).flat_map(|(_, line)| numbers(line)).collect();
    numbers(text).all(|number| near.contains(&number))
}

/// Whether all numbers of an answer stand in the texts that it was written from.
pub fn has_only_numbers_of(answer: &str, known: &str) -> bool {
    let known: HashSet<String> = numbers(known).collect();
    numbers(answer).all(|number| known.contains(&number))
}

/// Runs of digits in a text.
fn numbers(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .map(|digits| digits.trim_start_matches('0').to_owned())
}

/// Words of at least two characters and all numbers, in lower case.
fn words(text: &str) -> Vec<String> {
    let is_word = |word: &&str| word.chars().count() > 1 || word.chars().all(|c| c.is_ascii_digit() && !word.is_empty());
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).filter(is_word).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> Window {
        let lines = ["Guests sign the book.", "The hut takes 12 guests.", "Boats are for members."];
        Window { document: 0, lines: (4..).zip(lines.map(str::to_owned)).collect() }
    }

    fn found(reply: &str) -> Vec<(u64, String)> {
        findings(&Documents::default(), &window(), reply).into_iter().map(|finding| (finding.line, finding.text)).collect()
    }

    #[test]
    fn findings_have_the_lines_they_name() {
        assert_eq!(
            found("- The hut takes 12 guests [2]\n[3] Boats are for members"),
            [(5, "The hut takes 12 guests".to_owned()), (6, "Boats are for members".to_owned())]
        );
    }

    #[test]
    fn a_wrong_or_missing_line_becomes_the_one_with_the_words() {
        assert_eq!(found("The hut takes 12 guests [1]"), [(5, "The hut takes 12 guests".to_owned())]);
        assert_eq!(found("12 guests"), [(5, "12 guests".to_owned())]);
    }

    #[test]
    fn findings_with_numbers_that_stand_nowhere_near_are_dropped() {
        assert!(found("The hut takes 14 guests [2]").is_empty());
        assert_eq!(found("Members: 12 guests [3]").len(), 1);
    }

    #[test]
    fn entries_are_shown_word_for_word() {
        let line = "The boats leak, and nobody looked. Vera Holm was asked to mend the canoe of Mr. holt. We want to see it by 4 May. Otto owes nothing.";
        let window = Window { document: 0, lines: vec![(1, line.to_owned())] };
        let of = |text: &str| verbatim(&window, &Finding { document: 0, line: 1, text: text.to_owned() }).text;
        assert_eq!(
            of("Vera Holm: owes the canoe, by 4 May"),
            "Vera Holm was asked to mend the canoe of Mr. holt. We want to see it by 4 May."
        );
        assert_eq!(of("xyz"), "xyz");
    }

    #[test]
    fn items_lose_their_marks() {
        let of =
            ["- Sweep.", "2. *Fair.* We go.", "(a) Wood", "4.1 Rust", "**5.4** Claims", "12 guests", "Fee: 3", "- "].map(item);
        assert_eq!(of, [Some("Sweep."), Some("*Fair.* We go."), Some("Wood"), Some("Rust"), Some("Claims"), None, None, None]);
    }

    #[test]
    fn a_sentence_that_names_somebody_leads_on() {
        let line = "The boats leak since the storm of May. From now on Otto Holm looks after all of them. The pier stays with Vera Lind.";
        let window = Window { document: 0, lines: vec![(7, line.to_owned())] };
        let of = |question: &str| naming_sentence(&window, question).map(|finding| (finding.line, finding.text));
        let sentence = "From now on Otto Holm looks after all of them.";
        assert_eq!(of("What number has the man who looks after it?"), Some((7, sentence.to_owned())));
        assert_eq!(of("Who owes money?"), None);
    }

    #[test]
    fn nothing_is_no_finding() {
        for reply in ["not found", "Not found.", "None", "- none", "", "xyz"] {
            assert!(found(reply).is_empty(), "{reply}");
        }
    }
}
