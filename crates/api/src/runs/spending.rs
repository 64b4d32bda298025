//! Spending by day, provider, model and run.

use crate::{
    plumb::{Plumb, now_ms},
    runs::month::WARNING_RATIO,
    types::*,
};
use plumb_rlm::{
    fault::{Code, Fault},
    ids::RunId,
};

/// Maximum number of dearest runs in the report.
const MAX_DEAREST_RUNS: u32 = 10;

impl Plumb {
    /// A month's spending.
    ///
    /// # Errors
    /// `bad_month`; when the store cannot be read.
    pub async fn spending(&self, request: SpendingOf) -> Result<Spending, Fault> {
        let month = self.inner.store.spending(request.month.as_deref(), now_ms(), MAX_DEAREST_RUNS).await?;
        let models: Vec<_> = month.models.iter().map(named).collect();
        let total = models.iter().fold(Spent::default(), |sum, model| sum.plus(model.spent));
        let limit_usd = self.inner.store.month_limit().await?;
        Ok(Spending {
            total,
            limit_usd,
            almost_spent: month.today.starts_with(&month.month)
                && limit_usd.is_some_and(|limit| total.cost_usd >= limit * WARNING_RATIO),
            providers: by_provider(&models),
            models,
            month: month.month,
            today: month.today,
            days: month.days.iter().map(named).collect(),
            runs: month
                .runs
                .into_iter()
                .map(|run| RunSpent { spent: spent(&run), run_id: RunId(run.name), question: run.question })
                .collect(),
            months: month.months.iter().map(named).collect(),
        })
    }
}

impl Plumb {
    /// Sets or removes the monthly spending limit, for calls sent from now on.
    ///
    /// # Errors
    /// `bad_limit`; when the store cannot be written.
    pub async fn set_month_limit(&self, request: MonthLimit) -> Result<Nothing, Fault> {
        if request.limit_usd.is_some_and(|limit| !limit.is_finite() || limit <= 0.0) {
            return Err(Fault::new(
                Code::BadLimit,
                "Plumb cannot use this limit: a monthly limit is an amount in US dollars above zero. Enter one such as 20.",
            ));
        }
        self.inner.store.set_month_limit(request.limit_usd).await?;
        Ok(Nothing {})
    }
}

/// Sums the models' spending by provider, dearest first.
fn by_provider(models: &[NamedSpent]) -> Vec<NamedSpent> {
    let mut providers: Vec<NamedSpent> = Vec::new();
    for model in models {
        let id = model.name.split_once(':').map_or(model.name.as_str(), |(provider, _)| provider);
        let name = match plumb_models::provider(id) {
            Some(known) => known.name,
            None if id == plumb_models::LOCAL => "This computer",
            None => id,
        };
        match providers.iter_mut().find(|provider| provider.name == name) {
            Some(provider) => provider.spent = provider.spent.plus(model.spent),
            None => providers.push(NamedSpent { name: name.to_owned(), spent: model.spent }),
        }
    }
    providers.sort_by(|a, b| b.spent.cost_usd.total_cmp(&a.spent.cost_usd));
    providers
}

fn named(row: &plumb_store::Spent) -> NamedSpent {
    NamedSpent { name: row.name.clone(), spent: spent(row) }
}

fn spent(row: &plumb_store::Spent) -> Spent {
    let count = |number: i64| number.max(0) as u64;
    Spent {
        cost_usd: row.cost_pico as f64 / 1e12,
        calls: count(row.calls),
        free_calls: count(row.free),
        unpriced_calls: count(row.unpriced),
        input_tokens: count(row.input_tokens),
        output_tokens: count(row.output_tokens),
    }
}

impl Spent {
    fn plus(self, other: Spent) -> Spent {
        Spent {
            // Rounded to whole picodollars, so that many small amounts do not drift.
            cost_usd: ((self.cost_usd + other.cost_usd) * 1e12).round() / 1e12,
            calls: self.calls + other.calls,
            free_calls: self.free_calls + other.free_calls,
            unpriced_calls: self.unpriced_calls + other.unpriced_calls,
            input_tokens: self.input_tokens + other.input_tokens,
            output_tokens: self.output_tokens + other.output_tokens,
        }
    }
}
