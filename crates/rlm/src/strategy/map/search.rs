//! The passages that a question leads to, by their words and by their meaning: people ask in other words than documents have.

use crate::{
    record::event::PlanStep,
    stop::Stop,
    strategy::map::{
        documents::{Documents, Window, heading},
        passages::running,
        steps::Steps,
    },
};

/// Windows whose paragraphs are compared by meaning: those that fit best by their words, in a small folder all.
const MAX_WINDOWS: usize = 80;

/// The `most` passages that fit a question best: in turn the next one by meaning and the next one by words.
pub async fn passages(steps: &mut Steps<'_>, documents: &Documents, question: &str, most: usize) -> Result<Vec<Window>, Stop> {
    let by_words = documents.ranked_paragraphs(question);
    let by_meaning = by_meaning(steps, documents, question).await?;
    if by_meaning.is_empty() {
        return Ok(documents.distinct(by_words.into_iter().map(|(_, window)| window), most));
    }
    let mut by_words = by_words.into_iter().take_while(|(score, _)| *score > 0.0).map(|(_, window)| window);
    let in_turn = by_meaning.into_iter().flat_map(|window| [Some(window), by_words.next()]).flatten();
    Ok(documents.distinct(in_turn, most))
}

/// Passages by their meaning, the closest first. None where there is no model for it, or it fails: then the words must do.
async fn by_meaning(steps: &mut Steps<'_>, documents: &Documents, question: &str) -> Result<Vec<Window>, Stop> {
    let Some(embedder) = steps.run.embedder.clone() else { return Ok(Vec::new()) };
    let passages = documents.paragraphs(question, MAX_WINDOWS);
    let mut texts: Vec<String> = passages.iter().map(|window| text_of(documents, window)).collect();
    texts.push(question.to_owned());
    let step = PlanStep::Search { passages: passages.len() as u64 };
    let vectors = steps.take(step, async { embedder.embed(&texts).await.unwrap_or_default() }, Vec::len).await?;
    let Some((wanted, vectors)) = vectors.split_last() else { return Ok(Vec::new()) };
    let closeness = |vector: &Vec<f32>| vector.iter().zip(wanted).map(|(a, b)| a * b).sum::<f32>();
    let mut ranked: Vec<(f32, Window)> = vectors.iter().map(closeness).zip(passages).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(ranked.into_iter().map(|(_, window)| window).collect())
}

/// A passage below its document's title.
fn text_of(documents: &Documents, window: &Window) -> String {
    let title = heading(documents.all[window.document].text.as_str());
    format!("{title}\n{}", running(window, title))
}
