;; Shows only late what its content does to it: `loop` never comes back from evaluating an event, `table` grows its
;; table as long as it is let. All other content is harmless.
(module
  (memory (export "memory") 1)
  (table $table 1 funcref)
  (global $letter (mut i32) (i32.const 0))
  (func (export "proofhouse_abi_version") (result i32) (i32.const 1))
  (func (export "proofhouse_alloc") (param i32) (result i32)
    (if (result i32) (i32.eqz (global.get $letter))
      (then (i32.const 4096))
      (else (i32.const 8192))))
  (func (export "proofhouse_load") (param $at i32) (param i32) (result i32)
    (global.set $letter (i32.load8_u (local.get $at)))
    (if (i32.eq (global.get $letter) (i32.const 116)) ;; table
      (then
        (loop $more
          (drop (table.grow $table (ref.null func) (i32.const 1000)))
          (br $more))))
    (i32.const 0))
  (func (export "proofhouse_evaluate") (param i32 i32) (result i32)
    (if (i32.eq (global.get $letter) (i32.const 108)) ;; loop
      (then (loop $for_ever (br $for_ever))))
    (i32.const 1)))
