;; Reads memory that it has not written, and does not look at what its allocator gives it, where the first
;; letter of its content or of an event is such an order; other letters do the same with care.
(module
  (import "proofhouse" "emit" (func $emit (param i32 i32)))
  (memory (export "memory") 4)
  (global $__stack_pointer (mut i32) (i32.const 131072))
  (global $end (mut i32) (i32.const 135168))
  (data (i32.const 131072) "{\"schema\":\"proofhouse.describe/1\",\"name\":\"careless\",\"version\":\"1.0\",\"content\":[{\"kind\":\"orders/1\",\"patterns\":[\"*.order\"]}]}")

  (func $malloc (param $size i32) (result i32)
    (local $block i32)
    (local.set $block (global.get $end))
    (global.set $end
      (i32.and
        (i32.add (i32.add (local.get $block) (local.get $size)) (i32.const 15))
        (i32.const -16)))
    (local.get $block))
  (func $free (param $block i32))

  (func $fresh_block (result i32) (call $malloc (i32.const 24)))
  (func $fresh_frame (result i32)
    (local $frame i32)
    (global.set $__stack_pointer
      (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 32))))
    (global.set $__stack_pointer (i32.add (local.get $frame) (i32.const 32)))
    (local.get $frame))
  (func $note (param $value i32) (result i32)
    (local $block i32)
    (local.set $block (call $malloc (i32.const 16)))
    (i32.store (local.get $block) (local.get $value))
    (local.get $block))

  (func $obey (param $letter i32) (result i32)
    (local $p i32)
    (if (i32.eq (local.get $letter) (i32.const 104)) ;; heap
      (then (return (i32.load8_u (call $fresh_block)))))
    (if (i32.eq (local.get $letter) (i32.const 72)) ;; Heap, with care
      (then
        (local.set $p (call $fresh_block))
        (if (i32.eqz (local.get $p)) (then (return (i32.const 0))))
        (memory.fill (local.get $p) (i32.const 0) (i32.const 24))
        (return (i32.load8_u (local.get $p)))))
    (if (i32.eq (local.get $letter) (i32.const 112)) ;; pointer
      (then (return (i32.load8_u (i32.load (call $fresh_block))))))
    (if (i32.eq (local.get $letter) (i32.const 115)) ;; stack
      (then (call $emit (call $fresh_frame) (i32.const 4))))
    (if (i32.eq (local.get $letter) (i32.const 83)) ;; Stack, with care
      (then
        (local.set $p (call $fresh_frame))
        (i32.store (local.get $p) (i32.const 0))
        (call $emit (local.get $p) (i32.const 4))))
    (if (i32.eq (local.get $letter) (i32.const 110)) ;; note
      (then (drop (call $note (i32.const 7)))))
    (if (i32.eq (local.get $letter) (i32.const 78)) ;; Note, with care
      (then
        (local.set $p (call $malloc (i32.const 16)))
        (if (i32.eqz (local.get $p)) (then (return (i32.const 0))))
        (i32.store (local.get $p) (i32.const 7))))
    (i32.const 0))

  (func (export "proofhouse_abi_version") (result i32) (i32.const 1))
  (func (export "proofhouse_describe") (result i64) (i64.const 0x20000_0000007b))
  (func (export "proofhouse_alloc") (param $size i32) (result i32) (call $malloc (local.get $size)))
  (func (export "proofhouse_free") (param $block i32) (call $free (local.get $block)))
  (func $load (export "proofhouse_load") (param $at i32) (param $size i32) (result i32)
    (call $obey (i32.load8_u (local.get $at))))
  (func $evaluate (export "proofhouse_evaluate") (param $at i32) (param $size i32) (result i32)
    (call $obey (i32.load8_u (local.get $at)))))
