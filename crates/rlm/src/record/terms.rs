//! The terms of a model: where it runs, and whether it costs money. Front ends show them and do not guess them from its name.

use crate::traits::model::ModelProfile;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where a model runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ModelPlace {
    /// On this computer: no call leaves it.
    ThisComputer,
    /// On a server, whose address is in the event `Sent`.
    Server,
}

/// Whether a model costs money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Charge {
    /// Calls are free.
    Free,
    /// Calls have a known price.
    Priced,
    /// The price is unknown.
    Unknown,
}

/// The terms on which a model is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Terms {
    /// Where it runs.
    pub place: ModelPlace,
    /// Whether it costs money.
    pub charge: Charge,
}

impl Terms {
    /// The terms of a model.
    pub fn of(profile: &ModelProfile) -> Self {
        let charge = match profile.price {
            Some(price) if price.is_free() => Charge::Free,
            Some(_) => Charge::Priced,
            None => Charge::Unknown,
        };
        Terms { place: if profile.local { ModelPlace::ThisComputer } else { ModelPlace::Server }, charge }
    }

    /// The terms of a model in an event from before version 3, which names it `PROVIDER:NAME`.
    pub(crate) fn of_name(model: &str) -> Self {
        if model.starts_with("local:") {
            Terms { place: ModelPlace::ThisComputer, charge: Charge::Free }
        } else {
            Terms { place: ModelPlace::Server, charge: Charge::Unknown }
        }
    }
}
