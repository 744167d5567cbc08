;; Fails before it is given anything.
(module
  (memory (export "memory") 1)
  (func $open_registry (unreachable))
  (func $initialize (export "_initialize") (call $open_registry))
  (func (export "proofhouse_abi_version") (result i32) (i32.const 1))
  (func (export "proofhouse_alloc") (param i32) (result i32) (i32.const 4096))
  (func (export "proofhouse_load") (param i32 i32) (result i32) (i32.const 0))
  (func (export "proofhouse_evaluate") (param i32 i32) (result i32) (i32.const 0)))
