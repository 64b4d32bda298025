//! `plumb spending` and `plumb ask --estimate`.

use crate::{
    arguments,
    outcome::Exit,
    terminal::{self, say},
};
use plumb_api::{
    Plumb,
    fault::Fault,
    types::{Cost, Estimate, MonthLimit, NamedSpent, SpendingOf, Spent},
};

/// `plumb spending`.
pub async fn run(plumb: &Plumb, arguments: arguments::Spending) -> Result<Exit, Fault> {
    if arguments.limit.is_some() || arguments.no_limit {
        plumb.set_month_limit(MonthLimit { limit_usd: arguments.limit }).await?;
    }
    let spending = plumb.spending(SpendingOf { month: arguments.month }).await?;
    if arguments.json {
        println!("{}", terminal::json(&spending));
        return Ok(Exit::Answered);
    }
    let limit = spending.limit_usd.map_or("no monthly limit".to_owned(), |limit| format!("limit ${limit:.2} a month"));
    match spending.total.calls {
        0 => say!("{}: no calls, {limit}", spending.month),
        _ => say!("{}: {}, {limit}", spending.month, amount(spending.total)),
    }
    if spending.almost_spent {
        say!("At least four fifths of this month's limit is spent. Change the limit with plumb spending --limit USD.");
    }
    for (title, lines) in [("By day", &spending.days), ("By provider", &spending.providers), ("By model", &spending.models)] {
        list(title, lines);
    }
    if !spending.runs.is_empty() {
        say!("\nDearest questions");
        for run in &spending.runs {
            let question = run.question.as_deref().unwrap_or("(deleted)");
            say!("  {:>10}  {}  {question}", dollars(run.spent.cost_usd), run.run_id);
        }
    }
    if let Some(left_out) = left_out(spending.total) {
        say!("\n{left_out}");
    }
    Ok(Exit::Answered)
}

/// `plumb ask --estimate`.
pub fn estimated(estimate: &Estimate, as_json: bool) {
    if as_json {
        println!("{}", terminal::json(estimate));
        return;
    }
    match estimate.cost {
        Cost::Between { low_usd, high_usd } => {
            say!("About {} to {}: {}.", roughly(low_usd), roughly(high_usd), estimate.reason);
        }
        Cost::Free => say!("{}", estimate.reason),
        Cost::Unknown => say!("{} Or give the price with --price.", estimate.reason),
    }
    say!("{}", estimate.mode_reason);
}

/// Two significant digits: an estimate is no more exact.
fn roughly(amount: f64) -> String {
    let digits = if amount <= 0.0 { 2 } else { (1 - amount.log10().floor() as i32).clamp(2, 9) as usize };
    format!("${amount:.digits$}")
}

fn list(title: &str, lines: &[NamedSpent]) {
    if lines.is_empty() {
        return;
    }
    say!("\n{title}");
    for line in lines {
        say!("  {:>10}  {} ({})", dollars(line.spent.cost_usd), line.name, calls(line.spent.calls));
    }
}

fn amount(spent: Spent) -> String {
    format!("{} for {}", dollars(spent.cost_usd), calls(spent.calls))
}

fn calls(number: u64) -> String {
    format!("{number} call{}", if number == 1 { "" } else { "s" })
}

/// Rounds to the cent, and smaller amounts to a millionth of a dollar.
pub fn dollars(amount: f64) -> String {
    if amount == 0.0 || amount >= 0.01 { format!("${amount:.2}") } else { format!("${amount:.6}") }
}

/// Says which calls the sum leaves out, if any.
fn left_out(spent: Spent) -> Option<String> {
    let unpriced = spent.unpriced_calls;
    let are = if unpriced == 1 { "is" } else { "are" };
    let say = "Give the price with --price or in models.toml.";
    (unpriced > 0).then(|| format!("{} to a model without a known price {are} not in this sum. {say}", calls(unpriced)))
}
