//! The body of a function that the runtime stands in for.

use wasm_encoder::{Function, ValType};

use super::super::meter::{PRICING_LOCALS, Pricing};

/// What is written in the place of such a function.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Forward {
    /// Index of the function that stands in for it.
    pub(in super::super) stand_in: u32,
    /// Number of its parameters.
    pub(in super::super) parameters: u32,
    /// Whether it has a result.
    pub(in super::super) result: bool,
    /// What takes its price, with [`PRICING_LOCALS`] behind the parameters.
    pub(in super::super) pricing: Option<Pricing>,
    /// Who is told that it returned.
    pub(in super::super) told: Option<Told>,
}

/// The host's oracle, which is told what the allocator did.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Told {
    /// Index of the runtime's function that tells it.
    pub(in super::super) function: u32,
    /// Number of the allocator's function.
    pub(in super::super) number: u32,
}

/// Arguments that the oracle is told of.
const ARGUMENTS: u32 = 4;

impl Forward {
    /// The body.
    pub(super) fn body(self) -> Function {
        let mut locals = PRICING_LOCALS.to_vec();
        let priced: u32 = PRICING_LOCALS.iter().map(|(count, _)| count).sum();
        let result = self.parameters.saturating_add(priced);
        if self.told.is_some() {
            locals.push((1, ValType::I32));
        }
        let mut function = Function::new(locals);
        let mut insert = function.instructions();
        if let Some(pricing) = self.pricing {
            pricing.remember(&mut insert);
        }
        for parameter in 0..self.parameters {
            insert.local_get(parameter);
        }
        insert.call(self.stand_in);
        if let Some(told) = self.told {
            if self.result {
                insert.local_set(result);
            }
            insert.i32_const(told.number.cast_signed());
            for parameter in 0..ARGUMENTS {
                if parameter < self.parameters {
                    insert.local_get(parameter);
                } else {
                    insert.i32_const(0);
                }
            }
            // Where there is no result, it is 0.
            insert.local_get(result).call(told.function);
            if self.result {
                insert.local_get(result);
            }
        }
        if let Some(pricing) = self.pricing {
            pricing.pay(&mut insert);
        }
        insert.end();
        function
    }
}
