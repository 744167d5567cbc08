  ;; What stands in for the functions of libc that read whole words, beyond the end of what they are
  ;; given. These touch no byte that they did not look up, and read words only where all of it is asked for. `words.rs` says for which.

  ;; Stops unless the byte at `at` may be read. Bytes outside the memory trap by themselves.
  (func $may_read (param $at i32)
    (local $shadow i32)
    (local.set $shadow (i32.load8_s $shadow (i32.shr_u (local.get $at) (i32.const 3))))
    (if (local.get $shadow)
      (then
        (if (i32.ge_s (i32.and (local.get $at) (i32.const 7)) (local.get $shadow))
          (then (call $stop_with (i32.const 1) (local.get $at) (i32.const 1)))))))

  (func $may_write (param $at i32)
    (local $shadow i32)
    (local.set $shadow (i32.load8_s $shadow (i32.shr_u (local.get $at) (i32.const 3))))
    (if (local.get $shadow)
      (then
        (if (i32.ge_s (i32.and (local.get $at) (i32.const 7)) (local.get $shadow))
          (then (call $stop_with (i32.const 2) (local.get $at) (i32.const 1)))))))

  ;; Not zero if a byte of `word` is zero (Mycroft, 1987).
  (func $zero_bytes (param $word i64) (result i64)
    (i64.and
      (i64.and
        (i64.sub (local.get $word) (i64.const 0x0101010101010101))
        (i64.xor (local.get $word) (i64.const -1)))
      (i64.const 0x8080808080808080)))

  ;; Distance to the first byte that is `byte` or `other`, in at most `most` bytes from `at` on; `most` if
  ;; there is none.
  (func $find (param $at i32) (param $byte i32) (param $other i32) (param $most i32) (result i32)
    (local $has i32) (local $done i32) (local $unknown i32)
    (local $word i64) (local $bytes i64) (local $others i64)
    (local.set $byte (i32.and (local.get $byte) (i32.const 255)))
    (local.set $other (i32.and (local.get $other) (i32.const 255)))
    (local.set $bytes
      (i64.mul (i64.extend_i32_u (local.get $byte)) (i64.const 0x0101010101010101)))
    (local.set $others
      (i64.mul (i64.extend_i32_u (local.get $other)) (i64.const 0x0101010101010101)))
    ;; The first byte of which it is not known whether it may be read.
    (local.set $unknown (local.get $at))
    (block $end
      (loop $next
        (br_if $end (i32.eq (local.get $done) (local.get $most)))
        (if (i32.eq (i32.add (local.get $at) (local.get $done)) (local.get $unknown))
          (then
            (if (i32.load8_u $shadow (i32.shr_u (local.get $unknown) (i32.const 3)))
              (then
                (call $may_read (local.get $unknown))
                (local.set $unknown (i32.add (local.get $unknown) (i32.const 1))))
              (else
                ;; Of a granule that may all be read, and is asked for, eight bytes at once.
                (if (i32.and
                      (i32.eqz (i32.and (local.get $unknown) (i32.const 7)))
                      (i32.ge_u (i32.sub (local.get $most) (local.get $done)) (i32.const 8)))
                  (then
                    (local.set $word (i64.load $guest (local.get $unknown)))
                    (if (i64.eqz
                          (i64.or
                            (call $zero_bytes (i64.xor (local.get $word) (local.get $bytes)))
                            (call $zero_bytes (i64.xor (local.get $word) (local.get $others)))))
                      (then
                        (local.set $done (i32.add (local.get $done) (i32.const 8)))
                        (local.set $unknown (i32.add (local.get $unknown) (i32.const 8)))
                        (br $next)))))
                (local.set $unknown
                  (i32.add (i32.or (local.get $unknown) (i32.const 7)) (i32.const 1)))))))
        (local.set $has (i32.load8_u $guest (i32.add (local.get $at) (local.get $done))))
        (br_if $end (i32.eq (local.get $has) (local.get $byte)))
        (br_if $end (i32.eq (local.get $has) (local.get $other)))
        (local.set $done (i32.add (local.get $done) (i32.const 1)))
        (br $next)))
    (local.get $done))

  ;; Copies `length` bytes forwards, each checked.
  (func $copy (param $to i32) (param $from i32) (param $length i32)
    (local $done i32)
    (block $end
      (loop $bytes
        (br_if $end (i32.eq (local.get $done) (local.get $length)))
        (call $may_read (i32.add (local.get $from) (local.get $done)))
        (call $may_write (i32.add (local.get $to) (local.get $done)))
        (i32.store8 $guest
          (i32.add (local.get $to) (local.get $done))
          (i32.load8_u $guest (i32.add (local.get $from) (local.get $done))))
        (local.set $done (i32.add (local.get $done) (i32.const 1)))
        (br $bytes))))

  (func $strlen (export "strlen") (param $at i32) (result i32)
    (call $find (local.get $at) (i32.const 0) (i32.const 0) (i32.const -1)))

  (func $strnlen (export "strnlen") (param $at i32) (param $most i32) (result i32)
    (call $find (local.get $at) (i32.const 0) (i32.const 0) (local.get $most)))

  (func $strchrnul (export "strchrnul") (param $at i32) (param $byte i32) (result i32)
    (i32.add
      (local.get $at)
      (call $find (local.get $at) (local.get $byte) (i32.const 0) (i32.const -1))))

  (func $memchr (export "memchr") (param $at i32) (param $byte i32) (param $most i32) (result i32)
    (local $distance i32)
    (local.set $distance
      (call $find (local.get $at) (local.get $byte) (local.get $byte) (local.get $most)))
    (select
      (i32.const 0)
      (i32.add (local.get $at) (local.get $distance))
      (i32.eq (local.get $distance) (local.get $most))))

  (func $stpcpy (export "stpcpy") (param $to i32) (param $from i32) (result i32)
    (local $has i32)
    ;; Byte by byte: the regions may overlap, which is the caller's fault, but no reason to differ.
    (loop $bytes
      (if (i32.load8_u $shadow (i32.shr_u (local.get $from) (i32.const 3)))
        (then (call $may_read (local.get $from))))
      (if (i32.load8_u $shadow (i32.shr_u (local.get $to) (i32.const 3)))
        (then (call $may_write (local.get $to))))
      (local.set $has (i32.load8_u $guest (local.get $from)))
      (i32.store8 $guest (local.get $to) (local.get $has))
      (if (local.get $has)
        (then
          (local.set $from (i32.add (local.get $from) (i32.const 1)))
          (local.set $to (i32.add (local.get $to) (i32.const 1)))
          (br $bytes))))
    (local.get $to))

  (func $stpncpy (export "stpncpy") (param $to i32) (param $from i32) (param $most i32) (result i32)
    (local $has i32) (local $end i32)
    (block $padded
      (loop $bytes
        (br_if $padded (i32.eqz (local.get $most)))
        (if (i32.load8_u $shadow (i32.shr_u (local.get $from) (i32.const 3)))
        (then (call $may_read (local.get $from))))
        (local.set $has (i32.load8_u $guest (local.get $from)))
        (br_if $padded (i32.eqz (local.get $has)))
        (if (i32.load8_u $shadow (i32.shr_u (local.get $to) (i32.const 3)))
        (then (call $may_write (local.get $to))))
        (i32.store8 $guest (local.get $to) (local.get $has))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $most (i32.sub (local.get $most) (i32.const 1)))
        (br $bytes)))
    (local.set $end (local.get $to))
    (block $done
      (loop $zeros
        (br_if $done (i32.eqz (local.get $most)))
        (if (i32.load8_u $shadow (i32.shr_u (local.get $to) (i32.const 3)))
        (then (call $may_write (local.get $to))))
        (i32.store8 $guest (local.get $to) (i32.const 0))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (local.set $most (i32.sub (local.get $most) (i32.const 1)))
        (br $zeros)))
    (local.get $end))

  ;; The same two where the regions may not overlap, in modules whose constants may be known.
  (func $stpcpy_apart (export "stpcpy_apart") (param $to i32) (param $from i32) (result i32)
    (local $length i32)
    (local.set $length (i32.add (call $strlen (local.get $from)) (i32.const 1)))
    (call $check_change (local.get $to) (local.get $length))
    (call $be_apart (local.get $to) (local.get $from) (local.get $length))
    (call $stpcpy (local.get $to) (local.get $from)))

  (func $stpncpy_apart (export "stpncpy_apart")
    (param $to i32) (param $from i32) (param $most i32) (result i32)
    (local $length i32)
    (local.set $length (call $strnlen (local.get $from) (local.get $most)))
    ;; With its zero, if there is one.
    (if (i32.lt_u (local.get $length) (local.get $most))
      (then (local.set $length (i32.add (local.get $length) (i32.const 1)))))
    (call $check_change (local.get $to) (local.get $most))
    (call $be_apart (local.get $to) (local.get $from) (local.get $length))
    (call $stpncpy (local.get $to) (local.get $from) (local.get $most)))

  ;; Stops if the `length` bytes from `to` on and those from `from` on have any in common.
  (func $be_apart (param $to i32) (param $from i32) (param $length i32)
    (if (i32.or
          (i32.lt_u (i32.sub (local.get $to) (local.get $from)) (local.get $length))
          (i32.lt_u (i32.sub (local.get $from) (local.get $to)) (local.get $length)))
      (then (call $stop_with (i32.const 14) (local.get $to) (local.get $length)))))

  (func $strlcpy (export "strlcpy") (param $to i32) (param $from i32) (param $size i32) (result i32)
    (local $length i32) (local $copied i32)
    (local.set $length (call $strlen (local.get $from)))
    (if (local.get $size)
      (then
        (local.set $copied (i32.sub (local.get $size) (i32.const 1)))
        (if (i32.lt_u (local.get $length) (local.get $copied))
          (then (local.set $copied (local.get $length))))
        (call $check_change (local.get $to) (i32.add (local.get $copied) (i32.const 1)))
        (call $copy (local.get $to) (local.get $from) (local.get $copied))
        (local.set $to (i32.add (local.get $to) (local.get $copied)))
        (if (i32.load8_u $shadow (i32.shr_u (local.get $to) (i32.const 3)))
        (then (call $may_write (local.get $to))))
        (i32.store8 $guest (local.get $to) (i32.const 0))))
    (local.get $length))

  (func $memccpy (export "memccpy")
    (param $to i32) (param $from i32) (param $byte i32) (param $most i32) (result i32)
    (local $has i32)
    (local.set $byte (i32.and (local.get $byte) (i32.const 255)))
    (block $none
      (loop $bytes
        (br_if $none (i32.eqz (local.get $most)))
        (if (i32.load8_u $shadow (i32.shr_u (local.get $from) (i32.const 3)))
        (then (call $may_read (local.get $from))))
        (if (i32.load8_u $shadow (i32.shr_u (local.get $to) (i32.const 3)))
        (then (call $may_write (local.get $to))))
        (call $check_change (local.get $to) (i32.const 1))
        (local.set $has (i32.load8_u $guest (local.get $from)))
        (i32.store8 $guest (local.get $to) (local.get $has))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (if (i32.eq (local.get $has) (local.get $byte))
          (then (return (local.get $to))))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (local.set $most (i32.sub (local.get $most) (i32.const 1)))
        (br $bytes)))
    (i32.const 0))
