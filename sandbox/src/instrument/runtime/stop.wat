  ;; Why the runtime ended the run, if it did; `stop.rs` has the same numbers. It then traps, somewhere
  ;; below a function of the original that the runtime stands in for.

  (global $stop (export "stop") (mut i32) (i32.const 0))
  ;; The first byte of a range that may not be accessed, or the pointer that was passed.
  (global $stop_address (export "stop_address") (mut i32) (i32.const 0))
  ;; Number of bytes of such a range.
  (global $stop_size (export "stop_size") (mut i32) (i32.const 0))

  (func $stop_with (param $reason i32) (param $address i32) (param $size i32)
    (global.set $stop (local.get $reason))
    (global.set $stop_address (local.get $address))
    (global.set $stop_size (local.get $size))
    (unreachable))

  ;; Stops unless the `length` bytes from `address` on may be accessed, as seen by a function that is
  ;; stood in for. Reason 1 is a read, 2 a write.
  (func $check_bytes (param $address i32) (param $length i32) (param $reason i32)
    (if (call $is_poisoned (local.get $address) (local.get $length))
      (then (call $stop_with (local.get $reason) (local.get $address) (local.get $length))))
    (if (i32.eq (local.get $reason) (i32.const 2))
      (then (call $check_change (local.get $address) (local.get $length)))))

  ;; Stops if one of the `length` bytes from `address` on is a constant, as seen by a function that is stood in for.
  (func $check_change (param $address i32) (param $length i32)
    (if (call $has_constants (local.get $address) (local.get $length))
      (then (call $stop_with (i32.const 2) (local.get $address) (local.get $length)))))

  (func $has_constants (param $address i32) (param $length i32) (result i32)
    (i32.and
      (i32.and
        (i32.ne (global.get $constants_bytes) (i32.const 0))
        (i32.ne (local.get $length) (i32.const 0)))
      (i32.or
        (i32.lt_u
          (i32.sub (local.get $address) (global.get $constants)) (global.get $constants_bytes))
        (i32.lt_u
          (i32.sub (global.get $constants) (local.get $address)) (local.get $length)))))

  ;; `length` bytes from `address` on, which a bulk instruction moves. What it moves goes beyond the memory's
  ;; end in just the cases in which it would trap; 4 more says so, unless there is poison before.
  (func $check_range (export "check_range")
    (param $address i32) (param $length i32) (param $operand i32)
    (local $end i64)
    (local.set $end (i64.shl (i64.extend_i32_u (memory.size $guest)) (i64.const 16)))
    (if (i64.gt_u
          (i64.add
            (i64.extend_i32_u (local.get $address)) (i64.extend_i32_u (local.get $length)))
          (local.get $end))
      (then
        (if (i32.ge_s (local.get $length) (i32.const 0))
          (then
            (if (i64.lt_u (i64.extend_i32_u (local.get $address)) (local.get $end))
              (then
                (if (call $is_poisoned
                      (local.get $address)
                      (i32.sub (i32.wrap_i64 (local.get $end)) (local.get $address)))
                  (then
                    (call $suspect_range
                      (local.get $address) (local.get $length) (local.get $operand))))))))
        (call $suspect_range
          (local.get $address)
          (local.get $length)
          (i32.or (local.get $operand) (i32.const 4)))))
    (if (i32.or
          (call $is_poisoned (local.get $address) (local.get $length))
          (i32.and
            (i32.eq (local.get $operand) (i32.const 2))
            (call $has_constants (local.get $address) (local.get $length))))
      (then
        (call $suspect_range
          (local.get $address) (local.get $length) (local.get $operand)))))

  (func $suspect_range (param $address i32) (param $length i32) (param $operand i32)
    (global.set $suspect (local.get $address))
    (global.set $suspect_length (local.get $length))
    (global.set $suspect_operand (local.get $operand))
    (unreachable))
