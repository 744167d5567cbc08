;; C++ with -fwasm-exceptions and a library that has them.
(module
  (tag $cpp_exception (param i32))
  (memory (export "memory") 1)
  (func (export "proofhouse_abi_version") (result i32) (i32.const 1))
  (func (export "proofhouse_alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proofhouse_load") (param i32 i32) (result i32) (throw $cpp_exception (i32.const 0)))
  (func (export "proofhouse_evaluate") (param i32 i32) (result i32) (i32.const 0)))
