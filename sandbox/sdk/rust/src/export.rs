//! The macro that makes a type the guest of its crate.

/// Exports an [`Interpreter`](crate::Interpreter) under the names of the reactor ABI, version 1.
///
/// Once in a `cdylib` crate. Natively this only checks that the type is an interpreter.
#[macro_export]
macro_rules! export {
    ($interpreter:ty) => {
        #[cfg(not(target_family = "wasm"))]
        const _: () = {
            const fn is_interpreter<I: $crate::Interpreter>() {}
            is_interpreter::<$interpreter>();
        };

        #[cfg(target_family = "wasm")]
        const _: () = {
            use ::std::cell::RefCell;
            use $crate::exports::{ABI_VERSION, Exports, initialize, pack};

            ::std::thread_local! {
                static GUEST: RefCell<Exports<$interpreter>> =
                    RefCell::new(Exports::with_panics_reported());
            }

            #[unsafe(no_mangle)]
            extern "C" fn _initialize() {
                initialize()
            }

            #[unsafe(no_mangle)]
            extern "C" fn proofhouse_abi_version() -> i32 {
                ABI_VERSION
            }

            #[unsafe(no_mangle)]
            extern "C" fn proofhouse_alloc(size: usize) -> usize {
                GUEST.with_borrow_mut(|guest| guest.alloc(size))
            }

            #[unsafe(no_mangle)]
            extern "C" fn proofhouse_free(address: usize) {
                GUEST.with_borrow_mut(|guest| guest.free(address))
            }

            #[unsafe(no_mangle)]
            extern "C" fn proofhouse_warmup() {
                GUEST.with_borrow_mut(|_| <$interpreter as $crate::Interpreter>::warm_up())
            }

            #[unsafe(no_mangle)]
            extern "C" fn proofhouse_configure(address: usize, len: usize) -> i32 {
                GUEST.with_borrow_mut(|guest| guest.configure(address, len))
            }

            #[unsafe(no_mangle)]
            extern "C" fn proofhouse_load(address: usize, len: usize) -> i32 {
                GUEST.with_borrow_mut(|guest| guest.load(address, len))
            }

            #[unsafe(no_mangle)]
            extern "C" fn proofhouse_evaluate(address: usize, len: usize) -> i32 {
                GUEST.with_borrow_mut(|guest| guest.evaluate(address, len))
            }

            #[unsafe(no_mangle)]
            extern "C" fn proofhouse_describe() -> u64 {
                GUEST.with_borrow(|guest| pack(guest.describe()))
            }
        };
    };
}
