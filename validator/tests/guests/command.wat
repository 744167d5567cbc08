;; A WASI command: refuses, on stderr and with exit code 1, content that does not begin with `a`.
(module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  ;; One buffer of one byte at 128, and one with the text at 256.
  (data (i32.const 0) "\80\00\00\00\01\00\00\00")
  (data (i32.const 8) "\00\01\00\00\15\00\00\00")
  (data (i32.const 256) "it has to begin so: a")
  (func (export "_start")
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
    (if (i32.ne (i32.load8_u (i32.const 128)) (i32.const 97))
      (then
        (drop (call $fd_write (i32.const 2) (i32.const 8) (i32.const 1) (i32.const 16)))
        (call $proc_exit (i32.const 1))))))
