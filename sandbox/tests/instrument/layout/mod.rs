//! Guests that were compiled with `-fsanitize=address`.

mod beyond;
mod cc;
mod channel;
#[path = "../../common/mod.rs"]
mod common;
mod constants;
mod empty;
mod imports;
mod lent;
mod objects;
mod profiles;
mod programs;
mod regions;
mod stack_use;
mod traps;
mod undefined;
mod whole;
