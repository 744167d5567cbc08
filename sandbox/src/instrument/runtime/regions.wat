  ;; What functions of C tell of the regions that they are given: `regions.rs` says which call these.

  ;; All of the `length` bytes from `at` on may be read, be it that the function returns before.
  (func $reads_all (export "reads_all") (param $at i32) (param $length i32)
    (local $end i64)
    (local.set $end (i64.shl (i64.extend_i32_u (memory.size $guest)) (i64.const 16)))
    (if (i64.gt_u
          (i64.add (i64.extend_i32_u (local.get $at)) (i64.extend_i32_u (local.get $length)))
          (local.get $end))
      (then
        ;; An object that ends before the memory does is worth more words. Lengths of 2 GiB are none.
        (if (i32.and
              (i32.ge_s (local.get $length) (i32.const 0))
              (i64.lt_u (i64.extend_i32_u (local.get $at)) (local.get $end)))
          (then
            (if (call $is_poisoned
                  (local.get $at) (i32.sub (i32.wrap_i64 (local.get $end)) (local.get $at)))
              (then
                (call $stop_with (i32.const 1) (local.get $at) (local.get $length))))))
        (call $stop_with (i32.const 15) (local.get $at) (local.get $length))))
    (call $check_bytes (local.get $at) (local.get $length) (i32.const 1)))

  ;; Length of the text at `at`, or `most`, or 4096: what a function does that is called so, and costs, need not be
  ;; what its name says, so that a call is worth no more. Longer texts count as that long.
  (func $looked_at (param $at i32) (param $most i32) (result i32)
    (call $strnlen
      (local.get $at)
      (select
        (local.get $most)
        (i32.const 4096)
        (i32.lt_u (local.get $most) (i32.const 4096)))))

  ;; At most `most` bytes from `from` on are copied to `to`, a text with its zero.
  (func $copies_apart (export "copies_apart") (param $to i32) (param $from i32) (param $most i32)
    (local $reads i32)
    (local.set $reads (call $looked_at (local.get $from) (local.get $most)))
    (call $be_apart
      (local.get $to)
      (local.get $from)
      (i32.add (local.get $reads) (i32.lt_u (local.get $reads) (local.get $most)))))

  ;; At most `most` bytes from `from` on are appended to the text at `to`. What they come from and the text that comes
  ;; out may have nothing in common, as AddressSanitizer has it.
  (func $appends_apart (export "appends_apart") (param $to i32) (param $from i32) (param $most i32)
    (local $adds i32) (local $reads i32) (local $text i32)
    (local.set $adds (call $looked_at (local.get $from) (local.get $most)))
    (br_if 0 (i32.eqz (local.get $adds)))
    ;; With its zero, if it gets there.
    (local.set $reads (i32.add (local.get $adds) (i32.lt_u (local.get $adds) (local.get $most))))
    (local.set $text
      (i32.add
        (i32.add (call $looked_at (local.get $to) (i32.const -1)) (local.get $adds))
        (i32.const 1)))
    (if (i32.or
          (i32.lt_u (i32.sub (local.get $to) (local.get $from)) (local.get $reads))
          (i32.lt_u (i32.sub (local.get $from) (local.get $to)) (local.get $text)))
      (then (call $stop_with (i32.const 14) (local.get $to) (local.get $text)))))
