;; Never comes back from its start function.
(module
  (memory (export "memory") 1)
  (func $start (loop $for_ever (br $for_ever)))
  (start $start)
  (func (export "proofhouse_abi_version") (result i32) (i32.const 1))
  (func (export "proofhouse_alloc") (param i32) (result i32) (i32.const 4096))
  (func (export "proofhouse_load") (param i32 i32) (result i32) (i32.const 0))
  (func (export "proofhouse_evaluate") (param i32 i32) (result i32) (i32.const 0)))
