  ;; Fresh frames of the linear stack.

  ;; Set by the host before the run.
  ;; 256 plus the byte that fresh frames are filled with; 0: they are left as they are.
  (global $fill_stack (export "fill_stack") (mut i32) (i32.const 0))
  ;; Bytes that the linear stack may take where frames are filled. The limit that inlined code compares
  ;; with is 0 then, so that every frame comes by here.
  (global $filled_stack_limit (export "filled_stack_limit") (mut i32) (i32.const 0))

  ;; The stack pointer is about to move from `from` to `to`, where `used` bytes of the stack are taken, more
  ;; than inlined code knows to be allowed. Gives whether that is too much.
  (func $over_limit (export "over_limit") (param $used i32) (param $from i32) (param $to i32) (result i32)
    (if (i32.eqz (global.get $fill_stack)) (then (return (i32.const 1))))
    (if (i32.gt_u (local.get $used) (global.get $filled_stack_limit)) (then (return (i32.const 1))))
    ;; A frame is freed, or the stack is not where it was linked to be.
    (if (i32.ge_u (local.get $to) (local.get $from)) (then (return (i32.const 0))))
    (if (i32.ge_u
          (i32.shr_u (i32.sub (local.get $from) (i32.const 1)) (i32.const 16))
          (memory.size $guest))
      (then (return (i32.const 0))))
    (memory.fill $guest
      (local.get $to) (global.get $fill_stack) (i32.sub (local.get $from) (local.get $to)))
    (i32.const 0))
