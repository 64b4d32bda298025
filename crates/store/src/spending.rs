//! Spending of a month, read from the books.

use crate::{fault::of_sql, store::Store};
use plumb_rlm::{
    fault,
    fault::{Code, Fault},
};
use sqlx::FromRow;

/// Totals of a group of calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Spent {
    /// Their day (`2026-11-22`), month (`2026-11`), model (`PROVIDER:NAME`) or run.
    pub name: String,
    /// The run's question; `None` if the run was deleted, or the group is not a run.
    pub question: Option<String>,
    /// Number of calls.
    pub calls: i64,
    /// Number of these calls that were free.
    pub free: i64,
    /// Number of these calls whose price is unknown. Their cost is in no sum.
    pub unpriced: i64,
    /// Cost in whole picodollars.
    pub cost_pico: i64,
    /// Input tokens, cached ones included.
    pub input_tokens: i64,
    /// Output tokens, reasoning included.
    pub output_tokens: i64,
}

/// A month's spending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonthSpent {
    /// The month, as `2026-11`.
    pub month: String,
    /// Today in the user's time zone, as `2026-11-22`.
    pub today: String,
    /// Totals by day, first day first, without days that have no call.
    pub days: Vec<Spent>,
    /// Totals by model, most expensive first.
    pub models: Vec<Spent>,
    /// The most expensive runs, most expensive first.
    pub runs: Vec<Spent>,
    /// Totals of all months with a call, newest first.
    pub months: Vec<Spent>,
}

const SUMS: &str = "sum(s.calls) AS calls, sum(s.free) AS free, sum(s.unpriced) AS unpriced, sum(s.cost_pico) AS cost_pico,
    sum(s.input_tokens) AS input_tokens, sum(s.output_tokens) AS output_tokens";

impl Store {
    /// Spending of `month` (`2026-11`; `None` for the user's month at `now_ms`), with its `dearest` most expensive runs.
    ///
    /// # Errors
    /// `bad_month`; the database could not be read.
    pub async fn spending(&self, month: Option<&str>, now_ms: u64, dearest: u32) -> Result<MonthSpent, Fault> {
        let today: String = sqlx::query_scalar("SELECT date(? / 1000, 'unixepoch', 'localtime')")
            .bind(now_ms as i64)
            .fetch_one(self.pool())
            .await
            .map_err(of_sql)?;
        let month = month.unwrap_or(&today[..7]).to_owned();
        if !is_month(&month) {
            return Err(fault!(
                Code::BadMonth,
                "“{month}” is not a month. Write it like {example}.",
                month = month,
                example = &today[..7]
            ));
        }
        const OF_MONTH: &str = "WHERE s.day BETWEEN ?1 || '-01' AND ?1 || '-31'";
        let sums = async |who: &str, end: String| -> Result<Vec<Spent>, Fault> {
            let query = format!("SELECT {who}, {SUMS} FROM spending s {end}");
            let query = sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(&month).bind(dearest);
            query.fetch_all(self.pool()).await.map_err(of_sql)
        };
        let days = sums("s.day AS name, NULL AS question", format!("{OF_MONTH} GROUP BY s.day ORDER BY s.day")).await?;
        let models = format!("{OF_MONTH} GROUP BY s.model ORDER BY sum(s.cost_pico) DESC, s.model");
        let models = sums("s.model AS name, NULL AS question", models).await?;
        let dear = "GROUP BY s.run_id HAVING sum(s.cost_pico) > 0 ORDER BY sum(s.cost_pico) DESC, s.run_id LIMIT ?2";
        let asked = "s.run_id AS name, (SELECT question FROM runs WHERE runs.run_id = s.run_id) AS question";
        let runs = sums(asked, format!("{OF_MONTH} {dear}")).await?;
        let months = sums("substr(s.day, 1, 7) AS name, NULL AS question", "GROUP BY 1 ORDER BY 1 DESC".to_owned()).await?;
        Ok(MonthSpent { month, today, days, models, runs, months })
    }

    /// Costs in picodollars and sizes in tokens of past runs with the same mode and models, newest first. Forks are left out.
    ///
    /// # Errors
    /// The database could not be read.
    pub async fn costs_of_runs_like(
        &self,
        mode: &str,
        model: &str,
        sub_model: &str,
        limit: u32,
    ) -> Result<Vec<(i64, i64)>, Fault> {
        let costs = sqlx::query_as(
            "SELECT cost_pico, tokens_estimate FROM runs
             WHERE status IN ('answered', 'limit') AND unpriced = 0 AND tokens_estimate IS NOT NULL
                AND mode = ? AND model = ? AND sub_model = ? ORDER BY run_id DESC LIMIT ?",
        );
        costs.bind(mode).bind(model).bind(sub_model).bind(limit).fetch_all(self.pool()).await.map_err(of_sql)
    }

    /// How long the last answered runs with the same mode and models took, in milliseconds, newest first. Forks are left out.
    ///
    /// # Errors
    /// The database could not be read.
    pub async fn times_of_runs_like(&self, mode: &str, model: &str, sub_model: &str, limit: u32) -> Result<Vec<i64>, Fault> {
        let times = sqlx::query_scalar(
            "SELECT finished_at_ms - started_at_ms FROM runs
             WHERE status = 'answered' AND finished_at_ms IS NOT NULL AND tokens_estimate IS NOT NULL
                AND mode = ? AND model = ? AND sub_model = ? ORDER BY run_id DESC LIMIT ?",
        );
        times.bind(mode).bind(model).bind(sub_model).bind(limit).fetch_all(self.pool()).await.map_err(of_sql)
    }
}

/// Whether a text has the form `2026-11`.
fn is_month(text: &str) -> bool {
    let digits = |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('-').is_some_and(|(year, month)| digits(year, 4) && digits(month, 2) && ("01"..="12").contains(&month))
}
