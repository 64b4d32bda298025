//! Limits of a run, and of several together. Money and tokens are reserved before a call is sent, at their worst case, so no limit is passed.

use crate::{
    fault,
    fault::{Code, Fault},
    money::{Price, Usd},
    options::Limits,
    traits::model::ModelProfile,
    usage::Usage,
};
use parking_lot::Mutex;
use std::sync::Arc;

/// Minimum length of a reply, in tokens, for which a call is worth sending.
pub(crate) const MIN_OUTPUT_TOKENS: u64 = 16;

/// Amounts that are spent and reserved.
#[derive(Default)]
struct Account {
    spent: Usd,
    reserved: Usd,
    tokens: u64,
    reserved_tokens: u64,
    calls: u32,
    /// The reason that nothing more is sent.
    closed: Option<Fault>,
}

/// Keeps calls within the limits of cost, tokens and sub-calls. Several runs can share one.
pub struct Budget {
    limits: Limits,
    account: Mutex<Account>,
}

/// Amounts that one budget set aside for a call.
struct Part {
    cost: Usd,
    tokens: u64,
}

impl Budget {
    /// A budget from which `spent`, the tokens of `usage` and `calls` sub-calls are gone already.
    pub fn new(limits: Limits, spent: Usd, usage: Usage, calls: u32) -> Self {
        let tokens = usage.input_tokens + usage.output_tokens;
        Budget { limits, account: Mutex::new(Account { spent, tokens, calls, ..Account::default() }) }
    }

    /// The amount that is spent, reservations not counted.
    pub fn spent(&self) -> Usd {
        self.account.lock().spent
    }

    /// Counts one sub-call.
    fn take_call(&self) -> Result<(), Fault> {
        let mut account = self.account.lock();
        if account.calls >= self.limits.max_calls {
            return Err(fault!(Code::LimitCalls, "The limit of {limit} sub-calls is reached.", limit = self.limits.max_calls));
        }
        account.calls += 1;
        Ok(())
    }

    /// The code of a limit that a single reply could pass.
    fn limit(&self) -> Option<Code> {
        let tokens = self.limits.max_tokens.map(|_| Code::LimitTokens);
        self.limits.max_cost_usd.map(|_| Code::LimitCost).or(tokens)
    }

    /// Sets aside the worst case of a call. Returns the output tokens that the limits allow, at most `output_tokens`.
    fn reserve(
        &self,
        profile: &ModelProfile,
        input_tokens: u64,
        max_input_tokens: u64,
        output_tokens: u64,
    ) -> Result<(u64, Part), Fault> {
        let mut account = self.account.lock();
        if let Some(fault) = &account.closed {
            return Err(fault.clone());
        }
        let mut output = output_tokens;
        if let Some(limit) = self.limits.max_tokens {
            let left = limit.saturating_sub(account.tokens + account.reserved_tokens + input_tokens);
            output = output.min(left);
            if output < MIN_OUTPUT_TOKENS {
                return Err(fault!(Code::LimitTokens, "The limit of {limit} tokens does not allow another call.", limit = limit));
            }
        }
        if let Some(limit) = self.limits.max_cost_usd {
            let Some(price) = profile.price else {
                return Err(price_unknown("cost", profile));
            };
            let left = Usd::from_dollars(limit).minus(account.spent.plus(account.reserved));
            output = output.min(price.affordable_output(left, max_input_tokens));
            if output < MIN_OUTPUT_TOKENS || price.worst(max_input_tokens, output) > left {
                return Err(fault!(Code::LimitCost, "The limit of ${limit} does not allow another call.", limit = limit));
            }
        }
        let part = part(profile, input_tokens, max_input_tokens, output);
        account.reserved = account.reserved.plus(part.cost);
        account.reserved_tokens += part.tokens;
        Ok((output, part))
    }

    /// Replaces a part by amounts that were used.
    fn settle(&self, part: &Part, cost: Usd, tokens: u64) {
        let mut account = self.account.lock();
        account.reserved = account.reserved.minus(part.cost);
        account.reserved_tokens -= part.tokens;
        account.spent = account.spent.plus(cost);
        account.tokens += tokens;
    }
}

fn part(profile: &ModelProfile, input_tokens: u64, max_input_tokens: u64, output: u64) -> Part {
    let cost = profile.price.map_or(Usd::ZERO, |price| price.worst(max_input_tokens, output));
    Part { cost, tokens: input_tokens + output }
}

/// A run's own budget, and one that it shares with other runs.
pub(crate) struct Budgets {
    own: Budget,
    shared: Option<Arc<Budget>>,
}

/// Amounts set aside for one call. Must be settled; a reservation that is dropped stays set aside, which errs on the safe side.
#[must_use]
pub(crate) struct Reservation {
    /// Output tokens that were reserved: the call's `max_output_tokens`.
    pub output_tokens: u32,
    model: String,
    price: Option<Price>,
    own: Part,
    shared: Option<Part>,
}

impl Budgets {
    /// Grants amounts that are within both budgets.
    pub fn new(own: Budget, shared: Option<Arc<Budget>>) -> Self {
        Budgets { own, shared }
    }

    fn all(&self) -> impl Iterator<Item = &Budget> {
        std::iter::once(&self.own).chain(self.shared.as_deref())
    }

    /// Counts one sub-call.
    ///
    /// # Errors
    /// `limit_calls`.
    pub fn take_call(&self) -> Result<(), Fault> {
        self.own.take_call()?;
        let Some(shared) = &self.shared else { return Ok(()) };
        shared.take_call().inspect_err(|_| self.own.account.lock().calls -= 1)
    }

    /// The code of a limit that a single reply could pass.
    pub fn limit(&self) -> Option<Code> {
        self.all().find_map(Budget::limit)
    }

    /// Cost is limited.
    pub fn limit_cost(&self) -> bool {
        self.all().any(|budget| budget.limits.max_cost_usd.is_some())
    }

    /// Reserves the worst case of a call; the output shrinks to what the limits still allow. The input has about `input_tokens`, and surely
    /// no more than `max_input_tokens`, for which money is reserved.
    ///
    /// # Errors
    /// `limit_cost`, `limit_tokens`, or `price_unknown` where a cost limit cannot be kept.
    pub fn reserve(
        &self,
        profile: &ModelProfile,
        input_tokens: u64,
        max_input_tokens: u64,
        output_tokens: u32,
    ) -> Result<Reservation, Fault> {
        let reserve = |budget: &Budget, output| budget.reserve(profile, input_tokens, max_input_tokens, output);
        let (mut output, mut own) = reserve(&self.own, output_tokens.into())?;
        let mut of_shared = None;
        if let Some(shared) = &self.shared {
            let granted = reserve(shared, output).inspect_err(|_| self.own.settle(&own, Usd::ZERO, 0))?;
            of_shared = Some(granted.1);
            if granted.0 < output {
                output = granted.0;
                // The call will use no more than the shared budget granted.
                let less = part(profile, input_tokens, max_input_tokens, output);
                let mut account = self.own.account.lock();
                account.reserved = account.reserved.minus(own.cost).plus(less.cost);
                account.reserved_tokens -= own.tokens - less.tokens;
                own = less;
            }
        }
        let (model, price) = (profile.name.clone(), profile.price);
        Ok(Reservation { output_tokens: output as u32, model, price, own, shared: of_shared })
    }

    /// Closes the run's own budget after a reply that exceeded its reservation and was cut at `usage`. Returns the fault that says so.
    pub fn overrun(&self, reservation: &Reservation, usage: Usage) -> Fault {
        let over = reservation.price.map(|price| price.cost(usage).minus(reservation.own.cost)).filter(|over| *over > Usd::ZERO);
        let over = over.map_or(String::new(), |over| format!(", about ${:.4} more than was set aside for it", over.dollars()));
        let fault = fault!(
            // Without a limit of the run's own, it was the month's.
            self.limit().unwrap_or(Code::LimitMonth),
            "{model} was told to write at most {limit} tokens, which is what the limit still allowed, but wrote on. Its reply was cut off at about \
             {tokens} tokens{over}, and nothing more was sent. Choose another model or server, or a higher limit, and continue.",
            model = &reservation.model,
            limit = reservation.output_tokens,
            tokens = usage.output_tokens,
            over = over
        );
        self.own.account.lock().closed.get_or_insert(fault).clone()
    }

    /// Replaces a reservation by its usage. Returns the cost: the amount the provider `charged`, else by the price; `None` where neither is
    /// known.
    pub fn settle(&self, reservation: Reservation, usage: Usage, charged: Option<Usd>) -> Option<Usd> {
        let cost = charged.or_else(|| reservation.price.map(|price| price.cost(usage)));
        let parts = std::iter::once(&reservation.own).chain(&reservation.shared);
        for (budget, part) in self.all().zip(parts) {
            budget.settle(part, cost.unwrap_or_default(), usage.input_tokens + usage.output_tokens);
        }
        cost
    }
}

/// A limit (`cost`, `monthly`) that cannot be kept.
pub(crate) fn price_unknown(limit: &str, profile: &ModelProfile) -> Fault {
    fault!(
        Code::PriceUnknown,
        "A {limit} limit was set, but the price of {model} is unknown, so the limit could not be kept. Say its price under Settings, at the \
         model, or in a terminal with --price IN,OUT; or remove the limit.",
        limit = limit,
        model = &profile.name
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traits::model::Strength;

    fn profile(price: Option<Price>) -> ModelProfile {
        ModelProfile {
            name: "server:m".into(),
            window_tokens: 1000,
            max_output_tokens: 1000,
            strength: Strength::Strong,
            price,
            local: false,
            prefill: false,
            attends: false,
            concurrency: None,
        }
    }

    const PRICE: Price = Price { input: 1.0, cached_input: None, cache_write: None, output: 10.0 };

    fn unspent(limits: Limits) -> Budget {
        Budget::new(limits, Usd::ZERO, Usage::default(), 0)
    }

    fn budget(limits: Limits) -> Budgets {
        Budgets::new(unspent(limits), None)
    }

    fn cost_limit(max_cost_usd: f64) -> Limits {
        Limits { max_cost_usd: Some(max_cost_usd), ..Limits::default() }
    }

    #[test]
    fn concurrent_runs_never_pass_their_shared_limit() {
        let shared = Arc::new(unspent(Limits { max_tokens: Some(30_000), max_calls: 50, ..cost_limit(0.02) }));
        let runs: Vec<Budgets> = (0..2).map(|_| Budgets::new(unspent(cost_limit(0.015)), Some(shared.clone()))).collect();
        let granted: Vec<Vec<Reservation>> = std::thread::scope(|scope| {
            let reserve_all =
                |run: &Budgets| std::iter::from_fn(|| run.reserve(&profile(Some(PRICE)), 100, 120, 70).ok()).collect::<Vec<_>>();
            let threads: Vec<_> = runs.iter().map(|run| scope.spawn(move || reserve_all(run))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let worst =
            |of_run: &[Reservation]| of_run.iter().map(|r| (120.0 + f64::from(r.output_tokens) * 10.0) / 1e6).sum::<f64>();
        let (all, each) = (granted.iter().map(|run| worst(run)).sum::<f64>(), granted.iter().map(|run| worst(run)));
        assert!(all <= 0.02 && all > 0.018, "{all}");
        assert!(each.into_iter().all(|run| run <= 0.015));
        assert!(shared.account.lock().reserved <= Usd::from_dollars(0.02));
        for (run, granted) in runs.iter().zip(granted) {
            for reservation in granted {
                let usage = Usage { input_tokens: 100, output_tokens: 10, ..Usage::default() };
                assert_eq!(run.settle(reservation, usage, None), Some(Usd::from_dollars(0.0002)));
            }
            let account = run.own.account.lock();
            assert_eq!(
                (account.reserved, account.reserved_tokens),
                (Usd::ZERO, 0),
                "a refusal by the shared budget leaves nothing"
            );
        }
        assert_eq!(shared.account.lock().reserved, Usd::ZERO);
        assert_eq!(shared.spent(), runs.iter().fold(Usd::ZERO, |sum, run| sum.plus(run.own.spent())));
    }

    #[test]
    fn a_shared_budget_shrinks_a_reservation_in_both() {
        let shared = Arc::new(unspent(Limits { max_tokens: Some(150), ..Limits::default() }));
        let run = Budgets::new(unspent(Limits { max_tokens: Some(1_000), ..Limits::default() }), Some(shared.clone()));
        let reservation = run.reserve(&profile(None), 100, 100, 400).unwrap();
        assert_eq!(reservation.output_tokens, 50);
        assert_eq!((run.own.account.lock().reserved_tokens, shared.account.lock().reserved_tokens), (150, 150));
        assert_eq!(run.reserve(&profile(None), 100, 100, 400).err().unwrap().code, Code::LimitTokens);
        assert_eq!(run.own.account.lock().reserved_tokens, 150);
        run.settle(reservation, Usage { input_tokens: 100, output_tokens: 5, ..Usage::default() }, None);
        assert_eq!((run.own.account.lock().tokens, shared.account.lock().tokens), (105, 105));
    }

    #[test]
    fn runs_share_a_limit_of_sub_calls() {
        let shared = Arc::new(unspent(Limits { max_calls: 3, ..Limits::default() }));
        let [one, two] =
            [2, 9].map(|max_calls| Budgets::new(unspent(Limits { max_calls, ..Limits::default() }), Some(shared.clone())));
        assert!(one.take_call().is_ok() && one.take_call().is_ok() && two.take_call().is_ok());
        assert_eq!(one.take_call().unwrap_err().message, "The limit of 2 sub-calls is reached.");
        assert_eq!(two.take_call().unwrap_err().message, "The limit of 3 sub-calls is reached.");
        assert_eq!(two.own.account.lock().calls, 1, "a refused call is not counted");
    }

    #[test]
    fn reservations_never_add_up_to_more_than_the_limit() {
        let budget = budget(Limits { max_cost_usd: Some(0.01), ..Limits::default() });
        let mut granted = Vec::new();
        while let Ok(reservation) = budget.reserve(&profile(Some(PRICE)), 100, 100, 300) {
            granted.push(reservation);
        }
        let worst: f64 = granted.iter().map(|r| (100.0 * 1.0 + f64::from(r.output_tokens) * 10.0) / 1e6).sum();
        assert!(granted.len() >= 3 && worst <= 0.01, "{worst}");
        for reservation in granted {
            let usage = Usage { input_tokens: 100, output_tokens: 10, ..Usage::default() };
            assert_eq!(budget.settle(reservation, usage, None), Some(Usd::from_dollars(0.0002)));
        }
        assert!(budget.reserve(&profile(Some(PRICE)), 100, 100, 300).is_ok());
    }

    #[test]
    fn output_shrinks_to_the_limit() {
        let budget = budget(Limits { max_cost_usd: Some(0.001), ..Limits::default() });
        let reservation = budget.reserve(&profile(Some(PRICE)), 100, 100, 4000).unwrap();
        assert_eq!(reservation.output_tokens, 90);
    }

    #[test]
    fn a_reported_charge_counts_instead_of_the_price() {
        let budget = budget(Limits { max_cost_usd: Some(0.01), ..Limits::default() });
        let reservation = budget.reserve(&profile(Some(PRICE)), 100, 100, 16).unwrap();
        let charged = Usd::from_dollars(0.0099);
        assert_eq!(budget.settle(reservation, Usage::default(), Some(charged)), Some(charged));
        assert_eq!(budget.reserve(&profile(Some(PRICE)), 100, 100, 16).err().unwrap().code, Code::LimitCost);
        let unpriced = Budgets::new(unspent(Limits::default()), None);
        let reservation = unpriced.reserve(&profile(None), 100, 100, 16).unwrap();
        assert_eq!(unpriced.settle(reservation, Usage::default(), Some(charged)), Some(charged));
    }

    #[test]
    fn a_cost_limit_needs_a_price() {
        let limited = budget(Limits { max_cost_usd: Some(1.0), ..Limits::default() });
        assert_eq!(limited.reserve(&profile(None), 1, 1, 100).err().unwrap().code, Code::PriceUnknown);
        assert!(budget(Limits::default()).reserve(&profile(None), 1, 1, 100).is_ok());
    }

    #[test]
    fn tokens_and_calls_are_limited() {
        let budget = budget(Limits { max_tokens: Some(500), max_calls: 2, ..Limits::default() });
        assert_eq!(budget.reserve(&profile(None), 300, 300, 1000).unwrap().output_tokens, 200);
        assert_eq!(budget.reserve(&profile(None), 300, 300, 1000).err().unwrap().code, Code::LimitTokens);
        assert!(budget.take_call().is_ok() && budget.take_call().is_ok());
        assert_eq!(budget.take_call().unwrap_err().code, Code::LimitCalls);
    }
}
