;; Has what a good build leaves in a module: an allocator by name, a stack pointer, a memory with a maximum,
;; line tables (empty ones), and who produced it.
(module $furnished
  (memory (export "memory") 2 32)
  (global $__stack_pointer (mut i32) (i32.const 65536))
  (func $malloc (export "malloc") (param $size i32) (result i32) (i32.const 70000))
  (func $free (export "free") (param $block i32))
  (func $abi_version (export "proofhouse_abi_version") (result i32) (i32.const 1))
  (func $alloc (export "proofhouse_alloc") (param $size i32) (result i32)
    (call $malloc (local.get $size)))
  (func $load (export "proofhouse_load") (param i32 i32) (result i32) (i32.const 0))
  (func $evaluate (export "proofhouse_evaluate") (param i32 i32) (result i32) (i32.const 0))
  (@custom ".debug_info" "")
  (@custom ".debug_line" "")
  (@producers
    (language "C11" "")
    (processed-by "clang" "21.1.0")
    (sdk "a vendor's\1b[2J" "7")))
