//! Guests that were compiled with `-fsanitize=address`.

mod cc;
mod imports;
mod programs;
