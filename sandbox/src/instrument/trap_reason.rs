//! Which check of UndefinedBehaviorSanitizer a trap is.
//!
//! A guest that was compiled with `-fsanitize=undefined -fsanitize-trap=undefined` executes `unreachable`
//! where a check fails. Newer compilers (clang 22 and the zig that contains it) say in the debug
//! information which check it was: as the name of a function that seems to be inlined at the trap, and so
//! is the innermost frame there.

/// Names of such functions begin like this.
const PREFIX: &str = "__clang_trap_msg$";

/// What a compiler says of a trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrapReason<'a> {
    /// Whose check it is: `Undefined Behavior Sanitizer`, or what the guest itself said.
    pub category: &'a str,
    /// What was found, such as `Array index out of bounds`. May be empty.
    pub message: &'a str,
}

/// The reason that the name of a trap's innermost frame gives, if it gives one.
///
/// The frame itself is none of the guest's functions: the one around it has the check in it.
pub fn trap_reason(function: &str) -> Option<TrapReason<'_>> {
    let (category, message) = function.strip_prefix(PREFIX)?.split_once('$')?;
    (!category.is_empty()).then_some(TrapReason { category, message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_read() {
        let name = "__clang_trap_msg$Undefined Behavior Sanitizer$signed overflow in 'a$b + c'";
        let category = "Undefined Behavior Sanitizer";
        let message = "signed overflow in 'a$b + c'";
        assert_eq!(trap_reason(name), Some(TrapReason { category, message }));
        let bare = TrapReason { category: "guest", message: "" };
        assert_eq!(trap_reason("__clang_trap_msg$guest$"), Some(bare));
    }

    #[test]
    fn other_functions_give_none() {
        for name in ["", "main", "__clang_trap_msg", "__clang_trap_msg$", "__clang_trap_msg$a"] {
            assert_eq!(trap_reason(name), None, "{name}");
        }
        assert_eq!(trap_reason("__clang_trap_msg$$x"), None);
        assert_eq!(trap_reason("x__clang_trap_msg$a$b"), None);
    }
}
