;; A fuzz harness that writes to its input.
(module
  (memory (export "memory") 2)
  (func (export "malloc") (param $size i32) (result i32) (i32.const 4096))
  (func (export "LLVMFuzzerTestOneInput") (param $at i32) (param $size i32) (result i32)
    (i32.store8 offset=1 (local.get $at) (i32.const 0))
    (i32.const 0)))
