//! What becomes of the calls to AddressSanitizer's runtime.

use std::collections::HashMap;

use wasmparser::{FuncType, Operator, TypeRef, ValType};

use super::super::bulk::Bulk;
use super::super::numbers::index;
use super::super::original::Original;
use super::super::refusal::{AsanFault, Refusal};
use super::super::summary::{LayoutFound, StackPointer};
use super::imports::{AsanImport, Meaning, Runtime, imports};
use super::{FRAME_MARK, MODULE};

/// Names of the functions that compilers call begin like this.
const PREFIX: &str = "__asan_";
/// And those of others that programs call.
const OTHER_PREFIXES: [&str; 2] = ["__lsan_", "__sanitizer_"];

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Redirect {
    /// Its arguments are dropped. A result is 0.
    Nothing {
        /// Number of arguments.
        arguments: u32,
        /// Whether there is a result.
        result: bool,
        /// Whether the last argument is a length that costs fuel.
        by_length: bool,
    },
    /// Sets shadow bytes. The arguments are the first one's address in the shadow, and their number.
    SetShadow {
        /// What they become.
        byte: u8,
        /// Index of the runtime's function, which takes the byte as its last argument. `None` if nobody
        /// reads the shadow.
        function: Option<u32>,
    },
    /// Does what a bulk instruction does, and gives the destination.
    Moves {
        /// Which one.
        bulk: Bulk,
        /// Index of the runtime's function that stops where both ranges overlap, if they may not.
        apart: Option<u32>,
    },
    /// Loads the word at its address.
    Reads,
    /// Calls a function of our runtime, with arguments behind the guest's.
    Calls {
        /// Index of the function.
        function: u32,
        /// The argument behind the guest's.
        extra: Option<i32>,
        /// Whether the last of the guest's arguments is a length that costs fuel.
        by_length: bool,
    },
    /// Clears the shadow from the stack pointer up to where the stack starts.
    ClearsStack {
        /// The stack pointer.
        stack: StackPointer,
        /// Index of the runtime's function.
        function: u32,
    },
}

/// The imports of a module that are AddressSanitizer's, found and judged.
pub(in super::super) struct Found {
    /// The functions, by their index.
    by_index: HashMap<u32, AsanImport>,
}

/// What becomes of the calls in one module.
#[derive(Debug, Default)]
pub(in super::super) struct Redirects {
    by_index: HashMap<u32, Redirect>,
}

/// Where redirected calls go.
pub(in super::super) struct Links<F> {
    /// Index of the runtime's function of a name.
    pub(in super::super) function: F,
    /// Whether memory is checked. If not, nobody reads the shadow.
    pub(in super::super) checked: bool,
    /// The stack pointer.
    pub(in super::super) stack_pointer: Option<StackPointer>,
}

impl Redirects {
    /// Finds the imports.
    ///
    /// # Errors
    /// There is one that the sandbox cannot be, or that shows that the guest was compiled in a way that
    /// leaves part of its layout unsaid.
    pub(in super::super) fn find(original: &Original<'_>) -> Result<Found, Refusal> {
        let mut known = HashMap::new();
        let mut found = Found { by_index: HashMap::new() };
        let mut function = 0u32;
        for import in original
            .imports
            .clone()
            .into_iter()
            .flat_map(wasmparser::ImportSectionReader::into_imports)
        {
            let import = import?;
            let ty = match import.ty {
                TypeRef::Func(ty) | TypeRef::FuncExact(ty) => Some(ty),
                TypeRef::Global(_) | TypeRef::Table(_) | TypeRef::Memory(_) | TypeRef::Tag(_) => {
                    None
                }
            };
            let is_named = |prefix: &&str| import.name.starts_with(*prefix);
            if import.module == MODULE
                && std::iter::once(&PREFIX).chain(&OTHER_PREFIXES).any(is_named)
            {
                if known.is_empty() {
                    known.extend(imports().into_iter().map(|one| (one.name.clone(), one)));
                }
                let refuse = |fault| refusal(import.name, fault);
                match known.get(import.name) {
                    Some(wanted) => {
                        let signature = ty.and_then(|ty| original.signatures.get(index(ty)));
                        judge(wanted, signature).map_err(refuse)?;
                        found.by_index.insert(function, wanted.clone());
                    }
                    None if import.name.starts_with(PREFIX) => {
                        return Err(refuse(AsanFault::Unknown));
                    }
                    // As any other import.
                    None => {}
                }
            }
            if ty.is_some() {
                function = function.saturating_add(1);
            }
        }
        found.judge(original)?;
        Ok(found)
    }

    /// What becomes of a call of this function, if not what the original says.
    pub(in super::super) fn of(&self, operator: &Operator<'_>) -> Option<Redirect> {
        match operator {
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                self.by_index.get(function_index).copied()
            }
            _ => None,
        }
    }
}

impl Found {
    /// What there is, for reports. `None` if the module was not compiled for it.
    pub(in super::super) fn summary(&self) -> Option<LayoutFound> {
        let has = |name: &str| {
            self.by_index.values().any(|import| {
                import.name.strip_prefix(PREFIX).is_some_and(|rest| rest.starts_with(name))
            })
        };
        has("").then(|| LayoutFound {
            stack: has("set_shadow_f1"),
            use_after_return: has("stack_malloc_always_"),
            globals: has("register_"),
            constants: None,
        })
    }

    /// Settles what becomes of each.
    pub(in super::super) fn link(self, links: &Links<impl Fn(&str) -> u32>) -> Redirects {
        let by_index = self.by_index.into_iter().map(|(at, import)| (at, links.redirect(&import)));
        Redirects { by_index: by_index.collect() }
    }

    /// Looks for what no single import shows.
    fn judge(&self, original: &Original<'_>) -> Result<(), Refusal> {
        let Some(any) = self.by_index.values().min_by(|one, two| one.name.cmp(&two.name)) else {
            return Ok(());
        };
        if original.memory.is_none() {
            return Err(refusal(&any.name, AsanFault::NoMemory));
        }
        // A frame says what it is by a mark in memory, and where its redzones are by a call, unless the
        // compiler wrote to what it took for the shadow.
        if self.summary().is_some_and(|found| !found.stack) && marks_frames(original)? {
            return Err(refusal(&any.name, AsanFault::InlinedPoisoning));
        }
        Ok(())
    }
}

impl<F: Fn(&str) -> u32> Links<F> {
    fn redirect(&self, import: &AsanImport) -> Redirect {
        let (arguments, result) = (import.parameters, import.result);
        let nothing = |by_length| Redirect::Nothing { arguments, result, by_length };
        let calls = |runtime: Runtime| Redirect::Calls {
            function: (self.function)(runtime.name),
            extra: runtime.extra,
            by_length: runtime.by_length,
        };
        match import.meaning {
            Meaning::Moves(bulk) => Redirect::Moves { bulk, apart: None },
            Meaning::Copies => Redirect::Moves {
                bulk: Bulk::MemoryCopy,
                apart: self.checked.then(|| (self.function)("check_overlap")),
            },
            Meaning::Reads => Redirect::Reads,
            Meaning::Always(runtime) => calls(runtime),
            Meaning::Shadow(runtime) if self.checked => calls(runtime),
            Meaning::Shadow(runtime) => nothing(runtime.by_length),
            Meaning::SetShadow(byte) => Redirect::SetShadow {
                byte,
                function: self.checked.then(|| (self.function)("set_shadow")),
            },
            Meaning::NoReturn => match self.stack_pointer.filter(|_| self.checked) {
                Some(stack) => Redirect::ClearsStack { stack, function: (self.function)("clear") },
                None => nothing(false),
            },
            // The last two were refused.
            Meaning::Nothing | Meaning::InlinedCheck | Meaning::UseAfterReturnAtRunTime => {
                nothing(false)
            }
        }
    }
}

fn judge(wanted: &AsanImport, signature: Option<&FuncType>) -> Result<(), AsanFault> {
    let is_i32 = |types: &[ValType], count: usize| {
        types.len() == count && types.iter().all(|ty| *ty == ValType::I32)
    };
    let fits = signature.is_some_and(|signature| {
        is_i32(signature.params(), index(wanted.parameters))
            && is_i32(signature.results(), wanted.result.into())
    });
    match wanted.meaning {
        _ if !fits => Err(AsanFault::Type { parameters: wanted.parameters, result: wanted.result }),
        Meaning::InlinedCheck => Err(AsanFault::InlinedChecks),
        Meaning::UseAfterReturnAtRunTime => Err(AsanFault::UseAfterReturnAtRunTime),
        Meaning::Nothing
        | Meaning::SetShadow(_)
        | Meaning::Moves(_)
        | Meaning::Copies
        | Meaning::Reads
        | Meaning::NoReturn
        | Meaning::Shadow(_)
        | Meaning::Always(_) => Ok(()),
    }
}

fn refusal(name: &str, fault: AsanFault) -> Refusal {
    Refusal::AsanImport { name: name.to_owned(), fault }
}

/// Whether a function has a frame that AddressSanitizer laid out.
fn marks_frames(original: &Original<'_>) -> Result<bool, Refusal> {
    let mark = FRAME_MARK.cast_signed();
    for body in &original.bodies {
        for operator in body.get_operators_reader()? {
            if matches!(operator?, Operator::I32Const { value } if value == mark) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
