;; A WASI command that prints a byte of its frame. It has written it before if its content begins with `a`.
(module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (global $__stack_pointer (mut i32) (i32.const 65536))
  (data (i32.const 65536) "data behind the stack")
  (func (export "_start")
    (local $frame i32)
    (global.set $__stack_pointer
      (local.tee $frame (i32.sub (global.get $__stack_pointer) (i32.const 32))))
    ;; One buffer of one byte, at 16 in the frame; the byte that is printed lies at 20.
    (i32.store (local.get $frame) (i32.add (local.get $frame) (i32.const 16)))
    (i32.store offset=4 (local.get $frame) (i32.const 1))
    (drop (call $fd_read
      (i32.const 0) (local.get $frame) (i32.const 1)
      (i32.add (local.get $frame) (i32.const 8))))
    (if (i32.eq (i32.load8_u offset=16 (local.get $frame)) (i32.const 97))
      (then (i32.store8 offset=20 (local.get $frame) (i32.const 33))))
    (i32.store (local.get $frame) (i32.add (local.get $frame) (i32.const 20)))
    (drop (call $fd_write
      (i32.const 1) (local.get $frame) (i32.const 1)
      (i32.add (local.get $frame) (i32.const 8))))))
