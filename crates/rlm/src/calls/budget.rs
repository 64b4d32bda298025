//! Limits of a run. Money and tokens are reserved before a call is sent, at their worst case, so that a limit is never passed.

use crate::{
    fault::{Code, Fault},
    money::{Price, Usd},
    options::Limits,
    traits::model::ModelProfile,
    usage::Usage,
};
use std::sync::{Mutex, PoisonError};

/// Fewer output tokens than this are not worth a call.
pub const FEWEST_OUTPUT: u64 = 16;

/// What is spent and what is promised.
#[derive(Default)]
struct Account {
    spent: Usd,
    reserved: Usd,
    tokens: u64,
    reserved_tokens: u64,
    calls: u32,
    /// Why nothing more is sent.
    closed: Option<Fault>,
}

/// Keeps a run within its limits.
pub struct Budget {
    limits: Limits,
    account: Mutex<Account>,
}

/// Room for one call. Must be settled; what is dropped unsettled stays reserved, which errs on the safe side.
#[must_use]
pub struct Reservation {
    /// Output tokens that were reserved: the call's `max_output_tokens`.
    pub output_tokens: u32,
    model: String,
    cost: Usd,
    tokens: u64,
    price: Option<Price>,
}

impl Budget {
    /// With what was spent before a resume.
    pub fn new(limits: Limits, spent: Usd, usage: Usage, calls: u32) -> Self {
        let tokens = usage.input_tokens + usage.output_tokens;
        Budget { limits, account: Mutex::new(Account { spent, tokens, calls, ..Account::default() }) }
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    fn account(&self) -> std::sync::MutexGuard<'_, Account> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one sub-call.
    ///
    /// # Errors
    /// `limit_calls`.
    pub fn take_call(&self) -> Result<(), Fault> {
        let mut account = self.account();
        if account.calls >= self.limits.max_calls {
            return Err(fault(Code::LimitCalls, format!("The limit of {} sub-calls is reached.", self.limits.max_calls)));
        }
        account.calls += 1;
        Ok(())
    }

    /// Whether anything is limited that a single reply could pass: the code of that limit.
    pub fn limit(&self) -> Option<Code> {
        let tokens = self.limits.max_tokens.map(|_| Code::LimitTokens);
        self.limits.max_cost_usd.map(|_| Code::LimitCost).or(tokens)
    }

    /// Reserves the worst case of a call; the output shrinks to what the allowance still buys. Its input has about `input_tokens`, and surely
    /// not more than `most_input_tokens`, which is what money is reserved for.
    ///
    /// # Errors
    /// `limit_cost`, `limit_tokens`, or `price_unknown` where a cost limit cannot be kept.
    pub fn reserve(
        &self,
        profile: &ModelProfile,
        input_tokens: u64,
        most_input_tokens: u64,
        output_tokens: u32,
    ) -> Result<Reservation, Fault> {
        let mut account = self.account();
        if let Some(fault) = &account.closed {
            return Err(fault.clone());
        }
        let mut output = u64::from(output_tokens);
        if let Some(most) = self.limits.max_tokens {
            let left = most.saturating_sub(account.tokens + account.reserved_tokens + input_tokens);
            output = output.min(left);
            if output < FEWEST_OUTPUT {
                return Err(fault(Code::LimitTokens, format!("The limit of {most} tokens does not allow another call.")));
            }
        }
        if let Some(most) = self.limits.max_cost_usd {
            let Some(price) = profile.price else {
                return Err(price_unknown("cost", profile));
            };
            let left = Usd::from_dollars(most).minus(account.spent.plus(account.reserved));
            output = output.min(price.affordable_output(left, most_input_tokens));
            if output < FEWEST_OUTPUT || price.worst(most_input_tokens, output) > left {
                return Err(fault(Code::LimitCost, format!("The limit of ${most} does not allow another call.")));
            }
        }
        let cost = profile.price.map_or(Usd::ZERO, |price| price.worst(most_input_tokens, output));
        let tokens = input_tokens + output;
        account.reserved = account.reserved.plus(cost);
        account.reserved_tokens += tokens;
        Ok(Reservation { output_tokens: output as u32, model: profile.name.clone(), cost, tokens, price: profile.price })
    }

    /// A reply went on past its reservation and was cut when it had used this much: nothing more is sent by this run. Gives the words for that.
    pub fn overrun(&self, reservation: &Reservation, usage: Usage) -> Fault {
        let (most, model) = (reservation.output_tokens, &reservation.model);
        let over = reservation.price.map(|price| price.cost(usage).minus(reservation.cost)).filter(|over| *over > Usd::ZERO);
        let over = over.map_or(String::new(), |over| format!(", about ${:.4} more than was set aside for it", over.dollars()));
        let message = format!(
            "{model} was told to write at most {most} tokens, which is what the limit still allowed, but wrote on. Its reply was cut off at about {} \
             tokens{over}, and nothing more was sent. Choose another model or server, or a higher limit, and continue.",
            usage.output_tokens
        );
        // Without a limit of its own, it was that of the month.
        let fault = fault(self.limit().unwrap_or(Code::LimitMonth), message);
        self.account().closed.get_or_insert(fault).clone()
    }

    /// Replaces a reservation by what was used. Returns the cost: what was `charged` where the provider says it, else by the price; `None`
    /// when neither is known.
    pub fn settle(&self, reservation: Reservation, usage: Usage, charged: Option<Usd>) -> Option<Usd> {
        let cost = charged.or_else(|| reservation.price.map(|price| price.cost(usage)));
        let mut account = self.account();
        account.reserved = account.reserved.minus(reservation.cost);
        account.reserved_tokens -= reservation.tokens;
        account.spent = account.spent.plus(cost.unwrap_or_default());
        account.tokens += usage.input_tokens + usage.output_tokens;
        cost
    }
}

/// Why a limit (`cost`, `monthly`) cannot be kept.
pub fn price_unknown(limit: &str, profile: &ModelProfile) -> Fault {
    let message = format!(
        "A {limit} limit was set, but the price of {} is unknown, so the limit could not be kept. Say its price under Settings, at the \
         model, or in a terminal with --price IN,OUT; or remove the limit.",
        profile.name
    );
    fault(Code::PriceUnknown, message)
}

fn fault(code: Code, message: String) -> Fault {
    Fault::new(code, message)
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
            concurrency: None,
        }
    }

    const PRICE: Price = Price { input: 1.0, cached_input: None, cache_write: None, output: 10.0 };

    fn budget(limits: Limits) -> Budget {
        Budget::new(limits, Usd::ZERO, Usage::default(), 0)
    }

    #[test]
    fn concurrent_reservations_never_add_up_to_more_than_the_limit() {
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
    fn the_output_shrinks_to_what_the_allowance_buys() {
        let budget = budget(Limits { max_cost_usd: Some(0.001), ..Limits::default() });
        let reservation = budget.reserve(&profile(Some(PRICE)), 100, 100, 4000).unwrap();
        assert_eq!(reservation.output_tokens, 90);
    }

    #[test]
    fn what_the_provider_says_it_charged_goes_before_the_price_and_counts_against_the_limit() {
        let budget = budget(Limits { max_cost_usd: Some(0.01), ..Limits::default() });
        let reservation = budget.reserve(&profile(Some(PRICE)), 100, 100, 16).unwrap();
        let charged = Usd::from_dollars(0.0099);
        assert_eq!(budget.settle(reservation, Usage::default(), Some(charged)), Some(charged));
        assert_eq!(budget.reserve(&profile(Some(PRICE)), 100, 100, 16).err().unwrap().code, Code::LimitCost);
        let unpriced = Budget::new(Limits::default(), Usd::ZERO, Usage::default(), 0);
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
