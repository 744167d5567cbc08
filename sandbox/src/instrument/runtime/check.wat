  ;; The exact checks, for what an inlined lookup cannot judge. They return if all bytes may be accessed.

  ;; One access of `size` bytes at `base + offset`.
  (func $check_access (export "check_access") (param $base i32) (param $offset i32) (param $size i32)
    (local $address i32)
    (local.set $address (i32.add (local.get $base) (local.get $offset)))
    ;; Effective addresses have 33 bits: if this sum wrapped, the access itself traps.
    (br_if 0 (i32.lt_u (local.get $address) (local.get $base)))
    (if (call $is_poisoned (local.get $address) (local.get $size))
      (then
        (global.set $suspect (local.get $base))
        (unreachable))))

  ;; Whether one of `length` bytes from `address` on may not be accessed. Bytes outside the memory do not
  ;; count: the instruction itself traps then, and touches none of the others.
  (func $is_poisoned (param $address i32) (param $length i32) (result i32)
    (local $at i64) (local $end i64) (local $next i64) (local $shadow i32)
    (local.set $at (i64.extend_i32_u (local.get $address)))
    (local.set $end (i64.add (local.get $at) (i64.extend_i32_u (local.get $length))))
    (if (i64.gt_u (local.get $end)
          (i64.shl (i64.extend_i32_u (memory.size $guest)) (i64.const 16)))
      (then (return (i32.const 0))))
    (loop $granules
      (if (i64.ge_u (local.get $at) (local.get $end))
        (then (return (i32.const 0))))
      ;; Eight granules at once, where the range has them and all of each may be accessed.
      (local.set $next (i64.add (i64.or (local.get $at) (i64.const 7)) (i64.const 57)))
      (if (i64.le_u (local.get $next) (local.get $end))
        (then
          (if (i64.eqz
                (i64.load $shadow align=1 (i32.wrap_i64 (i64.shr_u (local.get $at) (i64.const 3)))))
            (then
              (local.set $at (local.get $next))
              (br $granules)))))
      ;; The byte after the last one of the range in this granule.
      (local.set $next (i64.add (i64.or (local.get $at) (i64.const 7)) (i64.const 1)))
      (if (i64.gt_u (local.get $next) (local.get $end))
        (then (local.set $next (local.get $end))))
      (local.set $shadow
        (i32.load8_s $shadow (i32.wrap_i64 (i64.shr_u (local.get $at) (i64.const 3)))))
      (if (local.get $shadow)
        (then
          ;; So many bytes from the granule's start may be accessed; none if the number is negative.
          (if (i32.ge_s
                (i32.and
                  (i32.wrap_i64 (i64.sub (local.get $next) (i64.const 1)))
                  (i32.const 7))
                (local.get $shadow))
            (then (return (i32.const 1))))))
      (local.set $at (local.get $next))
      (br $granules))
    (unreachable))
