  ;; The exact checks as calls to the host: `oracle` decides in their place. This file stands where
  ;; `check.wat` stands in modules that look their accesses up themselves, and has the same functions.

  ;; The host's functions, which it puts here when the module is instantiated: 0 is asked of an access,
  ;; 1 is told of a call of an allocator's function.
  (table $oracle (export "oracle") 2 2 funcref)
  (type $asked (func (param i32 i32 i32 i32) (result i32)))
  (type $heap_called (func (param i32 i32 i32 i32 i32 i32)))

  ;; One access of `size` bytes at `base + offset`. `how` is 1 if only the end of it shows poison, because
  ;; the compiler made a promise, plus 2 if it is the store of a frame's mark.
  (func $ask_oracle (export "ask_oracle")
    (param $base i32) (param $offset i32) (param $size i32) (param $how i32)
    (if (call_indirect $oracle (type $asked)
          (local.get $base) (local.get $offset) (local.get $size) (local.get $how)
          (i32.const 0))
      (then
        (global.set $suspect (local.get $base))
        (unreachable))))

  (func $check_access (export "check_access") (param $base i32) (param $offset i32) (param $size i32)
    (call $ask_oracle
      (local.get $base) (local.get $offset) (local.get $size) (i32.const 0)))

  (func $is_poisoned (param $address i32) (param $length i32) (result i32)
    (call_indirect $oracle (type $asked)
      (local.get $address) (i32.const 0) (local.get $length) (i32.const 0)
      (i32.const 0)))

  ;; An allocator's function has returned.
  (func $tell_oracle (export "tell_oracle")
    (param $function i32) (param $a i32) (param $b i32) (param $c i32) (param $d i32)
    (param $result i32)
    (call_indirect $oracle (type $heap_called)
      (local.get $function)
      (local.get $a) (local.get $b) (local.get $c) (local.get $d)
      (local.get $result)
      (i32.const 1)))
