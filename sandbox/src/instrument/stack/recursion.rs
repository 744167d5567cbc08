//! Which functions can call themselves, directly or through others.
//!
//! Only such functions can make a call stack as deep as an input asks for; the depth of all others
//! together is bounded by their number. A call through a table may go to any function of its type whose
//! address is taken. Host functions do not call back.

use std::collections::HashMap;

use wasmparser::{ElementItems, FuncType, FunctionBody, Operator};

use super::super::across;
use super::super::numbers::{count, index};
use super::super::original::Original;
use super::super::refusal::Refusal;

/// For each defined function of a module whether it can call itself.
pub(in super::super) fn recursive(original: &Original<'_>) -> Result<Vec<bool>, Refusal> {
    let graph = Graph::of(original)?;
    let mut recursive = graph.in_cycles();
    recursive.truncate(original.functions.len());
    Ok(recursive)
}

/// Who calls whom. The first nodes are the defined functions, in their order; behind them stands one for
/// each type that is called through a table.
struct Graph {
    callees: Vec<Vec<u32>>,
}

/// What one function does with others.
#[derive(Default)]
struct Uses {
    /// Functions that it calls.
    called: Vec<u32>,
    /// Types that it calls through a table.
    types: Vec<u32>,
    /// Functions whose address it takes.
    taken: Vec<u32>,
}

impl Uses {
    fn of(body: &FunctionBody<'_>) -> Result<Self, Refusal> {
        let mut uses = Self::default();
        for operator in body.get_operators_reader()? {
            match operator? {
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                    uses.called.push(function_index);
                }
                Operator::CallIndirect { type_index, .. }
                | Operator::ReturnCallIndirect { type_index, .. } => uses.types.push(type_index),
                Operator::RefFunc { function_index } => uses.taken.push(function_index),
                _ => {}
            }
        }
        for found in [&mut uses.called, &mut uses.types] {
            found.sort_unstable();
            found.dedup();
        }
        Ok(uses)
    }
}

impl Graph {
    fn of(original: &Original<'_>) -> Result<Self, Refusal> {
        let mut callees = Vec::new();
        let mut indirect = IndirectCalls::of(original);
        let mut taken = addresses_in_segments(original)?;
        for uses in across::try_map(&original.bodies, Uses::of)? {
            let mut called: Vec<u32> =
                uses.called.iter().filter_map(|function| original.defined(*function)).collect();
            called.extend(uses.types.iter().filter_map(|ty| indirect.node(*ty)));
            taken.extend(uses.taken);
            called.sort_unstable();
            called.dedup();
            callees.push(called);
        }
        taken.sort_unstable();
        taken.dedup();
        callees.extend(indirect.callees(original, &taken));
        Ok(Self { callees })
    }

    /// For each node whether it is on a cycle: Tarjan's strongly connected components (SIAM J. Comput.
    /// 1(2), 1972), without recursion of its own.
    fn in_cycles(&self) -> Vec<bool> {
        let nodes = self.callees.len();
        let mut search = Search {
            graph: self,
            number: vec![0; nodes],
            low: vec![0; nodes],
            on_stack: vec![false; nodes],
            stack: Vec::new(),
            cyclic: vec![false; nodes],
            next: 1,
        };
        for node in 0..nodes {
            if search.number.get(node) == Some(&0) {
                search.from(count(node));
            }
        }
        search.cyclic
    }

    fn callees(&self, node: u32) -> &[u32] {
        self.callees.get(index(node)).map_or(&[], Vec::as_slice)
    }
}

struct Search<'g> {
    graph: &'g Graph,
    /// When a node was first seen; 0 if it was not.
    number: Vec<u32>,
    /// The lowest number that can be reached from it.
    low: Vec<u32>,
    on_stack: Vec<bool>,
    stack: Vec<u32>,
    cyclic: Vec<bool>,
    next: u32,
}

impl Search<'_> {
    fn from(&mut self, root: u32) {
        // Nodes on the way from the root, each with the number of callees that were followed.
        let mut path = vec![(root, 0usize)];
        self.see(root);
        while let Some((node, followed)) = path.last_mut() {
            let node = *node;
            let Some(callee) = self.graph.callees(node).get(*followed).copied() else {
                path.pop();
                self.leave(node, path.last().map(|(caller, _)| *caller));
                continue;
            };
            *followed = followed.saturating_add(1);
            if self.number_of(callee) == 0 {
                self.see(callee);
                path.push((callee, 0));
            } else if self.on_stack.get(index(callee)) == Some(&true) {
                self.lower(node, self.number_of(callee));
            }
        }
    }

    fn see(&mut self, node: u32) {
        set(&mut self.number, node, self.next);
        set(&mut self.low, node, self.next);
        set(&mut self.on_stack, node, true);
        self.stack.push(node);
        self.next = self.next.saturating_add(1);
    }

    /// All callees of the node were followed.
    fn leave(&mut self, node: u32, caller: Option<u32>) {
        let low = self.low.get(index(node)).copied().unwrap_or(0);
        if let Some(caller) = caller {
            self.lower(caller, low);
        }
        if low != self.number_of(node) {
            return;
        }
        let start = self.stack.iter().rposition(|other| *other == node).unwrap_or(0);
        let component = self.stack.split_off(start);
        let cyclic = component.len() > 1 || self.graph.callees(node).contains(&node);
        for member in component {
            set(&mut self.on_stack, member, false);
            set(&mut self.cyclic, member, cyclic);
        }
    }

    fn number_of(&self, node: u32) -> u32 {
        self.number.get(index(node)).copied().unwrap_or(0)
    }

    fn lower(&mut self, node: u32, to: u32) {
        if let Some(low) = self.low.get_mut(index(node)) {
            *low = to.min(*low);
        }
    }
}

fn set<T>(values: &mut [T], node: u32, to: T) {
    if let Some(value) = values.get_mut(index(node)) {
        *value = to;
    }
}

/// Calls through tables, by type.
struct IndirectCalls<'a> {
    signatures: &'a [FuncType],
    /// The node of a type, once it is called.
    nodes: HashMap<&'a FuncType, u32>,
    /// Types in the order of their nodes.
    types: Vec<&'a FuncType>,
    first: u32,
}

impl<'a> IndirectCalls<'a> {
    fn of(original: &'a Original<'_>) -> Self {
        let first = count(original.functions.len());
        Self { signatures: &original.signatures, nodes: HashMap::new(), types: Vec::new(), first }
    }

    fn node(&mut self, ty: u32) -> Option<u32> {
        let ty = self.signatures.get(index(ty))?;
        let next = self.first.saturating_add(count(self.types.len()));
        let node = *self.nodes.entry(ty).or_insert_with(|| {
            self.types.push(ty);
            next
        });
        Some(node)
    }

    /// Whom each of the nodes may call: the functions of its type whose address is taken.
    fn callees(&self, original: &Original<'_>, taken: &[u32]) -> Vec<Vec<u32>> {
        let mut callees = vec![Vec::new(); self.types.len()];
        for defined in taken.iter().filter_map(|function| original.defined(*function)) {
            let ty = original.functions.get(index(defined));
            let signature = ty.and_then(|ty| self.signatures.get(index(*ty)));
            let node = signature.and_then(|signature| self.nodes.get(signature));
            let place = node.map(|node| index(node.saturating_sub(self.first)));
            if let Some(callees) = place.and_then(|place| callees.get_mut(place)) {
                callees.push(defined);
            }
        }
        callees
    }
}

/// Functions whose address is taken outside of the code.
fn addresses_in_segments(original: &Original<'_>) -> Result<Vec<u32>, Refusal> {
    let mut taken = Vec::new();
    for element in original.elements.clone().into_iter().flatten() {
        match element?.items {
            ElementItems::Functions(functions) => {
                for function in functions {
                    taken.push(function?);
                }
            }
            ElementItems::Expressions(_, expressions) => {
                for expression in expressions {
                    referred(&mut taken, expression?.get_operators_reader())?;
                }
            }
        }
    }
    for global in original.globals.clone().into_iter().flatten() {
        referred(&mut taken, global?.init_expr.get_operators_reader())?;
    }
    for table in original.tables.clone().into_iter().flatten() {
        if let wasmparser::TableInit::Expr(expression) = table?.init {
            referred(&mut taken, expression.get_operators_reader())?;
        }
    }
    Ok(taken)
}

fn referred(
    taken: &mut Vec<u32>,
    operators: wasmparser::OperatorsReader<'_>,
) -> Result<(), Refusal> {
    for operator in operators {
        if let Operator::RefFunc { function_index } = operator? {
            taken.push(function_index);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
    use super::*;

    fn recursive_of(functions: &str) -> Vec<bool> {
        let wasm = wat::parse_str(format!("(module {functions})")).unwrap();
        recursive(&Original::read(&wasm).unwrap()).unwrap()
    }

    #[test]
    fn direct_and_mutual_recursion_is_found() {
        let functions = "
            (import \"m\" \"host\" (func $host))
            (func $alone (call $host) (call $self))
            (func $self (call $self))
            (func $even (call $odd)) (func $odd (return_call $even) (call $alone))
            (func $leaf)";
        assert_eq!(recursive_of(functions), [false, true, true, true, false]);
    }

    #[test]
    fn a_call_through_a_table_may_go_to_any_function_of_its_type_whose_address_is_taken() {
        let functions = "
            (type $none (func)) (type $same (func)) (type $one (func (param i32)))
            (table 4 funcref) (elem (i32.const 0) func $visit)
            (func $visit (call $walk))
            (func $walk (call_indirect (type $same) (i32.const 0)))
            (func $not_taken (call $walk))
            (func $other (param i32) (call_indirect (type $one) (i32.const 0) (i32.const 0)))
            (elem declare func $later)
            (func $later (param i32) (call $other (local.get 0)))
            (func (drop (ref.func $later)))";
        assert_eq!(recursive_of(functions), [true, true, false, true, true, false]);
    }

    #[test]
    fn a_chain_of_any_length_is_searched_without_recursion() {
        let calls = (1..=50_000).chain([0]).map(|callee| format!("(func (call {callee}))"));
        let functions: Vec<String> = calls.collect();
        let functions = functions.concat();
        assert!(recursive_of(&functions).into_iter().all(|recursive| recursive));
    }
}
