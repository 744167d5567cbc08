;; Traps in a function whose name reads like further lines of a report.
(module
  (memory (export "memory") 1)
  (func (export "proofhouse_abi_version") (result i32) (i32.const 1))
  (func (export "proofhouse_alloc") (param i32) (result i32) (i32.const 4096))
  (func $load (export "proofhouse_load") (param i32 i32) (result i32)
    (call $"here\0a    by another\1b[31m")
    (i32.const 0))
  (func (export "proofhouse_evaluate") (param i32 i32) (result i32) (i32.const 0))
  (func $"here\0a    by another\1b[31m" (unreachable)))
