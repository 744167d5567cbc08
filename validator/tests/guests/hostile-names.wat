;; Its functions have the names that a page or a terminal would obey.
(module
  (memory (export "memory") 1)
  (func (export "proofhouse_abi_version") (result i32) (i32.const 1))
  (func $"\1b[2J\1b[31mred" (export "proofhouse_alloc") (param i32) (result i32) (i32.const 4096))
  (func $"</td><script>alert(1)</script>" (export "proofhouse_load") (param i32 i32) (result i32)
    (if (local.get 1) (then (call $"end_of_record\0aSF:/etc/passwd")))
    (i32.const 0))
  (func $"\e2\80\aegnorw" (export "proofhouse_evaluate") (param i32 i32) (result i32) (i32.const 0))
  (func $"end_of_record\0aSF:/etc/passwd"))
