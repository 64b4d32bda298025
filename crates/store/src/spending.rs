//! What was spent in a month, read from the books.

use crate::Store;
use crate::fault::of_sql;
use plumb_rlm::fault::{Code, Fault};
use sqlx::FromRow;

/// What some calls came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct Spent {
    /// The day (`2026-11-22`), month (`2026-11`), model (`PROVIDER:NAME`) or run that made them.
    pub name: String,
    /// What the run asked; absent where it was deleted, and where this is no run's.
    pub question: Option<String>,
    /// How many.
    pub calls: i64,
    /// Of these, calls that cost nothing.
    pub free: i64,
    /// Of these, calls whose price is unknown: they are in no sum.
    pub unpriced: i64,
    /// Whole picodollars.
    pub cost_pico: i64,
    /// Tokens read, cached ones included.
    pub input_tokens: i64,
    /// Tokens written, reasoning included.
    pub output_tokens: i64,
}

/// A month's spending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonthSpent {
    /// `2026-11`.
    pub month: String,
    /// The user's day now, `2026-11-22`.
    pub today: String,
    /// By day, first day first; days without a call are left out.
    pub days: Vec<Spent>,
    /// By model, dearest first.
    pub models: Vec<Spent>,
    /// The dearest runs, dearest first.
    pub runs: Vec<Spent>,
    /// All months with a call, newest first.
    pub months: Vec<Spent>,
}

const SUMS: &str = "sum(s.calls) AS calls, sum(s.free) AS free, sum(s.unpriced) AS unpriced, sum(s.cost_pico) AS cost_pico,
    sum(s.input_tokens) AS input_tokens, sum(s.output_tokens) AS output_tokens";

impl Store {
    /// What was spent in `month` (`2026-11`; absent: the user's month at `now_ms`), with the `dearest` dearest runs.
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
            return Err(Fault::new(Code::BadMonth, format!("“{month}” is no month. One looks like {}.", &today[..7])));
        }
        const OF_MONTH: &str = "WHERE s.day BETWEEN ?1 || '-01' AND ?1 || '-31'";
        let sums = async |who: &str, end: String| -> Result<Vec<Spent>, Fault> {
            let query = format!("SELECT {who}, {SUMS} FROM spending s {end}");
            let query = sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(&month).bind(dearest);
            Ok(query.fetch_all(self.pool()).await.map_err(of_sql)?)
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

    /// Costs and sizes of past runs that were answered the same way by the same models, newest first: picodollars and tokens.
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
        Ok(costs.bind(mode).bind(model).bind(sub_model).bind(limit).fetch_all(self.pool()).await.map_err(of_sql)?)
    }
}

/// `2026-11`
fn is_month(text: &str) -> bool {
    let digits = |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('-').is_some_and(|(year, month)| digits(year, 4) && digits(month, 2) && ("01"..="12").contains(&month))
}
