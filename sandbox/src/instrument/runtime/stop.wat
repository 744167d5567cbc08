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
      (then (call $stop_with (local.get $reason) (local.get $address) (local.get $length)))))
